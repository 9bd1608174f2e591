"""The dialogue engine port, and Rasa behind it."""

import time
from collections.abc import Mapping
from typing import Any, Protocol

import httpx

from api.chat.errors import EngineUnavailable
from api.chat.model import Button, Context, EngineReply, Outcome, Reply

# When one message has several endings (a question inside a request), the first listed wins.
PRECEDENCE = (
    Outcome.TICKET_FILED,
    Outcome.HANDED_OVER,
    Outcome.WITHDRAWN,
    Outcome.TICKET_STATUS,
    Outcome.ANSWERED,
    Outcome.NO_EVIDENCE,
    Outcome.OUT_OF_SCOPE,
    Outcome.CLARIFY,
    Outcome.INTAKE,
    Outcome.SMALLTALK,
)


class DialogueEngine(Protocol):
    """Whatever turns one citizen message into replies."""

    def reply(self, text: str, context: Context) -> EngineReply:
        """Answer one message of a conversation; never an empty answer.

        Raises:
            EngineUnavailable: no usable answer in time; somebody else must answer this message.
        """
        ...

    def ready(self) -> bool:
        """Whether a message sent now would be answered."""
        ...


class RasaEngine:
    """Rasa over its REST channel on loopback, told with every message what it must know.

    Each message is a dialogue of its own for Rasa (sender = message id): the open form lies in our database
    and is written into Rasa's tracker before the message is sent. So Rasa never holds anything that could
    diverge, get lost with a restart or grow: message 300 of a conversation costs what message 3 costs.

    Rasa answers 200 with `[]` both when an action failed and when it has nothing to say; the gateway never
    asks it while a person holds the conversation, so `[]` here is a failure.
    """

    def __init__(self, url: str, timeout: float, token: str | None) -> None:
        self._token = token
        self._timeout = timeout
        self._client = httpx.Client(base_url=url, timeout=httpx.Timeout(timeout, connect=min(1.0, timeout)))

    def reply(self, text: str, context: Context) -> EngineReply:
        until = time.monotonic() + self._timeout
        try:
            if context.form and context.asked:
                self._open_form(context.message_id, context.form, context.asked, until)
            response = self._client.post(
                "/webhooks/rest/webhook",
                json={
                    "sender": context.message_id,
                    "message": text,
                    "metadata": {
                        "conversation_id": context.conversation_id,
                        "message_id": context.message_id,
                        "region": context.region,
                        "earlier": context.earlier,
                        "before": context.before,
                    },
                },
                timeout=_left(until),
            )
            response.raise_for_status()
            return _fold(response.json())
        except httpx.HTTPError as error:
            raise EngineUnavailable(f"rasa did not answer: {type(error).__name__}") from error
        except (ValueError, TypeError, AttributeError) as error:
            # Something answers on its port, but not as Rasa does.
            raise EngineUnavailable(f"rasa answered nonsense: {type(error).__name__}") from error

    def _open_form(self, sender: str, form: str, asked: str, until: float) -> None:
        """Tell Rasa's tracker which form is open and what it last asked."""
        events = (
            {"event": "action", "name": form},
            {"event": "active_loop", "name": form},
            {"event": "slot", "name": "requested_slot", "value": asked},
            {"event": "action", "name": "action_listen"},
        )
        self._client.post(
            f"/conversations/{sender}/tracker/events",
            params={"token": self._token or "", "include_events": "NONE"},
            json=list(events),
            timeout=_left(until),
        ).raise_for_status()

    def ready(self) -> bool:
        # Unlike "/", /status answers 200 only when a model is loaded.
        try:
            asked = self._client.get("/status", params={"token": self._token or ""}, timeout=1.0)
            return asked.status_code == 200
        except httpx.HTTPError:
            return False

    def close(self) -> None:
        self._client.close()


def _left(until: float) -> float:
    """Seconds left, never none: a time-out of 0 would mean something else to some."""
    return max(until - time.monotonic(), 0.05)


def _fold(items: list[Mapping[str, Any]]) -> EngineReply:
    """Join Rasa's items: texts of the domain, and `custom` ones that carry outcomes or whole answers."""
    replies: list[Reply] = []
    outcomes: set[Outcome] = set()
    number: str | None = None
    for item in items:
        custom = item.get("custom") or {}
        if "outcome" in custom:
            outcomes.add(Outcome(custom["outcome"]))
        number = custom.get("ticket_number", number)
        text = item.get("text") or custom.get("text")
        if text:
            buttons = (*_buttons(item), *_buttons(custom))
            replies.append(Reply(text, tuple(custom.get("citations", ())), buttons))
    if not replies:
        raise EngineUnavailable("rasa answered nothing: an action has failed")
    outcome = next((known for known in PRECEDENCE if known in outcomes), Outcome.SMALLTALK)
    return EngineReply(tuple(replies), outcome, number)


def _buttons(item: Mapping[str, Any]) -> tuple[Button, ...]:
    return tuple(Button(b["title"], b.get("payload") or b["title"]) for b in item.get("buttons") or ())
