"""Urgency: how much a case hurries today, and why in words. Reckoned when it is read, for deadlines move nearer."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import and_, or_
from sqlalchemy import case as sql_case

from casework.calendar import long_date
from casework.clock import COPENHAGEN
from casework.enums import OPEN_STATUSES
from casework.models import Case
from casework.taxonomy import label

AKUT_DAYS, FRIST_DAYS = 3, 10
QUIET_DAYS = 14  # so long a citizen may be silent before the queue says so
RANKS = {"akut": 0, "frist": 1, "normal": 2}


def priority_of(urgent: bool, complaint_deadline: date | None, today: date) -> str:
    """Return akut, frist or normal: safety or three days left, ten days left, the rest."""
    if urgent:
        return "akut"
    if complaint_deadline and complaint_deadline >= today:
        days = (complaint_deadline - today).days
        return "akut" if days <= AKUT_DAYS else "frist" if days <= FRIST_DAYS else "normal"
    return "normal"


def priority_now(case: Case, today: date) -> str:
    """Return the priority of a case today; what it was filed with is only where it began."""
    return priority_of(case.danger, case.complaint_deadline, today)


def rank(today: date):
    """Return `priority_now` as SQL: 0 akut, 1 frist, 2 normal."""
    left = Case.complaint_deadline
    return sql_case(
        (or_(Case.danger, and_(left >= today, left <= today + timedelta(days=AKUT_DAYS))), 0),
        (and_(left >= today, left <= today + timedelta(days=FRIST_DAYS)), 1),
        else_=2,
    )


def why(case: Case, today: date) -> list[str]:
    """Return why a case hurries, most pressing first; nothing for a closed one.

    Danger, the complaint deadline of the next ten days, the promised answer, what a department owes, and what the
    citizen waits for or has not answered.
    """
    if case.status not in OPEN_STATUSES:
        return []
    reasons = ["Borgeren skrev om fare."] if case.danger else []
    if case.complaint_deadline and 0 <= (case.complaint_deadline - today).days <= FRIST_DAYS:
        reasons.append(f"Klagefristen udløber {_in_days(case.complaint_deadline, today)}.")
    if case.answered_at is None:
        late = case.respond_by < today
        reasons.append(
            f"Svaret til borgeren skulle være givet {_on(case.respond_by, today)}."
            if late
            else f"Svar til borgeren senest {_on(case.respond_by, today)}."
        )
    reasons += [_owed(q.unit, q.due, today) for q in case.questions if q.answered_at is None]
    return reasons + _between_the_two(case, today)


def deadlines(case: Case, today: date) -> list[tuple[str, date, bool]]:
    """Return the days that count in a case, in order: what expires, when, and whether it is over and still matters."""
    is_open = case.status in OPEN_STATUSES
    found = [("Svar til borgeren", case.respond_by, is_open and case.answered_at is None)]
    if case.complaint_deadline:
        found.append(("Borgerens klagefrist", case.complaint_deadline, True))
    found += [(f"Svar fra {short_unit(q.unit)}", q.due, is_open) for q in case.questions if q.answered_at is None]
    return [(what, day, matters and day < today) for what, day, matters in sorted(found, key=lambda item: item[1])]


def _between_the_two(case: Case, today: date) -> list[str]:
    """Return who of citizen and adviser waits for the other, by the last thing said between them."""
    last = case.messages[-1] if case.messages else None
    if last is None:
        return []
    if last.kind == "borger":
        return ["Borgeren har skrevet og venter på svar."]
    days = (today - last.at.astimezone(COPENHAGEN).date()).days
    if case.status == "afventer_borger" and days >= QUIET_DAYS:
        return [f"Borgeren har ikke svaret i {days} dage."]
    return []


def _owed(unit: str, due: date, today: date) -> str:
    name = short_unit(unit)
    if due < today:
        return f"Afdelingen skulle have svaret {_on(due, today)} ({name})."
    return f"Afdelingen skal svare senest {_on(due, today)} ({name})."


def short_unit(unit: str | None) -> str:
    """Return a unit's name without the list of what it does."""
    return label("units", unit).split(":")[0]


def _on(day: date, today: date) -> str:
    return {0: "i dag", 1: "i morgen", -1: "i går"}.get((day - today).days, long_date(day))


def _in_days(day: date, today: date) -> str:
    days = (day - today).days
    return {0: "i dag", 1: "i morgen"}.get(days, f"om {days} dage")
