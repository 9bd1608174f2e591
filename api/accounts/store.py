"""Accounts, sessions and API keys in the database. Secrets are kept as hashes only."""

import hashlib
import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Engine,
    MetaData,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from api.accounts.model import Account, AccountError, ApiKey, Caller, Role, Scope, permissions_of

SESSION_HOURS = 12
MIN_PASSWORD = 10

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("role", String(20), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("disabled", Boolean, nullable=False, default=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user_name", String(80), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("role", String(20), nullable=False),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("revoked", Boolean, nullable=False, default=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("scopes", String(400)),
    Column("office", String(100)),
)

_hasher = PasswordHasher()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class AccountStore:
    """Accounts and keys; `clock` gives timezone-aware instants."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock
        self._nobody = _hasher.hash(secrets.token_hex())

    def add_user(self, name: str, role: Role, password: str) -> None:
        """Create a console account.

        Raises:
            AccountError: the name is taken or the password is shorter than MIN_PASSWORD.
        """
        if len(password) < MIN_PASSWORD:
            raise AccountError(
                f"the password has {len(password)} characters: at least {MIN_PASSWORD} are needed"
            )
        row = {"name": name, "role": role, "password_hash": _hasher.hash(password), "disabled": False}
        self._insert(users, {**row, "created_at": self._clock()}, f"user {name!r} exists already")

    def list_users(self) -> list[Account]:
        with self._engine.connect() as db:
            return [
                Account(r.name, Role(r.role), r.disabled)
                for r in db.execute(select(users).order_by(users.c.name))
            ]

    def disable_user(self, name: str) -> None:
        """Close an account and end its sessions at once.

        Raises:
            AccountError: there is no such account.
        """
        with self._engine.begin() as db:
            if not db.execute(update(users).where(users.c.name == name).values(disabled=True)).rowcount:
                raise AccountError(f"no user {name!r}: see `hotline users list`")
            db.execute(delete(sessions).where(sessions.c.user_name == name))

    def sign_in(self, name: str, password: str) -> str | None:
        """Return a new session token (valid SESSION_HOURS), or None.

        It takes as long for an unknown name as for a known one.
        """
        with self._engine.connect() as db:
            row = db.execute(select(users).where(users.c.name == name, ~users.c.disabled)).first()
        try:
            _hasher.verify(row.password_hash if row else self._nobody, password)
        except (VerificationError, InvalidHashError):
            return None
        if row is None:
            return None
        token, now = secrets.token_urlsafe(32), self._clock()
        with self._engine.begin() as db:
            db.execute(delete(sessions).where(sessions.c.expires_at < now))
            db.execute(
                insert(sessions).values(
                    token_hash=_hash(token), user_name=name, expires_at=now + timedelta(hours=SESSION_HOURS)
                )
            )
        return token

    def sign_out(self, token: str) -> None:
        with self._engine.begin() as db:
            db.execute(delete(sessions).where(sessions.c.token_hash == _hash(token)))

    def session(self, token: str) -> Caller | None:
        """Who this session token belongs to, or None when it has ended."""
        query = (
            select(users.c.name, users.c.role, sessions.c.expires_at)
            .join(sessions, sessions.c.user_name == users.c.name)
            .where(sessions.c.token_hash == _hash(token), ~users.c.disabled)
        )
        with self._engine.connect() as db:
            row = db.execute(query).first()
        if row is None or row.expires_at.replace(tzinfo=UTC) < self._clock():
            return None
        return Caller(row.name, Role(row.role))

    def at_work(self, name: str) -> Caller | None:
        """Give who could act under this name now: a user with an open session, else a key in force."""
        with self._engine.connect() as db:
            user = db.execute(
                select(users.c.role)
                .join(sessions, sessions.c.user_name == users.c.name)
                .where(users.c.name == name, ~users.c.disabled, sessions.c.expires_at >= self._clock())
            ).first()
            if user is not None:
                return Caller(name, Role(user.role))
            key = db.execute(select(api_keys).where(api_keys.c.name == name, ~api_keys.c.revoked)).first()
        return Caller(key.name, Role(key.role), _read_scopes(key.scopes), key.office) if key else None

    def add_key(
        self, name: str, role: Role, scopes: Iterable[Scope] | None = None, office: str | None = None
    ) -> str:
        """Create an API key and return it, once; only its hash is kept.

        Args:
            scopes: what the key is limited to; everything that the role may do when left out.
            office: the office (承办单位) whose tickets alone the key sees and moves; its role is AGENT.
        Raises:
            AccountError: the name is taken, a scope is not the role's to give, or an office's key has a
                higher role.
        """
        if office and role is not Role.AGENT:
            raise AccountError(f"the key of an office has the role {Role.AGENT}: leave --role out")
        chosen = _chosen(scopes, role, office)
        key = "hk_" + secrets.token_urlsafe(32)
        row = {
            "id": secrets.token_hex(4),
            "name": name,
            "role": role,
            "key_hash": _hash(key),
            "revoked": False,
            "scopes": None if chosen is None else " ".join(sorted(chosen)),
            "office": office or None,
        }
        self._insert(api_keys, {**row, "created_at": self._clock()}, f"key {name!r} exists already")
        return key

    def list_keys(self) -> list[ApiKey]:
        with self._engine.connect() as db:
            rows = db.execute(select(api_keys).order_by(api_keys.c.created_at))
            return [
                ApiKey(r.id, r.name, Role(r.role), r.revoked, _read_scopes(r.scopes), r.office) for r in rows
            ]

    def revoke_key(self, name_or_id: str) -> None:
        """Close a key at once.

        Raises:
            AccountError: there is no such key.
        """
        named = (api_keys.c.name == name_or_id) | (api_keys.c.id == name_or_id)
        with self._engine.begin() as db:
            if not db.execute(update(api_keys).where(named).values(revoked=True)).rowcount:
                raise AccountError(f"no key {name_or_id!r}: see `hotline keys list`")

    def key(self, key: str) -> Caller | None:
        """Who this API key belongs to, or None when unknown or revoked."""
        query = select(api_keys).where(api_keys.c.key_hash == _hash(key), ~api_keys.c.revoked)
        with self._engine.connect() as db:
            row = db.execute(query).first()
        return Caller(row.name, Role(row.role), _read_scopes(row.scopes), row.office) if row else None

    def _insert(self, table: Table, row: dict, taken: str) -> None:
        try:
            with self._engine.begin() as db:
                db.execute(insert(table).values(row))
        except IntegrityError as error:
            raise AccountError(taken) from error


def _chosen(scopes: Iterable[Scope] | None, role: Role, office: str | None) -> frozenset[Scope] | None:
    """Check that the scopes of a new key are the role's to give."""
    chosen = frozenset(scopes or ())
    may = permissions_of(role, office)
    if chosen - may:
        who = f"a key of the office {office}" if office else f"the role {role}"
        beyond, given = ", ".join(sorted(chosen - may)), ", ".join(sorted(may))
        raise AccountError(f"{who} cannot have {beyond}: choose among {given}")
    return chosen or None


def _read_scopes(stored: str | None) -> frozenset[Scope] | None:
    """Read the scopes of a key; names that this version does not know give no right."""
    known = {scope.value for scope in Scope}
    return None if stored is None else frozenset(Scope(name) for name in stored.split() if name in known)
