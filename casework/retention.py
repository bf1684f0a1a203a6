"""How long things are kept, what is due to go, and the daily clearing (databeskyttelsesforordningen art. 5, stk. 1, e).

Conversations without a case are deleted; closed cases are stripped to what the annual figures count by. A meeting about
a case is kept as the case is; any other is stripped as long after it as a conversation is kept. How long is for the
kommune to say, in the settings. What is preserved stays until somebody lifts it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import NamedTuple

from dateutil.relativedelta import relativedelta
from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from casework import clock, letters, meetings_time
from casework.cases import Actor
from casework.enums import OPEN_STATUSES, RETENTION_KINDS
from casework.erasure import anonymise, anonymise_meeting, forget_conversations
from casework.errors import InvalidInput, NotFound
from casework.models import (
    AccessEvent,
    Appointment,
    AppointmentEvent,
    AppointmentRead,
    Case,
    CaseEvent,
    CaseRead,
    Conversation,
    ConversationRead,
    KeptLetter,
    PersonLog,
    RetentionRun,
    Staff,
)
from casework.settings import Settings, current

LOGS = (CaseRead, ConversationRead, AppointmentRead, PersonLog, AccessEvent)
RUNS_SHOWN = 30
MAX_REASON = 1_000


class Kept(NamedTuple):
    """How long each kind is kept."""

    conversations: timedelta
    cases: relativedelta
    logs: relativedelta
    letters: timedelta


class Due(NamedTuple):
    """What is kept of one kind and what of it is due to go: how many, the oldest, and what came before which moment."""

    kind: str
    name: str
    held: int
    preserved: int
    due: int
    oldest: datetime | None
    before: datetime


def kept(settings: Settings | None = None) -> Kept:
    """Return how long each kind is kept, by the settings; drafts of letters go after 24 hours, whatever they say."""
    settings = settings or current()
    return Kept(
        timedelta(days=settings.keep_conversations_days),
        relativedelta(months=settings.keep_cases_months),
        relativedelta(months=settings.keep_logs_months),
        letters.QUIET,
    )


def preview(session: Session, now: datetime) -> list[Due]:
    """Return for each kind what would go if the clearing ran now. Changes nothing."""
    how = kept()
    before = {name: _utc(now - getattr(how, name)) for name in Kept._fields}
    quiet = select(KeptLetter.created_at).join(Conversation).where(Conversation.last_at < before["letters"]).subquery()
    old_letters = session.execute(select(func.count(), func.min(quiet.c.created_at)).select_from(quiet)).one()
    logs = [
        session.execute(select(func.count(), func.min(log.at)).where(log.at < before["logs"])).one() for log in LOGS
    ]
    held = {
        "samtaler": _count(session, _without_case()),
        "sager": _count(session, select(Case.id).where(Case.anonymised_at.is_(None))),
        "logs": sum(_count(session, select(log.id)) for log in LOGS),
        "breve": _count(session, select(KeptLetter.id)),
        "moeder": _count(session, _meetings_without_case()),
    }
    preserved = {
        "samtaler": _count(session, _without_case().where(Conversation.preserved_at.is_not(None))),
        "sager": _count(session, select(Case.id).where(Case.preserved_at.is_not(None))),
    }
    old = {
        "samtaler": (*_count_and_oldest(session, _old_conversations(now), Conversation.last_at), "conversations"),
        "sager": (*_count_and_oldest(session, _old_cases(now), _CLOSED_AT), "cases"),
        "logs": (sum(n for n, _ in logs), min((o for _, o in logs if o), default=None), "logs"),
        "breve": (*old_letters, "letters"),
        "moeder": (*_count_and_oldest(session, _old_meetings(now), Appointment.end_at), "conversations"),
    }
    return [
        Due(kind, name, held[kind], preserved.get(kind, 0), old[kind][0], old[kind][1], before[old[kind][2]])
        for kind, name in RETENTION_KINDS.items()
    ]


def run(session: Session, now: datetime, *, day: date | None = None) -> RetentionRun:
    """Clear what is too old and return the row that says how much. `day` is set by the daily run only."""
    row = RetentionRun(at=now, day=day, counts={})
    session.add(row)
    session.flush()  # of two processes on one day, only one gets further
    meetings_time.release_expired(session, now)
    counts = {
        "moeder": _strip_old_meetings(session, now),
        "samtaler": forget_conversations(session, session.scalars(_old_conversations(now)).all()),
        "sager": _anonymise_old(session, now),
        "logs": sum(_forget_log(session, log, now) for log in LOGS),
        "breve": letters.forget_old(session, now),
    }
    row.counts = counts
    session.flush()
    return row


def daily(session: Session, today: date, now: datetime | None = None) -> RetentionRun | None:
    """Clear once a day; return what was done, or None when this day has been seen to.

    Any process may call it as often as it likes: of two at once one gets the day, the other waits and is told that it
    is taken. When the clearing fails nothing of it is kept, and the day is free for the next try; that a database is
    too busy to wait for is such a failure.
    """
    if _taken(session, today):
        return None
    try:
        with session.begin_nested():
            return run(session, now or clock.now(), day=today)
    except IntegrityError:
        if _taken(session, today):
            return None
        raise


def _taken(session: Session, today: date) -> bool:
    return session.scalar(select(RetentionRun.id).where(RetentionRun.day == today)) is not None


def runs(session: Session) -> list[RetentionRun]:
    """Return the latest clearings, newest first."""
    return list(session.scalars(select(RetentionRun).order_by(RetentionRun.id.desc()).limit(RUNS_SHOWN)))


def preserve(session: Session, kind: str, key: str, reason: str, actor: Actor, now: datetime) -> None:
    """Keep a case (by reference) or a conversation (by id) beyond its time, for a reason.

    Raises InvalidInput without a reason and NotFound when there is none, or when it has already been anonymised.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise InvalidInput("Skriv, hvorfor det skal bevares.")
    if len(reason) > MAX_REASON:
        raise InvalidInput(f"Begrundelsen er for lang. Skriv højst {MAX_REASON} tegn.")
    found = _find(session, kind, key)
    found.preserved_at, found.preserved_reason, found.preserved_by_id = now, reason, actor.staff_id
    _tell(session, found, f"Bevares: {reason}", actor, now)


