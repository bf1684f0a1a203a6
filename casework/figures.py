"""The annual figures: how many henvendelser came in a period, by kind, centre, cause and handling.

Counted is every case received in the period, also one that follows another: a new subject is a henvendelse of its own
(facts br-registrering, br-registrering-gentagelse, br-registrering-hovedsag). It is counted once, at the centre it is
registered on. Tests count nowhere; cases that have lost their text count as before.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import and_, case, func, literal, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement

from casework import clock
from casework.calendar import midnight
from casework.dates import read_day
from casework.directory import centre_terms
from casework.enums import OPEN_STATUSES
from casework.errors import InvalidInput
from casework.models import Appointment, Case, Conversation
from casework.registration import KINDS
from casework.retention import kept
from casework.review import counted_cases

FIRST_YEAR, LAST_YEAR = 2000, 2100


class Period(NamedTuple):
    """The days counted, both included, as they begin and end in Copenhagen."""

    first: date
    last: date

    def holds(self, column) -> ColumnElement:
        """Return the condition that a moment lies in the period."""
        return and_(column >= midnight(self.first), column < midnight(self.last + timedelta(days=1)))

    @property
    def year(self) -> int | None:
        """The year, where it is exactly one."""
        year = self.first.year
        return year if self == (date(year, 1, 1), date(year, 12, 31)) else None

    @property
    def whole_months(self) -> bool:
        """Whether no month is cut in two."""
        return self.first.day == 1 and (self.last + timedelta(days=1)).day == 1


def period_of(year: str | int | None, first: str | None, last: str | None, today: date) -> Period:
    """Return the period somebody asks for: a year, from a day to a day, or a part of a year.

    Without a last day it goes on until today. Raises InvalidInput with `fields` year, first or last.
    """
    wrong, given = {}, str(year or "").strip()
    begin = end = None
    if given:
        if given.isascii() and given.isdigit() and FIRST_YEAR <= int(given) <= LAST_YEAR:
            begin, end = date(int(given), 1, 1), date(int(given), 12, 31)
        else:
            wrong["year"] = f"Skriv et år mellem {FIRST_YEAR} og {LAST_YEAR}."
    days = {}
    for name, text in (("first", first), ("last", last)):
        text = (text or "").strip()
        days[name] = read_day(text) if text else None
        if text and days[name] is None or days[name] and not FIRST_YEAR <= days[name].year <= LAST_YEAR:
            wrong[name] = "Skriv dagen som 31.12.2025 eller 2025-12-31."
    if wrong:
        raise InvalidInput(fields=wrong)
    if begin and any(day and not begin <= day <= end for day in days.values()):
        raise InvalidInput(fields={"first": f"Dagene skal ligge i {given}, når du også vælger år."})
    begin, end = days["first"] or begin, days["last"] or end or today
    if begin is None:
        raise InvalidInput(fields={"first": "Vælg et år, eller skriv den første dag."})
    if end < begin:
        raise InvalidInput(fields={"last": "Den sidste dag ligger før den første."})
    return Period(begin, end)


class Group(NamedTuple):
    """Cases that are alike in everything counted by, and how many they are. `kind` may follow from the cause."""

    center: str | None
    unit: str | None
    cause: str | None
    handling: str | None
    kind: str | None
    own_kind: bool
    status: str
    follows: bool
    imported: bool
    anonymised: bool
    count: int


class Lacking(NamedTuple):
    """Cases whose registration is not complete, by what is missing, and why it may be: still open, or taken back."""

    cause: int
    handling: int
    center: int
    unit: int
    open: int  # of those without cause or handling
    withdrawn: int
    closed: int


class Conversations(NamedTuple):
    """Conversations begun in the period that led to no case. `whole` is False where old ones are deleted by now."""

    without_case: int
    whole: bool
    kept_days: int


def groups(session: Session, period: Period) -> list[Group]:
    """Return all cases received in the period, counted by the database in one query."""
    told = (
        select(
            center_then().label("center_then"),
            *(Case.unit, Case.cause, Case.handling, Case.kind, Case.status),
            Case.follows_id.is_not(None).label("follows"),
            Case.import_id.is_not(None).label("imported"),
            Case.anonymised_at.is_not(None).label("anonymised"),
        )
        .where(period.holds(Case.created_at), counted_cases())
        .subquery()
    )
    found = []
    for row in session.execute(select(told, func.count()).group_by(*told.c)):
        center, unit, cause, handling, kind, status, follows, imported, anonymised, count = row
        own = kind is not None
        kind = kind if own else KINDS.get(cause or "")
        yes = (own, status, bool(follows), bool(imported), bool(anonymised), count)
        found.append(Group(center or None, unit or None, cause or None, handling or None, kind, *yes))
    return found


def center_then() -> ColumnElement:
    """Return as SQL the centre a case is registered on, or else the one its unit belonged to on the case's own day."""
    whens = []
    for unit, terms in centre_terms().items():
        for center, since, until in terms:
            holds = [Case.unit == unit]
            if since:
                holds.append(Case.created_at >= midnight(since))
            if until:
                holds.append(Case.created_at < midnight(until + timedelta(days=1)))
            whens.append((and_(*holds), literal(center)))
    return func.coalesce(func.nullif(Case.center, ""), case(*whens, else_=None))


