"""API keys of desktops and case systems in the database; of each key only a hash is kept."""

import secrets
from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.accounts.model import AccountError, ApiKey, Caller, Role, Scope, permissions_of
from api.accounts.sessions import hash_token
from api.accounts.tables import api_keys


class KeyStore:
    """API keys; `clock` gives timezone-aware instants."""

    _engine: Engine
    _clock: Callable[[], datetime]

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
            "key_hash": hash_token(key),
            "revoked": False,
            "scopes": None if chosen is None else " ".join(sorted(chosen)),
            "office": office or None,
            "created_at": self._clock(),
        }
        try:
            with self._engine.begin() as db:
                db.execute(insert(api_keys).values(row))
        except IntegrityError as error:
            raise AccountError(f"key {name!r} exists already") from error
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
        return self._one_key(api_keys.c.key_hash == hash_token(key))

    def _one_key(self, which) -> Caller | None:
        with self._engine.connect() as db:
            row = db.execute(select(api_keys).where(which, ~api_keys.c.revoked)).first()
        return Caller(row.name, Role(row.role), _read_scopes(row.scopes), row.office) if row else None


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