def release(session: Session, kind: str, key: str, actor: Actor, now: datetime) -> None:
    """Let a case or a conversation go when its time is up. Raises NotFound when there is none."""
    found = _find(session, kind, key)
    if found.preserved_at:
        found.preserved_at = found.preserved_reason = found.preserved_by_id = None
        _tell(session, found, "Bevares ikke længere.", actor, now)


def preserved(session: Session) -> list[tuple[str, str, datetime, str, str]]:
    """Return what is preserved, the oldest first: kind, key, since when, why and by whom."""
    found = []
    for kind, table, key in (("sag", Case, Case.reference), ("samtale", Conversation, Conversation.id)):
        query = (
            select(key, table.preserved_at, table.preserved_reason, Staff.name)
            .outerjoin(Staff, Staff.id == table.preserved_by_id)
            .where(table.preserved_at.is_not(None))
        )
        found += [(kind, row[0], row[1], row[2], row[3] or "") for row in session.execute(query)]
    return sorted(found, key=lambda row: row[2])


_CLOSED_AT = func.coalesce(Case.closed_at, Case.created_at)


def _without_case():
    return select(Conversation.id).where(~select(Case.id).where(Case.conversation_id == Conversation.id).exists())


def _old_conversations(now: datetime):
    limit = _utc(now - kept().conversations)
    return _without_case().where(Conversation.last_at < limit, Conversation.preserved_at.is_(None))


def _old_cases(now: datetime):
    return select(Case.id).where(
        Case.status.not_in(OPEN_STATUSES),
        _CLOSED_AT < _utc(now - kept().cases),
        Case.anonymised_at.is_(None),
        Case.preserved_at.is_(None),
    )


def _meetings_without_case():
    return select(Appointment.id).where(
        Appointment.case_id.is_(None), Appointment.status != "holdt", Appointment.anonymised_at.is_(None)
    )


def _old_meetings(now: datetime):
    """Return the meetings that were over long enough ago; a cancelled or declined one is over when that is said."""
    limit = _utc(now - kept().conversations)
    last = select(func.max(AppointmentEvent.at)).where(AppointmentEvent.appointment_id == Appointment.id)
    ended = and_(Appointment.status.in_(("aflyst", "afvist")), last.scalar_subquery() < limit)
    talk = select(Conversation.preserved_at).where(Conversation.id == Appointment.conversation_id).scalar_subquery()
    return _meetings_without_case().where(or_(Appointment.end_at < limit, ended), talk.is_(None))


def _strip_old_meetings(session: Session, now: datetime) -> int:
    ids = session.scalars(_old_meetings(now)).all()
    for number in ids:
        anonymise_meeting(session, session.get(Appointment, number), now)
    return len(ids)


def _anonymise_old(session: Session, now: datetime) -> int:
    ids = session.scalars(_old_cases(now)).all()
    for case_id in ids:
        case = session.get(Case, case_id)
        anonymise(session, case, now)
        _tell(session, case, "", None, now)
    return len(ids)


def _forget_log(session: Session, log, now: datetime) -> int:
    old = delete(log).where(log.at < _utc(now - kept().logs)).execution_options(synchronize_session=False)
    return session.execute(old).rowcount


def _find(session: Session, kind: str, key: str) -> Case | Conversation:
    found = None
    if kind == "samtale":
        found = session.get(Conversation, key)
    elif kind == "sag":
        query = select(Case).where(Case.reference == key.strip().upper(), Case.anonymised_at.is_(None))
        found = session.scalar(query)
    if found is None:
        raise NotFound("Sagen eller samtalen findes ikke.")
    return found


def _tell(session: Session, found: Case | Conversation, text: str, actor: Actor | None, now: datetime) -> None:
    """Leave a line on a case's timeline; a conversation has none."""
    if isinstance(found, Case):
        kind = "bevaret" if text else "anonymiseret"
        session.add(
            CaseEvent(case_id=found.id, at=now, kind=kind, text=text, staff_id=actor.staff_id if actor else None)
        )
        session.flush()


def _count(session: Session, query) -> int:
    return session.scalar(select(func.count()).select_from(query.subquery()))


def _count_and_oldest(session: Session, ids, moment) -> tuple[int, datetime | None]:
    table = {_CLOSED_AT: Case, Appointment.end_at: Appointment}.get(moment, Conversation)
    return tuple(session.execute(select(func.count(), func.min(moment)).where(table.id.in_(ids))).one())


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(timezone.utc)
