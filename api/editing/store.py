"""Drafts and their history in the database; the rule of the second person is kept here, in the statement."""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.chat.tables import aware
from api.editing.model import (
    OPEN,
    Action,
    AlreadyDrafted,
    Changed,
    Draft,
    Event,
    Kind,
    ReasonNeeded,
    SecondPersonNeeded,
    State,
    UnknownDraft,
    WrongState,
)
from api.editing.tables import editing_history, entry_drafts
from tickets.database import reading, writing
from tickets.privacy import Sealer

MAX_NOTE = 500
_LISTED = 500
_rows = entry_drafts.c
_NOT_HANDED_OVER = _rows.digest.is_(None)  # what is handed to the build is only published, or published anew

# From which states each action may be taken, and where it leads.
MOVES: Mapping[Action, tuple[tuple[State, ...], State]] = {
    Action.SAVED: (OPEN, State.DRAFT),
    Action.SUBMITTED: ((State.DRAFT, State.RETURNED), State.SUBMITTED),
    Action.RETURNED: ((State.SUBMITTED, State.APPROVED), State.RETURNED),
    Action.APPROVED: ((State.SUBMITTED,), State.APPROVED),
    Action.PUBLISHING: ((State.APPROVED,), State.APPROVED),
    Action.PUBLISHED: ((State.APPROVED,), State.PUBLISHED),
    Action.DISCARDED: (OPEN, State.DISCARDED),
}


