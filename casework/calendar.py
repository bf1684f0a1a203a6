"""Which days are open: weekends, public holidays and the three days the law leaves in doubt."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache

import holidays
from babel.dates import format_date

from casework.clock import COPENHAGEN
from casework.errors import OutsideCalendar

# From 2024 store bededag is a working day (fact kal-store-bededag); no later year than this has been checked
# against a second source (facts kal-helligdage and kal-bevaegelige).
VERIFIED_YEARS = range(2024, 2030)

# Not public holidays, but whether a deadline moves past them is settled differently from law to law
# (facts kal-ikke-helligdage and kal-fristudloeb-5jun-24dec-31dec).
_DOUBTFUL = {(6, 5): "grundlovsdag", (12, 24): "juleaftensdag", (12, 31): "nytårsaftensdag"}


@lru_cache(maxsize=32)
def _holidays_of(year: int) -> dict[date, str]:
    if year not in VERIFIED_YEARS:
        raise OutsideCalendar(f"Helligdagene i {year} er ikke kontrolleret")
    return dict(holidays.country_holidays("DK", years=year, language="da").items())


def holiday_name(day: date) -> str | None:
    """Return the Danish name of the public holiday on `day`, or None.

    Raises OutsideCalendar when the holidays of that year have not been checked.
    """
    name = _holidays_of(day.year).get(day)
    return name.lower() if name else None


def doubtful_name(day: date) -> str | None:
    """Return the name of 5 June, 24 or 31 December, or None for any other day."""
    return _DOUBTFUL.get((day.month, day.day))


def is_closed(day: date) -> bool:
    """Return whether `day` is a Saturday, a Sunday or a public holiday (fact klage-frist-weekend)."""
    return holiday_name(day) is not None or day.weekday() >= 5


def next_open(day: date) -> date:
    """Return `day`, or the first day after it that is not closed."""
    while is_closed(day):
        day += timedelta(days=1)
    return day


def previous_open(day: date) -> date:
    """Return `day`, or the last day before it that is not closed: the safe reading where no rule moves a deadline."""
    while is_closed(day):
        day -= timedelta(days=1)
    return day


def next_working(day: date) -> date:
    """Return `day`, or the first working day after it; what an authority's own deadline moves to."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def is_working_day(day: date) -> bool:
    """Return whether an authority's working-day deadline counts `day`.

    Monday to Friday except public holidays (fact kal-arbejdsdage). 5 June, 24 and 31 December do not count: where
    practice is not settled the citizen is told the later date, so that nobody is sent to complain too early.
    """
    return not is_closed(day) and doubtful_name(day) is None


def add_working_days(start: date, count: int) -> date:
    """Return the day `count` working days after `start`, which itself does not count (fact kal-arbejdsdage)."""
    day = start
    while count > 0:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def long_date(day: date) -> str:
    """Return `day` as Danes say it: mandag den 21. december 2026."""
    return format_date(day, "EEEE 'den' d. MMMM y", locale="da")


def long_time(start: datetime, end: datetime | None = None) -> str:
    """Return a time as Danes say it: tirsdag den 1. december 2026 kl. 10.00-10.30."""
    start = start.astimezone(COPENHAGEN)
    until = f"-{end.astimezone(COPENHAGEN):%H.%M}" if end else ""
    return f"{long_date(start.date())} kl. {start:%H.%M}{until}"


def short_time(moment: datetime) -> str:
    """Return a moment as lists show it: 01.12.2026 kl. 10.00."""
    return moment.astimezone(COPENHAGEN).strftime("%d.%m.%Y kl. %H.%M")


def midnight(day: date) -> datetime:
    """Return when a day begins in Copenhagen, in UTC."""
    return datetime.combine(day, time(), COPENHAGEN).astimezone(timezone.utc)
