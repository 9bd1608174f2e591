"""Invented conversations: questions, requests, danger, people who wait and people who were answered."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from api.chat.feedback import message_feedback
from api.chat.hand_over_model import CITIZEN, DANGER, HOTLINE, NORMAL, Reason
from api.chat.model import Outcome, Owner, Role
from api.chat.tables import conversations, messages, owner_changes, turns
from api.suggestions.model import Fate, Kind
from api.suggestions.model import Reason as Rejected
from api.suggestions.store import suggestions
from api.unanswered.store import unanswered_questions
from benchmarks.filling.chance import Chance
from benchmarks.filling.tickets import Office, put
from tickets.model import Urgency
from tickets.privacy import Sealer

KINDS = {"policy": 56, "request": 20, "person": 15, "crisis": 3, "other": 6}
STILL_OPEN = timedelta(days=7)
CALLS = (Reason.ASKED, Reason.ASKED, Reason.FAILURES, Reason.COMPLAINT, Reason.SAME_AGAIN)
TOPICS = (Outcome.ANSWERED, Outcome.CLARIFY, Outcome.NO_EVIDENCE, Outcome.OUT_OF_SCOPE, Outcome.SMALLTALK)
HOW_OFTEN = (62, 9, 14, 5, 10)


@dataclass
class Talk:
    """One conversation while it is made up; `at` moves on with every word."""

    id: str
    at: datetime
    created_at: datetime
    owner: Owner = Owner.BOT
    agent: str | None = None
    queued_at: datetime | None = None
    reason: Reason | None = None
    priority: int = NORMAL
    said: list[dict[str, Any]] = field(default_factory=list)
    turns: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Opinion:
    talk: Talk
    message_id: str
    at: datetime
    helpful: bool
    reason: str | None


class Talks:
    """Makes conversations up to `now`; their tickets are filed by the office."""

    def __init__(self, chance: Chance, office: Office, now: datetime) -> None:
        self._chance, self._office, self._end = chance, office, now
        self.made: list[Talk] = []
        self.opinions: list[Opinion] = []
        self.elsewhere: list[tuple[datetime, str, Outcome]] = []
        self.offered: list[dict[str, Any]] = []

    def tell(self, at: datetime, kind: str | None = None, *, waits: bool = False) -> None:
        """Make up one that begins then; with `waits` nobody takes it."""
        draw = self._chance
        talk = Talk(f"c_{draw.random.getrandbits(128):032x}", at, at)
        self.made.append(talk)
        self._say(talk, Role.ASSISTANT, draw.words["talks"]["greeting"], timedelta(0))
        kind = kind or draw.random.choices(list(KINDS), list(KINDS.values()))[0]
        getattr(self, f"_{kind}")(talk, waits)
        self._let_go(talk)

    def ask_elsewhere(self, at: datetime) -> None:
        """A question from an agent's desktop that got no answer."""
        outcome = Outcome.NO_EVIDENCE if self._chance.happens(0.8) else Outcome.CLARIFY
        self.elsewhere.append((at, self._chance.of("talks", outcome.value)[0], outcome))

    def _policy(self, talk: Talk, waits: bool) -> None:
        for _ in range(self._chance.random.randint(1, 4)):
            self._question(talk)

    def _other(self, talk: Talk, waits: bool) -> None:
        self._turn(talk, Outcome.OUT_OF_SCOPE)

    def _request(self, talk: Talk, waits: bool) -> None:
        self._question(talk)
        for _ in range(self._chance.random.randint(2, 3)):
            self._turn(talk, Outcome.INTAKE)
        message = self._say(talk, Role.CITIZEN, self._chance.of("talks", "citizen_to_agent"))
        ticket = self._office.file(talk.at, channel="web", conversation_id=talk.id, origin_message_id=message)
        told = self._chance.words["talks"]["filed"].format(number=ticket.number)
        self._finish(talk, message, told, Outcome.TICKET_FILED, ticket.number)

    def _crisis(self, talk: Talk, waits: bool) -> None:
        words, reply = self._chance.of("talks", "crisis")
        message = self._say(talk, Role.CITIZEN, words)
        ticket = self._office.file(
            talk.at, channel="web", conversation_id=talk.id, origin_message_id=message, urgency=Urgency.URGENT
        )
        self._finish(talk, message, reply, Outcome.CRISIS, ticket.number)
        self._queue(talk, Reason.CRISIS, HOTLINE)
        self._by_a_person(talk, waits, mean=2)

    def _person(self, talk: Talk, waits: bool) -> None:
        self._question(talk)
        words, reply = self._chance.of("talks", "person")
        self._finish(talk, self._say(talk, Role.CITIZEN, words), reply, Outcome.HANDED_OVER)
        reason = self._chance.random.choice(CALLS)
        self._queue(talk, reason, CITIZEN if reason is Reason.ASKED else HOTLINE)
        self._by_a_person(talk, waits, mean=6)

    def _by_a_person(self, talk: Talk, waits: bool, mean: float) -> None:
        draw = self._chance
        taken = talk.at + draw.minutes(mean)
        if waits or taken > self._end:
            return
        talk.at, agent = taken, f"zuoxi{draw.random.randint(1, 12):02d}"
        self._change(talk, Owner.AGENT, Reason.TAKEN, agent, agent)
        self._say(talk, Role.SYSTEM, draw.words["talks"]["taken"], timedelta(0))
        for _ in range(draw.random.randint(1, 3)):
            self._say(talk, Role.AGENT, draw.of("talks", "agent"), author=agent)
            message = self._say(talk, Role.CITIZEN, draw.of("talks", "citizen_to_agent"))
            self._finish(talk, message, None, Outcome.HANDED_OVER)
            self._offer(talk, agent)
        self._say(talk, Role.AGENT, draw.of("talks", "agent"), author=agent)
        if talk.at + timedelta(minutes=20) > self._end:
            return
        talk.at += draw.minutes(2)
        if draw.happens(0.3):
            self._change(talk, Owner.BOT, Reason.HANDED_BACK, agent, None)
        else:
            self._change(talk, Owner.CLOSED, Reason.CLOSED, agent, None)

    def _offer(self, talk: Talk, agent: str) -> None:
        """Three suggested replies; of most offers one is sent, of some one is rejected."""
        draw = self._chance
        offer, sent = f"o_{draw.random.getrandbits(96):024x}", draw.random.choice((1, 1, 1, 2, 3, None, None))
        for rank, (kind, source, title, text) in enumerate(draw.words["talks"]["suggested"], start=1):
            fate = draw.random.choice((Fate.USED, Fate.USED, Fate.EDITED)) if rank == sent else None
            if fate is None and draw.happens(0.1):
                fate = Fate.REJECTED
            same = {Fate.USED: 1.0, Fate.EDITED: round(draw.random.uniform(0.5, 0.9), 2)}
            self.offered.append(
                {
                    "id": f"s_{draw.random.getrandbits(96):024x}",
                    "offer_id": offer,
                    "conversation_id": talk.id,
                    "agent": agent,
                    "kind": Kind(kind),
                    "source": source,
                    "title": title,
                    "rank": rank,
                    "confidence": round(draw.random.uniform(0.5, 0.98), 3),
                    "text": text,
                    "offered_at": talk.at,
                    "fate": fate,
                    "fate_at": talk.at if fate else None,
                    "similarity": same.get(fate) if fate else None,
                    "reason": draw.random.choice(list(Rejected)) if fate is Fate.REJECTED else None,
                }
            )

    def _question(self, talk: Talk) -> None:
        self._turn(talk, self._chance.random.choices(TOPICS, HOW_OFTEN)[0])

    def _turn(self, talk: Talk, outcome: Outcome) -> None:
        draw = self._chance
        words, reply = draw.of("talks", outcome.value)
        answered = self._finish(talk, self._say(talk, Role.CITIZEN, words), reply, outcome)
        if answered and outcome in (Outcome.ANSWERED, Outcome.NO_EVIDENCE) and draw.happens(0.22):
            helpful = draw.happens(0.8 if outcome is Outcome.ANSWERED else 0.15)
            reason = None if helpful or draw.happens(0.5) else draw.of("talks", "offered")
            self.opinions.append(Opinion(talk, answered, talk.at, helpful, reason))

    def _say(self, talk: Talk, role: Role, text: str, later: timedelta | None = None, **more: Any) -> str:
        talk.at += later if later is not None else timedelta(seconds=8) + self._chance.minutes(0.6)
        talk.at = min(talk.at, self._end)
        message = {
            "id": f"m_{self._chance.random.getrandbits(128):032x}",
            "role": role,
            "text": text,
            "created_at": talk.at,
            "citations": [],
            "author": None,
            "answers": None,
        }
        talk.said.append(message | more)
        return message["id"]

    def _finish(
        self, talk: Talk, message: str, reply: str | None, outcome: Outcome, ticket: str | None = None
    ) -> str | None:
        quick = timedelta(seconds=self._chance.random.uniform(0.1, 1.5))
        cited = [self._chance.words["citation"]] if outcome is Outcome.ANSWERED else []
        answer = reply and self._say(talk, Role.ASSISTANT, reply, quick, answers=message, citations=cited)
        talk.turns.append(
            {
                "message_id": message,
                "conversation_id": talk.id,
                "outcome": outcome,
                "owner": talk.owner,
                "ticket_number": ticket,
                "finished_at": talk.at,
            }
        )
        return answer or None

    def _queue(self, talk: Talk, reason: Reason, actor: str) -> None:
        talk.queued_at, talk.reason = talk.at, reason
        talk.priority = DANGER if reason is Reason.CRISIS else NORMAL
        self._change(talk, Owner.QUEUE, reason, actor, None)
        talk.turns[-1]["owner"] = Owner.QUEUE

    def _change(self, talk: Talk, owner: Owner, reason: Reason, actor: str, agent: str | None) -> None:
        change = {"at": talk.at, "actor": actor, "from_owner": talk.owner, "from_agent": talk.agent}
        change |= {"to_owner": owner, "to_agent": agent, "reason": reason, "after": len(talk.said)}
        talk.changes.append(change)
        talk.owner, talk.agent = owner, agent
        if owner in (Owner.BOT, Owner.CLOSED):
            talk.queued_at, talk.reason, talk.priority = None, None, NORMAL

    def _let_go(self, talk: Talk) -> None:
        if talk.owner is Owner.BOT and talk.at + STILL_OPEN < self._end:
            last = talk.at
            talk.at += STILL_OPEN
            self._change(talk, Owner.CLOSED, Reason.IDLE, HOTLINE, None)
            talk.at = last


