"""What the adviser sets of her calendar: the kinds of meetings, weekly hours, days that differ, and absences."""

from __future__ import annotations

from datetime import date, time, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from casework import privacy
from casework.enums import MEETING_KINDS
from casework.errors import InvalidInput, NotFound
from casework.models_meetings import Absence, CalendarException, MeetingHours, MeetingKind

WEEKDAYS = ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag")
MOST_TEXT = 1_000
AHEAD = timedelta(days=3 * 366)  # later than this is a slip of the finger

# Name, lowest, highest, whether it must be full fives, and what it is called where it is wrong.
_NUMBERS = (
    ("minutes", 5, 480, True, "Længden"),
    ("step_minutes", 5, 240, True, "Tiden mellem de tider, der tilbydes,"),
    ("lead_hours", 0, 720, False, "Varslet i timer"),
    ("ahead_days", 1, 730, False, "Antal dage frem"),
    ("buffer_before", 0, 240, True, "Pausen før"),
    ("buffer_after", 0, 240, True, "Pausen efter"),
    ("daily_most", 0, 50, False, "Antal om dagen"),
)

# As the migration writes them. Telephone hours and the library: facts br-telefontid and br-moede-bibliotek; the rest
# is cautious and the adviser's to change.
_LIBRARY = "Stadsbiblioteket, Lyngby Hovedgade 28, over for Lyngby Kirke"
_DEFAULTS = (
    ("telefon", 30, 30, 4, 42, 0, 0, 6, "I telefonen"),
    ("bibliotek", 60, 30, 48, 42, 30, 30, 2, _LIBRARY),
    ("andet_sted", 60, 30, 72, 42, 45, 45, 1, "Et sted, I aftaler"),
    ("bisidder", 60, 15, 24, 365, 30, 30, 2, "Der, hvor du skal mødes med kommunen"),
)
_DEFAULT_DAYS = {"telefon": range(5), "bibliotek": (1, 3), "andet_sted": (1, 3), "bisidder": ()}
_FIELDS = (*("minutes", "step_minutes", "lead_hours", "ahead_days"), *("buffer_before", "buffer_after", "daily_most"))


def seed(session: Session) -> None:
    """Write the default settings and hours of each kind that is missing, as the migration does for a new database."""
    known = set(session.scalars(select(MeetingKind.kind)))
    for kind, *numbers, place in _DEFAULTS:
        if kind not in known:
            session.add(MeetingKind(kind=kind, open=True, place=place, **dict(zip(_FIELDS, numbers, strict=True))))
            session.flush()
            set_hours(session, kind, [(day, time(10), time(15)) for day in _DEFAULT_DAYS[kind]])


def proposed_hours(session: Session) -> list[str]:
    """Return the kinds citizens can book whose hours are still the system's own proposal.

    Those of the telephone are the adviser's own; nobody has said when she is at the library or elsewhere.
    """
    found = []
    for about in kinds(session):
        proposal = [] if about.kind == "telefon" else [(day, time(10), time(15)) for day in _DEFAULT_DAYS[about.kind]]
        hours = [(period.weekday, period.start, period.end) for period in hours_of(session, about.kind)]
        if about.open and proposal and hours == proposal:
            found.append(about.kind)
    return found


def kinds(session: Session) -> list[MeetingKind]:
    """Return the kinds of meetings in the order people read them, also those that are closed."""
    order = list(MEETING_KINDS)
    return sorted(session.scalars(select(MeetingKind)), key=lambda about: order.index(about.kind))


def kind_of(session: Session, kind: str) -> MeetingKind:
    """Return how the adviser wants one kind of meeting. Raises InvalidInput when there is none of that name."""
    about = session.get(MeetingKind, kind) if kind in MEETING_KINDS else None
    if about is None:
        raise InvalidInput(fields={"kind": "Vælg, hvordan du vil mødes."})
    return about


def save_kind(session: Session, kind: str, **values) -> MeetingKind:
    """Change some of `open`, `place` and the numbers of one kind, and return it.

    What is booked already stays as it is. Raises InvalidInput with `fields`.
    """
    about, wrong, right = kind_of(session, kind), {}, {}
    for name, least, most, fives, label in _NUMBERS:
        if name in values:
            number = _number(values.pop(name))
            if number is None or not least <= number <= most or (fives and number % 5):
                step = ", i hele fem minutter" if fives else ""
                wrong[name] = f"{label} skal være et helt tal fra {least} til {most}{step}."
            right[name] = number
    if "place" in values:
        right["place"] = " ".join(privacy.without_cpr(values.pop("place") or "").split())
        if not right["place"] or len(right["place"]) > MOST_TEXT:
            wrong["place"] = f"Skriv, hvor I mødes, med højst {MOST_TEXT} tegn."
    if "open" in values:
        right["open"] = bool(values.pop("open"))
    if values:
        raise TypeError(f"no such setting: {', '.join(values)}")
    if wrong:
        raise InvalidInput(fields=wrong)
    for name, value in right.items():
        setattr(about, name, value)
    session.flush()
    return about


def _number(value) -> int | None:
    try:
        return int(str(value).strip())
    except ValueError:
        return None


def hours_of(session: Session, kind: str) -> list[MeetingHours]:
    """Return the weekly hours of one kind, by weekday and time."""
    query = select(MeetingHours).where(MeetingHours.kind == kind)
    return list(session.scalars(query.order_by(MeetingHours.weekday, MeetingHours.start)))


