"""Hosts the rasa-sdk actions inside FastAPI: the same wire format as rasa's own action server."""

import asyncio
import json
import secrets
import zlib
from collections.abc import Iterable

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from rasa_sdk import Action
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import (
    ActionExecutionRejection,
    ActionMissingDomainException,
    ActionNotFoundException,
)

log = structlog.get_logger()

# Rasa itself would wait 300 s for an action; the citizen is answered by the stand-in long before.
ACTION_SECONDS = 5.0

_STATUS = {ActionExecutionRejection: 400, ActionNotFoundException: 404, ActionMissingDomainException: 449}


def actions_router(actions: Iterable[Action], token: str) -> APIRouter:
    """Return the route /actions/webhook that runs these actions for whoever knows the token."""
    executor = ActionExecutor()
    for action in actions:
        executor.register_action(action)
    router = APIRouter(include_in_schema=False)

    @router.post("/actions/webhook")
    async def run_action(request: Request) -> JSONResponse:
        if not secrets.compare_digest(request.query_params.get("token", ""), token):
            return JSONResponse({"error": "unauthorized"}, 401)
        raw = await request.body()
        if request.headers.get("content-encoding") == "deflate":
            raw = zlib.decompress(raw)
        call = json.loads(raw)
        try:
            async with asyncio.timeout(ACTION_SECONDS):
                result = await executor.run(call)
        except tuple(_STATUS) as error:
            body = {"error": error.message, "action_name": error.action_name}
            return JSONResponse(body, _STATUS[type(error)])
        except Exception:
            # Rasa goes on as if the action had worked unless it is told; the body holds citizens' words,
            # so neither the answer nor the log repeats it.
            log.exception("action_failed", action=call.get("next_action"))
            return JSONResponse({"error": "action failed"}, 500)
        return JSONResponse(result.model_dump() if result else None)

    return router
