"""Errors as RFC 9457 problem details: English for whoever calls, one Chinese sentence for the citizen.

One table turns our errors into a status. `citizen_message` is the sentence of texts/errors.zh.yml under
the error's code.
"""

from collections.abc import Iterator
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException

from api.accounts.model import MissingScope
from api.chat import errors as chat
from api.texts import texts
from knowledge.errors import KnowledgeError
from tickets import errors as tickets

log = structlog.get_logger()

STATUS: dict[type[Exception], int] = {
    chat.UnknownConversation: 404,
    chat.UnknownMessage: 404,
    chat.MessageRejected: 422,
    chat.ConversationClosed: 409,
    chat.HeldByOther: 409,
    chat.UnknownAgent: 422,
    chat.ChatError: 500,
    MissingScope: 403,
    tickets.NotFound: 404,
    tickets.RuleBroken: 409,
    tickets.Conflict: 409,
    tickets.BadRequest: 422,
    tickets.Unavailable: 503,
    tickets.TicketError: 500,
    KnowledgeError: 503,
}


def install_problem_handlers(app: FastAPI) -> None:
    """Make every error of the app a problem detail; nothing shows a stack trace."""
    for kind, status in STATUS.items():
        app.add_exception_handler(kind, _ours(status))
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(DataError, _unstorable)
    app.add_exception_handler(Exception, _unexpected)
    _describe_problems(app)


def problem(
    status: int, code: str, detail: str, headers: dict[str, str] | None = None, **more
) -> JSONResponse:
    """Build the response; an unknown code falls back to the sentence of its kind."""
    sentences = texts("errors")
    body = {
        "type": f"urn:hotline:{code}",
        "title": code.replace("_", " "),
        "status": status,
        "detail": detail,
        "citizen_message": sentences.get(code) or sentences["internal_error"],
        **more,
    }
    return JSONResponse(body, status, headers, media_type="application/problem+json")


# What an error knows beyond its sentence: the open moves, the missing scope, the version now, who has it.
_MEMBERS = ("allowed", "needed", "has", "version", "owner", "agent")


def _ours(status: int):
    def handle(request: Request, error: Exception) -> JSONResponse:
        known = {name: value for name in _MEMBERS if (value := getattr(error, name, None)) is not None}
        more: dict[str, Any] = {
            name: list(value) if isinstance(value, tuple) else value for name, value in known.items()
        }
        return problem(status, getattr(error, "code", "internal_error"), str(error), None, **more)

    return handle


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = {401: "not_signed_in", 403: "not_allowed", 404: "not_found"}.get(
        error.status_code, "invalid_request"
    )
    return problem(error.status_code, code, str(error.detail), dict(error.headers or {}))


def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    # `input` would repeat what the citizen sent.
    found = [{"at": list(e["loc"]), "problem": e["msg"]} for e in error.errors()]
    return problem(422, "invalid_request", "the request does not fit the interface", errors=found)


def _unstorable(request: Request, error: Exception) -> JSONResponse:
    """PostgreSQL keeps no NUL character and no number beyond its columns; nothing was written."""
    return problem(422, "invalid_request", "a NUL character or too large a number: leave it out")


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("request_failed", path=request.url.path, error=type(error).__name__, exc_info=error)
    return problem(500, "internal_error", "an unexpected error; it has been logged")


def _describe_problems(app: FastAPI) -> None:
    """Let /openapi.json say what really comes: problem details, under their own content type.

    FastAPI describes a refused body as its own HTTPValidationError and every error as application/json. An
    operation that describes a 400 of its own (GeoReport v2) refuses with that and never with 422. For all
    others 400 is a body that is no text at all.
    """
    plain = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema:
            return app.openapi_schema
        schema = plain()
        for operation in _operations(schema):
            responses = operation["responses"]
            own_refusal = "400" in responses
            for status, response in list(responses.items()):
                content = response.get("content", {})
                ref = content.get("application/json", {}).get("schema", {}).get("$ref", "")
                if ref.endswith("/HTTPValidationError") and own_refusal:
                    del responses[status]
                elif ref.endswith(("/HTTPValidationError", "/ProblemOut")):
                    response["content"] = _PROBLEM_CONTENT
            if "requestBody" in operation and not own_refusal:
                responses["400"] = {"description": "Bad Request", "content": _PROBLEM_CONTENT}
        for unused in ("HTTPValidationError", "ValidationError"):
            schema.get("components", {}).get("schemas", {}).pop(unused, None)
        return schema

    app.openapi = described


_PROBLEM_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}


def _operations(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in schema["paths"].values():
        yield from path.values()
