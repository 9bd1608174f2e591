"""Erases personal data wherever it lies: tickets, conversations, open forms, questions, records.

`apply_retention` does what data/retention.yml asks for and is meant to run every day; `erase_ticket` does
it on request. Both may run in several processes and while the hotline works.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, Table, delete, exists, func, insert, select, update

from api.accounts.store import sessions
from api.chat.feedback import message_feedback
from api.chat.hand_over_model import CITIZEN, Reason
from api.chat.hand_over_store import locked
from api.chat.looks import conversation_looks
from api.chat.message_rows import MessageRows
from api.chat.model import Owner, Reply, Role
from api.chat.notes import private_notes
from api.chat.open_forms import open_forms
from api.chat.tables import conversations, messages, owner_changes, turns
from api.editing.tables import entry_drafts
from api.filling.calls import phone_calls
from api.suggestions.store import anonymise, of_calls, of_conversation, still_personal, suggestions
from api.unanswered.store import unanswered_questions
from tickets.database import reading, writing
from tickets.errors import Conflict
from tickets.model import Actor
from tickets.numbering import parse_number
from tickets.privacy import Sealer
from tickets.retention import KEEPER, ErasedTicket, Retention, TicketErasure
from tickets.schema import tickets

OWN_FIGURES = "retention.yml"
_NO_TOKEN = "erased"  # the hash of none
# Tables that hold rows of a conversation, those that point at others first; the record of its owners and the
# private notes let themselves be deleted only once the conversation is gone.
CONVERSATION_TABLES: tuple[tuple[Table, Any], ...] = (
    (open_forms, open_forms.c.conversation_id),
    (message_feedback, message_feedback.c.conversation_id),
    (turns, turns.c.conversation_id),
    (conversation_looks, conversation_looks.c.conversation_id),
    (messages, messages.c.conversation_id),
    (conversations, conversations.c.id),
    (owner_changes, owner_changes.c.conversation_id),
    (private_notes, private_notes.c.conversation_id),
)


@dataclass(frozen=True)
class Erasure:
    """Everything that holds personal data: it all lies in one database."""

    engine: Engine
    sealer: Sealer
    retention: Retention

    @property
    def tickets(self) -> TicketErasure:
        return TicketErasure(self.engine, self.sealer, self.retention)

    def apply_retention(self, now: datetime, *, dry_run: bool = False) -> dict[str, int]:
        """Erase what has been kept long enough; give, by class, how many rows (`dry_run`: would be)."""
        steps: dict[str, Callable[[datetime, bool], int]] = {
            "closed_ticket": self._tickets,
            "conversation_with_ticket": self._conversations_with_ticket,
            "conversation_without_ticket": self._conversations_without_ticket,
            "unanswered_question": self._unanswered,
            "open_form": self._open_forms,
            "phone_call": self._phone_calls,
            "suggestion": self._suggestions,
            "disclosure": lambda at, dry: self.tickets.forget_disclosures(
                self._limit("disclosure", at), dry_run=dry
            ),
            "session": self._sessions,
        }
        now = now.astimezone(UTC)
        return {name: step(now, dry_run) for name, step in steps.items()}

    def erase_ticket(self, number: str, *, actor: Actor, reason: str, at: datetime) -> ErasedTicket:
        """Erase a closed ticket and the conversation it was filed in, unless another ticket still needs that.

        Raises:
            NotFound, BadRequest, RuleBroken, Conflict: as tickets.retention says; nothing was erased.
        """
        erased = self.tickets.erase(parse_number(number), actor=actor, reason=reason, at=at)
        with writing(self.engine) as db:
            filed = select(phone_calls.c.id).where(phone_calls.c.ticket_number == erased.number)
            anonymise(db, of_calls(filed))
        self._delete(phone_calls, phone_calls.c.ticket_number == erased.number, dry_run=False)
        if erased.conversation_id:
            self._forget_unneeded(erased.conversation_id)
        return erased

    def erase_talk(self, conversation_id: str, *, at: datetime, told: str) -> list[str]:
        """Erase what was said in a conversation because the citizen wishes it; nothing opens it any more.

        What stays is that there was one, and `told` for agents. Tickets stay, people work on them: their
        numbers are given, oldest first.

        Raises:
            UnknownConversation: there is none.
        """
        with writing(self.engine) as db:
            row = locked(db, conversation_id)
            db.execute(
                select(conversations.c.id).where(conversations.c.id == conversation_id).with_for_update()
            )
            anonymise(db, of_conversation(conversation_id))
            for table, column in CONVERSATION_TABLES:
                db.execute(delete(table).where(column == conversation_id))
            empty = {"id": conversation_id, "token_hash": _NO_TOKEN, "region": row.region}
            times = {"created_at": row.created_at, "updated_at": at}
            db.execute(insert(conversations).values(**empty, **times, owner=Owner.CLOSED))
            change = {"actor": CITIZEN, "reason": Reason.ERASED, "from_owner": row.owner}
            change |= {"from_agent": row.agent, "to_owner": Owner.CLOSED, "after_seq": 0}
            db.execute(insert(owner_changes).values(conversation_id=conversation_id, at=at, **change))
            MessageRows(self.sealer, lambda: at).add(db, conversation_id, Role.SYSTEM, Reply(told))
            filed = select(tickets.c.number).where(tickets.c.conversation_id == conversation_id)
            return list(db.execute(filed.order_by(tickets.c.number)).scalars())

    def _limit(self, name: str, now: datetime) -> datetime:
        return now - self.retention[name].keep

    def _tickets(self, now: datetime, dry_run: bool) -> int:
        due = self.tickets.due(now)
        if dry_run:
            return len(due)
        reason, erased = self.retention.reason_for("closed_ticket"), 0
        for number in due:
            try:
                self.erase_ticket(number, actor=KEEPER, reason=reason, at=now)
                erased += 1
            except Conflict:
                continue  # it changed just now; tomorrow is another day
        return erased

    def _conversations_with_ticket(self, now: datetime, dry_run: bool) -> int:
        filed = (
            select(tickets.c.conversation_id)
            .where(tickets.c.conversation_id == conversations.c.id)
            .group_by(tickets.c.conversation_id)
            # count() leaves out the open ones, whose closed_at is NULL
            .having(
                func.count() == func.count(tickets.c.closed_at),
                func.max(tickets.c.closed_at) <= self._limit("conversation_with_ticket", now),
            )
        )
        return self._forget(exists(filed), dry_run)

    def _conversations_without_ticket(self, now: datetime, dry_run: bool) -> int:
        filed = select(tickets.c.number).where(tickets.c.conversation_id == conversations.c.id)
        silent = conversations.c.updated_at <= self._limit("conversation_without_ticket", now)
        return self._forget(silent & ~exists(filed), dry_run)

    def _unanswered(self, now: datetime, dry_run: bool) -> int:
        limit = self._limit("unanswered_question", now)
        if not dry_run:  # a draft begun from such a question holds its masked words
            old = (entry_drafts.c.created_at <= limit) & entry_drafts.c.hint_sealed.is_not(None)
            with writing(self.engine) as db:
                db.execute(update(entry_drafts).where(old).values(hint_sealed=None))
        return self._delete(unanswered_questions, unanswered_questions.c.asked_at <= limit, dry_run)

    def _sessions(self, now: datetime, dry_run: bool) -> int:
        return self._delete(sessions, sessions.c.expires_at <= self._limit("session", now), dry_run)

    def _open_forms(self, now: datetime, dry_run: bool) -> int:
        return self._delete(open_forms, open_forms.c.updated_at <= self._limit("open_form", now), dry_run)

    def _phone_calls(self, now: datetime, dry_run: bool) -> int:
        return self._delete(phone_calls, phone_calls.c.started_at <= self._limit("phone_call", now), dry_run)

    def _suggestions(self, now: datetime, dry_run: bool) -> int:
        """What was offered stays as a count."""
        late = still_personal(self._limit("suggestion", now))
        if dry_run:
            with reading(self.engine) as db:
                return db.execute(select(func.count()).select_from(suggestions).where(late)).scalar_one()
        with writing(self.engine) as db:
            return anonymise(db, late)

    def _delete(self, table: Table, late: Any, dry_run: bool) -> int:
        if dry_run:
            with reading(self.engine) as db:
                return db.execute(select(func.count()).select_from(table).where(late)).scalar_one()
        with writing(self.engine) as db:
            return db.execute(delete(table).where(late)).rowcount

    def _forget(self, late: Any, dry_run: bool) -> int:
        """Delete conversations one by one, so that nobody who is talking has to wait."""
        with reading(self.engine) as db:
            found = list(db.execute(select(conversations.c.id).where(late)).scalars())
        return len(found) if dry_run else sum(self._forget_one(each, late) for each in found)

    def _forget_unneeded(self, conversation_id: str) -> None:
        """Delete a conversation that no ticket with personal data was filed in."""
        needed = exists(select(tickets.c.number).where(tickets.c.conversation_id == conversation_id))
        self._forget_one(conversation_id, ~needed)

    def _forget_one(self, conversation_id: str, condition: Any) -> bool:
        """Delete a conversation with all its rows, if the condition still holds."""
        with writing(self.engine) as db:
            # A write first: the row is locked, so nobody adds a message to what is being deleted.
            still = db.execute(
                update(conversations)
                .where(conversations.c.id == conversation_id, condition)
                .values(owner=conversations.c.owner)
            )
            if not still.rowcount:
                return False
            # PostgreSQL lets others point at a row that is only updated: an open form could still be put.
            db.execute(
                select(conversations.c.id).where(conversations.c.id == conversation_id).with_for_update()
            )
            anonymise(db, of_conversation(conversation_id))
            for table, column in CONVERSATION_TABLES:
                db.execute(delete(table).where(column == conversation_id))
        return True
