"""feedback: what citizens think of answers, and which characters they read

Revision ID: 0010
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "message_feedback",
        sa.Column("message_id", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", sa.String(length=40), nullable=False),
        sa.Column("helpful", sa.Boolean(), nullable=False),
        sa.Column("reason_sealed", sa.Text(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"]),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"]),
        sa.PrimaryKeyConstraint("message_id"),
    )
    op.create_index("ix_message_feedback_conversation", "message_feedback", ["conversation_id"])
    op.create_index("ix_message_feedback_given", "message_feedback", ["given_at"])
    op.add_column(
        "conversations", sa.Column("script", sa.String(length=4), server_default="hans", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("conversations", "script")
    op.drop_index("ix_message_feedback_given", "message_feedback")
    op.drop_index("ix_message_feedback_conversation", "message_feedback")
    op.drop_table("message_feedback")
