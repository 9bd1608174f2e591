"""What accounts and their changes are called on the pages."""

from datetime import datetime
from typing import Any

from api.accounts.model import COMMAND, SINGLE_SIGN_ON, Account, AccountChange, Change
from api.routes.rendering import say
from api.texts import texts


def words(part: str) -> Any:
    """The words of one part (`door`, `own`, `admin`, `ways`) from texts/console_accounts.zh.yml."""
    return texts("console_accounts")[part]


def way_in(account: Account, now: datetime) -> str:
    """Say how somebody signs in."""
    ways = words("ways")
    if account.issuer:
        return ways["single_sign_on"]
    if account.one_time_until is None:
        return ways["password"]
    return ways["one_time" if account.one_time_until >= now else "one_time_over"]


def actor_said(actor: str) -> str:
    """Say who did it: an account by its name, the command line, the single sign-on."""
    told = words("admin")
    kind, _, name = actor.partition(":")
    if kind == COMMAND and name:
        return told["actor_command"].format(name=name)
    return told["actors"].get(actor, actor) if actor in (COMMAND, SINGLE_SIGN_ON) else actor


def change_said(change: AccountChange) -> str:
    """Say what was done."""
    detail = change.detail
    if change.change in (Change.ADDED, Change.ROLE):
        roles = say("console")["roles"]
        detail = " → ".join(roles.get(role, role) for role in detail.split(" → "))
    return words("admin")["changed"][change.change].format(detail=detail)
