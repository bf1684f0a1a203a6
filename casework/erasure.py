"""What it takes to forget: a conversation with all that hangs on it, a case but for its registration, and whose a
meeting was."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta, timezone

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework import erased
from casework.clock import COPENHAGEN
from casework.models import (
    Appointment,
    AppointmentEvent,
    Base,
    Case,
    CaseEvent,
    CaseRead,
    Conversation,
    Feedback,
    TurnMark,
)

# What the annual figures count by. Everything else on a case is emptied, also columns that come later.
REGISTERED = (
    *("id", "created_at", "respond_by", "answered_at", "closed_at", "not_followed_at"),
    *("status", "priority", "topic", "omraade", "unit", "center", "cause", "handling", "kind"),
    *("anonymous", "follows_id", "import_id", "version", "test", "anonymised_at"),
)
# What is left of a meeting: how she was met, when, and how it ended.
COUNTED = ("id", "kind", "status", "start_at", "end_at", "day", "created_at", "sequence", "version", "test")
UPCOMING = ("anmodet", "aftalt")
_NEUTRAL = {sa.Boolean: False, sa.Integer: 0, sa.Text: "", sa.String: ""}
BATCH = 500
_QUIETLY = {"execution_options": {"synchronize_session": False}}


def forget_conversations(session: Session, ids: Collection[str]) -> int:
    """Delete conversations with turns, personal values, letters and all else that points at them, and what Rasa keeps
    of them; return how many. Cases and meetings are untied from them. What staff said of a turn and what the
    citizen said of the whole stays as a number, without words."""
    ids, gone = list(ids), 0
    erased.note_conversations(session, ids)
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        session.execute(sa.update(TurnMark).where(TurnMark.conversation_id.in_(some)).values(about=""), **_QUIETLY)
        said = sa.update(Feedback).where(Feedback.conversation_id.in_(some))
        session.execute(said.values(conversation_id=None, word=""), **_QUIETLY)
        for tied in (Case, Appointment):
            untied = sa.update(tied).where(tied.conversation_id.in_(some)).values(conversation_id=None)
            session.execute(untied, **_QUIETLY)
        _delete_what_points_at(session, Conversation.__table__, some, spared=(Case.__table__, Appointment.__table__))
        gone += session.execute(sa.delete(Conversation).where(Conversation.id.in_(some)), **_QUIETLY).rowcount
        _forget_in_rasa(session, some)
    session.flush()
    session.expire_all()
    return gone


def anonymise(session: Session, case: Case, now: datetime) -> None:
    """Take all text, contact and conversation off a case and leave what the annual figures count by.

    The case gets another number. Its days are moved back by whole weeks to the first week of the month it came in: the
    month, the weekday and every time between two of its days stay as they were, the day itself is gone. Its meetings
    are stripped too, but one that is to come stays and is only untied.
    """
    erased.note_case(session, case)
    back = _weeks_back(case.created_at)
    conversation = case.conversation
    year = case.created_at.astimezone(COPENHAGEN).year
    for appointment in session.scalars(sa.select(Appointment).where(Appointment.case_id == case.id)).all():
        if appointment.status in UPCOMING and appointment.start_at > now:
            appointment.case_id = None
        else:
            anonymise_meeting(session, appointment, now)
    session.flush()
    spared = (CaseRead.__table__, CaseEvent.__table__, Case.__table__)
    _delete_what_points_at(session, Case.__table__, [case.id], spared=spared)
    for event in case.events:
        for column in CaseEvent.__table__.columns:
            if column.name not in ("id", "case_id", "at", "kind"):
                setattr(event, column.name, _empty(column))
        event.at = _moved(event.at, back)
    test, within = case.test or bool(conversation and conversation.test), (case.competence or {}).get("within")
    for column in Case.__table__.columns:
        value = getattr(case, column.name)
        if column.name not in REGISTERED:
            setattr(case, column.name, _empty(column))
        elif isinstance(value, date):
            setattr(case, column.name, _moved(value, back))
    case.reference, case.submission, case.code_hash = f"A-{year}-{case.id}", f"anonym:{case.id}", f"anonym:{case.id}"
    case.test, case.anonymised_at = test, now
    case.competence = {"within": within or "unclear", "reasons": []}
    session.flush()
    if conversation is not None and not conversation.preserved_at and not _other_cases(session, conversation.id):
        forget_conversations(session, [conversation.id])


def anonymise_meeting(session: Session, appointment: Appointment, now: datetime) -> None:
    """Take name, contact, text, case and conversation off a meeting, with its mails and the words of its events; the
    link to it opens nothing any more. What is COUNTED is left."""
    erased.note_meeting(session, appointment)
    _delete_what_points_at(session, Appointment.__table__, [appointment.id], spared=(AppointmentEvent.__table__,))
    of_it = sa.update(AppointmentEvent).where(AppointmentEvent.appointment_id == appointment.id)
    session.execute(of_it.values(text="", staff_id=None), **_QUIETLY)
    for column in Appointment.__table__.columns:
        if column.name not in COUNTED:
            setattr(appointment, column.name, _empty(column))
    appointment.code_hash = appointment.uid = f"anonym:{appointment.id}"
    appointment.anonymised_at = now
    session.flush()
    session.expire(appointment)


def _other_cases(session: Session, conversation_id: str) -> bool:
    return session.scalar(sa.select(Case.id).where(Case.conversation_id == conversation_id).limit(1)) is not None


def _weeks_back(created_at: datetime) -> timedelta:
    return timedelta(weeks=(created_at.astimezone(COPENHAGEN).day - 1) // 7)


def _moved(value: date, back: timedelta) -> date:
    if not isinstance(value, datetime):
        return value - back
    day = value.astimezone(COPENHAGEN).date() - back
    return datetime.combine(day, time(12), timezone.utc)


def _empty(column: sa.Column):
    """Return what an emptied column holds: nothing, or what its type has that says nothing."""
    if column.nullable:
        return None
    kind = getattr(column.type, "impl", column.type)
    if isinstance(kind, sa.JSON):
        return []
    return next(neutral for of, neutral in _NEUTRAL.items() if isinstance(kind, of))


def _delete_what_points_at(session: Session, table: sa.Table, ids: list, *, spared: tuple = ()) -> None:
    """Delete every row of every table that points at these rows, and what points at those in turn.

    A table that comes later is covered without being named; only the spared ones are left alone.
    """
    for child in Base.metadata.tables.values():
        for key in child.foreign_keys:
            if key.column.table is not table or child in spared or child is table:
                continue
            (own,) = child.primary_key.columns
            rows = list(session.scalars(sa.select(own).where(key.parent.in_(ids))))
            for start in range(0, len(rows), BATCH):
                some = rows[start : start + BATCH]
                _delete_what_points_at(session, child, some, spared=spared)
                session.execute(sa.delete(child).where(own.in_(some)))


def _forget_in_rasa(session: Session, ids: list[str]) -> None:
    """Delete what Rasa's tracker store keeps in the same database, where it has been started on it."""
    if sa.inspect(session.connection()).has_table("events"):
        events = sa.table("events", sa.column("sender_id"))
        session.execute(sa.delete(events).where(events.c.sender_id.in_(ids)))
