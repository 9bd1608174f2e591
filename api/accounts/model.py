"""Roles, permissions, and who is calling. Standard library only."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What an account may do (PERMISSIONS); from agent to admin each role may do what those before it may.

    The auditor stands apart: reads everything masked and the audit trail, changes nothing. So does the
    editor, who looks after the policy library and sees neither tickets nor conversations.
    """

    AGENT = "agent"
    DISPATCHER = "dispatcher"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
    AUDITOR = "auditor"
    EDITOR = "editor"


class Scope(StrEnum):
    """One thing that may be done. A role has several; an API key may be given fewer than its role has."""

    TICKETS_READ = "tickets:read"
    TICKETS_FILE = "tickets:file"
    TICKETS_MOVE = "tickets:move"
    TICKETS_CORRECT = "tickets:correct"
    TICKETS_REVEAL = "tickets:reveal"
    TICKETS_EXPORT = "tickets:export"
    AUDIT_READ = "audit:read"
    ANSWERS = "answers"
    CONVERSATIONS = "conversations"
    CHATS_READ = "chats:read"
    CHATS_WRITE = "chats:write"
    EVENTS_WRITE = "events:write"
    FIGURES_READ = "figures:read"
    KNOWLEDGE_EDIT = "knowledge:edit"
    ACCOUNTS = "accounts"


_AGENT = frozenset(
    {
        Scope.TICKETS_READ,
        Scope.TICKETS_FILE,
        Scope.TICKETS_MOVE,
        Scope.TICKETS_CORRECT,
        Scope.TICKETS_REVEAL,
        Scope.ANSWERS,
        Scope.CONVERSATIONS,
        Scope.CHATS_READ,
        Scope.CHATS_WRITE,
    }
)
# Which moves a role may make is in tickets.lifecycle: dispatcher and agent differ only there.
_SUPERVISOR = _AGENT | {
    Scope.TICKETS_EXPORT,
    Scope.EVENTS_WRITE,
    Scope.FIGURES_READ,
    Scope.KNOWLEDGE_EDIT,
}

PERMISSIONS: dict[Role, frozenset[Scope]] = {
    Role.AGENT: _AGENT,
    Role.DISPATCHER: _AGENT,
    Role.SUPERVISOR: _SUPERVISOR,
    Role.ADMIN: _SUPERVISOR | {Scope.AUDIT_READ, Scope.ACCOUNTS},
    Role.AUDITOR: frozenset(
        {
            Scope.TICKETS_READ,
            Scope.TICKETS_EXPORT,
            Scope.AUDIT_READ,
            Scope.ANSWERS,
            Scope.CONVERSATIONS,
            Scope.CHATS_READ,
            Scope.FIGURES_READ,
        }
    ),
    Role.EDITOR: frozenset({Scope.ANSWERS, Scope.KNOWLEDGE_EDIT}),
}

OFFICE_PERMISSIONS = frozenset(
    {Scope.TICKETS_READ, Scope.TICKETS_MOVE, Scope.TICKETS_REVEAL, Scope.ANSWERS, Scope.EVENTS_WRITE}
)
"""The most that the key of an office (承办单位) may do, and that with its own tickets only."""


def permissions_of(role: Role, office: str | None = None) -> frozenset[Scope]:
    """Give everything that an account or key of this role may do; of an office, what an office may."""
    return OFFICE_PERMISSIONS if office else PERMISSIONS[role]


@dataclass(frozen=True)
class Caller:
    """Someone signed in: `name` is the account or key, never a citizen.

    `scopes`: what an API key was limited to; None for everything that the role may do. `office`: the one that
    a key belongs to; its caller sees and moves the tickets of that office alone.
    """

    name: str
    role: Role
    scopes: frozenset[Scope] | None = None
    office: str | None = None

    @property
    def permissions(self) -> frozenset[Scope]:
        """What this caller may do."""
        granted = permissions_of(self.role, self.office)
        return granted if self.scopes is None else granted & self.scopes

    def require(self, scope: Scope) -> None:
        """Let whoever may do this pass.

        Raises:
            MissingScope: for everybody else.
        """
        if scope not in self.permissions:
            raise MissingScope(self, scope)


@dataclass(frozen=True)
class Account:
    name: str
    role: Role
    disabled: bool


@dataclass(frozen=True)
class ApiKey:
    """A key without its secret; `scopes` and `office` as in Caller."""

    id: str
    name: str
    role: Role
    revoked: bool
    scopes: frozenset[Scope] | None = None
    office: str | None = None


class AccountError(Exception):
    """An account or key cannot be made or found; the message says why."""


class MissingScope(Exception):
    """A caller may not do this; `needed` is the scope that it takes, `has` are the caller's, in order."""

    code = "not_allowed"

    def __init__(self, caller: Caller, needed: Scope) -> None:
        self.needed = needed.value
        self.has = tuple(sorted(caller.permissions))
        super().__init__(
            f"this needs {self.needed}; {caller.name} ({caller.role}) has {', '.join(self.has) or 'nothing'}"
        )
