"""ticket lists: the tickets that somebody has worked on

Revision ID: 0017
Revises: 0016
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_ticket_events_actor_ticket_events_number", "ticket_events", ["actor", "number"])


def downgrade() -> None:
    op.drop_index("ix_ticket_events_actor_ticket_events_number", "ticket_events")