def write_talks(connection: Connection, talks: Talks, sealer: Sealer) -> int:
    """Write them all, messages in the order of time; gives the number of messages."""
    put(connection, conversations, [_conversation(talk) for talk in talks.made])
    spoken = [(one, talk) for talk in talks.made for one in talk.said]
    spoken.sort(key=lambda pair: pair[0]["created_at"])
    seqs = {one["id"]: seq for seq, (one, _) in enumerate(spoken, start=1)}
    put(connection, messages, [_message(one, talk, sealer) for one, talk in spoken])
    put(connection, turns, [turn for talk in talks.made for turn in talk.turns])
    changed = [(change, talk) for talk in talks.made for change in talk.changes]
    changed.sort(key=lambda pair: pair[0]["at"])
    put(connection, owner_changes, [_change_row(change, talk, seqs) for change, talk in changed])
    put(connection, message_feedback, [_opinion(one, sealer) for one in talks.opinions])
    offers = [
        {key: value for key, value in one.items() if key != "text"}
        | {"text_sealed": sealer.seal(one["text"], one["id"])}
        for one in talks.offered
    ]
    put(connection, suggestions, offers)
    asked = [
        {"sealed_text": sealer.seal(words), "region": "430000", "outcome": outcome, "asked_at": at}
        for at, words, outcome in talks.elsewhere
    ]
    put(connection, unanswered_questions, asked)
    return len(spoken)


