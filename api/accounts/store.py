"""Accounts in the database: made, changed, closed, and every change of them recorded."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Engine, Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.accounts.keys import KeyStore
from api.accounts.model import (
    COMMAND,
    SINGLE_SIGN_ON,
    Account,
    AccountChange,
    Caller,
    Change,
    Disabled,
    Identity,
    LastAdmin,
    NameTaken,
    NoPasswordHere,
    NoRole,
    NoSuchAccount,
    Role,
    WrongPassword,
)
from api.accounts.names import name_key, new_name, plain_name
from api.accounts.passwords import (
    MIN_PASSWORD,
    NO_PASSWORD,
    check_password,
    hash_password,
    is_password,
    one_time_password,
)
from api.accounts.record import record, recorded
from api.accounts.sessions import SESSION_HOURS, Place, SessionLimits, SessionStore
from api.accounts.tables import api_keys, metadata, sessions, users

__all__ = ["MIN_PASSWORD", "SESSION_HOURS", "AccountStore", "api_keys", "metadata", "sessions"]

ONE_TIME_LASTS = timedelta(days=3)
"""A one-time password that nobody used by then opens nothing more (OWASP ASVS 5.0, 6.4.1)."""
_NOWHERE = Place()


class AccountStore(SessionStore, KeyStore):
    """Accounts, their sessions, and keys; `clock` gives timezone-aware instants.

    `actor`, wherever it is asked for, is who does it: an account, or `cli:` and the name on the machine.
    """

    def __init__(
        self, engine: Engine, clock: Callable[[], datetime], limits: SessionLimits | None = None
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._limits = limits or SessionLimits()

    def add_user(self, name: str, role: Role, password: str, *, actor: str = COMMAND) -> None:
        """Create a console account.

        Raises:
            BadName, NameTaken, WeakPassword: it was not created, and why.
        """
        check_password(password, name)
        self._add(name, role, hash_password(password), None, actor)

    def add_person(self, name: str, role: Role, *, actor: str) -> str:
        """Create a console account with a one-time password, and give that, once.

        Raises:
            BadName, NameTaken: it was not created.
        """
        password = one_time_password()
        self._add(name, role, hash_password(password), self._clock() + ONE_TIME_LASTS, actor)
        return password

    def now(self) -> datetime:
        """The instant by which sessions and one-time passwords end."""
        return self._clock()

    def list_users(self) -> list[Account]:
        """List all accounts by name."""
        with self._engine.connect() as db:
            return [_account(row) for row in db.execute(select(users).order_by(users.c.name))]

    def account(self, name: str) -> Account:
        """Give one account.

        Raises:
            NoSuchAccount: there is none.
        """
        with self._engine.connect() as db:
            return _account(_find(db, name))

    def open_sessions(self) -> dict[str, int]:
        """Count by account the sessions that are open now."""
        query = select(sessions.c.user_name, func.count()).where(self._is_open(self._clock()))
        with self._engine.connect() as db:
            return {name: count for name, count in db.execute(query.group_by(sessions.c.user_name))}

    def disable_user(self, name: str, *, actor: str = COMMAND) -> None:
        """Close an account and end its sessions at once.

        Raises:
            NoSuchAccount, LastAdmin: nothing was changed.
        """
        with self._engine.begin() as db:
            row = self._locked(db, name)
            if row.role == Role.ADMIN:
                self._keep_an_admin(db, name)
            db.execute(update(users).where(users.c.name == name).values(disabled=True))
            self._end_sessions(db, name)
            self._record(db, actor, name, Change.DISABLED)

    def enable_user(self, name: str, *, actor: str = COMMAND) -> None:
        """Open an account again.

        Raises:
            NoSuchAccount: there is none.
        """
        with self._engine.begin() as db:
            self._locked(db, name)
            db.execute(update(users).where(users.c.name == name).values(disabled=False))
            self._record(db, actor, name, Change.ENABLED)

    def set_role(self, name: str, role: Role, *, actor: str = COMMAND) -> None:
        """Give an account another role; open sessions have it from their next request on.

        Raises:
            NoSuchAccount, LastAdmin: nothing was changed.
        """
        with self._engine.begin() as db:
            row = self._locked(db, name)
            if row.role == role:
                return
            if row.role == Role.ADMIN:
                self._keep_an_admin(db, name)
            self._set_role(db, row, role, actor)

    def reset_password(self, name: str, *, actor: str = COMMAND) -> str:
        """Take the password away, end every session, and give a one-time password, once.

        Raises:
            NoSuchAccount, NoPasswordHere: nothing was changed.
        """
        password = one_time_password()
        kept, until = hash_password(password), self._clock() + ONE_TIME_LASTS
        with self._engine.begin() as db:
            if self._locked(db, name).issuer:
                raise NoPasswordHere(f"{name} signs in through the single sign-on: reset it there")
            db.execute(
                update(users).where(users.c.name == name).values(password_hash=kept, one_time_until=until)
            )
            self._end_sessions(db, name)
            self._record(db, actor, name, Change.PASSWORD_RESET)
        return password

    def change_password(self, name: str, present: str, chosen: str, place: Place = _NOWHERE) -> str:
        """Set one's own password, end all one's sessions and give the token of a new one.

        Raises:
            NoSuchAccount, NoPasswordHere, WrongPassword, WeakPassword: nothing was changed.
        """
        with self._engine.connect() as db:
            row = _find(db, name)
        if row.issuer:
            raise NoPasswordHere(f"{name} signs in through the single sign-on: change it there")
        if not is_password(row.password_hash, present):
            raise WrongPassword("the present password is another one")
        if chosen == present:
            raise WrongPassword("the new password is the present one: choose another")
        check_password(chosen, name)
        kept = hash_password(chosen)
        with self._engine.begin() as db:
            same = (users.c.name == name) & (users.c.password_hash == row.password_hash) & ~users.c.disabled
            changed = update(users).where(same).values(password_hash=kept, one_time_until=None)
            if not db.execute(changed).rowcount:
                raise WrongPassword("the password was changed or the account closed meanwhile")
            self._end_sessions(db, name)
            self._record(db, name, name, Change.PASSWORD_CHANGED)
            return self._open_session(db, name, place)

    def end_sessions(self, name: str, *, actor: str = COMMAND) -> int:
        """Sign a person out everywhere and say how many sessions that ended.

        Raises:
            NoSuchAccount: there is none.
        """
        with self._engine.begin() as db:
            self._locked(db, name)
            ended = self._end_sessions(db, name)
            self._record(db, actor, name, Change.SIGNED_OUT, str(ended))
        return ended

    def sign_in(self, name: str, password: str, place: Place = _NOWHERE) -> str | None:
        """Return a new session token, or None. It takes as long for an unknown name as for a known one."""
        names = (name.strip(), plain_name(name))
        with self._engine.connect() as db:
            row = db.execute(select(users).where(users.c.name.in_(names), ~users.c.disabled)).first()
        if not is_password(row.password_hash if row else None, password) or row is None:
            return None
        if row.one_time_until is not None and row.one_time_until < self._clock():
            return None
        with self._engine.begin() as db:
            # A write first: who was disabled or given another password meanwhile does not get in.
            same = (users.c.name == row.name) & (users.c.password_hash == row.password_hash)
            if not db.execute(
                update(users).where(same, ~users.c.disabled).values(signed_in_at=self._clock())
            ).rowcount:
                return None
            return self._open_session(db, row.name, place)

    def sign_in_as(
        self, who: Identity, role: Role | None, place: Place = _NOWHERE, id_token_sealed: str | None = None
    ) -> str:
        """Return a new session token for somebody whom the single sign-on has identified.

        They have the account that is linked to their identity, never one that merely has their name; it is
        made when they come first, and `role` is theirs from now on. None gives nobody an account and ends
        the sessions of who has one.

        Raises:
            NoRole, Disabled: they may not, now.
            NameTaken, BadName: they are new and cannot have this name.
        """
        with self._engine.connect() as db:
            name = db.execute(select(users.c.name).where(*_is(who))).scalar()
        if name is None:
            if role is None:
                raise NoRole
            identity = {"issuer": who.issuer, "subject": who.subject}
            name = self._add(who.name, role, NO_PASSWORD, None, SINGLE_SIGN_ON, **identity)
        with self._engine.begin() as db:
            row = self._locked(db, name)
            if row.disabled:
                raise Disabled(f"{name} is disabled")
            if role is not None:
                if row.role != role:
                    self._set_role(db, row, role, SINGLE_SIGN_ON)
                return self._open_session(db, name, place, id_token_sealed)
            self._end_sessions(db, name)
        raise NoRole(name)

    def link(self, name: str, issuer: str, subject: str, *, actor: str = COMMAND) -> None:
        """Let an account sign in through the single sign-on alone, as this subject of its issuer.

        Raises:
            NoSuchAccount, NameTaken: nothing was changed.
        """
        identity = {"issuer": issuer, "subject": subject}
        try:
            with self._engine.begin() as db:
                self._locked(db, name)
                no_password = {"password_hash": NO_PASSWORD, "one_time_until": None}
                db.execute(update(users).where(users.c.name == name).values(identity | no_password))
                self._end_sessions(db, name)
                self._record(db, actor, name, Change.LINKED, f"{issuer} {subject}")
        except IntegrityError as error:
            raise NameTaken(f"another account is linked to {subject!r} already") from error

    def at_work(self, name: str) -> Caller | None:
        """Give who could act under this name now: a user with an open session, else a key in force."""
        with self._engine.connect() as db:
            user = db.execute(
                select(users.c.role)
                .join(sessions, sessions.c.user_name == users.c.name)
                .where(users.c.name == name, ~users.c.disabled, self._is_open(self._clock()))
            ).first()
        return Caller(name, Role(user.role)) if user else self._one_key(api_keys.c.name == name)

    def changes(
        self, name: str | None = None, *, before: int | None = None, limit: int = 100
    ) -> list[AccountChange]:
        """Give what was done to one account or to all, the newest first; older than the id `before`."""
        with self._engine.connect() as db:
            return recorded(db, name, before=before, limit=limit)

    def _add(
        self,
        name: str,
        role: Role,
        kept: str,
        one_time_until: datetime | None,
        actor: str,
        **identity: str,
    ) -> str:
        name, now = new_name(name), self._clock()
        taken = NameTaken(f"user {name!r} exists already, or one whose name looks the same")
        row = {"name": name, "role": role, "password_hash": kept, "disabled": False, "created_at": now}
        try:
            with self._engine.begin() as db:
                if name_key(name) in {name_key(each) for each in db.execute(select(users.c.name)).scalars()}:
                    raise taken
                db.execute(insert(users).values(row | identity | {"one_time_until": one_time_until}))
                self._record(db, actor, name, Change.ADDED, role)
        except IntegrityError as error:
            raise taken from error
        return name

    def _set_role(self, db: Connection, row: Row, role: Role, actor: str) -> None:
        db.execute(update(users).where(users.c.name == row.name).values(role=role))
        self._record(db, actor, row.name, Change.ROLE, f"{row.role} → {role}")

    def _locked(self, db: Connection, name: str) -> Row:
        """Find an account that nobody else changes until this transaction ends, nor any admin.

        Raises:
            NoSuchAccount: there is none.
        """
        if db.dialect.name == "sqlite":
            # A write first: from then on nobody else writes.
            db.execute(update(users).where(users.c.name == name).values(name=users.c.name))
        else:
            # In one order: two admins who close each other's account wait for one another.
            both = (users.c.name == name) | (users.c.role == Role.ADMIN)
            db.execute(select(users.c.name).where(both).order_by(users.c.name).with_for_update()).all()
        return _find(db, name)

    def _keep_an_admin(self, db: Connection, name: str) -> None:
        others = select(func.count()).where(
            users.c.role == Role.ADMIN, ~users.c.disabled, users.c.name != name
        )
        if not db.execute(others).scalar_one():
            raise LastAdmin(f"{name} is the last admin: make another one first")

    def _record(self, db: Connection, actor: str, account: str, change: Change, detail: str = "") -> None:
        record(db, self._clock(), actor, account, change, detail)


def _is(who: Identity) -> tuple[ColumnElement[bool], ...]:
    return users.c.issuer == who.issuer, users.c.subject == who.subject


def _find(db: Connection, name: str) -> Row:
    row = db.execute(select(users).where(users.c.name == name)).first()
    if row is None:
        raise NoSuchAccount(f"no user {name!r}: see `hotline users list`")
    return row


def _account(row: Row) -> Account:
    return Account(
        name=row.name,
        role=Role(row.role),
        disabled=row.disabled,
        created_at=row.created_at,
        signed_in_at=row.signed_in_at,
        one_time_until=row.one_time_until,
        issuer=row.issuer,
        subject=row.subject,
    )
