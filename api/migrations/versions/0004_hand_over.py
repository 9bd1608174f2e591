"""hand-over: who has a conversation, what the queue needs, every change of owner, which agents are here

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

from api.chat.permanence import let_owner_changes_go, make_owner_changes_permanent

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("agent", sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column("queued_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("queue_reason", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("priority", sa.Integer(), server_default="0", nullable=False))
        batch_op.create_index("ix_conversations_owner", ["owner", "priority", "queued_at"], unique=False)
    # Who waits already has waited since the last word; nobody can have taken one over before this version.
    op.execute(
        "UPDATE conversations SET queued_at = updated_at, queue_reason = 'asked' WHERE owner = 'queue'"
    )
    op.execute(
        "UPDATE conversations SET priority = 1, queue_reason = 'crisis' WHERE owner = 'queue' AND id IN"
        " (SELECT conversation_id FROM turns WHERE outcome = 'crisis')"
    )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("author", sa.String(length=80), nullable=True))
        batch_op.add_column(sa.Column("agent_message_id", sa.String(length=80), nullable=True))
        batch_op.create_index("uq_agent_message", ["conversation_id", "agent_message_id"], unique=True)
    op.create_table(
        "owner_changes",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("from_owner", sa.String(length=10), nullable=False),
        sa.Column("from_agent", sa.String(length=80), nullable=True),
        sa.Column("to_owner", sa.String(length=10), nullable=False),
        sa.Column("to_agent", sa.String(length=80), nullable=True),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("note_sealed", sa.Text(), nullable=True),
        sa.Column("after_seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name="fk_owner_changes_conversation",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_owner_changes_conversation", "owner_changes", ["conversation_id", "id"], unique=False)
    op.create_table(
        "agent_presence",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    make_owner_changes_permanent(op.get_bind())


def downgrade() -> None:
    let_owner_changes_go(op.get_bind())
    op.drop_table("agent_presence")
    op.drop_table("owner_changes")
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index("uq_agent_message")
        batch_op.drop_column("agent_message_id")
        batch_op.drop_column("author")
    # Without agents' columns nobody would give these back.
    op.execute("UPDATE conversations SET owner = 'queue' WHERE owner = 'agent'")
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.drop_index("ix_conversations_owner")
        batch_op.drop_column("priority")
        batch_op.drop_column("queue_reason")
        batch_op.drop_column("queued_at")
        batch_op.drop_column("agent")
