"""What the actions work with, and the small translations between Rasa and the packages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.forms import OpenForms, Turns
from actions.intake import Intake, Spot
from actions.ticket_talk import TicketTalk
from knowledge.service import KnowledgeBase
from tickets.intake_words import Spoken
from tickets.service import Desk

NATIONWIDE = "000000"


@dataclass(frozen=True)
class Parts:
    """The real parts, built once by the entry point.

    `own_tickets` gives the numbers of the tickets that a conversation was shown to own, oldest first.
    """

    knowledge: KnowledgeBase
    desk: Desk
    intake: Intake
    forms: OpenForms
    turns: Turns
    own_tickets: Callable[[str], Sequence[str]]
    ticket_talk: TicketTalk


@dataclass(frozen=True)
class Heard:
    """The newest citizen message as Rasa understood it; `before` are her messages before it, newest last."""

    text: str
    intent: str
    conversation_id: str
    message_id: str
    region: str | None
    confidence: float
    earlier: tuple[str, ...] = ()
    before: tuple[str, ...] = ()

    @property
    def spot(self) -> Spot:
        """Where it was said."""
        return Spot(self.conversation_id, self.message_id, self.region or NATIONWIDE, self.before)


def heard(tracker: Tracker) -> Heard:
    """Read the newest message; the gateway sent the rest along (api/chat/engine.py)."""
    latest = tracker.latest_message
    metadata: Mapping[str, Any] = latest.get("metadata") or {}
    intent: Mapping[str, Any] = latest.get("intent") or {}
    return Heard(
        text=latest.get("text") or "",
        intent=intent.get("name") or "",
        conversation_id=metadata.get("conversation_id") or tracker.sender_id,
        message_id=metadata.get("message_id") or tracker.sender_id,
        region=metadata.get("region"),
        confidence=intent.get("confidence") or 0.0,
        earlier=tuple(metadata.get("earlier") or ()),
        before=tuple(metadata.get("before") or ()),
    )


def speak(dispatcher: CollectingDispatcher, spoken: Sequence[Spoken]) -> None:
    """Say it with its buttons."""
    for one in spoken:
        buttons = [{"title": title, "payload": sends} for title, sends in one.buttons]
        dispatcher.utter_message(text=one.text, buttons=buttons or None)
