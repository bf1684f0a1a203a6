"""Questions to departments, messages to and from the citizen."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# `cases` is altered column by column and never rebuilt: on SQLite a rebuild drops the table, and the cascades would
# take every timeline with it.


def upgrade() -> None:
    op.add_column("cases", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("cases", sa.Column("danger", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("cases", sa.Column("contact_hash", sa.String(length=64), nullable=True))
    op.add_column("cases", sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("cases", sa.Column("not_followed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_cases_contact_hash", "cases", ["contact_hash"])
    # contact_hash stays empty for older cases: it takes the key and the clear text, which a migration does not touch.
    cases, turns = sa.table("cases", sa.column("danger"), sa.column("conversation_id")), sa.table(
        "turns", sa.column("conversation_id"), sa.column("topic")
    )
    spoke = sa.select(turns.c.conversation_id).where(turns.c.topic.like("akut.%"))
    op.execute(cases.update().where(cases.c.conversation_id.in_(spoke)).values(danger=sa.true()))

    op.create_table(
        "messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("way", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind in ('svar', 'spoergsmaal', 'udskydelse', 'afvisning', 'borger')", name=op.f("ck_messages_kind")
        ),
        sa.CheckConstraint(
            "way in ('statusside', 'telefon', 'moede', 'post', 'e-mail')", name=op.f("ck_messages_way")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_messages_case_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["case_events.id"], name=op.f("fk_messages_event_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_messages_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("event_id", name=op.f("uq_messages_event_id")),
    )
    op.create_index("ix_messages_case_id", "messages", ["case_id"])
    op.create_table(
        "questions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_questions_case_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_questions_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
    )
    op.create_index("ix_questions_case_id", "questions", ["case_id"])
    op.create_index("ix_questions_due", "questions", ["due"])


def downgrade() -> None:
    op.drop_table("questions")
    op.drop_table("messages")
    op.drop_index("ix_cases_contact_hash", table_name="cases")
    for column in ("not_followed_at", "answered_at", "contact_hash", "danger", "version"):
        op.drop_column("cases", column)