def total(found: list[Group], **wanted) -> int:
    """Return how many cases are as wanted: `total(found, kind="klage", follows=True)`."""
    return sum(g.count for g in found if all(getattr(g, name) == value for name, value in wanted.items()))


def counts(found: list[Group], name: str) -> Counter:
    """Return how many cases have each value of one thing counted by; None where it is not known."""
    counted: Counter = Counter()
    for group in found:
        counted[getattr(group, name)] += group.count
    return counted


def crossed(found: list[Group], name: str) -> dict[str | None, Counter]:
    """Return for each value of `name` how many cases each centre has."""
    table: dict[str | None, Counter] = {}
    for group in found:
        table.setdefault(getattr(group, name), Counter())[group.center] += group.count
    return table


def lacking(found: list[Group]) -> Lacking:
    """Return what is not registered, so that no figure is silently too low."""
    missing = [g for g in found if g.cause is None or g.handling is None]
    still_open = sum(g.count for g in missing if g.status in OPEN_STATUSES)
    withdrawn = total(missing, status="tilbagetrukket")
    return Lacking(
        cause=total(found, cause=None),
        handling=total(found, handling=None),
        center=total(found, center=None),
        unit=total(found, unit=None),
        open=still_open,
        withdrawn=withdrawn,
        closed=sum(g.count for g in missing) - still_open - withdrawn,
    )


def meetings(session: Session, period: Period) -> dict[str, dict[str, int]]:
    """Return kind → status → how many meetings lie on days of the period; times only held while somebody fills in are
    none."""
    tests = select(Conversation.id).where(Conversation.test)
    of_tests = select(Case.id).where(Case.test)
    query = (
        select(Appointment.kind, Appointment.status, func.count())
        .where(
            period.holds(Appointment.start_at),
            Appointment.status != "holdt",
            Appointment.test.is_(False),
            or_(Appointment.conversation_id.is_(None), Appointment.conversation_id.not_in(tests)),
            or_(Appointment.case_id.is_(None), Appointment.case_id.not_in(of_tests)),
        )
        .group_by(Appointment.kind, Appointment.status)
    )
    found: dict[str, dict[str, int]] = {}
    for kind, status, count in session.execute(query):
        found.setdefault(kind, {})[status] = count
    return found


def conversations(session: Session, period: Period, today: date) -> Conversations:
    """Return how many conversations in which a citizen wrote led to no case, so far as they are still kept."""
    days = kept().conversations
    count = session.scalar(
        select(func.count())
        .select_from(Conversation)
        .where(
            period.holds(Conversation.created_at),
            Conversation.test.is_(False),
            Conversation.turn_count > 0,
            ~select(Case.id).where(Case.conversation_id == Conversation.id).exists(),
        )
    )
    return Conversations(count, period.first >= today - days, days.days)


def years(session: Session, today: date) -> list[int]:
    """Return the years there are cases of, newest first; this year always."""
    first = session.scalar(select(func.min(Case.created_at)).where(counted_cases()))
    begin = min(first.astimezone(clock.COPENHAGEN).year, today.year) if first else today.year
    return list(range(today.year, begin - 1, -1))
