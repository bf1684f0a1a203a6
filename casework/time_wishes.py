"""What a citizen says of when it suits her, as a filter over times: "i næste uge efter kl. 13", "tirsdag eller onsdag".

Days, parts of the day and times that are said together must all fit; "eller" and a comma add alternatives; "ikke" and
"undtagen" take away. The words are read in casework/time_reading.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

Stretch = tuple[date, date]  # both included
Hours = tuple[time, time]  # from, until; alike: that very time


@dataclass(frozen=True)
class Part:
    """One alternative. `days` are named one by one, `stretches` are weeks and months; weekdays lie within these."""

    days: tuple[date, ...] = ()
    stretches: tuple[Stretch, ...] = ()
    weekdays: frozenset[int] = frozenset()
    hours: tuple[Hours, ...] = ()

    @property
    def names_days(self) -> bool:
        return bool(self.days or self.stretches or self.weekdays)

    def allows_day(self, day: date) -> bool:
        """Return whether the day fits."""
        if not self.names_days or day in self.days:
            return True
        within = not self.stretches or any(first <= day <= last for first, last in self.stretches)
        weekday = not self.weekdays or day.weekday() in self.weekdays
        return bool(self.stretches or self.weekdays) and within and weekday

    def allows(self, day: date, at: time) -> bool:
        """Return whether day and time fit."""
        return self.allows_day(day) and (not self.hours or within(at, self.hours))


@dataclass(frozen=True)
class TimeWish:
    """When it suits a citizen. problem: None, "umulig" (no such day or time), "strid" (weekday and date disagree) or
    "fortid" (the day is over)."""

    parts: tuple[Part, ...] = ()
    since: date | None = None
    until: date | None = None
    odd_weeks: bool | None = None
    not_days: tuple[Stretch, ...] = ()
    not_weekdays: frozenset[int] = frozenset()
    not_hours: tuple[Hours, ...] = ()
    soonest: bool = False
    any_time: bool = False
    problem: str | None = None

    @property
    def says_something(self) -> bool:
        """Whether anything in it is about time."""
        return self != TimeWish()

    @property
    def names_days(self) -> bool:
        return bool(any(p.names_days for p in self.parts) or self.since or self.until or self.odd_weeks is not None)

    @property
    def names_hours(self) -> bool:
        return any(p.hours for p in self.parts)

    @property
    def only_takes_away(self) -> bool:
        left = replace(self, not_days=(), not_weekdays=frozenset(), not_hours=())
        return left == TimeWish() and self.says_something

    def allows_day(self, day: date) -> bool:
        """Return whether a day fits, whatever the time."""
        if (self.since and day < self.since) or (self.until and day > self.until) or day.weekday() in self.not_weekdays:
            return False
        if self.odd_weeks is not None and bool(day.isocalendar()[1] % 2) != self.odd_weeks:
            return False
        if any(first <= day <= last for first, last in self.not_days):
            return False
        return not self.parts or any(part.allows_day(day) for part in self.parts)

    def allows(self, start: datetime) -> bool:
        """Return whether a time fits; `start` is as the clock in Copenhagen shows it."""
        day, at = start.date(), start.time().replace(tzinfo=None)
        if not self.allows_day(day) or within(at, self.not_hours):
            return False
        return not self.parts or any(part.allows(day, at) for part in self.parts)

    def exact(self) -> tuple[date, time] | None:
        """Return the very day and time, when it names just one."""
        if len(self.parts) != 1 or len(self.parts[0].hours) != 1:
            return None
        (part,), ((at, until),) = self.parts, self.parts[0].hours
        spans = [*((day, day) for day in part.days), *part.stretches]
        days = {first + timedelta(days=n) for first, last in spans for n in range((last - first).days + 1)}
        days = {day for day in days if self.allows_day(day)}
        return (days.pop(), at) if len(days) == 1 and at == until else None

    def first_day(self, today: date) -> date:
        """Return the first day it may mean; where times are looked for when none fits."""
        days = (today + timedelta(days=n) for n in range(400))
        return next((day for day in days if self.allows_day(day)), today)


def within(at: time, hours: Iterable[Hours]) -> bool:
    """Return whether a time of day lies in one of the stretches."""
    return any(first <= at < last or at == first == last for first, last in hours)


def refined(earlier: TimeWish, later: TimeWish) -> TimeWish:
    """Return what is wished when `later` is said after `earlier`: what it leaves open stays as it was.

    "om eftermiddagen" after "i næste uge" is an afternoon next week, and "torsdag" Thursday of that week; "hellere
    fredag" after "torsdag formiddag" is Friday morning.
    """
    if later.soonest or later.any_time:
        return later if later.names_days or later.names_hours else replace(TimeWish(), soonest=True)
    gone = {
        "not_days": earlier.not_days + later.not_days,
        "not_weekdays": earlier.not_weekdays | later.not_weekdays,
        "not_hours": earlier.not_hours + later.not_hours,
    }
    if later.only_takes_away:
        return replace(earlier, **gone)
    stretches = tuple(dict.fromkeys(span for part in earlier.parts for span in part.stretches))
    if stretches and later.parts and all(p.weekdays and not p.days and not p.stretches for p in later.parts):
        later = replace(later, parts=tuple(replace(part, stretches=stretches) for part in later.parts))
    if later.names_days and not later.names_hours:
        hours = tuple(dict.fromkeys(h for part in earlier.parts for h in part.hours))
        parts = later.parts or (Part(),)
        return replace(later, parts=tuple(replace(part, hours=hours) for part in parts) if hours else later.parts)
    if later.names_hours and not later.names_days:
        hours = tuple(h for part in later.parts for h in part.hours)
        parts = earlier.parts or (Part(),)
        return replace(earlier, parts=tuple(replace(part, hours=hours) for part in parts), problem=None, **gone)
    return later


def matching(slots: Iterable, wish: TimeWish) -> list:
    """Return the slots that fit, in their order; each has a `start` in Copenhagen."""
    return [slot for slot in slots if wish.allows(slot.start)]


def nearest(slots: list, wish: TimeWish, today: date) -> list:
    """Return the slots when none fits, those nearest to what was wished first: the day, then the time of day."""
    first = wish.first_day(today)
    hours = [h for part in wish.parts for h in part.hours]

    def distance(slot) -> tuple:
        day, at = slot.start.date(), slot.start.time().replace(tzinfo=None)
        excluded = day.weekday() in wish.not_weekdays or any(a <= day <= b for a, b in wish.not_days)
        away = min((_minutes_from(at, span) for span in hours), default=0)
        return (excluded, not wish.allows_day(day), abs((day - first).days), day < first, away, slot.start)

    return sorted(slots, key=distance)


def spread(slots: list, most: int) -> list:
    """Return up to `most` of the slots, oldest first: spread over the day where there is one, else over the first
    days, so that there is something to choose between."""
    if len(slots) <= most:
        return list(slots)
    by_day: dict[date, list] = {}
    for slot in slots:
        by_day.setdefault(slot.start.date(), []).append(slot)
    days = list(by_day.values())[: max(1, most // 2)]
    share = [most // len(days) + (n < most % len(days)) for n in range(len(days))]
    chosen = [slot for day, count in zip(days, share, strict=True) for slot in _evenly(day, count)]
    left = [slot for day in days for slot in day if slot not in chosen]
    return sorted([*chosen, *left[: most - len(chosen)]], key=lambda slot: slot.start)


def _evenly(slots: list, count: int) -> list:
    if len(slots) <= count:
        return slots
    return [slots[n * len(slots) // count] for n in range(count)]


def _minutes_from(at: time, span: Hours) -> int:
    minute, first, last = (t.hour * 60 + t.minute for t in (at, *span))
    return 0 if first <= minute <= last else min(abs(minute - first), abs(minute - last))
