"""Meetings with the adviser: her calendar, and what is booked in it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import relationship

from casework.columns import Base, Encrypted, Moment, one_of
from casework.enums import MEETING_EVENT_KINDS, MEETING_KINDS, MEETING_STATUSES


class MeetingKind(Base):
    """How the adviser wants one kind of meeting: she sets it herself."""

    __tablename__ = "meeting_kinds"
    kind = sa.Column(sa.String(20), primary_key=True)
    open = sa.Column(sa.Boolean, nullable=False)  # citizens can book it
    minutes = sa.Column(sa.Integer, nullable=False)
    step_minutes = sa.Column(sa.Integer, nullable=False)  # the times offered start this far apart
    lead_hours = sa.Column(sa.Integer, nullable=False)  # no sooner than this from now
    ahead_days = sa.Column(sa.Integer, nullable=False)  # no later than this from now
    buffer_before = sa.Column(sa.Integer, nullable=False)  # minutes
    buffer_after = sa.Column(sa.Integer, nullable=False)
    daily_most = sa.Column(sa.Integer, nullable=False)
    place = sa.Column(sa.Text, nullable=False)  # where, as citizens read it
    __table_args__ = (one_of("kind", MEETING_KINDS),)


class MeetingHours(Base):
    """One period of one weekday in which one kind of meeting can be held; a day may have several."""

    __tablename__ = "meeting_hours"
    id = sa.Column(sa.Integer, primary_key=True)
    kind = sa.Column(sa.ForeignKey("meeting_kinds.kind"), nullable=False, index=True)
    weekday = sa.Column(sa.Integer, nullable=False)  # Monday is 0
    start = sa.Column(sa.Time, nullable=False)  # the clock in Copenhagen
    end = sa.Column(sa.Time, nullable=False)


class CalendarException(Base):
    """A day that is unlike its weekday: closed hours, or extra ones. Without a kind it holds for all of them."""

    __tablename__ = "calendar_exceptions"
    id = sa.Column(sa.Integer, primary_key=True)
    day = sa.Column(sa.Date, nullable=False, index=True)
    kind = sa.Column(sa.ForeignKey("meeting_kinds.kind"))
    open = sa.Column(sa.Boolean, nullable=False)
    start = sa.Column(sa.Time)  # both empty: the whole day (only when closed)
    end = sa.Column(sa.Time)
    note = sa.Column(sa.Text, nullable=False, default="")  # staff only


class Absence(Base):
    """Days the adviser is away, what citizens are told, and whom they can turn to meanwhile."""

    __tablename__ = "absences"
    id = sa.Column(sa.Integer, primary_key=True)
    first_day = sa.Column(sa.Date, nullable=False)
    last_day = sa.Column(sa.Date, nullable=False, index=True)
    text = sa.Column(sa.Text, nullable=False)
    meanwhile = sa.Column(sa.Text, nullable=False, default="")


class BusyCalendar(Base):
    """A calendar the adviser keeps elsewhere; its address is a secret."""

    __tablename__ = "busy_calendars"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String(80), nullable=False)
    address = sa.Column(Encrypted, nullable=False)
    tried_at = sa.Column(Moment)
    fetched_at = sa.Column(Moment)
    problem = sa.Column(sa.String(200), nullable=False, default="")

    times = relationship("BusyTime", cascade="all, delete-orphan", back_populates="calendar")


class BusyTime(Base):
    """A time in which she is busy according to one of those calendars: nothing but from when to when."""

    __tablename__ = "busy_times"
    id = sa.Column(sa.Integer, primary_key=True)
    calendar_id = sa.Column(sa.ForeignKey("busy_calendars.id", ondelete="CASCADE"), nullable=False, index=True)
    start_at = sa.Column(Moment, nullable=False, index=True)
    end_at = sa.Column(Moment, nullable=False)

    calendar = relationship("BusyCalendar", back_populates="times")


class CalendarFeed(Base):
    """An address at which one staff member's own calendar program reads the meetings; it can be revoked."""

    __tablename__ = "calendar_feeds"
    id = sa.Column(sa.Integer, primary_key=True)
    staff_id = sa.Column(sa.ForeignKey("staff.id"), nullable=False)
    token_hash = sa.Column(sa.String(64), nullable=False, unique=True)
    created_at = sa.Column(Moment, nullable=False)
    read_at = sa.Column(Moment)
    revoked_at = sa.Column(Moment)


