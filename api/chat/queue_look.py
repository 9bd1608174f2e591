"""Reads from the database what api.chat.live tells: the queue in figures, and what changed since a mark."""

import re

from sqlalchemy import Engine, func, select

from api.chat.hand_over_model import DANGER
from api.chat.live import QueueFigures
from api.chat.model import Owner
from api.chat.tables import aware, conversations, messages, owner_changes

_MARK = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")
# Rows that commit out of their turn are told again rather than lost, as in api.chat.news_watch.
_OVERLAP = 20
# A page that missed more than this many changes reads everything anew by itself.
_MOST = 500


class QueueLook:
    """A mark is the largest number of a message and that of a change of owner: `17-4`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __call__(self) -> tuple[QueueFigures, str]:
        """Give the queue in figures and the mark of this instant."""
        c = conversations.c
        queue = select(func.count(), func.count().filter(c.priority >= DANGER), func.min(c.queued_at))
        with self._engine.connect() as db:
            largest = (db.execute(select(func.max(each))).scalar() or 0 for each in _COUNTED)
            mark = "-".join(map(str, largest))
            waiting, danger, oldest = db.execute(queue.where(c.owner == Owner.QUEUE)).one()
        return QueueFigures(waiting, danger, aware(oldest) if oldest else None), mark

    def since(self, mark: str) -> frozenset[str]:
        """Conversations that changed since a mark; none for what is no mark."""
        found = _MARK.fullmatch(mark)
        if not found:
            return frozenset()
        changed: set[str] = set()
        with self._engine.connect() as db:
            for column, after in zip(_COUNTED, map(int, found.groups()), strict=True):
                query = select(column.table.c.conversation_id).where(column > after - _OVERLAP)
                changed |= set(db.execute(query.order_by(column.desc()).limit(_MOST)).scalars())
        return frozenset(changed)


_COUNTED = (messages.c.seq, owner_changes.c.id)
