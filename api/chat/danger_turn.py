"""What the danger screen needs from a conversation, and what it adds to a turn that is no alarm."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from api.chat.model import EngineReply, Message, Outcome, Reply, Role

MINUTES_THAT_COUNT = 10  # what was said longer ago is another matter
MESSAGES_THAT_COUNT = 2
# Outcomes that already bring a person or a number.
_CARED_FOR = (Outcome.CRISIS, Outcome.HANDED_OVER, Outcome.FAILED)


@dataclass(frozen=True)
class RecentWords:
    """What was said just before a message.

    Attributes:
        by_citizen: the citizen's last messages, at most MESSAGES_THAT_COUNT, oldest first.
        by_hotline: everything the hotline said within MINUTES_THAT_COUNT.
    """

    by_citizen: tuple[str, ...]
    by_hotline: frozenset[str]


def recently_said(transcript: Sequence[Message], message: Message) -> RecentWords:
    """Return what was said in the MINUTES_THAT_COUNT before `message`; `transcript` is oldest first."""
    since = message.created_at - timedelta(minutes=MINUTES_THAT_COUNT)
    recent = [one for one in transcript if one.seq < message.seq and one.created_at >= since]
    by_citizen = [one.text for one in recent if one.role is Role.CITIZEN]
    return RecentWords(
        tuple(by_citizen[-MESSAGES_THAT_COUNT:]),
        frozenset(one.text for one in recent if one.role is Role.ASSISTANT),
    )


def with_care(answer: EngineReply, care: str | None, recent: RecentWords) -> EngineReply:
    """Return the answer with one caring sentence, unless it was said just before.

    It stands behind the answer, but before a question: that, with its buttons, stays the last thing said.
    """
    if care is None or care in recent.by_hotline or answer.outcome in _CARED_FOR:
        return answer
    asked = 1 if answer.replies and (answer.outcome is Outcome.INTAKE or answer.replies[-1].buttons) else 0
    before = len(answer.replies) - asked
    return replace(answer, replies=(*answer.replies[:before], Reply(care), *answer.replies[before:]))
