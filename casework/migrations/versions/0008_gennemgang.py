"""Review of transcripts, and what is kept how long."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KEPT = ("conversations", "cases")


def upgrade() -> None:
    for table in KEPT:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("test", sa.Boolean(), server_default=sa.false(), nullable=False))
            batch_op.add_column(sa.Column("preserved_at", sa.DateTime(timezone=True), nullable=True))
            batch_op.add_column(sa.Column("preserved_reason", sa.Text(), nullable=True))
            batch_op.add_column(sa.Column("preserved_by_id", sa.Integer(), nullable=True))
            if table == "cases":
                batch_op.add_column(sa.Column("anonymised_at", sa.DateTime(timezone=True), nullable=True))
            batch_op.create_foreign_key(
                batch_op.f(f"fk_{table}_preserved_by_id"), "staff", ["preserved_by_id"], ["id"]
            )

    op.create_table(
        "conversation_reads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_conversation_reads_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation_reads")),
    )
    with op.batch_alter_table("conversation_reads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_conversation_reads_conversation_id"), ["conversation_id"], unique=False)

    op.create_table(
        "turn_marks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("topic", sa.String(length=60), nullable=True),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("exported_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("verdict in ('rigtig', 'forkert', 'mangler')", name=op.f("ck_turn_marks_verdict")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_turn_marks_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_turn_marks")),
        sa.UniqueConstraint("conversation_id", "number", "staff_id", name=op.f("uq_turn_marks_conversation_id_number_staff_id")),
    )

    op.create_table(
        "retention_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_runs")),
        sa.UniqueConstraint("day", name=op.f("uq_retention_runs_day")),
    )

    op.create_table(
        "person_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.CheckConstraint("kind in ('soeg', 'udlever', 'slet')", name=op.f("ck_person_log_kind")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_person_log_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_log")),
    )


def downgrade() -> None:
    for table in ("person_log", "retention_runs", "turn_marks", "conversation_reads"):
        op.drop_table(table)
    for table in reversed(KEPT):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_constraint(batch_op.f(f"fk_{table}_preserved_by_id"), type_="foreignkey")
            if table == "cases":
                batch_op.drop_column("anonymised_at")
            for column in ("preserved_by_id", "preserved_reason", "preserved_at", "test"):
                batch_op.drop_column(column)
