"""Cases taken in from a file, their kind, and the index the annual figures are counted by."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

FIGURE_COLUMNS = [
    *("created_at", "test", "conversation_id", "center", "unit", "cause", "handling", "kind", "status", "follows_id"),
    *("import_id", "anonymised_at", "anonymous", "answered_at", "respond_by", "id"),
]


def upgrade() -> None:
    """A table of the files, and on a case its kind and the file it came from."""
    op.create_table(
        "case_imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_imports")),
        sa.UniqueConstraint("digest", "number", name=op.f("uq_case_imports_digest_number")),
    )
    with op.batch_alter_table("cases") as table:
        table.add_column(sa.Column("kind", sa.String(length=12), nullable=True))
        table.add_column(sa.Column("import_id", sa.Integer(), nullable=True))
        table.create_foreign_key(op.f("fk_cases_import_id"), "case_imports", ["import_id"], ["id"])
    op.create_index("ix_cases_figures", "cases", FIGURE_COLUMNS)


def downgrade() -> None:
    """The cases stay, as closed ones; which file they came from and their own kind are forgotten."""
    op.drop_index("ix_cases_figures", "cases")
    with op.batch_alter_table("cases") as table:
        table.drop_constraint(op.f("fk_cases_import_id"), type_="foreignkey")
        table.drop_column("import_id")
        table.drop_column("kind")
    op.drop_table("case_imports")
