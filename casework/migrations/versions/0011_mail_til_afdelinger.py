"""Mail a person has written, where wrong codes came from, and signs of life."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("outgoing_mail") as table:
        table.add_column(sa.Column("text", sa.Text(), nullable=True))
        table.add_column(sa.Column("staff_id", sa.Integer(), nullable=True))
        table.create_foreign_key(op.f("fk_outgoing_mail_staff_id"), "staff", ["staff_id"], ["id"])
    op.add_column("questions", sa.Column("address", sa.Text(), nullable=True))
    op.add_column("wrong_codes", sa.Column("place_hash", sa.String(length=64), nullable=False, server_default=""))
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeats")),
    )


def downgrade() -> None:
    op.drop_table("heartbeats")
    op.drop_column("wrong_codes", "place_hash")
    op.drop_column("questions", "address")
    # Without its text a mail to a department cannot be written; who wrote it still has the question on the case.
    op.execute("DELETE FROM outgoing_mail WHERE kind LIKE 'afdeling%'")
    with op.batch_alter_table("outgoing_mail") as table:
        table.drop_constraint(op.f("fk_outgoing_mail_staff_id"), type_="foreignkey")
        table.drop_column("staff_id")
        table.drop_column("text")
