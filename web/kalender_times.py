"""Days and times as they are typed and chosen on the calendar's forms."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from itertools import groupby

from casework import availability, clock, meeting_calendar
from casework.availability import Slot
from casework.errors import InvalidInput
from casework.models import Appointment

YEARS = range(2020, 2100)
SHOWN_DAYS = 7
OTHER = "andet"


def day_in(text: str, default: date | None) -> tuple[date | None, str]:
    """Return the day a field names and what is wrong with it; the default when it is empty or wrong."""
    text = text.strip()
    if not text:
        return default, ""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return default, "Datoen kan ikke læses. Skriv den som 2026-12-14."
    return (day, "") if day.year in YEARS else (default, f"Vælg et år fra {YEARS[0]} til {YEARS[-1]}.")


def number_in(text: str) -> int | None:
    """Return a whole number that was sent along, or None."""
    return int(text) if text.isdecimal() and len(text) < 10 else None


def time_in(text: str) -> time:
    """Return the time of the clock somebody wrote: 9, 9.30, 09:30. Raises InvalidInput."""
    match = re.fullmatch(r"(?:kl\.?\s*)?(\d{1,2})(?:[.:](\d{2}))?(?::\d{2})?", text.strip(), re.IGNORECASE)
    if not match or int(match[1]) > 23 or int(match[2] or 0) > 59:
        raise InvalidInput("Klokkeslættet kan ikke læses. Skriv det som 13.30.")
    return time(int(match[1]), int(match[2] or 0))


def periods_in(text: str) -> list[tuple[time, time]]:
    """Return the periods somebody wrote for a day: "10-12, 13.00-15.30"; none when it is empty. Raises InvalidInput."""
    parts = [part for part in re.split(r"[,;]|\bog\b", text) if part.strip()]
    found = []
    for part in parts:
        begins, dash, ends = re.sub(r"\s*(?:-|–|—|til)\s*", "-", part.strip()).partition("-")
        if not dash:
            raise InvalidInput("Skriv hver periode som 10.00-12.00.")
        found.append((time_in(begins), time_in(ends)))
    return found


def times_in(values: Iterable[str]) -> list[datetime]:
    """Return the moments that were chosen on a list. Raises InvalidInput when one is none."""
    found = []
    for value in values:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise InvalidInput("Tidspunktet kan ikke læses. Vælg det igen.") from None
        if moment.tzinfo is None or moment.year not in YEARS:
            raise InvalidInput("Tidspunktet kan ikke læses. Vælg det igen.")
        found.append(moment.astimezone(clock.COPENHAGEN))
    return found


def chosen_start(given: dict) -> datetime:
    """Return the time chosen on the list, or the day and time typed beside it. Raises InvalidInput with `fields`."""
    if given.get("start") and given["start"] != OTHER:
        return times_in([given["start"]])[0]
    if not given.get("dag") and not given.get("klokken"):
        raise InvalidInput(fields={"start": "Vælg et tidspunkt, eller skriv dag og klokkeslæt."})
    day, wrong = day_in(given.get("dag", ""), None)
    if day is None:
        raise InvalidInput(fields={"dag": wrong or "Skriv dagen."})
    if not given.get("klokken", "").strip():
        raise InvalidInput(fields={"klokken": "Skriv klokkeslættet."})
    try:
        return meeting_calendar.at(day, time_in(given["klokken"]))
    except InvalidInput as error:
        raise InvalidInput(fields={"klokken": str(error)}) from None


def free_times(
    db, kind: str, since: date, now: datetime, ignore: Appointment | None = None
) -> list[tuple[date, list[Slot]]]:
    """Return the free times of a kind in SHOWN_DAYS from a day on, by day; `ignore` is the meeting to be moved."""
    found = availability.slots(db, kind, since, since + timedelta(days=SHOWN_DAYS - 1), now, ignore=ignore)
    found = [slot for slot in found if ignore is None or slot.start != ignore.start_at]
    return [(day, list(times)) for day, times in groupby(found, lambda slot: slot.start.date())]
