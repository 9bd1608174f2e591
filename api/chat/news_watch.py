"""Wakes listeners for what another process stored: a command, a second api. One look for all of them.

Five hundred listeners that each look every few seconds keep a fifth of a core busy while nobody talks.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Self

from sqlalchemy import Column, Connection, Engine, func, select

from api.chat.events import Wakeups
from api.chat.notes import private_notes
from api.chat.tables import messages, owner_changes

# What grows with every change: its number, and the conversation it belongs to.
_WATCHED: tuple[tuple[Column[int], Column[str]], ...] = (
    (messages.c.seq, messages.c.conversation_id),
    (owner_changes.c.id, owner_changes.c.conversation_id),
    (private_notes.c.id, private_notes.c.conversation_id),
)
# PostgreSQL gives numbers before it commits: a smaller one may come after a larger one. So many are looked
# at again each time.
_OVERLAP = 100


class NewsWatch:
    """Looks at the newest messages, changes of owner and private notes and announces their conversations.

    Meant to run every second or two. A row that commits after a hundred later ones is missed: each stream
    therefore still looks by itself now and then.
    """

    def __init__(self, engine: Engine, wakeups: Wakeups) -> None:
        self._engine = engine
        self._wakeups = wakeups
        self._seen: list[_Seen] | None = None

    def look(self) -> None:
        """Announce every conversation with something new since the last look; the first look sees nothing."""
        with self._engine.connect() as db:
            if self._seen is None:
                self._seen = [_Seen.newest(db, number) for number, _of in _WATCHED]
                return
            news = set()
            for place, (number, of) in enumerate(_WATCHED):
                found = self._seen[place].later(db, number, of)
                news |= {of for number, of in found.items() if number not in self._seen[place].known}
                self._seen[place] = self._seen[place].and_also(found)
        for conversation_id in sorted(news):
            self._wakeups.announce(conversation_id)


@dataclass(frozen=True)
class _Seen:
    """Of one table: its largest number, and all that were there among the last ones."""

    largest: int
    known: frozenset[int]

    @classmethod
    def newest(cls, db: Connection, number: Column[int]) -> Self:
        largest = db.execute(select(func.coalesce(func.max(number), 0))).scalar_one()
        known = db.execute(select(number).where(number > largest - _OVERLAP)).scalars()
        return cls(largest, frozenset(known))

    def later(self, db: Connection, number: Column[int], of: Column[str]) -> dict[int, str]:
        """Conversations by number, from a little before the largest on."""
        rows = db.execute(select(number, of).where(number > self.largest - _OVERLAP))
        return {row[0]: row[1] for row in rows}

    def and_also(self, found: Collection[int]) -> Self:
        largest = max([self.largest, *found])
        return replace(self, largest=largest, known=frozenset(n for n in found if n > largest - _OVERLAP))
