"""What the actions work with, and the small translations between Rasa and the packages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rasa_sdk import Tracker

from knowledge.service import KnowledgeBase
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
    earlier: tuple[str, ...] = ()


def heard(tracker: Tracker) -> Heard:
    """Read the newest message; the gateway sent `message_id`, `region` and `earlier` along."""
    latest = tracker.latest_message
    metadata: Mapping[str, Any] = latest.get("metadata") or {}
    intent: Mapping[str, Any] = latest.get("intent") or {}
    return Heard(
        text=latest.get("text") or "",
        intent=intent.get("name") or "",
        message_id=metadata.get("message_id") or f"{tracker.sender_id}/{len(tracker.events)}",
        region=metadata.get("region"),
        confidence=intent.get("confidence") or 0.0,
        earlier=tuple(metadata.get("earlier") or ()),
    )
