"""Meetings with the adviser."""

from datetime import time

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

LIBRARY = "Stadsbiblioteket, Lyngby Hovedgade 28, over for Lyngby Kirke"
# kind, minutes, step, lead hours, ahead days, before, after, daily most, place; where and when is the adviser's to change
KINDS = (
    ("telefon", 30, 30, 4, 42, 0, 0, 6, "I telefonen"),
    ("bibliotek", 60, 30, 48, 42, 30, 30, 2, LIBRARY),
    ("andet_sted", 60, 30, 72, 42, 45, 45, 1, "Et sted, I aftaler"),
    ("bisidder", 60, 15, 24, 365, 30, 30, 2, "Der, hvor du skal mødes med kommunen"),
)
FROM, UNTIL = time(10), time(15)
HOURS = tuple(("telefon", day) for day in range(5)) + tuple(
    (kind, day) for kind in ("bibliotek", "andet_sted") for day in (1, 3)
)
NEW = (
    *("appointment_reads", "appointment_slices", "appointment_events", "appointments"),
    *("calendar_feeds", "busy_times", "busy_calendars", "absences", "calendar_exceptions", "meeting_hours"),
    "meeting_kinds",
)


def upgrade() -> None:
    """The adviser's calendar, what is booked in it, and mail about a meeting without a case."""
    _calendar()
    _appointments()
    with op.batch_alter_table("outgoing_mail") as table:
        table.add_column(sa.Column("appointment_id", sa.Integer(), nullable=True))
        table.alter_column("case_id", existing_type=sa.Integer(), nullable=True)
        table.create_index(op.f("ix_outgoing_mail_appointment_id"), ["appointment_id"])
        table.create_foreign_key(
            op.f("fk_outgoing_mail_appointment_id"), "appointments", ["appointment_id"], ["id"], ondelete="CASCADE"
        )
    _defaults()


