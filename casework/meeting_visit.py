"""One citizen on the booking page: the time held for her while she fills in, through back buttons and slow typing."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casework import meetings
from casework.conversations import hashed
from casework.intake import plain_code
from casework.models import Case
from casework.models_meetings import Appointment

_VISIT = "besoeg:"
HELD_AT_MOST = timedelta(minutes=60)  # however often she asks for more time, so that nobody keeps a time for good


def hold(session: Session, visit: str, kind: str, start: datetime, now: datetime, *, case: Case | None = None):
    """Hold a time for the page with this id and return the appointment; what the same page held before is let go.

    The same time again is the same hold, renewed. `case` is the one the meeting is to be about, opened by the citizen
    herself; another time is about the same one. Raises SlotTaken and InvalidInput as `meetings.hold`.
    """
    own = of_visit(session, visit)
    if own is not None:
        case = case or own.case
        if (own.kind, own.start_at) == (kind, start):
            renewed = extend(session, own.code, now)
            if renewed is not None:
                return renewed
        meetings.release(session, own.code, now)
    held = meetings.hold(session, kind, start, now)
    held.submission, held.case_id = _VISIT + visit, case.id if case else None
    session.flush()
    return held


def of_visit(session: Session, visit: str) -> Appointment | None:
    """Return what the page with this id holds, run out or not, or None."""
    query = select(Appointment).where(Appointment.submission == _VISIT + visit, Appointment.status == "holdt")
    return session.scalar(query)


def visit_of(held: Appointment) -> str:
    """Return the id of the page that holds a time."""
    return (held.submission or "").removeprefix(_VISIT)


def held(session: Session, code: str) -> Appointment | None:
    """Return the hold a code opens, run out or not, as long as nobody else has the time; None when it is no hold."""
    query = select(Appointment).where(Appointment.code_hash == hashed(plain_code(code)), Appointment.status == "holdt")
    return session.scalar(query)


def is_held(appointment: Appointment | None, now: datetime) -> bool:
    """Return whether a time is still held."""
    return bool(appointment and appointment.status == "holdt" and appointment.held_until > now)


def extend(session: Session, code: str, now: datetime) -> Appointment | None:
    """Hold a time HOLD_FOR from now, though never beyond HELD_AT_MOST in all; None when it is lost or that is reached.

    One that has run out is held again as long as nobody else has taken it.
    """
    found = held(session, code)
    last = found.created_at + HELD_AT_MOST if found else now
    if found is None or last <= now or found.start_at <= now:
        return None
    until = max(found.held_until, min(now + meetings.HOLD_FOR, last))
    query = update(Appointment).where(Appointment.id == found.id, Appointment.status == "holdt")
    if not session.execute(query.values(held_until=until).execution_options(synchronize_session=False)).rowcount:
        return None
    session.refresh(found)
    return found
