"""What the actions work with, and the small translations between Rasa and the packages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rasa_sdk import Tracker

from knowledge.model import Answer
from knowledge.service import KnowledgeBase
from knowledge.wire import citation_to_json
from tickets.model import Area
from tickets.service import Desk


@dataclass(frozen=True)
class Parts:
    """The real parts, built once by the entry point."""

    knowledge: KnowledgeBase
    desk: Desk
    resolve_place: Callable[[str, str], Area | None]


@dataclass(frozen=True)
class Heard:
    """The newest citizen message as Rasa understood it."""

    text: str
    intent: str
    message_id: str
    region: str | None
    confidence: float


def heard(tracker: Tracker) -> Heard:
    """Read the newest message; `message_id` and `region` were sent along by the gateway."""
    latest = tracker.latest_message
    metadata: Mapping[str, Any] = latest.get("metadata") or {}
    intent: Mapping[str, Any] = latest.get("intent") or {}
    return Heard(
        text=latest.get("text") or "",
        intent=intent.get("name") or "",
        message_id=metadata.get("message_id") or f"{tracker.sender_id}/{len(tracker.events)}",
        region=metadata.get("region"),
        confidence=intent.get("confidence") or 0.0,
    )


def answer_json(answer: Answer) -> dict[str, Any]:
    """A Rasa reply that carries an answer with its outcome and evidence to the gateway.

    The text goes along inside, since Rasa's REST channel cuts a plain text in two at every blank line.
    """
    citations = [citation_to_json(citation) for citation in answer.citations]
    return {"text": answer.text, "outcome": str(answer.outcome), "citations": citations}
