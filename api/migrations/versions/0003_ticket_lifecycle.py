"""what a ticket's life needs: deadlines by step, what events changed, supplements, notices, scopes of keys

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

from tickets.permanence import let_history_change, make_history_permanent

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.add_column(sa.Column("place_print", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("stage_due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("triage_sealed", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index("ix_tickets_place_print", ["place_print"], unique=False)
        batch_op.create_index("ix_tickets_stage_due_at", ["stage_due_at"], unique=False)
        batch_op.create_index(
            "ix_tickets_office_tickets_day_tickets_sequence", ["office", "day", "sequence"], unique=False
        )
        batch_op.create_index(
            "ix_tickets_adcode_tickets_category_tickets_opened_at",
            ["adcode", "category", "opened_at"],
            unique=False,
        )
    op.execute(
        "UPDATE tickets SET stage_due_at = due_at WHERE status NOT IN ('archived', 'merged', 'withdrawn')"
    )
    op.add_column("ticket_events", sa.Column("changes", sa.JSON(), nullable=True))
    op.add_column(
        "ticket_links", sa.Column("kind", sa.String(length=10), server_default="repeat", nullable=False)
    )
    op.create_index("ix_ticket_links_related", "ticket_links", ["related"], unique=False)
    op.create_table(
        "ticket_supplements",
        sa.Column("origin_message_id", sa.String(length=128), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["tickets.number"], name="fk_ticket_supplements_number"),
        sa.PrimaryKeyConstraint("origin_message_id", name="pk_ticket_supplements"),
    )
    op.execute(
        "INSERT INTO ticket_supplements (origin_message_id, number, position)"
        " SELECT origin_message_id, number, 1 FROM tickets WHERE origin_message_id IS NOT NULL"
    )
    op.create_table(
        "ticket_notices",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["number"], ["tickets.number"], name="fk_ticket_notices_number"),
        sa.PrimaryKeyConstraint("number", "kind", "due_at", name="pk_ticket_notices"),
    )
    with op.batch_alter_table("api_keys", schema=None) as batch_op:
        batch_op.add_column(sa.Column("scopes", sa.String(length=400), nullable=True))
        batch_op.add_column(sa.Column("office", sa.String(length=100), nullable=True))
    make_history_permanent(op.get_bind())


def downgrade() -> None:
    let_history_change(op.get_bind())
    with op.batch_alter_table("api_keys", schema=None) as batch_op:
        batch_op.drop_column("office")
        batch_op.drop_column("scopes")
    op.drop_table("ticket_notices")
    op.drop_table("ticket_supplements")
    op.drop_index("ix_ticket_links_related", "ticket_links")
    op.drop_column("ticket_links", "kind")
    op.drop_column("ticket_events", "changes")
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.drop_index("ix_tickets_adcode_tickets_category_tickets_opened_at")
        batch_op.drop_index("ix_tickets_office_tickets_day_tickets_sequence")
        batch_op.drop_index("ix_tickets_stage_due_at")
        batch_op.drop_index("ix_tickets_place_print")
        batch_op.drop_column("erased_at")
        batch_op.drop_column("triage_sealed")
        batch_op.drop_column("stage_due_at")
        batch_op.drop_column("place_print")
