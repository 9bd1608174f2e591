"""Sessions of the console in the database; of each token only a hash is kept."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.accounts.model import Caller, Role, Session
from api.accounts.tables import sessions, used_sign_ins, users

SESSION_HOURS = 12
IDLE_MINUTES = 60
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class SessionLimits:
    """How long a session lasts at most, and how long without anybody doing anything."""

    lasts: timedelta = timedelta(hours=SESSION_HOURS)
    idle: timedelta = timedelta(minutes=IDLE_MINUTES)


@dataclass(frozen=True)
class Place:
    """Where somebody signs in: network address, browser family."""

    address: str = ""
    browser: str = ""


def hash_token(secret: str) -> str:
    """Give what is kept of a random token or key."""
    return hashlib.sha256(secret.encode()).hexdigest()


class SessionStore:
    """Who is signed in where; `clock` gives timezone-aware instants."""

    _engine: Engine
    _clock: Callable[[], datetime]
    _limits: SessionLimits

    def session(self, token: str, *, active: bool = False) -> Caller | None:
        """Who this session token belongs to, or None when it has ended.

        Args:
            active: somebody did something just now; this keeps the session from ending by idleness.
        """
        now, token_hash = self._clock(), hash_token(token)
        query = (
            select(users.c.name, users.c.role, users.c.one_time_until, sessions.c.seen_at)
            .join(sessions, sessions.c.user_name == users.c.name)
            .where(sessions.c.token_hash == token_hash, ~users.c.disabled, self._is_open(now))
        )
        with self._engine.connect() as db:
            row = db.execute(query).first()
        if row is None:
            return None
        if active and row.seen_at <= now - _SEEN_EVERY:
            with self._engine.begin() as db:
                db.execute(update(sessions).where(sessions.c.token_hash == token_hash).values(seen_at=now))
        return Caller(row.name, Role(row.role), password_due=row.one_time_until is not None)

    def sign_out(self, token: str) -> None:
        """End one session."""
        with self._engine.begin() as db:
            db.execute(delete(sessions).where(sessions.c.token_hash == hash_token(token)))

    def sessions_of(self, name: str) -> list[Session]:
        """List where this person is signed in, the newest first."""
        query = (
            select(sessions)
            .where(sessions.c.user_name == name, self._is_open(self._clock()))
            .order_by(sessions.c.started_at.desc(), sessions.c.id)
        )
        with self._engine.connect() as db:
            return [Session(r.id, r.started_at, r.seen_at, r.address, r.browser) for r in db.execute(query)]

    def session_id(self, token: str) -> str | None:
        """Give the id under which `sessions_of` lists this session."""
        with self._engine.connect() as db:
            return db.execute(
                select(sessions.c.id).where(sessions.c.token_hash == hash_token(token))
            ).scalar()

    def id_token_of(self, token: str) -> str | None:
        """Give the sealed ID token that a session of the single sign-on began with."""
        with self._engine.connect() as db:
            return db.execute(
                select(sessions.c.id_token_sealed).where(sessions.c.token_hash == hash_token(token))
            ).scalar()

    def end_session(self, name: str, session_id: str) -> None:
        """End one of this person's sessions, if it is theirs and still open."""
        with self._engine.begin() as db:
            db.execute(delete(sessions).where(sessions.c.user_name == name, sessions.c.id == session_id))

    def is_first_use(self, state: str, until: datetime) -> bool:
        """Note that an answer of the single sign-on was taken; False if it was before. Kept until `until`."""
        row = {"state_hash": hash_token(state), "expires_at": until}
        try:
            with self._engine.begin() as db:
                db.execute(delete(used_sign_ins).where(used_sign_ins.c.expires_at < self._clock()))
                db.execute(insert(used_sign_ins).values(row))
        except IntegrityError:
            return False
        return True

    def _open_session(
        self, db: Connection, name: str, place: Place, id_token_sealed: str | None = None
    ) -> str:
        """Begin a session and give its token; sessions whose time is over are cleared away."""
        token, now = secrets.token_urlsafe(32), self._clock()
        db.execute(delete(sessions).where(~self._is_open(now)))
        db.execute(
            insert(sessions).values(
                token_hash=hash_token(token),
                id=secrets.token_hex(8),
                user_name=name,
                started_at=now,
                seen_at=now,
                expires_at=now + self._limits.lasts,
                address=place.address[:64],
                browser=place.browser[:60],
                id_token_sealed=id_token_sealed,
            )
        )
        db.execute(update(users).where(users.c.name == name).values(signed_in_at=now))
        return token

    def _end_sessions(self, db: Connection, name: str) -> int:
        """End every session of a person and say how many were open."""
        now = self._clock()
        open_now = db.execute(
            select(sessions.c.id).where(sessions.c.user_name == name, self._is_open(now))
        ).all()
        db.execute(delete(sessions).where(sessions.c.user_name == name))
        return len(open_now)

    def _is_open(self, now: datetime) -> ColumnElement[bool]:
        return and_(sessions.c.expires_at >= now, sessions.c.seen_at >= now - self._limits.idle)
