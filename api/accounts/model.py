"""Roles, permissions, and who is calling. Standard library only."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

COMMAND = "cli"
SINGLE_SIGN_ON = "sso"
"""Who changes accounts beside people: a command on the machine (`cli:` and a name), the single sign-on."""


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
    a key belongs to; its caller sees and moves the tickets of that office alone. `password_due`: a person who
    came with a one-time password and may do nothing before choosing one.
    """

    name: str
    role: Role
    scopes: frozenset[Scope] | None = None
    office: str | None = None
    password_due: bool = False

    @property
    def permissions(self) -> frozenset[Scope]:
        """What this caller may do."""
        if self.password_due:
            return frozenset()
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
    """A person at the console. `issuer`, `subject`: who they are at the single sign-on, if they come from
    there; such an account has no password here. `one_time_until`: until when their one-time password is good.
    """

    name: str
    role: Role
    disabled: bool
    created_at: datetime
    signed_in_at: datetime | None = None
    one_time_until: datetime | None = None
    issuer: str | None = None
    subject: str | None = None


@dataclass(frozen=True)
class Session:
    """Where somebody is signed in: `id` names it without opening it; `browser` is a family, as Firefox."""

    id: str
    started_at: datetime
    seen_at: datetime
    address: str
    browser: str


@dataclass(frozen=True)
class Identity:
    """Who somebody is at the single sign-on: `issuer` and `subject` together are theirs for good, `name` is
    only what they are called."""

    issuer: str
    subject: str
    name: str


class Change(StrEnum):
    """What can happen to an account."""

    ADDED = "added"
    ROLE = "role"
    DISABLED = "disabled"
    ENABLED = "enabled"
    PASSWORD_RESET = "password_reset"
    PASSWORD_CHANGED = "password_changed"
    SIGNED_OUT = "signed_out"
    LINKED = "linked"


@dataclass(frozen=True)
class AccountChange:
    """One line of the record: who did what to which account, when; `detail`: roles, a count, an identity."""

    id: int
    at: datetime
    actor: str
    account: str
    change: Change
    detail: str = ""


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
    """An account or key cannot be made, found or changed; the message says why."""

    code = "refused"


class NoSuchAccount(AccountError):
    """There is no account of this name."""

    code = "unknown"


class NameTaken(AccountError):
    """Somebody has this name, or one that looks the same."""

    code = "taken"


class BadName(AccountError):
    """The name is empty, too long or holds characters that nobody sees."""

    code = "bad_name"


class WeakPassword(AccountError):
    """The password is too short or too easily guessed."""

    code = "weak"


class WrongPassword(AccountError):
    """The present password is another one."""

    code = "wrong_password"


class LastAdmin(AccountError):
    """Without this account nobody could look after accounts."""

    code = "last_admin"


class NoPasswordHere(AccountError):
    """The account signs in through the single sign-on alone."""

    code = "no_password_here"


class NoRole(AccountError):
    """The single sign-on gives this person no role here; `account` is the one they had, if any."""

    code = "no_role"

    def __init__(self, account: str | None = None) -> None:
        self.account = account
        super().__init__(f"the single sign-on gives {account or 'this person'} no role here")


class Disabled(AccountError):
    """The account was closed by an admin."""

    code = "disabled"


class MissingScope(Exception):
    """A caller may not do this; `needed` is the scope that it takes, `has` are the caller's, in order."""

    code = "not_allowed"

    def __init__(self, caller: Caller, needed: Scope) -> None:
        self.needed = needed.value
        self.has = tuple(sorted(caller.permissions))
        super().__init__(
            f"this needs {self.needed}; {caller.name} ({caller.role}) has {', '.join(self.has) or 'nothing'}"
        )
