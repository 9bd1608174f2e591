"""Alembic runs this with the connection that api.database.migrate hands over."""

from alembic import context

from api.tables import everything
from tickets.schema import Instant


def _plainly(kind, item, autogen):
    """Migrations name SQLAlchemy's own types only, so that they outlive our classes."""
    return f"sa.{item.impl!r}" if kind == "type" and isinstance(item, Instant) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=everything(),
    render_as_batch=True,
    render_item=_plainly,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
