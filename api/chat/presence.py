"""Which agents are at work: who was heard of lately."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.chat.tables import agent_presence

_BEAT = timedelta(minutes=1)


class Presence:
    """Agents are named as their accounts or keys; `clock` gives timezone-aware instants."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock
        self._beats: dict[str, datetime] = {}

    def seen(self, agent: str) -> None:
        """Note that an agent is at work; written at most once a minute."""
        now = self._clock()
        if (last := self._beats.get(agent)) and now - last < _BEAT:
            return
        with self._engine.begin() as db:
            known = update(agent_presence).where(agent_presence.c.name == agent).values(seen_at=now)
            if not db.execute(known).rowcount:
                try:
                    with db.begin_nested():
                        db.execute(insert(agent_presence).values(name=agent, seen_at=now))
                except IntegrityError:
                    db.execute(known)  # another process was quicker
        self._beats[agent] = now

    def left(self, agent: str) -> None:
        """Note that an agent is no longer at work."""
        self._beats.pop(agent, None)
        with self._engine.begin() as db:
            db.execute(delete(agent_presence).where(agent_presence.c.name == agent))

    def since(self, instant: datetime) -> list[str]:
        """Name the agents who were at work since then, in order."""
        query = select(agent_presence.c.name).where(agent_presence.c.seen_at >= instant)
        with self._engine.connect() as db:
            return list(db.execute(query.order_by(agent_presence.c.name)).scalars())

    def anybody_since(self, instant: datetime) -> bool:
        """Say whether any agent was at work since then."""
        query = select(agent_presence.c.name).where(agent_presence.c.seen_at >= instant).limit(1)
        with self._engine.connect() as db:
            return db.execute(query).first() is not None
