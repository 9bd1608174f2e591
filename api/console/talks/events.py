"""The one event stream of a console: who waits, and which conversations have news.

Events: `queue` with {waiting, danger, oldest_seconds} when the queue changes and at the beginning;
`talk-<conversation id>` when something was said there, noted, or its owner changed; `news` when something
changed anywhere, at most every few seconds; `signed-out` at the end of the session, after which nothing
comes. They carry nobody's words: the page asks for what it may see. A broken stream is resumed by its
`Last-Event-ID`.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException
from fastapi.responses import FileResponse
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.types import Receive, Scope, Send

from api.accounts.model import Caller
from api.accounts.model import Scope as Permission
from api.chat.live import News, QueueFigures
from api.protection.bucket import Places
from api.routes.access import ServiceDep, SessionDep
from api.routes.agents import note_presence
from api.routes.rendering import API_DIR
from api.service import Service

SESSION_SECONDS = 10.0
NEWS_SECONDS = 5.0
HEARTBEAT_SECONDS = 15
# A browser keeps one for all its pages; more only where it cannot share.
STREAMS_PER_PERSON = 8
UNREAD_SECONDS = 30.0
_SHARED_STREAM = API_DIR / "static" / "console" / "stream.js"

router = APIRouter(prefix="/console")
_places = Places(STREAMS_PER_PERSON)


@router.get("/events")
async def follow(
    service: ServiceDep,
    session: SessionDep,
    last_event_id: Annotated[str, Header(max_length=40)] = "",
) -> EventSourceResponse:
    """Everything that happens from now on, or since `Last-Event-ID`."""
    caller = await asyncio.to_thread(_reader, service, session)
    if caller is None:
        raise HTTPException(401, "sign in first")
    if Permission.CHATS_READ not in caller.permissions:
        raise HTTPException(403, "this account does not read conversations")
    if not _places.enter(caller.name):
        raise HTTPException(429, f"{STREAMS_PER_PERSON} streams are open already: close some pages")
    return _Stream(
        caller.name,
        _events(service, session, last_event_id),
        ping=HEARTBEAT_SECONDS,
        send_timeout=UNREAD_SECONDS,
        headers={"X-Accel-Buffering": "no"},
    )


@router.get("/stream.js")
def shared_stream() -> FileResponse:
    """The script that holds one stream for all pages of a browser; a worker obeys its own script's policy."""
    policy = {
        "Content-Security-Policy": "default-src 'none'; connect-src 'self'",
        "Cache-Control": "no-cache",
    }
    return FileResponse(_SHARED_STREAM, media_type="text/javascript", headers=policy)


def _reader(service: Service, session: str) -> Caller | None:
    """Who the session belongs to, noted as being at work; a stream keeps no forgotten session open."""
    caller = service.accounts.session(session, active=False) if session else None
    if caller is None or caller.password_due:
        return None
    note_presence(service, caller)
    return caller


class _Stream(EventSourceResponse):
    """Gives the person's place back, also when it ends before it began."""

    def __init__(self, name: str, events: AsyncIterator[ServerSentEvent], **options: Any) -> None:
        super().__init__(events, **options)
        self._name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            _places.leave(self._name)


async def _events(service: Service, session: str, last_event_id: str) -> AsyncIterator[ServerSentEvent]:
    with service.live.following() as follower:
        told = _Told()
        for event in told.of(await service.live.now(last_event_id), service.conversations.owners.now()):
            yield event
        checked = time.monotonic()
        while True:
            news = await follower.next(min(SESSION_SECONDS, told.news_due()))
            for event in told.of(news, service.conversations.owners.now()):
                yield event
            if time.monotonic() - checked >= SESSION_SECONDS:
                checked = time.monotonic()
                if await asyncio.to_thread(_reader, service, session) is None:
                    yield ServerSentEvent(data="{}", event="signed-out")
                    return


class _Told:
    """What one stream has been told: nothing twice, and `news` not too often."""

    def __init__(self) -> None:
        self._queue: QueueFigures | None = None
        self._news_at = 0.0
        self._owes_news = False

    def news_due(self) -> float:
        """Seconds until `news` may be told, if it is owed."""
        return max(0.0, self._news_at + NEWS_SECONDS - time.monotonic()) if self._owes_news else float("inf")

    def of(self, news: News | None, now: datetime) -> list[ServerSentEvent]:
        """Give the events that tell it."""
        events = []
        if news is not None:
            events = [_event(f"talk-{each}", {"conversation": each}, news) for each in sorted(news.changed)]
            if news.queue != self._queue:
                self._queue = news.queue
                events.append(_event("queue", _figures(news.queue, now), news))
            self._owes_news = self._owes_news or bool(news.changed)
        if self._owes_news and self.news_due() <= 0:
            self._owes_news, self._news_at = False, time.monotonic()
            events.append(ServerSentEvent(data="{}", event="news"))
        return events


def _event(name: str, data: dict[str, object], news: News) -> ServerSentEvent:
    return ServerSentEvent(data=json.dumps(data), event=name, id=news.mark)


def _figures(queue: QueueFigures, now: datetime) -> dict[str, object]:
    oldest = int((now - queue.oldest_at).total_seconds()) if queue.oldest_at else 0
    return {"waiting": queue.waiting, "danger": queue.danger, "oldest_seconds": max(0, oldest)}
