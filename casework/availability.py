"""When the adviser can be met: what is free of her weekly hours once all that takes time from them is taken away.

What she sets herself (kinds, hours, days that differ, absences) is changed in availability_settings; it is reached
through this module too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from casework import calendar
from casework.availability_settings import (  # noqa: F401
    absence_on,
    absences,
    add_absence,
    add_exception,
    exceptions,
    hours_of,
    kind_of,
    kinds,
    next_absence,
    remove_absence,
    remove_exception,
    save_kind,
    seed,
    set_hours,
)
from casework.clock import COPENHAGEN
from casework.errors import InvalidInput, OutsideCalendar
from casework.models_meetings import (
    Absence,
    Appointment,
    AppointmentSlice,
    BusyTime,
    CalendarException,
    MeetingHours,
    MeetingKind,
)

MOST_DAYS = 62
SLICE = timedelta(minutes=5)  # the time that is booked is kept in pieces of this length
TAKEN = "taget"
_MIDNIGHT = time(0)


@dataclass(frozen=True)
class Slot:
    """A time that can be booked; its moments are in Copenhagen."""

    start: datetime
    end: datetime
    kind: str


@dataclass(frozen=True)
class _Taken:
    """What is in the way in a stretch of days: the slices, the busy times, and how many of the kind each day has."""

    slices: frozenset[datetime]
    busy: tuple[tuple[datetime, datetime], ...]
    on_day: dict[date, int]

    def hinders(self, slot: Slot, kind: MeetingKind) -> bool:
        if self.on_day.get(slot.start.date(), 0) >= kind.daily_most:
            return True
        wanted = slices_of(kind, slot.start, slot.end)
        first, end = wanted[0], wanted[-1] + SLICE
        return any(at in self.slices for at in wanted) or any(a < end and b > first for a, b in self.busy)


def slots(
    session: Session, kind: str, first: date, last: date, now: datetime, *, ignore: Appointment | None = None
) -> list[Slot]:
    """Return the free times of one kind from `first` to `last`, both included, the first first.

    `ignore` is the meeting that is being moved: it is not in its own way. A kind that is closed, and one without
    hours, has none; so has a day whose year has not been checked for holidays. Raises InvalidInput for an unknown
    kind, where `last` is before `first`, and for more than MOST_DAYS days.
    """
    about = kind_of(session, kind)
    if last < first:
        raise InvalidInput(fields={"to": "Den sidste dag skal ligge efter den første."})
    if (last - first).days >= MOST_DAYS:
        raise InvalidInput(fields={"to": f"Spørg om højst {MOST_DAYS} dage ad gangen."})
    if not about.open:
        return []
    offered = [slot for slot in _offered(session, about, first, last) if not too_soon_or_late(about, slot.start, now)]
    if not offered:
        return []
    taken = _taken(session, about, offered[0].start.date(), offered[-1].start.date(), now, ignore)
    return [slot for slot in offered if not taken.hinders(slot, about)]


def is_free(session: Session, kind: str, start: datetime, now: datetime, ignore: Appointment | None = None) -> bool:
    """Return whether a citizen can book a meeting of this kind that begins at `start`."""
    return not why_not(session, kind, start, now, ignore=ignore)


def why_not(
    session: Session, kind: str, start: datetime, now: datetime, *, ignore: Appointment | None = None
) -> str | None:
    """Return what stands in the way of booking: TAKEN where it is offered but not free, else what is wrong in Danish.

    A meeting with the kommune (bisidder) is where and when the kommune has said: it needs no hours.
    """
    about, start = kind_of(session, kind), start.astimezone(COPENHAGEN)
    day = start.date()
    if not about.open:
        return "Den slags møde kan ikke bookes lige nu. Ring eller skriv i stedet."
    away = absence_on(session, day)
    if away is not None:
        return f"Borgerrådgiveren er væk den dag. {away.text}"
    if kind == "bisidder":
        wrong = odd_minute(start) or too_late(about, start, now) or past(start, now)
        if wrong:
            return wrong
        slot = Slot(start, plus(start, about.minutes), kind)
    else:
        at = start.astimezone(timezone.utc)  # of an hour that comes twice only the first is offered
        slot = next((s for s in _offered(session, about, day, day) if s.start.astimezone(timezone.utc) == at), None)
        wrong = too_soon_or_late(about, start, now)
        if wrong:
            return wrong
        if slot is None:
            return "Borgerrådgiveren holder ikke den slags møder på det tidspunkt. Vælg en af de ledige tider."
    return TAKEN if _taken(session, about, day, day, now, ignore).hinders(slot, about) else None


def past(start: datetime, now: datetime) -> str | None:
    """Return what is wrong with a time that has gone, or None."""
    return "Den tid er gået. Vælg en, der kommer." if start <= now else None


def too_late(about: MeetingKind, start: datetime, now: datetime) -> str | None:
    """Return what is wrong with a time further ahead than the adviser plans this kind, or None."""
    last = now.astimezone(COPENHAGEN).date() + timedelta(days=about.ahead_days)
    if start.astimezone(COPENHAGEN).date() > last:
        return f"Så langt frem kan man ikke booke. Vælg senest {calendar.long_date(last)}."
    return None


def too_soon_or_late(about: MeetingKind, start: datetime, now: datetime) -> str | None:
    """Return what is wrong with a time that is nearer or further than the adviser has set for this kind, or None."""
    if start < now + timedelta(hours=about.lead_hours):
        return past(start, now) or "Det er for kort tid til. Vælg en senere tid, eller ring."
    return too_late(about, start, now)


def slices_of(about: MeetingKind, start: datetime, end: datetime) -> list[datetime]:
    """Return the pieces of time a meeting takes, buffers included, in UTC and in order."""
    first = _floor(start.astimezone(timezone.utc) - timedelta(minutes=about.buffer_before))
    until = end.astimezone(timezone.utc) + timedelta(minutes=about.buffer_after)
    count = -((first - until) // SLICE)
    return [first + n * SLICE for n in range(count)]


def plus(start: datetime, minutes: int) -> datetime:
    """Return the moment so many real minutes later, in Copenhagen, also where the clock is changed between."""
    return (start.astimezone(timezone.utc) + timedelta(minutes=minutes)).astimezone(COPENHAGEN)


def local(day: date, at: time) -> datetime | None:
    """Return a clock time in Copenhagen as a moment; None where that night's clock leaps over it.

    Where the clock is put back an hour that comes twice is the first of the two.
    """
    moment = datetime.combine(day, at, COPENHAGEN)
    there_and_back = moment.astimezone(timezone.utc).astimezone(COPENHAGEN)
    return moment if there_and_back.replace(tzinfo=None) == moment.replace(tzinfo=None) else None


def _floor(moment: datetime) -> datetime:
    return moment - timedelta(minutes=moment.minute % 5, seconds=moment.second, microseconds=moment.microsecond)


def odd_minute(start: datetime) -> str | None:
    """Return what is wrong with a time that is not on a full five minutes, or None."""
    if start.minute % 5 or start.second or start.microsecond:
        return "Skriv et tidspunkt på hele fem minutter, for eksempel 10.15."
    return None


def is_closed(day: date) -> bool:
    """Return whether the weekly hours do not hold that day: a public holiday, or 5 June, 24 or 31 December.

    Years whose holidays nobody has checked are closed altogether.
    """
    try:
        return calendar.holiday_name(day) is not None or calendar.doubtful_name(day) is not None
    except OutsideCalendar:
        return True


def _offered(session: Session, about: MeetingKind, first: date, last: date) -> Iterator[Slot]:
    """Yield the times the adviser's own hours give, whoever may have taken them, in order."""
    weekly = session.scalars(select(MeetingHours).where(MeetingHours.kind == about.kind)).all()
    differing = exceptions(session, first, last, kind=about.kind)
    away = session.scalars(select(Absence).where(Absence.last_day >= first, Absence.first_day <= last)).all()
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if any(a.first_day <= day <= a.last_day for a in away) or day.year not in calendar.VERIFIED_YEARS:
            continue
        yield from _on_day(about, day, weekly, [e for e in differing if e.day == day])


