"""How the adviser kept her promise of an answer within ten working days (fact br-svar-10-hverdage), for the figures."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from statistics import median
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework.calendar import is_working_day
from casework.clock import COPENHAGEN
from casework.enums import OPEN_STATUSES
from casework.errors import OutsideCalendar
from casework.figures import Period
from casework.frister import BORGERRAADGIVER_WORKING_DAYS, svarfrist
from casework.models import Case, CaseEvent
from casework.review import counted_cases

PROMISE = BORGERRAADGIVER_WORKING_DAYS
ANSWERS = ("svar", "spurgt_borger", "afvist")  # the events by which a citizen has heard from the adviser
_MOVED = ("genaabnet", "udskudt")  # after these respond_by is no longer what was promised when the case came


class Received(NamedTuple):
    """What one case tells of the promise. `promised` is None where it must be counted from the day it came."""

    received: date
    answered: date | None
    promised: date | None
    status: str
    anonymous: bool
    imported: bool


class Response(NamedTuple):
    """The cases by how the promise went. Only the first five are measured; the others are left out, and why.

    `kept` and `late` are answered; `overdue` are open without an answer past the tenth working day, `waiting` within
    it. `closed` and `withdrawn` ended without an answer, `uncertain` lie in years whose holidays nobody has checked.
    """

    kept: int
    late: int
    overdue: int
    waiting: int
    median: float | None
    longest: int | None
    anonymous: int
    imported: int
    closed: int
    withdrawn: int
    uncertain: int

    @property
    def answered(self) -> int:
        """How many have had an answer."""
        return self.kept + self.late

    @property
    def decided(self) -> int:
        """How many the promise has been kept or broken for: an answer too late is not made good by not coming."""
        return self.answered + self.overdue


def response(session: Session, period: Period, today: date) -> Response:
    """Return how the promise went for what was received in the period.

    The first answer counts, also when the case was taken up again or the citizen was told of a later date.
    """
    return measure(_received(session, period), today)


def measure(cases: Iterable[Received], today: date) -> Response:
    """Return how the promise went, case by case."""
    told = dict.fromkeys(
        (*("kept", "late", "overdue", "waiting"), *("anonymous", "imported", "closed", "withdrawn", "uncertain")), 0
    )
    days = []
    for case in cases:
        try:
            outcome = _outcome(case, today)
            taken = working_days(case.received, case.answered) if outcome in ("kept", "late") else None
        except OutsideCalendar:
            outcome, taken = "uncertain", None
        told[outcome] += 1
        if taken is not None:
            days.append(taken)
    return Response(median=median(days) if days else None, longest=max(days, default=None), **told)


def _outcome(case: Received, today: date) -> str:
    if case.imported:
        return "imported"
    if case.anonymous:
        return "anonymous"
    if case.answered is None and case.status not in OPEN_STATUSES:
        return "withdrawn" if case.status == "tilbagetrukket" else "closed"
    promised = case.promised or _promised(case.received)
    if case.answered is None:
        return "overdue" if promised < today else "waiting"
    return "kept" if case.answered <= promised else "late"


@lru_cache(maxsize=4_096)
def _promised(received: date) -> date:
    return svarfrist(received, received).date


@lru_cache(maxsize=16_384)
def working_days(start: date, end: date) -> int:
    """Return how many working days lie after `start` up to and with `end`. Raises OutsideCalendar."""
    return sum(is_working_day(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))


def _received(session: Session, period: Period) -> Iterable[Received]:
    """Yield the cases as plain rows, a bit at a time: no case is loaded."""
    wanted = (period.holds(Case.created_at), counted_cases())
    events = select(CaseEvent.case_id, CaseEvent.kind, func.min(CaseEvent.at)).join(Case, Case.id == CaseEvent.case_id)
    moved = select(CaseEvent.case_id).where(CaseEvent.kind.in_(_MOVED))
    changed: dict[int, datetime | None] = {}
    for number, kind, at in session.execute(
        events.where(*wanted, CaseEvent.case_id.in_(moved), CaseEvent.kind.in_((*ANSWERS, *_MOVED))).group_by(
            CaseEvent.case_id, CaseEvent.kind
        )
    ):
        known = changed.setdefault(number, None)
        if kind in ANSWERS and (known is None or at < known):
            changed[number] = at
    columns = (Case.id, Case.created_at, Case.answered_at, Case.respond_by, Case.status, Case.anonymous, Case.import_id)
    query = select(*columns).where(*wanted).execution_options(stream_results=True)
    for rows in session.execute(query).partitions(5_000):
        for number, created_at, answered_at, respond_by, status, anonymous, import_id in rows:
            first = min(filter(None, (changed.get(number), answered_at)), default=None)
            promised = None if number in changed else respond_by
            answered = _day(first) if first else None
            yield Received(_day(created_at), answered, promised, status, anonymous, import_id is not None)


def _day(moment: datetime) -> date:
    return moment.astimezone(COPENHAGEN).date()
