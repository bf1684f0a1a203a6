"""Whether a citizen got an answer, and what makes a message that is sent twice one turn."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What citizens say of a conversation, and the mark and the reply of a message the citizen's browser gave a key."""
    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.CheckConstraint("verdict in ('ja', 'delvist', 'nej')", name=op.f("ck_feedback_verdict")),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_feedback_conversation_id_conversations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
    )
    op.create_index("uq_feedback_conversation_id", "feedback", ["conversation_id"], unique=True)
    op.add_column("turns", sa.Column("mark", sa.String(length=64), nullable=True))
    op.add_column("turns", sa.Column("reply", sa.JSON(), nullable=True))
    op.create_index("uq_turns_conversation_id_mark", "turns", ["conversation_id", "mark"], unique=True)


def downgrade() -> None:
    """Nobody is asked, and a message sent twice is two."""
    op.drop_index("uq_turns_conversation_id_mark", "turns")
    with op.batch_alter_table("turns") as table:
        table.drop_column("reply")
        table.drop_column("mark")
    op.drop_table("feedback")
