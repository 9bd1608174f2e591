"""phone calls: what a caller says, typed while she speaks

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "phone_calls",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("agent", sa.String(80), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("sealed_words", sa.Text, nullable=False),
        sa.Column("sealed_form", sa.Text, nullable=False),
        sa.Column("ticket_number", sa.String(20)),
    )
    op.create_index("ix_phone_calls_agent", "phone_calls", ["agent", "ended_at"])
    op.create_index("ix_phone_calls_started", "phone_calls", ["started_at"])
    op.create_index("ix_phone_calls_ticket", "phone_calls", ["ticket_number"])


def downgrade() -> None:
    op.drop_table("phone_calls")
