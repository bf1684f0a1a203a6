"""Reads out of a calendar file when somebody is busy, and nothing else of it (RFC 5545).

`read_apart` does it in a process of its own, so that a file made to take for ever harms nobody.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta, timezone
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import recurring_ical_events
from icalendar import Calendar

from casework.clock import COPENHAGEN
from casework.settings import ROOT

READ_SECONDS = 60  # a calendar of ten years is read in a few
MOST_TIMES = 5_000
MOST_A_DAY = 200  # repetitions of one event; a rule that asks for more is a mistake or meant to do harm


class Unreadable(Exception):
    """It is no calendar, or none that can be used; the text is Danish."""


class Busy(NamedTuple):
    """When somebody is busy, in UTC, joined where times overlap; `problem` tells of events that could not be read."""

    times: list[tuple[datetime, datetime]]
    problem: str = ""


def read_apart(
    content: bytes, first: datetime, last: datetime, *, ours: Collection[str] = (), seconds: float = READ_SECONDS
) -> Busy:
    """Return what `busy_times` does, from a process that is stopped when it takes too long. Raises Unreadable."""
    head = json.dumps([first.isoformat(), last.isoformat(), sorted(ours)]).encode()
    command = [sys.executable, "-m", "casework.busy_times"]
    try:
        ran = subprocess.run(command, input=head + b"\n" + content, capture_output=True, timeout=seconds, cwd=ROOT)
        times, problem, unreadable = json.loads(ran.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        raise Unreadable("Kalenderen er for stor eller for indviklet til at blive læst.") from None
    if unreadable:
        raise Unreadable(unreadable)
    return Busy([tuple(map(datetime.fromisoformat, pair)) for pair in times], problem)


def _main() -> None:
    first, last, ours = json.loads(sys.stdin.buffer.readline())
    try:
        limits = datetime.fromisoformat(first), datetime.fromisoformat(last)
        times, problem = busy_times(sys.stdin.buffer.read(), *limits, ours=ours)
        found = [[[moment.isoformat() for moment in pair] for pair in times], problem, ""]
    except Unreadable as error:
        found = [[], "", str(error)]
    sys.stdout.write(json.dumps(found))


def busy_times(content: bytes, first: datetime, last: datetime, *, ours: Collection[str] = ()) -> Busy:
    """Return when a calendar file says that its owner is busy between two moments.

    Not busy: what is cancelled, or marked as free. An all-day event takes its whole days in Copenhagen; a time without
    a zone is read in the calendar's own, or Copenhagen's. `ours` are the UIDs of our own meetings, which the calendar
    may hold as well.
    Raises Unreadable.
    """
    text = content.decode("utf-8-sig", errors="replace").strip()
    if not text[:30].upper().startswith("BEGIN:VCALENDAR"):
        raise Unreadable("Adressen gav ikke en kalenderfil. Er det adressen på selve kalenderen (ICS)?")
    if not text[-30:].upper().endswith("END:VCALENDAR"):
        raise Unreadable("Kalenderfilen er ikke hel.")
    first, last = first.astimezone(COPENHAGEN), last.astimezone(COPENHAGEN)
    try:
        found = [_of(calendar, first, last, ours) for calendar in Calendar.from_ical(text, multiple=True)]
    except Unreadable:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a stranger's file does to the libraries, the last copy stays
        raise Unreadable(f"Kalenderfilen kan ikke læses ({type(error).__name__}).") from None
    times = _joined(pair for pairs, _ in found for pair in pairs if pair[1] > first and pair[0] < last)
    if len(times) > MOST_TIMES:
        raise Unreadable(f"Kalenderen har for mange tider. Der kan højst være {MOST_TIMES}.")
    skipped = any(bad for _, bad in found)
    return Busy(times, "Noget i kalenderen kunne ikke læses. Resten er taget med." if skipped else "")


def _of(calendar, first: datetime, last: datetime, ours: Collection[str]) -> tuple[list, bool]:
    events = [event for event in calendar.walk("VEVENT") if str(event.get("UID", "")) not in ours]
    for event in events:
        _check_rules(event)
    dropped = {id(event) for event in calendar.walk("VEVENT")} - {id(event) for event in events}
    calendar.subcomponents = [part for part in calendar.subcomponents if id(part) not in dropped]
    bad, zone = any(event.errors for event in events), _zone_of(calendar)
    try:
        occurrences = recurring_ical_events.of(calendar).between(first, last)
    except Exception:  # noqa: BLE001 - one event that is wrong; now without it
        bad, occurrences = True, recurring_ical_events.of(calendar, skip_bad_series=True).between(first, last)
    found = [_span(event, zone) for event in occurrences if _takes_time(event)]
    return [*found, *_periods(calendar, zone)], bad


def _zone_of(calendar) -> ZoneInfo:
    """Return the zone of times that have none: the one the calendar names for itself, else Copenhagen's.

    A name nobody knows is taken out of the calendar.
    """
    try:
        return ZoneInfo(str(calendar.get("X-WR-TIMEZONE") or COPENHAGEN.key))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        del calendar["X-WR-TIMEZONE"]
        return COPENHAGEN


def _check_rules(event) -> None:
    """Refuse a rule that would repeat an event so often that working it out takes forever."""
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        often = math.prod(max(1, len(rule.get(part, ()))) for part in ("BYHOUR", "BYMINUTE", "BYSECOND"))
        if {"SECONDLY", "MINUTELY"} & {str(f).upper() for f in rule.get("FREQ", ())} or often > MOST_A_DAY:
            raise Unreadable("Kalenderen har noget, der gentages for tit.")


def _takes_time(event) -> bool:
    free = str(event.get("TRANSP", "")).upper() == "TRANSPARENT"
    free = free or str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper() == "FREE"
    return not free and str(event.get("STATUS", "")).upper() != "CANCELLED"


def _span(event, zone: ZoneInfo) -> tuple[datetime, datetime]:
    start = event["DTSTART"].dt
    end = event["DTEND"].dt if "DTEND" in event else start
    if not isinstance(start, datetime) and end <= start:
        end = start + timedelta(days=1)
    return _moment(start, zone), _moment(end, zone)


def _periods(calendar, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Return what stands in VFREEBUSY, where a calendar tells only that."""
    for component in calendar.walk("VFREEBUSY"):
        entries = component.get("FREEBUSY", [])
        for entry in entries if isinstance(entries, list) else [entries]:
            if str(entry.params.get("FBTYPE", "BUSY")).upper() != "FREE":
                start, end = entry.dt
                yield _moment(start, zone), _moment(start + end if isinstance(end, timedelta) else end, zone)


def _moment(value: date, zone: ZoneInfo) -> datetime:
    if not isinstance(value, datetime):
        value = datetime.combine(value, time(), COPENHAGEN)
    return (value.replace(tzinfo=zone) if value.tzinfo is None else value).astimezone(timezone.utc)


def _joined(times) -> list[tuple[datetime, datetime]]:
    found: list[tuple[datetime, datetime]] = []
    for start, end in sorted(times):
        if end <= start:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


if __name__ == "__main__":
    _main()