class DraftStore:
    """Drafts of entries; `clock` gives timezone-aware instants. A citizen's words (the hint) are sealed."""

    def __init__(self, engine: Engine, sealer: Sealer, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._sealer = sealer
        self._clock = clock

    def create(
        self,
        who: str,
        entry_id: str,
        kind: Kind,
        title: str,
        content: Mapping[str, Any],
        hint: str | None = None,
    ) -> Draft:
        """Begin a draft.

        Raises:
            AlreadyDrafted: an open draft would change the same entry.
        """
        draft_id, now = f"d{secrets.token_hex(8)}", self._now()
        row = {
            "id": draft_id,
            "entry_id": entry_id,
            "kind": kind.value,
            "title": title,
            "content": _text_of(content),
            "state": State.DRAFT.value,
            "version": 1,
            "author": who,
            "edited_by": who,
            "created_at": now,
            "edited_at": now,
            "hint_sealed": self._sealer.seal(hint, f"draft/{draft_id}") if hint else None,
        }
        try:
            with writing(self._engine) as db:
                db.execute(insert(entry_drafts).values(row))
                self._note(db, f"draft:{draft_id}", Action.CREATED, who)
        except IntegrityError as error:
            if found := self.open_for(entry_id):
                raise AlreadyDrafted(found.id) from error
            raise
        return self.find(draft_id)

    def save(self, draft_id: str, version: int, who: str, title: str, content: Mapping[str, Any]) -> Draft:
        """Keep a new text; what was submitted or approved must go that way again.

        A text that changes nothing changes nobody's part in it either.

        Raises:
            UnknownDraft, Changed (somebody saved since `version`), WrongState (published or discarded).
        """
        now = self.find(draft_id)
        if now.version == version and now.is_open and (now.title, now.content) == (title, content):
            return now
        values = {"title": title, "content": _text_of(content), "version": version + 1, "edited_by": who}
        values |= {"edited_at": self._now(), "approved_by": None}
        return self._move(draft_id, version, Action.SAVED, who, values, condition=_NOT_HANDED_OVER)

    def submit(self, draft_id: str, version: int, who: str) -> Draft:
        """Ask for approval. Raises: as `save`."""
        return self._move(draft_id, version, Action.SUBMITTED, who)

    def approve(self, draft_id: str, version: int, who: str, note: str = "") -> Draft:
        """Approve the text of a version that somebody else wrote and last changed.

        Raises:
            SecondPersonNeeded: `who` wrote it or changed it last. Others as `save`.
        """
        second = (_rows.author != who) & (_rows.edited_by != who)
        try:
            return self._move(draft_id, version, Action.APPROVED, who, {"approved_by": who}, note, second)
        except WrongState as error:
            if error.now.state == State.SUBMITTED:
                raise SecondPersonNeeded(f"{who} wrote or last changed draft {draft_id}") from error
            raise

    def send_back(self, draft_id: str, version: int, who: str, words: str) -> Draft:
        """Say what is to be done better. Raises: ReasonNeeded: nothing was said. Others as `save`."""
        if not words.strip():
            raise ReasonNeeded("say what is to be changed")
        values = {"approved_by": None}
        return self._move(draft_id, version, Action.RETURNED, who, values, words.strip(), _NOT_HANDED_OVER)

    def discard(self, draft_id: str, version: int, who: str) -> Draft:
        """Give a draft up. Raises: as `save`."""
        return self._move(
            draft_id, version, Action.DISCARDED, who, {"hint_sealed": None}, condition=_NOT_HANDED_OVER
        )

    def hand_over(self, draft: Draft, digest: str, who: str) -> Draft:
        """Note that an approved text was handed to the build as `digest`. Raises: as `save`."""
        return self._move(draft.id, draft.version, Action.PUBLISHING, who, {"digest": digest})

    def settle(self, draft: Draft, generation: str, who: str) -> Draft:
        """Note that the generation in use holds it. Raises: as `save`."""
        values = {"generation": generation, "hint_sealed": None}
        return self._move(draft.id, draft.version, Action.PUBLISHED, who, values, generation)

    def find(self, draft_id: str) -> Draft:
        """One draft. Raises: UnknownDraft: there is none of that id."""
        with reading(self._engine) as db:
            row = db.execute(select(entry_drafts).where(_rows.id == draft_id)).first()
        if row is None:
            raise UnknownDraft(f"no draft {draft_id!r}")
        return self._draft(row)

    def open_for(self, entry_id: str) -> Draft | None:
        """The open draft of an entry, if there is one."""
        found = select(entry_drafts).where(_rows.entry_id == entry_id, _rows.state.in_(OPEN))
        with reading(self._engine) as db:
            row = db.execute(found).first()
        return self._draft(row) if row else None

    def latest(self, states: Sequence[State] = OPEN, limit: int = _LISTED) -> list[Draft]:
        """Drafts in these states, changed last first."""
        found = select(entry_drafts).where(_rows.state.in_(states)).order_by(_rows.edited_at.desc(), _rows.id)
        with reading(self._engine) as db:
            return [self._draft(row) for row in db.execute(found.limit(limit))]

    def note(self, subject: str, action: Action, who: str, note: str = "") -> None:
        """Write a line of the history of something that is no draft."""
        with writing(self._engine) as db:
            self._note(db, subject, action, who, note)

    def history(self, subject: str, limit: int = 200) -> list[Event]:
        """What was done to something, newest first."""
        table = editing_history.c
        found = select(editing_history).where(table.subject == subject).order_by(table.id.desc())
        with reading(self._engine) as db:
            rows = db.execute(found.limit(limit)).all()
        return [Event(r.subject, Action(r.action), r.who, aware(r.at), r.note) for r in rows]

    def _move(
        self,
        draft_id: str,
        version: int,
        action: Action,
        who: str,
        values: Mapping[str, Any] | None = None,
        note: str = "",
        condition: Any = True,
    ) -> Draft:
        allowed, to = MOVES[action]
        mine = (_rows.id == draft_id) & (_rows.version == version) & _rows.state.in_(allowed)
        with writing(self._engine) as db:
            change = update(entry_drafts).where(mine, condition).values({"state": to.value, **(values or {})})
            done = db.execute(change).rowcount
            if done:
                self._note(db, f"draft:{draft_id}", action, who, note)
        now = self.find(draft_id)
        if done:
            return now
        raise WrongState(now) if now.version == version else Changed(now)

    def _note(self, db: Connection, subject: str, action: Action, who: str, note: str = "") -> None:
        row = {"subject": subject[:400], "action": action.value, "who": who, "at": self._now()}
        db.execute(insert(editing_history).values(**row, note=note[:MAX_NOTE]))

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)

    def _draft(self, row: Any) -> Draft:
        hint = self._sealer.open(row.hint_sealed, f"draft/{row.id}") if row.hint_sealed else None
        return Draft(
            row.id, row.entry_id, Kind(row.kind), row.title, json.loads(row.content), State(row.state),
            row.version, row.author, row.edited_by, aware(row.created_at), aware(row.edited_at),
            row.approved_by, row.digest, row.generation, hint,
        )  # fmt: skip


def _text_of(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False)