def _calendar() -> None:
    op.create_table(
        "meeting_kinds",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("step_minutes", sa.Integer(), nullable=False),
        sa.Column("lead_hours", sa.Integer(), nullable=False),
        sa.Column("ahead_days", sa.Integer(), nullable=False),
        sa.Column("buffer_before", sa.Integer(), nullable=False),
        sa.Column("buffer_after", sa.Integer(), nullable=False),
        sa.Column("daily_most", sa.Integer(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind in ('telefon', 'bibliotek', 'andet_sted', 'bisidder')", name=op.f("ck_meeting_kinds_kind")
        ),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_meeting_kinds")),
    )
    op.create_table(
        "meeting_hours",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("start", sa.Time(), nullable=False),
        sa.Column("end", sa.Time(), nullable=False),
        sa.ForeignKeyConstraint(["kind"], ["meeting_kinds.kind"], name=op.f("fk_meeting_hours_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_hours")),
    )
    op.create_index(op.f("ix_meeting_hours_kind"), "meeting_hours", ["kind"])
    op.create_table(
        "calendar_exceptions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=True),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("start", sa.Time(), nullable=True),
        sa.Column("end", sa.Time(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["kind"], ["meeting_kinds.kind"], name=op.f("fk_calendar_exceptions_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_exceptions")),
    )
    op.create_index(op.f("ix_calendar_exceptions_day"), "calendar_exceptions", ["day"])
    op.create_table(
        "absences",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("meanwhile", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
    )
    op.create_index(op.f("ix_absences_last_day"), "absences", ["last_day"])
    op.create_table(
        "busy_calendars",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_busy_calendars")),
    )
    op.create_table(
        "busy_times",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("calendar_id", sa.Integer(), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["busy_calendars.id"], name=op.f("fk_busy_times_calendar_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_busy_times")),
    )
    op.create_index(op.f("ix_busy_times_calendar_id"), "busy_times", ["calendar_id"])
    op.create_index(op.f("ix_busy_times_start_at"), "busy_times", ["start_at"])
    op.create_table(
        "calendar_feeds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_calendar_feeds_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feeds")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feeds_token_hash")),
    )


def _appointments() -> None:
    op.create_table(
        "appointments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("uid", sa.String(length=60), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("place_on_day", sa.String(length=40), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submission", sa.String(length=80), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("contact_hash", sa.String(length=64), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("needs", sa.JSON(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("wished_place", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("alternatives", sa.JSON(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("conversation_id", sa.String(length=36), nullable=True),
        sa.Column("booked_by_id", sa.Integer(), nullable=True),
        sa.Column("test", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("anonymised_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status in ('holdt', 'anmodet', 'aftalt', 'afvist', 'aflyst', 'gennemfoert', 'udeblevet')",
            name=op.f("ck_appointments_status"),
        ),
        sa.ForeignKeyConstraint(["booked_by_id"], ["staff.id"], name=op.f("fk_appointments_booked_by_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_appointments_case_id")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_appointments_conversation_id")
        ),
        sa.ForeignKeyConstraint(["kind"], ["meeting_kinds.kind"], name=op.f("fk_appointments_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointments")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_appointments_code_hash")),
        sa.UniqueConstraint("place_on_day", name=op.f("uq_appointments_place_on_day")),
        sa.UniqueConstraint("submission", name=op.f("uq_appointments_submission")),
        sa.UniqueConstraint("uid", name=op.f("uq_appointments_uid")),
    )
    for columns in (["case_id"], ["contact_hash"], ["conversation_id"], ["start_at"], ["status", "start_at"]):
        op.create_index(op.f(f"ix_appointments_{'_'.join(columns)}"), "appointments", columns)
    op.create_table(
        "appointment_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind in ('booket', 'anmodet', 'aftalt', 'afvist', 'flyttet', 'aflyst', 'rettet', 'gennemfoert', "
            "'udeblevet', 'genoptaget')",
            name=op.f("ck_appointment_events_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointments.id"],
            name=op.f("fk_appointment_events_appointment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_appointment_events_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment_events")),
    )
    op.create_index(op.f("ix_appointment_events_appointment_id"), "appointment_events", ["appointment_id"])
    op.create_table(
        "appointment_slices",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointments.id"],
            name=op.f("fk_appointment_slices_appointment_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("at", name=op.f("pk_appointment_slices")),
    )
    op.create_index(op.f("ix_appointment_slices_appointment_id"), "appointment_slices", ["appointment_id"])
    op.create_table(
        "appointment_reads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("staff_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_appointment_reads_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment_reads")),
    )
    for column in ("appointment_id", "case_id"):
        op.create_index(op.f(f"ix_appointment_reads_{column}"), "appointment_reads", [column])


def _defaults() -> None:
    kinds = sa.table(
        "meeting_kinds",
        *map(sa.column, ("kind", "open", "minutes", "step_minutes", "lead_hours", "ahead_days")),
        *map(sa.column, ("buffer_before", "buffer_after", "daily_most", "place")),
    )
    names = [column.name for column in kinds.columns]
    op.bulk_insert(kinds, [dict(zip(names, (kind, True, *rest), strict=True)) for kind, *rest in KINDS])
    hours = sa.table(
        "meeting_hours",
        sa.column("kind"),
        sa.column("weekday"),
        sa.column("start", sa.Time),
        sa.column("end", sa.Time),
    )
    op.bulk_insert(hours, [{"kind": kind, "weekday": day, "start": FROM, "end": UNTIL} for kind, day in HOURS])


def downgrade() -> None:
    """No meetings any more; mail that is about nothing else goes with them."""
    op.execute("DELETE FROM outgoing_mail WHERE case_id IS NULL")
    with op.batch_alter_table("outgoing_mail") as table:
        table.drop_constraint(op.f("fk_outgoing_mail_appointment_id"), type_="foreignkey")
        table.drop_index(op.f("ix_outgoing_mail_appointment_id"))
        table.drop_column("appointment_id")
        table.alter_column("case_id", existing_type=sa.Integer(), nullable=False)
    for name in NEW:
        op.drop_table(name)
