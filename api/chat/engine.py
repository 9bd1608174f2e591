"""The dialogue engine port, and Rasa behind it."""

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
    """Rasa over its REST channel on loopback.

    Rasa answers 200 with `[]` both when an action failed and when it has nothing to say; the gateway never
    asks it while a person holds the conversation, so `[]` here is a failure.
    """

    def __init__(self, url: str, timeout: float, token: str | None) -> None:
        self._token = token
        self._client = httpx.Client(base_url=url, timeout=httpx.Timeout(timeout, connect=1.0))

    def reply(self, text: str, context: Context) -> EngineReply:
        try:
            response = self._client.post(
                "/webhooks/rest/webhook",
                json={
                    "sender": context.conversation_id,
                    "message": text,
                    "metadata": {
                        "message_id": context.message_id,
                        "region": context.region,
                        "earlier": context.earlier,
                    },
                },
            )
            response.raise_for_status()
            items = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise EngineUnavailable(f"rasa did not answer: {type(error).__name__}") from error
        return _fold(items)

    def ready(self) -> bool:
        # Unlike "/", /status answers 200 only when a model is loaded.
        try:
            asked = self._client.get("/status", params={"token": self._token or ""}, timeout=1.0)
            return asked.status_code == 200
        except httpx.HTTPError:
            return False

    def close(self) -> None:
        self._client.close()


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
