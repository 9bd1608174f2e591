"""Roles, and who is calling. Standard library only."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What an account may do; each role may do what those before it may."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


@dataclass(frozen=True)
class Caller:
    """Someone signed in: `name` is the account or key, never a citizen."""

    name: str
    role: Role


@dataclass(frozen=True)
class Account:
    name: str
    role: Role
    disabled: bool


@dataclass(frozen=True)
class ApiKey:
    id: str
    name: str
    role: Role
    revoked: bool


class AccountError(Exception):
    """An account or key cannot be made or found; the message says why."""
