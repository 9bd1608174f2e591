"""The record of what was done to accounts: written with the change itself, never altered."""

from datetime import datetime

from sqlalchemy import Connection, insert, select

from api.accounts.model import AccountChange, Change
from api.accounts.tables import account_changes


def record(db: Connection, at: datetime, actor: str, account: str, change: Change, detail: str = "") -> None:
    """Note who did what to which account, in the transaction that does it."""
    row = {"at": at, "actor": actor[:100], "account": account, "change": change, "detail": detail[:200]}
    db.execute(insert(account_changes).values(row))


def recorded(
    db: Connection, account: str | None = None, *, before: int | None = None, limit: int = 100
) -> list[AccountChange]:
    """Give what was recorded, the newest first: of one account or of all; older than the id `before`."""
    query = select(account_changes).order_by(account_changes.c.id.desc()).limit(limit)
    if account is not None:
        query = query.where(account_changes.c.account == account)
    if before is not None:
        query = query.where(account_changes.c.id < before)
    return [
        AccountChange(r.id, r.at, r.actor, r.account, Change(r.change), r.detail) for r in db.execute(query)
    ]
