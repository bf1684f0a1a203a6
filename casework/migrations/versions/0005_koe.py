"""Search, saved views and what is unread."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# The triggers that carry a text into the index are laid after every migration (casework/queue_index.py), for SQLite
# loses them when a table is rebuilt. The texts themselves are filled in by `vejviser migrate`: they must be masked.
QUEUE_COLUMNS = [
    *("status", "danger", "respond_by", "answered_at", "complaint_deadline", "unit", "center", "omraade"),
    *("assigned_to_id", "created_at", "closed_at", "id"),
]


def upgrade() -> None:
    op.create_index("ix_cases_queue", "cases", QUEUE_COLUMNS)
    op.create_index("ix_case_events_case_id_at", "case_events", ["case_id", "at"])
    op.create_index("ix_case_reads_case_id_staff_id_at", "case_reads", ["case_id", "staff_id", "at"])
    op.create_table(
        "case_texts",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=True),
        sa.Column("sag", sa.Text(), nullable=False),
        sa.Column("samtale", sa.Text(), nullable=False),
        sa.Column("svar", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_texts_case_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_texts")),
    )
    op.create_index("ix_case_texts_conversation_id", "case_texts", ["conversation_id"])
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_saved_views_staff_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("staff_id", "name", name=op.f("uq_saved_views_staff_id_name")),
    )
    op.create_table(
        "case_exports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(length=4), nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("case_ids", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_case_exports_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_exports")),
    )
    op.create_index("ix_case_exports_at", "case_exports", ["at"])
    if op.get_bind().dialect.name == "sqlite":
        # It keeps words only: their text is in case_texts. In Danish å is a letter, not an a with a ring.
        op.execute(
            "CREATE VIRTUAL TABLE case_search USING fts5"
            "(sag, samtale, svar, content='', tokenize='unicode61 remove_diacritics 0', prefix='2 3 4')"
        )
    else:
        op.execute(
            "CREATE TABLE case_search (case_id integer PRIMARY KEY REFERENCES case_texts (case_id) ON DELETE CASCADE, "
            "people tsvector NOT NULL, everything tsvector NOT NULL)"
        )
        op.execute("CREATE INDEX ix_case_search_people ON case_search USING gin (people)")
        op.execute("CREATE INDEX ix_case_search_everything ON case_search USING gin (everything)")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("turns_insert", "turns_update", "turns_delete", "cases_update"):
            op.execute(f"DROP TRIGGER IF EXISTS search_{name}")
        op.drop_table("case_texts")  # with its own triggers
        op.drop_table("case_search")
    else:
        op.execute("DROP TABLE case_search")
        for name in ("search_turn", "search_case", "search_text"):
            op.execute(f"DROP FUNCTION IF EXISTS {name}() CASCADE")
        op.execute("DROP FUNCTION IF EXISTS search_plain(text)")
        op.drop_table("case_texts")
    op.drop_table("case_exports")
    op.drop_table("saved_views")
    op.drop_index("ix_case_reads_case_id_staff_id_at", table_name="case_reads")
    op.drop_index("ix_case_events_case_id_at", table_name="case_events")
    op.drop_index("ix_cases_queue", table_name="cases")
