"""What the intake asks besides, outgoing mail and wrong codes."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Column by column, never rebuilt: on SQLite a rebuild drops the table, and the cascades would take what hangs on it.
_CASES = {
    "since": sa.Text,
    "since_date": sa.Date,
    "ongoing": sa.Boolean,
    "exceptions": sa.JSON,
    "departments": sa.JSON,
    "on_behalf_of": sa.Text,
}


def upgrade() -> None:
    for name, kind in _CASES.items():
        op.add_column("cases", sa.Column(name, kind(), nullable=True))
    op.add_column("case_events", sa.Column("submission", sa.String(length=80), nullable=True))
    op.create_index("uq_case_events_submission", "case_events", ["submission"], unique=True)
    op.create_table(
        "outgoing_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claim", sa.String(length=36), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(length=80), nullable=False),
        sa.CheckConstraint(
            "state in ('venter', 'taget', 'afleveres', 'sendt', 'opgivet', 'uvist')",
            name=op.f("ck_outgoing_mail_state"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_outgoing_mail_case_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_mail")),
        sa.UniqueConstraint("key", name=op.f("uq_outgoing_mail_key")),
    )
    op.create_index("ix_outgoing_mail_case_id", "outgoing_mail", ["case_id"])
    op.create_index("ix_outgoing_mail_state_due_at", "outgoing_mail", ["state", "due_at"])
    op.create_table(
        "wrong_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reference_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wrong_codes")),
    )
    op.create_index("ix_wrong_codes_reference_hash", "wrong_codes", ["reference_hash"])


def downgrade() -> None:
    op.drop_table("wrong_codes")
    op.drop_table("outgoing_mail")
    op.drop_index("uq_case_events_submission", table_name="case_events")
    op.drop_column("case_events", "submission")
    for name in reversed(_CASES):
        op.drop_column("cases", name)
