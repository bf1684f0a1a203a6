"""Notices of service trouble and the switches that turn a part off."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A table in which the latest row of a part is how it stands, and all rows are the log."""
    op.create_table(
        "service_notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("in_force", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("part in ('opslag', 'bot', 'henvendelse', 'moede')", name=op.f("ck_service_notices_part")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_service_notices_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_notices")),
        sa.UniqueConstraint("part", "number", name=op.f("uq_service_notices_part_number")),
    )


def downgrade() -> None:
    """Everything is on, and nothing is told of when it was not."""
    op.drop_table("service_notices")
