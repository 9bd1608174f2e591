"""A circuit breaker around the dialogue engine: while it fails, nobody waits for it."""

import threading
import time
from collections.abc import Callable
from enum import StrEnum

import structlog

from api.chat.engine import DialogueEngine
from api.chat.errors import EngineUnavailable
from api.chat.model import Context, EngineReply
from api.metrics import ENGINE_BREAKER

log = structlog.get_logger()


class State(StrEnum):
    """closed: messages go to the engine. open: they do not. trying: one of them does, to see."""

    CLOSED = "closed"
    OPEN = "open"
    TRYING = "trying"


class GuardedEngine:
    """A DialogueEngine that gives up at once while the engine behind it is known to fail.

    After `failures` in a row it opens; `seconds` later one message is tried, if the engine says that it is
    ready: when that is answered, all go to the engine again. `clock` gives seconds.
    """

    def __init__(
        self,
        engine: DialogueEngine,
        failures: int = 2,
        seconds: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._failures = failures
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._in_a_row = 0
        self._state = State.CLOSED
        self._opened_at = 0.0

    @property
    def state(self) -> State:
        return self._state

    def ready(self) -> bool:
        """Whether the engine answers its own question; says nothing about a breaker that is still open."""
        return self._engine.ready()

    def reply(self, text: str, context: Context) -> EngineReply:
        self._admit()
        try:
            answer = self._engine.reply(text, context)
        except BaseException:
            self._failed()
            raise
        self._answered()
        return answer

    def _admit(self) -> None:
        with self._lock:
            if self._state is State.CLOSED:
                return
            if self._state is State.TRYING or self._clock() - self._opened_at < self._seconds:
                raise EngineUnavailable("the engine has failed repeatedly and is left alone for a moment")
            self._set(State.TRYING)
        if not self._engine.ready():
            self._failed()
            raise EngineUnavailable("the engine is not ready yet")

    def _failed(self) -> None:
        with self._lock:
            self._in_a_row += 1
            if self._state is State.TRYING or self._in_a_row >= self._failures:
                self._opened_at = self._clock()
                self._set(State.OPEN)

    def _answered(self) -> None:
        with self._lock:
            self._in_a_row = 0
            self._set(State.CLOSED)

    def _set(self, state: State) -> None:
        if state is not self._state:
            log.warning("engine_breaker", state=state)
        self._state = state
        for each in State:
            ENGINE_BREAKER.labels(each).set(each is state)
