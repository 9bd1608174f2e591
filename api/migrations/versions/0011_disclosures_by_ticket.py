"""disclosures by ticket: each new ticket that goes out in full asks whether that was recorded

Revision ID: 0011
Revises: 0010
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_ticket_disclosures_number", "ticket_disclosures", ["number"])


def downgrade() -> None:
    op.drop_index("ix_ticket_disclosures_number", "ticket_disclosures")
