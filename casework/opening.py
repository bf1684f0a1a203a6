"""Whether the adviser's telephone is open now, and when it opens next: her weekly hours, days that differ, holidays and
absences, all from her calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import availability, calendar
from casework.clock import COPENHAGEN
from casework.models_meetings import Absence, MeetingKind

KIND = "telefon"
LOOKS_AHEAD = 60  # days
# Where nothing has been set: fact br-telefontid, every weekday from ten to three. It is of 2022.
KNOWN = tuple((day, time(10), time(15)) for day in range(5))

Period = tuple[datetime, datetime]


@dataclass(frozen=True)
class Opening:
    """Open until `closes`, or closed until `opens`; both None where no coming hours are known. In Copenhagen time.

    `days` is how many days ahead it opens. `away` and `meanwhile` are the adviser's words while she is absent today.
    """

    closes: datetime | None = None
    opens: datetime | None = None
    days: int = 0
    away: str = ""
    meanwhile: str = ""

    @property
    def changes(self) -> datetime | None:
        """When this is no longer so."""
        return self.closes or self.opens


def opening(session: Session, now: datetime) -> Opening:
    """Return how it stands with the adviser's telephone."""
    local = now.astimezone(COPENHAGEN)
    today = local.date()
    absence = availability.absence_on(session, today)
    told = {"away": absence.text, "meanwhile": absence.meanwhile} if absence else {}
    for start, end in _periods(session, today, today + timedelta(days=LOOKS_AHEAD)):
        if start <= local.astimezone(timezone.utc) < end:
            return Opening(closes=end.astimezone(COPENHAGEN), **told)
        if start > now:
            opens = start.astimezone(COPENHAGEN)
            return Opening(opens=opens, days=(opens.date() - today).days, **told)
    return Opening(**told)


def _periods(session: Session, first: date, last: date) -> list[Period]:
    """Return the open periods in UTC, in order; those that touch are one."""
    weekly = _weekly(session)
    differing = availability.exceptions(session, first, last, kind=KIND)
    away = session.scalars(select(Absence).where(Absence.last_day >= first, Absence.first_day <= last)).all()
    found: list[Period] = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if day.year not in calendar.VERIFIED_YEARS or any(a.first_day <= day <= a.last_day for a in away):
            continue
        of_day = [e for e in differing if e.day == day]
        spans = [_span(day, e.start, e.end) for e in of_day if e.open]
        if not availability.is_closed(day):
            spans += [_span(day, start, end) for weekday, start, end in weekly if weekday == day.weekday()]
        for shut in (_span(day, e.start, e.end) for e in of_day if not e.open):
            spans = [part for span in spans for part in _without(span, shut)]
        found += spans
    return _joined(found)


def _weekly(session: Session) -> list[tuple[int, time, time]]:
    if session.get(MeetingKind, KIND) is None:
        return list(KNOWN)
    return [(h.weekday, h.start, h.end) for h in availability.hours_of(session, KIND)]


def _span(day: date, start: time | None, end: time | None) -> Period:
    """Return a period of a day; without times the whole day, and an end at midnight is the day's end."""
    over = end is None or end == time(0)
    ends = datetime.combine(day + timedelta(days=1) if over else day, end or time(0), COPENHAGEN)
    begins = datetime.combine(day, start or time(0), COPENHAGEN)
    return begins.astimezone(timezone.utc), ends.astimezone(timezone.utc)


def _without(span: Period, shut: Period) -> list[Period]:
    before, after = (span[0], min(span[1], shut[0])), (max(span[0], shut[1]), span[1])
    return [part for part in (before, after) if part[0] < part[1]]


def _joined(spans: list[Period]) -> list[Period]:
    found: list[Period] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found
