"""What a citizen is told by mail about her meeting, and the reminder the day before."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone

from sqlalchemy.orm import Session

from casework import outbox
from casework.clock import COPENHAGEN
from casework.mail_text import REMINDER
from casework.models import Appointment

REMIND_AT = time(10)  # the day before
REMIND_NOT_WITHIN = timedelta(hours=3)  # who has just booked needs no reminder
TOLD = ("booket", "anmodet", "aftalt", "afvist", "flyttet", "aflyst")


def tell(session: Session, appointment: Appointment, kind: str, now: datetime) -> bool:
    """Queue what has happened to a meeting (one of TOLD), and put its reminder where it now belongs; return whether the
    citizen gets a mail.

    What was queued about it before and is not sent yet no longer holds, and is taken back. What was moved may be
    a request: the adviser has to say yes to the new time.
    """
    if kind not in TOLD:
        raise ValueError(kind)
    if kind == "flyttet" and appointment.status == "anmodet":
        kind = "nyt_oenske"
    outbox.drop(session, appointment)
    told = outbox.queue_meeting(session, appointment, f"moede_{kind}", now)
    _remind(session, appointment, now)
    return told


def remind(session: Session, appointment: Appointment, now: datetime) -> bool:
    """Put the reminder of a meeting where it belongs, also after its contact was corrected; return whether one comes.

    Only a meeting that is agreed has one, at ten the day before; none when that has passed or is about to.
    """
    outbox.drop(session, appointment, [REMINDER])
    return _remind(session, appointment, now)


def _remind(session: Session, appointment: Appointment, now: datetime) -> bool:
    due = reminder_at(appointment.start_at)
    if appointment.status != "aftalt" or due < now + REMIND_NOT_WITHIN:
        return False
    return outbox.queue_meeting(session, appointment, REMINDER, now, due_at=due)


def reminder_at(start: datetime) -> datetime:
    """Return when somebody is reminded of what begins at `start`: at ten the day before, as the clock shows it."""
    day = start.astimezone(COPENHAGEN).date() - timedelta(days=1)
    return datetime.combine(day, REMIND_AT, COPENHAGEN).astimezone(timezone.utc)