def _conversation(talk: Talk) -> dict[str, Any]:
    return {
        "id": talk.id,
        "token_hash": hashlib.sha256(secrets.token_bytes(32)).hexdigest(),
        "region": "430000",
        "owner": talk.owner,
        "created_at": talk.created_at,
        "updated_at": talk.said[-1]["created_at"],
        "agent": talk.agent,
        "queued_at": talk.queued_at,
        "queue_reason": talk.reason,
        "priority": talk.priority,
    }


def _message(one: dict[str, Any], talk: Talk, sealer: Sealer) -> dict[str, Any]:
    return {
        "id": one["id"],
        "conversation_id": talk.id,
        "role": one["role"],
        "sealed_text": sealer.seal(one["text"]),
        "citations": json.dumps(one["citations"], ensure_ascii=False),
        "buttons": "[]",
        "client_message_id": None,
        "answers": one["answers"],
        "created_at": one["created_at"],
        "author": one["author"],
        "agent_message_id": None,
    }


def _change_row(change: dict[str, Any], talk: Talk, seqs: dict[str, int]) -> dict[str, Any]:
    row = {key: value for key, value in change.items() if key != "after"}
    newest = seqs[talk.said[change["after"] - 1]["id"]]
    return row | {"conversation_id": talk.id, "note_sealed": None, "after_seq": newest}


def _opinion(one: Opinion, sealer: Sealer) -> dict[str, Any]:
    return {
        "message_id": one.message_id,
        "conversation_id": one.talk.id,
        "helpful": one.helpful,
        "reason_sealed": sealer.seal(one.reason) if one.reason else None,
        "given_at": one.at,
    }
