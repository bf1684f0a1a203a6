"""Drafts that go along with a case."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The letter a citizen let go along."""
    op.create_table(
        "case_drafts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_drafts_case_id_cases", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_case_drafts"),
    )
    op.create_index("ix_case_drafts_case_id", "case_drafts", ["case_id"])


def downgrade() -> None:
    """No drafts on cases."""
    op.drop_index("ix_case_drafts_case_id", "case_drafts")
    op.drop_table("case_drafts")
