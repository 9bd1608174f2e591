"""outbox: every history event in the order of commits, and what was delivered to which case system

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ticket_outbox",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["number", "position"],
            ["ticket_events.number", "ticket_events.position"],
            name="fk_ticket_outbox_number_position",
        ),
        sa.PrimaryKeyConstraint("sequence", name="pk_ticket_outbox"),
        sa.UniqueConstraint("number", "position", name="uq_ticket_outbox_number_position"),
        sqlite_autoincrement=True,
    )
    op.execute(
        "INSERT INTO ticket_outbox (number, position)"
        " SELECT number, position FROM ticket_events ORDER BY at, number, position"
    )
    op.create_table(
        "case_systems",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("changed_by", sa.String(length=100), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handed_out_to", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_case_systems"),
    )
    op.create_table(
        "deliveries",
        sa.Column("system", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_by", sa.String(length=40), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(length=100), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["system"], ["case_systems.name"], name="fk_deliveries_system"),
        sa.ForeignKeyConstraint(
            ["number", "position"],
            ["ticket_events.number", "ticket_events.position"],
            name="fk_deliveries_number_position",
        ),
        sa.PrimaryKeyConstraint("system", "number", "position", name="pk_deliveries"),
    )
    op.create_index(
        "ix_deliveries_system_deliveries_state_deliveries_next_at",
        "deliveries",
        ["system", "state", "next_at"],
    )
    op.create_index("ix_deliveries_system_deliveries_sequence", "deliveries", ["system", "sequence"])


def downgrade() -> None:
    op.drop_table("deliveries")
    op.drop_table("case_systems")
    op.drop_table("ticket_outbox")
