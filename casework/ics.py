"""Calendar files: a deadline as an all-day event a citizen can put in their own calendar (RFC 5545)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache

import yaml
from icalendar import Alarm, Calendar, Event

from casework.clock import COPENHAGEN
from casework.errors import InvalidInput
from casework.settings import ROOT

REMIND_DAYS = 3
REMIND_HOUR = 9  # nobody is woken at midnight, where an all-day event starts
LATEST_YEARS = 5  # no deadline here is longer than a year; later than this is a slip of the finger


@lru_cache(maxsize=1)
def words() -> dict:
    """Return what calendar files say."""
    return yaml.safe_load((ROOT / "bot" / "ics.yml").read_text(encoding="utf-8"))


def kinds() -> dict[str, dict]:
    """Return title and text of each kind of deadline that can be put in a calendar."""
    return words()["kinds"]


def deadline_event(kind: str, day: date, made_at: datetime) -> bytes:
    """Return a calendar file with one all-day event on `day` and a reminder three days before.

    A deadline that is nearer than that is reminded of on the day before it, or on the day itself. The same kind and
    day have the same UID, so that a calendar that gets the file twice shows it once. `made_at` becomes DTSTAMP.
    Nothing in it is personal. Raises InvalidInput for an unknown kind and for a day that is past or far away.
    """
    if kind not in kinds():
        raise InvalidInput("Vi kender ikke den slags frist.")
    made_on = made_at.astimezone(COPENHAGEN).date()
    if day < made_on:
        raise InvalidInput("Den dag er gået, så den kan ikke lægges i kalenderen.")
    if day > made_on + timedelta(days=366 * LATEST_YEARS):
        raise InvalidInput("Den dag ligger for langt ude i fremtiden. Er årstallet rigtigt?")
    told = kinds()[kind]
    event = Event()
    event.add("uid", f"{kind}-{day.isoformat()}@vejviser")
    event.add("dtstamp", made_at)
    event.add("dtstart", day)
    event.add("dtend", day + timedelta(days=1))
    event.add("summary", told["title"])
    event.add("description", "\n\n".join([told["text"], words()["guidance"], words()["made_by"]]))
    event.add("transp", "TRANSPARENT")  # a deadline does not make the day busy
    event.add_component(_reminder(told["title"], min(REMIND_DAYS, max(0, (day - made_on).days - 1))))
    calendar = Calendar()
    calendar.add("prodid", "-//Vejviser//Borgerraadgiveren i Lyngby-Taarbaek//DA")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    return calendar.to_ical()


def _reminder(title: str, days: int) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    alarm.add("trigger", timedelta(days=-days, hours=REMIND_HOUR))
    return alarm
