"""What it takes to forget: a conversation with all that hangs on it, and a case but for its registration."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta, timezone

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.clock import COPENHAGEN
from casework.models import Base, Case, CaseEvent, CaseRead, Conversation, TurnMark

# What the annual figures count by. Everything else on a case is emptied, also columns that come later.
REGISTERED = (
    *("id", "created_at", "respond_by", "answered_at", "closed_at", "not_followed_at"),
    *("status", "priority", "topic", "omraade", "unit", "center", "cause", "handling", "kind"),
    *("anonymous", "follows_id", "version", "test", "anonymised_at"),
)
_NEUTRAL = {sa.Boolean: False, sa.Integer: 0, sa.Text: "", sa.String: ""}
BATCH = 500
_QUIETLY = {"execution_options": {"synchronize_session": False}}


def forget_conversations(session: Session, ids: Collection[str]) -> int:
    """Delete conversations with turns, personal values, letters and all else that points at them, and what Rasa keeps
    of them; return how many. Cases are untied from them. What staff said of a turn stays as a number, without words."""
    ids, gone = list(ids), 0
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        session.execute(sa.update(TurnMark).where(TurnMark.conversation_id.in_(some)).values(about=""), **_QUIETLY)
        session.execute(sa.update(Case).where(Case.conversation_id.in_(some)).values(conversation_id=None), **_QUIETLY)
        _delete_what_points_at(session, Conversation.__table__, some, spared=(Case.__table__,))
        gone += session.execute(sa.delete(Conversation).where(Conversation.id.in_(some)), **_QUIETLY).rowcount
        _forget_in_rasa(session, some)
    session.flush()
    session.expire_all()
    return gone


def anonymise(session: Session, case: Case, now: datetime) -> None:
    """Take all text, contact and conversation off a case and leave what the annual figures count by.

    The case gets another number. Its days are moved back by whole weeks to the first week of the month it came in: the
    month, the weekday and every time between two of its days stay as they were, the day itself is gone.
    """
    back = _weeks_back(case.created_at)
    conversation = case.conversation
    year = case.created_at.astimezone(COPENHAGEN).year
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
