"""Cases: the adviser's queue and the verbs that move a case, each checking where it starts."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import case as sql_case
from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session, joinedload

from casework.conversations import transcript
from casework.enums import OPEN_STATUSES
from casework.errors import InvalidInput, InvalidState, NotFound
from casework.models import Case, CaseEvent, CaseRead
from casework.privacy import known_values, resolve
from casework.taxonomy import centres_in, taxonomy

PAGE_SIZE = 50


class Actor:
    """Who does something: a signed-in person or an API token."""

    def __init__(self, name: str, role: str, *, staff_id: int | None = None, token_id: int | None = None) -> None:
        self.name, self.role, self.staff_id, self.token_id = name, role, staff_id, token_id


def queue(
    session: Session,
    *,
    status: str | None = None,
    priority: str | None = None,
    unit: str | None = None,
    q: str | None = None,
    page: int = 1,
) -> tuple[list[Case], int]:
    """Return one page of cases and how many there are in all; what expires first comes first.

    `status` may be a status, "aabne" (the open ones) or None for all; `q` is looked for in reference and summary.
    """
    query = select(Case)
    if status == "aabne":
        query = query.where(Case.status.in_(OPEN_STATUSES))
    elif status:
        query = query.where(Case.status == status)
    if priority:
        query = query.where(Case.priority == priority)
    if unit:
        query = query.where(Case.unit == unit)
    if q:
        pattern = "%" + q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        query = query.where(
            or_(
                *(
                    column.ilike(pattern, escape="\\")
                    for column in (Case.reference, Case.summary, Case.story, Case.wish)
                )
            )
        )
    total = session.scalar(select(func.count()).select_from(query.subquery()))
    closed_last = sql_case((Case.status.in_(OPEN_STATUSES), 0), else_=1)
    urgency = sql_case((Case.priority == "akut", 0), (Case.priority == "frist", 1), else_=2)
    query = query.options(joinedload(Case.assigned_to)).order_by(closed_last, urgency, Case.respond_by, Case.id)
    return list(session.scalars(query.limit(PAGE_SIZE).offset((max(page, 1) - 1) * PAGE_SIZE))), total


def read(session: Session, reference: str, actor: Actor, now: datetime) -> Case:
    """Return a case and log that `actor` saw it. Raises NotFound."""
    case = _find(session, reference)
    session.add(CaseRead(at=now, case_id=case.id, staff_id=actor.staff_id, token_id=actor.token_id))
    return case


def reads_of(session: Session, case: Case) -> list[CaseRead]:
    """Return who has seen the case, newest first."""
    query = select(CaseRead).where(CaseRead.case_id == case.id).order_by(CaseRead.id.desc())
    return list(session.scalars(query.options(joinedload(CaseRead.staff), joinedload(CaseRead.token))))


def take(session: Session, reference: str, actor: Actor, now: datetime) -> Case:
    """Let `actor` work on a new case. When two take it at once one wins; the other gets InvalidState."""
    case = _find(session, reference)
    won = session.execute(
        update(Case)
        .where(Case.id == case.id, Case.status == "ny")
        .values(status="i_gang", assigned_to_id=actor.staff_id)
        .execution_options(synchronize_session=False)
    ).rowcount
    session.refresh(case)
    if not won:
        who = case.assigned_to.name if case.assigned_to else "en anden"
        raise InvalidState(f"Sagen er ikke ny længere. Den er taget af {who}.")
    _log(session, case, "taget", actor, now)
    return case


def note(session: Session, reference: str, text: str, actor: Actor, now: datetime) -> Case:
    """Add a note that only staff see. Raises InvalidInput when it is empty."""
    if not text.strip():
        raise InvalidInput("Notatet er tomt. Skriv noget først.")
    case = _find(session, reference)
    _log(session, case, "note", actor, now, text.strip())
    return case


def close(
    session: Session, reference: str, actor: Actor, now: datetime, *, cause: str, handling: str, center: str
) -> Case:
    """Close a case with the registration the annual figures need.

    Raises InvalidInput when an id is not in the taxonomy and InvalidState when the case is new or already closed.
    """
    case = _find(session, reference)
    if cause not in taxonomy()["causes"]:
        raise InvalidInput("Vælg en årsag.")
    if handling not in taxonomy()["handlings"]:
        raise InvalidInput("Vælg en håndtering.")
    if center not in centres_in(case.created_at.year):
        raise InvalidInput("Vælg et center.")
    if case.status == "ny":
        raise InvalidState("Tag sagen, før du afslutter den.")
    if case.status not in OPEN_STATUSES:
        raise InvalidState("Sagen er allerede afsluttet.")
    case.status, case.closed_at = "afsluttet", now
    case.cause, case.handling, case.center = cause, handling, center
    _log(session, case, "afsluttet", actor, now)
    return case


def open_count(session: Session) -> int:
    """Return how many cases are open."""
    return session.scalar(select(func.count(Case.id)).where(Case.status.in_(OPEN_STATUSES)))


def priority_of(urgent: bool, complaint_deadline: date | None, today: date) -> str:
    """Return akut, frist or normal: safety or three days left, ten days left, the rest."""
    if urgent:
        return "akut"
    if complaint_deadline and complaint_deadline >= today:
        days = (complaint_deadline - today).days
        return "akut" if days <= 3 else "frist" if days <= 10 else "normal"
    return "normal"


def _find(session: Session, reference: str) -> Case:
    case = session.scalar(select(Case).where(Case.reference == reference.strip().upper()))
    if case is None:
        raise NotFound("Sagen findes ikke.")
    return case


def _log(session: Session, case: Case, kind: str, actor: Actor | None, now: datetime, text: str = "") -> None:
    session.add(
        CaseEvent(
            case_id=case.id,
            at=now,
            kind=kind,
            text=text,
            staff_id=actor.staff_id if actor else None,
            token_id=actor.token_id if actor else None,
        )
    )
    session.flush()


def as_json(case: Case) -> dict:
    """Return the fields of the staff API's list; dates and times are ISO 8601."""
    return {
        "reference": case.reference,
        "created_at": case.created_at.isoformat(),
        "respond_by": case.respond_by.isoformat(),
        "status": case.status,
        "priority": case.priority,
        "topic": case.topic,
        "omraade": case.omraade,
        "unit": case.unit,
        "center": case.center,
        "cause": case.cause,
        "handling": case.handling,
        "decision_date": case.decision_date.isoformat() if case.decision_date else None,
        "complaint_deadline": case.complaint_deadline.isoformat() if case.complaint_deadline else None,
        "contact": None
        if case.anonymous
        else {"name": case.contact_name, "channel": case.contact_channel, "value": case.contact_value},
        "anonymous": case.anonymous,
        "consent_forward": case.consent_forward,
        "competence": case.competence,
        "summary": case.summary,
        "wish": case.wish,
        "prior_dialogue": case.prior_dialogue,
        "needs": case.needs,
        "follows": case.follows.reference if case.follows else None,
    }


def full_json(session: Session, case: Case) -> dict:
    """Return one case whole: with story, transcript, appointments and notes; what was masked in them is put back."""
    values = known_values(session, case.conversation_id) if case.conversation_id else {}
    turns = transcript(session, case.conversation_id) if case.conversation_id else []
    return {
        **as_json(case),
        "story": resolve(case.story, values),
        "summary": resolve(case.summary, values),
        "wish": resolve(case.wish, values),
        "prior_dialogue": resolve(case.prior_dialogue, values),
        "transcript": [
            {"at": t.at.isoformat(), "who": t.who, "text": t.text, "topic": t.topic, "confidence": t.confidence}
            for t in turns
        ],
        "appointments": [],
        "notes": [
            {"at": e.at.isoformat(), "who": e.staff.name if e.staff else None, "text": e.text}
            for e in case.events
            if e.kind == "note"
        ],
    }
