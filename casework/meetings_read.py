"""Finding meetings: by code, by day, of a case, of a conversation; and how the APIs show one."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from casework.clock import COPENHAGEN
from casework.conversations import hashed
from casework.errors import NotFound
from casework.intake import plain_code
from casework.models import Case
from casework.models_meetings import Appointment

UPCOMING = ("anmodet", "aftalt")
NOT_FOUND = "Vi kan ikke finde et møde med det link. Se efter, om hele linket er kommet med."
_SHOWN = Appointment.status != "holdt"  # a hold is nobody's meeting yet


def find(session: Session, code: str) -> Appointment:
    """Return the meeting a code opens, however it is written. Raises NotFound, the same for whatever is wrong."""
    plain = plain_code(code or "")
    found = session.scalar(select(Appointment).where(Appointment.code_hash == hashed(plain), _SHOWN))
    if found is None or found.anonymised_at is not None:
        raise NotFound(NOT_FOUND)
    return found


def find_id(session: Session, appointment_id: int) -> Appointment:
    """Return a meeting for staff. Raises NotFound."""
    found = session.get(Appointment, appointment_id)
    if found is None or found.status == "holdt":
        raise NotFound("Mødet findes ikke.")
    return found


def between(session: Session, first: date, last: date) -> list[Appointment]:
    """Return the meetings from one day to another, both included, by start; whatever became of them."""
    return _by_start(session, Appointment.day.between(first, last))


def waiting(session: Session) -> list[Appointment]:
    """Return the requests that wait for the adviser's answer, by start."""
    return _by_start(session, Appointment.status == "anmodet")


def of_case(session: Session, case: Case) -> list[Appointment]:
    """Return the meetings of a case, by start."""
    return _by_start(session, Appointment.case_id == case.id)


def of_conversation(session: Session, conversation_id: str) -> list[Appointment]:
    """Return the meetings booked in a conversation, by start; whoever holds the conversation holds them."""
    return _by_start(session, Appointment.conversation_id == conversation_id)


def upcoming_of_case(session: Session, case: Case, now: datetime) -> list[Appointment]:
    """Return the meetings of a case that are asked for or agreed and have not begun: ask about them before it is
    closed or withdrawn."""
    return _by_start(session, Appointment.case_id == case.id, *is_upcoming(now))


def is_upcoming(now: datetime) -> list:
    """Return the conditions of a meeting that is asked for or agreed and has not begun."""
    return [Appointment.status.in_(UPCOMING), Appointment.start_at > now]


def _by_start(session: Session, *conditions) -> list[Appointment]:
    query = select(Appointment).where(_SHOWN, *conditions).order_by(Appointment.start_at, Appointment.id)
    query = query.options(joinedload(Appointment.case), joinedload(Appointment.about))
    return list(session.scalars(query))


def start_of(appointment: Appointment) -> datetime:
    """Return when a meeting begins, on the clock in Copenhagen."""
    return appointment.start_at.astimezone(COPENHAGEN)


def end_of(appointment: Appointment) -> datetime:
    """Return when a meeting ends, on the clock in Copenhagen."""
    return appointment.end_at.astimezone(COPENHAGEN)


def in_chat(appointment: Appointment) -> dict:
    """Return the field `appointment` of the chat API."""
    return {
        "code": appointment.code,
        "start": start_of(appointment).isoformat(),
        "end": end_of(appointment).isoformat(),
        "kind": appointment.kind,
    }


def as_json(appointment: Appointment) -> dict:
    """Return what the booking API shows to whoever holds the code: nothing of who it is."""
    page = f"/moede/{appointment.code}"
    return {**in_chat(appointment), "ics_url": f"{page}/kalender.ics", "manage_url": page}