def set_hours(session: Session, kind: str, periods: list[tuple[int, time, time]]) -> list[MeetingHours]:
    """Let these be the weekly hours of one kind, each (weekday, start, end) with Monday as 0, and return them.

    A day may have several; an end at midnight is the end of the day. Raises InvalidInput with `fields`, where the
    name is `hours` and the weekday's number.
    """
    kind_of(session, kind)
    wrong = {}
    periods = sorted(periods)
    for number, (day, start, end) in enumerate(periods):
        before = periods[number - 1] if number else None
        if day not in range(7):
            raise InvalidInput(fields={"hours": "Vælg en ugedag."})
        name = f"hours{day}"
        if not _in_order(start, end):
            wrong[name] = f"{WEEKDAYS[day].capitalize()}: sluttiden skal ligge efter starttiden."
        elif _odd(start) or _odd(end):
            wrong[name] = f"{WEEKDAYS[day].capitalize()}: skriv tider på hele fem minutter."
        elif before and before[0] == day and (before[2] == time(0) or before[2] > start):
            wrong[name] = f"{WEEKDAYS[day].capitalize()}: to perioder overlapper hinanden."
    if wrong:
        raise InvalidInput(fields=wrong)
    session.execute(delete(MeetingHours).where(MeetingHours.kind == kind))
    for day, start, end in periods:
        session.add(MeetingHours(kind=kind, weekday=day, start=start, end=end))
    session.flush()
    return hours_of(session, kind)


def _in_order(start: time, end: time) -> bool:
    return end > start or end == time(0)


def _odd(at: time) -> bool:
    return bool(at.minute % 5 or at.second or at.microsecond)


def exceptions(session: Session, first: date, last: date, *, kind: str | None = None) -> list[CalendarException]:
    """Return the days that differ from their weekday, by day and time; with `kind` only what holds for that kind."""
    query = select(CalendarException).where(CalendarException.day.between(first, last))
    if kind is not None:
        query = query.where(or_(CalendarException.kind.is_(None), CalendarException.kind == kind))
    return list(session.scalars(query.order_by(CalendarException.day, CalendarException.start, CalendarException.id)))


def add_exception(
    session: Session,
    day: date,
    today: date,
    *,
    open: bool = False,
    kind: str | None = None,
    start: time | None = None,
    end: time | None = None,
    note: str = "",
) -> CalendarException:
    """Let one day differ, for one kind or for all, and return it.

    Closed: from `start` to `end`, or the whole day without them. Open: from `start` to `end` besides the weekly hours,
    also on a holiday. What is booked already stays. Raises InvalidInput with `fields`.
    """
    wrong = {}
    if kind:
        kind_of(session, kind)
    if not today <= day <= today + AHEAD:
        wrong["day"] = "Vælg en dag, der ikke er gået, og ikke mere end tre år frem."
    if (start is None) != (end is None):
        wrong["end" if end is None else "start"] = "Skriv både start og slut, eller ingen af dem."
    elif start is None and open:
        wrong["start"] = "Skriv, fra hvornår og til hvornår der er åbent."
    elif start is not None and not _in_order(start, end):
        wrong["end"] = "Sluttiden skal ligge efter starttiden."
    elif start is not None and open and (_odd(start) or _odd(end)):
        wrong["start"] = "Skriv tider på hele fem minutter."
    if wrong:
        raise InvalidInput(fields=wrong)
    note = " ".join(privacy.without_cpr(note).split())[:MOST_TEXT]
    found = CalendarException(day=day, kind=kind or None, open=open, start=start, end=end, note=note)
    session.add(found)
    session.flush()
    return found


def remove_exception(session: Session, exception_id: int) -> None:
    """Let a day be like its weekday again. Raises NotFound."""
    _remove(session, CalendarException, exception_id)


def absences(session: Session, today: date) -> list[Absence]:
    """Return the absences that are not over, the first first."""
    query = select(Absence).where(Absence.last_day >= today)
    return list(session.scalars(query.order_by(Absence.first_day, Absence.id)))


def absence_on(session: Session, day: date) -> Absence | None:
    """Return the absence that covers a day, or None."""
    query = select(Absence).where(Absence.first_day <= day, Absence.last_day >= day)
    return session.scalar(query.order_by(Absence.last_day.desc(), Absence.id).limit(1))


def next_absence(session: Session, today: date) -> Absence | None:
    """Return the absence that is on today or comes next, or None."""
    return next(iter(absences(session, today)), None)


def add_absence(
    session: Session, first_day: date, last_day: date, text: str, today: date, *, meanwhile: str = ""
) -> Absence:
    """Note days the adviser is away: `text` is what citizens read, `meanwhile` whom they can turn to. Return it.

    Meetings that are agreed on those days stay until somebody moves or cancels them. Raises InvalidInput with
    `fields`.
    """
    wrong = {}
    text, meanwhile = privacy.without_cpr(text), privacy.without_cpr(meanwhile)
    if last_day < first_day:
        wrong["last_day"] = "Den sidste dag skal ligge efter den første."
    elif last_day < today or last_day > today + AHEAD:
        wrong["last_day"] = "Vælg en dag, der ikke er gået, og ikke mere end tre år frem."
    if not text:
        wrong["text"] = "Skriv, hvad borgerne skal vide."
    for name, value in (("text", text), ("meanwhile", meanwhile)):
        if len(value) > MOST_TEXT:
            wrong[name] = f"Teksten er for lang. Skriv højst {MOST_TEXT} tegn."
    if wrong:
        raise InvalidInput(fields=wrong)
    found = Absence(first_day=first_day, last_day=last_day, text=text, meanwhile=meanwhile)
    session.add(found)
    session.flush()
    return found


def remove_absence(session: Session, absence_id: int) -> None:
    """Take an absence away again. Raises NotFound."""
    _remove(session, Absence, absence_id)


def _remove(session: Session, table, number: int) -> None:
    found = session.get(table, number)
    if found is None:
        raise NotFound("Den findes ikke længere.")
    session.delete(found)
    session.flush()
