"""A person in the chat."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Who waits, who writes, and whose chat is open."""
    with op.batch_alter_table("conversations") as table:
        table.add_column(sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("staff_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("staff_at", sa.DateTime(timezone=True), nullable=True))
        table.create_foreign_key(op.f("fk_conversations_staff_id_staff"), "staff", ["staff_id"], ["id"])
    with op.batch_alter_table("staff") as table:
        table.add_column(sa.Column("chat_open_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Nobody waits and nobody writes any more."""
    with op.batch_alter_table("staff") as table:
        table.drop_column("chat_open_at")
    with op.batch_alter_table("conversations") as table:
        table.drop_constraint(op.f("fk_conversations_staff_id_staff"), type_="foreignkey")
        table.drop_column("staff_at")
        table.drop_column("staff_id")
        table.drop_column("waiting_since")
