"""Wakes listeners for what another process stored: a command, a second api. One look for all of them.

Five hundred listeners that each look every few seconds keep a fifth of a core busy while nobody talks.
"""

from sqlalchemy import Engine, func, select

from api.chat.events import Wakeups
from api.chat.tables import messages


class NewsWatch:
    """Looks at the newest messages and announces their conversations. Meant to run every second or two.

    It may see a message late that was stored out of its turn (PostgreSQL gives numbers before it commits);
    each stream therefore still looks by itself now and then.
    """

    def __init__(self, engine: Engine, wakeups: Wakeups) -> None:
        self._engine = engine
        self._wakeups = wakeups
        self._seen: int | None = None

    def look(self) -> None:
        """Announce every conversation that was spoken in since the last look; the first look sees nothing."""
        with self._engine.connect() as db:
            if self._seen is None:
                self._seen = db.execute(select(func.coalesce(func.max(messages.c.seq), 0))).scalar_one()
                return
            query = select(messages.c.conversation_id, func.max(messages.c.seq).label("newest"))
            rows = db.execute(
                query.where(messages.c.seq > self._seen).group_by(messages.c.conversation_id)
            ).all()
        self._seen = max([self._seen, *(row.newest for row in rows)])
        for row in rows:
            self._wakeups.announce(row.conversation_id)