class Appointment(Base):
    """A time with the adviser: held while the citizen completes, asked for, agreed, or over."""

    __tablename__ = "appointments"
    id = sa.Column(sa.Integer, primary_key=True)
    code_hash = sa.Column(sa.String(64), nullable=False, unique=True)
    code = sa.Column(Encrypted, nullable=False)  # the key of the link in mails
    uid = sa.Column(sa.String(60), nullable=False, unique=True)  # of the calendar entry; says nothing
    sequence = sa.Column(sa.Integer, nullable=False, default=0)  # of the calendar entry: grows with each change
    version = sa.Column(sa.Integer, nullable=False, default=1)
    kind = sa.Column(sa.ForeignKey("meeting_kinds.kind"), nullable=False)
    status = sa.Column(sa.String(12), nullable=False)
    start_at = sa.Column(Moment, nullable=False)
    end_at = sa.Column(Moment, nullable=False)
    day = sa.Column(sa.Date, nullable=False)  # in Copenhagen
    # Together unique: no more of a kind on a day than the adviser will have. Empty once the time is free again.
    place_on_day = sa.Column(sa.String(40), unique=True)
    held_until = sa.Column(Moment)  # only while held
    created_at = sa.Column(Moment, nullable=False)
    submission = sa.Column(sa.String(80), unique=True)  # the same form sent twice is one booking
    name = sa.Column(Encrypted)
    channel = sa.Column(sa.String(20))
    value = sa.Column(Encrypted)
    contact_hash = sa.Column(sa.String(64), index=True)
    subject = sa.Column(sa.Text, nullable=False, default="")  # masked
    needs = sa.Column(sa.JSON, nullable=False, default=list)  # ids of MEETING_NEEDS
    place = sa.Column(sa.Text, nullable=False, default="")  # where, as staff agreed; told in mails: nobody's home
    wished_place = sa.Column(Encrypted)  # where the citizen wants to meet, or meets the kommune; staff only
    reason = sa.Column(sa.Text, nullable=False, default="")  # why it was declined or cancelled; told to the citizen
    alternatives = sa.Column(sa.JSON, nullable=False, default=list)  # times offered instead, ISO 8601
    case_id = sa.Column(sa.ForeignKey("cases.id"), index=True)
    conversation_id = sa.Column(sa.ForeignKey("conversations.id"), index=True)
    booked_by_id = sa.Column(sa.ForeignKey("staff.id"))  # on the citizen's behalf
    test = sa.Column(sa.Boolean, nullable=False, default=False, server_default=sa.false())
    anonymised_at = sa.Column(Moment)  # only kind, time and how it ended are left

    case = relationship("Case", backref="appointments")
    booked_by = relationship("Staff", foreign_keys=[booked_by_id])
    about = relationship("MeetingKind")  # where it is and how long it takes, as the adviser has set it now
    events = relationship("AppointmentEvent", order_by="AppointmentEvent.id", back_populates="appointment")
    __table_args__ = (
        one_of("status", MEETING_STATUSES),
        sa.Index("ix_appointments_status_start_at", "status", "start_at"),
        sa.Index("ix_appointments_start_at", "start_at"),
    )


class AppointmentSlice(Base):
    """Five minutes of the adviser's time, buffers included. One row a slice: two bookings cannot have the same one,
    on any database."""

    __tablename__ = "appointment_slices"
    at = sa.Column(Moment, primary_key=True)
    appointment_id = sa.Column(sa.ForeignKey("appointments.id", ondelete="CASCADE"), nullable=False, index=True)


class AppointmentEvent(Base):
    """What happened to an appointment, when, and who did it."""

    __tablename__ = "appointment_events"
    id = sa.Column(sa.Integer, primary_key=True)
    appointment_id = sa.Column(sa.ForeignKey("appointments.id", ondelete="CASCADE"), nullable=False, index=True)
    at = sa.Column(Moment, nullable=False)
    kind = sa.Column(sa.String(20), nullable=False)  # MEETING_EVENT_KINDS
    staff_id = sa.Column(sa.ForeignKey("staff.id"))  # empty: the citizen
    text = sa.Column(sa.Text, nullable=False, default="")

    appointment = relationship("Appointment", back_populates="events")
    staff = relationship("Staff")
    __table_args__ = (one_of("kind", MEETING_EVENT_KINDS),)
