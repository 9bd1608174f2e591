"""accounts: people of a single sign-on, sessions that can be listed and ended

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Sessions of before have no place and no time of their own: everybody signs in once more.
    op.execute("DELETE FROM sessions")
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("id", sa.String(length=16), nullable=False))
        batch_op.add_column(sa.Column("started_at", sa.DateTime(timezone=True), nullable=False))
        batch_op.add_column(sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False))
        batch_op.add_column(sa.Column("address", sa.String(length=64), nullable=False))
        batch_op.add_column(sa.Column("browser", sa.String(length=60), nullable=False))
        batch_op.add_column(sa.Column("id_token_sealed", sa.Text(), nullable=True))
        batch_op.create_unique_constraint("uq_sessions_id", ["id"])
        batch_op.create_index("ix_sessions_user_name", ["user_name"], unique=False)
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("one_time_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("issuer", sa.String(length=300), nullable=True))
        batch_op.add_column(sa.Column("subject", sa.String(length=255), nullable=True))
        batch_op.create_unique_constraint("uq_users_subject", ["issuer", "subject"])
    op.create_table(
        "account_changes",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("account", sa.String(length=80), nullable=False),
        sa.Column("change", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_account_changes_account", "account_changes", ["account", "id"], unique=False)
    op.create_table(
        "used_sign_ins",
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("state_hash"),
    )


def downgrade() -> None:
    op.drop_table("used_sign_ins")
    op.drop_index("ix_account_changes_account", table_name="account_changes")
    op.drop_table("account_changes")
    # Who has no password here could not be told from one who has: they go, and with them their sessions.
    op.execute("DELETE FROM sessions")
    op.execute("DELETE FROM users WHERE issuer IS NOT NULL")
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_constraint("uq_users_subject", type_="unique")
        for name in ("subject", "issuer", "one_time_until", "signed_in_at"):
            batch_op.drop_column(name)
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_index("ix_sessions_user_name")
        batch_op.drop_constraint("uq_sessions_id", type_="unique")
        for name in ("id_token_sealed", "browser", "address", "seen_at", "started_at", "id"):
            batch_op.drop_column(name)