def _on_day(
    about: MeetingKind, day: date, weekly: list[MeetingHours], differing: list[CalendarException]
) -> list[Slot]:
    """Return the times of one day. Hours opened for that very day hold on a holiday too; closing beats opening."""
    periods = [(e.start, e.end) for e in differing if e.open]
    if not is_closed(day):
        periods += [(h.start, h.end) for h in weekly if h.weekday == day.weekday()]
    shut = [_stretch(day, e.start, e.end) for e in differing if not e.open]
    found = {}
    for start, end in periods:
        _, until = _stretch(day, start, end)
        for slot in _steps(about, day, start, until):
            if not any(a < slot.end and b > slot.start for a, b in shut):
                found[slot.start.astimezone(timezone.utc)] = slot
    return [found[at] for at in sorted(found)]


def _steps(about: MeetingKind, day: date, start: time, until: datetime) -> Iterator[Slot]:
    """Yield a slot at every step of the clock on the wall from `start` that ends by `until`."""
    minute = start.hour * 60 + start.minute
    for at in range(minute, 24 * 60, about.step_minutes):
        begins = local(day, time(at // 60, at % 60))
        if begins is None:
            continue
        ends = plus(begins, about.minutes)
        if ends > until:
            return
        yield Slot(begins, ends, about.kind)


def _stretch(day: date, start: time | None, end: time | None) -> tuple[datetime, datetime]:
    """Return a period of a day as moments; without times the whole day. An end at midnight is the day's end.

    They are in UTC: Python compares two moments of one zone by the clock on the wall.
    """
    begins = datetime.combine(day, start or _MIDNIGHT, COPENHAGEN)
    over = end is None or end == _MIDNIGHT
    ends = datetime.combine(day + timedelta(days=1) if over else day, end or _MIDNIGHT, COPENHAGEN)
    return begins.astimezone(timezone.utc), ends.astimezone(timezone.utc)


def _taken(
    session: Session, about: MeetingKind, first: date, last: date, now: datetime, ignore: Appointment | None
) -> _Taken:
    # A day more at both ends: buffers reach over midnight.
    begin, end = _stretch(first - timedelta(days=1), None, None)[0], _stretch(last + timedelta(days=1), None, None)[1]
    counts = [or_(Appointment.status != "holdt", Appointment.held_until > now)]  # holds that have run out do not
    if ignore is not None:
        counts.append(Appointment.id != ignore.id)
    pieces = select(AppointmentSlice.at).join(Appointment, Appointment.id == AppointmentSlice.appointment_id)
    pieces = pieces.where(AppointmentSlice.at >= begin, AppointmentSlice.at < end, *counts)
    busy = select(BusyTime.start_at, BusyTime.end_at).where(BusyTime.start_at < end, BusyTime.end_at > begin)
    a_day = select(Appointment.day, func.count()).where(
        Appointment.kind == about.kind,
        Appointment.day.between(first, last),
        Appointment.place_on_day.is_not(None),
        *counts,
    )
    return _Taken(
        frozenset(session.scalars(pieces)),
        tuple(tuple(row) for row in session.execute(busy)),
        dict(session.execute(a_day.group_by(Appointment.day)).all()),
    )
