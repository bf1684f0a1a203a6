"""Free times as a page shows them: by week and day, as many weeks as give a fair choice, and where there are more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from babel.dates import format_date
from sqlalchemy.orm import Session

from casework import availability
from casework.availability import Slot
from casework.calendar import long_date
from casework.clock import COPENHAGEN
from casework.models_meetings import Absence, Appointment

ENOUGH = 12  # times on one page; where a week has fewer the next is shown too
MOST_WEEKS = 4


@dataclass(frozen=True)
class Week:
    """A week with free times: its Monday and, day by day, what is free."""

    monday: date
    days: list[tuple[date, list[Slot]]]

    @property
    def number(self) -> int:
        """Return the number Danes give the week."""
        return self.monday.isocalendar()[1]


@dataclass(frozen=True)
class Times:
    """What one page shows. `first` is the earliest free time shown, `later` the Monday to go on from, if any;
    `earlier` whether there may be free times before; `away` the absences that explain why days are missing."""

    weeks: list[Week]
    later: date | None
    earlier: bool
    away: list[Absence]

    @property
    def first(self) -> Slot | None:
        """Return the earliest time shown."""
        return self.weeks[0].days[0][1][0] if self.weeks else None


def monday_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def times(
    session: Session, kind: str, wanted: date | None, today: date, now: datetime, *, ignore: Appointment | None = None
) -> Times:
    """Return the free times of a kind from the week of `wanted` on; from today on when it is empty or past."""
    start = max(today, monday_of(wanted)) if wanted else today
    start = min(start, today + timedelta(days=availability.kind_of(session, kind).ahead_days))
    end = start + timedelta(days=availability.MOST_DAYS - 1)
    weeks = _weeks(availability.slots(session, kind, start, end, now, ignore=ignore))
    shown, count = [], 0
    while weeks and count < ENOUGH and (not shown or (weeks[0].monday - shown[0].monday).days < 7 * MOST_WEEKS):
        shown.append(weeks.pop(0))
        count += sum(len(free) for _, free in shown[-1].days)
    last = shown[-1].days[-1][0] if shown else end
    away = [a for a in availability.absences(session, today) if a.first_day <= last and a.last_day >= start]
    return Times(shown, weeks[0].monday if weeks else None, start > today, away)


def _weeks(free: list[Slot]) -> list[Week]:
    found: dict[date, dict[date, list[Slot]]] = {}
    for slot in free:
        day = slot.start.astimezone(COPENHAGEN).date()
        found.setdefault(monday_of(day), {}).setdefault(day, []).append(slot)
    return [Week(monday, list(days.items())) for monday, days in found.items()]


def moment_in(text: str) -> datetime | None:
    """Return the moment an ISO 8601 text with its zone names, in Copenhagen, or None."""
    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
        return moment.astimezone(COPENHAGEN) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def day_in(text: str) -> date | None:
    """Return the day an ISO 8601 text names, or None."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def day_name(day: date) -> str:
    """Return a day as a heading says it: Mandag den 30. november."""
    words = format_date(day, "EEEE 'den' d. MMMM", locale="da")
    return words[0].upper() + words[1:]


def short_day(day: date) -> str:
    """Return a day as a link to it says it: man. 30."""
    return format_date(day, "EEE d.", locale="da")


def span(start: datetime, end: datetime) -> str:
    """Return when a meeting is: mandag den 30. november 2026 kl. 10.00–10.30."""
    start, end = start.astimezone(COPENHAGEN), end.astimezone(COPENHAGEN)
    return f"{long_date(start.date())} kl. {start:%H.%M}–{end:%H.%M}"
