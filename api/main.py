"""Builds the api process from its settings: `create_app` is the one place where the real parts meet."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.staticfiles import StaticFiles
from starlette.responses import Response

from actions.registry import all_actions
from actions.webhook import actions_router
from api.console.shell import install_not_allowed_page
from api.problems import install_problem_handlers
from api.protection.layers import protect
from api.routes import (
    agents,
    answers,
    case_systems,
    citizen,
    conversations,
    export,
    figures,
    health,
    open311,
    pages,
    plain,
    reading,
    suggestions,
    tickets,
)
from api.service import Service, open_service
from api.settings import Settings
from tickets.places import warm_places
from tickets.triage import use_model

log = structlog.get_logger()

STOP_SECONDS = 5.0  # for each chore to end its round; the supervisor kills after eight


class Assets(StaticFiles):
    """Files of the pages. Browsers ask each time whether they changed: an upgrade never mixes old and new."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the app; the parts are opened when it starts and closed when it stops."""
    settings = settings or Settings()
    use_model(settings.triage_model_path)
    service = open_service(settings)

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        service.wakeups.bind(asyncio.get_running_loop())
        await asyncio.to_thread(_warm, service)
        stop_following = service.knowledge.follow()
        for chore in service.chores:
            chore.start()
        log.info("api_started", knowledge=service.knowledge.generation, rasa=bool(settings.rasa_url))
        yield
        for chore in service.chores:
            chore.stop(STOP_SECONDS)
        stop_following()
        service.database.dispose()

    app = FastAPI(
        title="社会救助热线 Relief hotline",
        version="0.1.0",
        description="Answers with evidence, requests for help, tickets.",
        lifespan=running,
        docs_url=None,  # the interactive pages load scripts from outside; /openapi.json has everything
        redoc_url=None,
    )
    app.state.service = service
    app.add_middleware(GZipMiddleware, minimum_size=800, compresslevel=5)  # leaves event streams alone
    install_problem_handlers(app)
    install_not_allowed_page(app)
    protect(app, service)
    for routes in (
        conversations, citizen, reading, agents, answers, suggestions, tickets, case_systems, export, open311,
        figures, health, pages, plain,
    ):  # fmt: skip
        app.include_router(routes.router)
    if settings.actions_token:
        app.include_router(actions_router(all_actions(service.action_parts), settings.actions_token))
    app.mount("/static", Assets(directory=Path(__file__).parent / "static"), name="static")
    return app


def _warm(service: Service) -> None:
    """Load what the first citizen would otherwise wait for: the place table, dictionaries, the index."""
    warm_places()
    if service.knowledge.ready:
        service.knowledge.search("低保", k=1)
        service.editing.library()
    # Dictionaries of half a million words stay for good: looking through them again and again for garbage
    # would stop every answer for a tenth of a second.
    gc.collect()
    gc.freeze()
