"""The tables of the review of transcripts, of who read what, of what is kept how long, and of one person's data."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import relationship

from casework.columns import Base, Moment, one_of
from casework.enums import PERSON_ACTS, VERDICTS


class ConversationRead(Base):
    """Who looked at which conversation, and when. It outlives the conversation, so no foreign key."""

    __tablename__ = "conversation_reads"
    id = sa.Column(sa.Integer, primary_key=True)
    at = sa.Column(Moment, nullable=False)
    conversation_id = sa.Column(sa.String(36), nullable=False, index=True)
    staff_id = sa.Column(sa.ForeignKey("staff.id"))

    staff = relationship("Staff")


class AppointmentRead(Base):
    """Who saw whose meeting it is, and when. It outlives the appointment, so no foreign keys to it or its case."""

    __tablename__ = "appointment_reads"
    id = sa.Column(sa.Integer, primary_key=True)
    at = sa.Column(Moment, nullable=False)
    appointment_id = sa.Column(sa.Integer, nullable=False, index=True)
    case_id = sa.Column(sa.Integer, index=True)  # the case it was linked to then
    staff_id = sa.Column(sa.ForeignKey("staff.id"))

    staff = relationship("Staff")


class TurnMark(Base):
    """What one person says a citizen's turn was about. It outlives the turn, so that agreement can be followed."""

    __tablename__ = "turn_marks"
    id = sa.Column(sa.Integer, primary_key=True)
    conversation_id = sa.Column(sa.String(36), nullable=False)
    number = sa.Column(sa.Integer, nullable=False)  # of the turn
    staff_id = sa.Column(sa.ForeignKey("staff.id"), nullable=False)
    at = sa.Column(Moment, nullable=False)
    verdict = sa.Column(sa.String(10), nullable=False)
    topic = sa.Column(sa.String(60))  # the right one; none where the taxonomy has none
    about = sa.Column(sa.Text, nullable=False, default="")  # what it was about, where no topic fits; masked
    exported_at = sa.Column(Moment)

    staff = relationship("Staff")
    __table_args__ = (sa.UniqueConstraint("conversation_id", "number", "staff_id"), one_of("verdict", VERDICTS))


class RetentionRun(Base):
    """One clearing of what is too old. `day` is set by the daily one, so that a day has one only."""

    __tablename__ = "retention_runs"
    id = sa.Column(sa.Integer, primary_key=True)
    at = sa.Column(Moment, nullable=False)
    day = sa.Column(sa.Date, unique=True)
    counts = sa.Column(sa.JSON, nullable=False)


class PersonLog(Base):
    """A search for one person's data, its handing out or its erasure: who did it, why, and how much it was."""

    __tablename__ = "person_log"
    id = sa.Column(sa.Integer, primary_key=True)
    at = sa.Column(Moment, nullable=False)
    staff_id = sa.Column(sa.ForeignKey("staff.id"))  # empty for the command line
    kind = sa.Column(sa.String(10), nullable=False)
    reason = sa.Column(sa.Text, nullable=False, default="")
    items = sa.Column(sa.JSON, nullable=False)  # references and conversation ids, nothing else

    staff = relationship("Staff")
    __table_args__ = (one_of("kind", PERSON_ACTS),)
