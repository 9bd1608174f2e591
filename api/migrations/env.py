"""Alembic runs this with the connection that api.database.migrate hands over."""

from alembic import context
from sqlalchemy import MetaData

import api.chat.feedback
import api.chat.open_forms  # noqa: F401  (both add their table to the chat's)
from api.accounts.store import metadata as accounts
from api.chat.tables import metadata as chat
from api.unanswered.store import metadata as unanswered
from tickets.schema import Instant
from tickets.schema import metadata as tickets

everything = MetaData()
for part in (tickets, chat, accounts, unanswered):
    for table in part.sorted_tables:
        table.to_metadata(everything)


def _plainly(kind, item, autogen):
    """Migrations name SQLAlchemy's own types only, so that they outlive our classes."""
    return f"sa.{item.impl!r}" if kind == "type" and isinstance(item, Instant) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=everything,
    render_as_batch=True,
    render_item=_plainly,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
