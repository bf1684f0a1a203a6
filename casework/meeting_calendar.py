"""What staff see of the adviser's calendar: its days, a long list, one meeting; and that they saw whose it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from casework import availability, calendar
from casework.cases import Actor
from casework.clock import COPENHAGEN
from casework.enums import MEETING_KINDS, MEETING_STATUSES
from casework.errors import InvalidInput, NotFound, OutsideCalendar
from casework.models import Appointment, AppointmentEvent, Staff
from casework.models_meetings import Absence, BusyTime, CalendarException
from casework.models_review import AppointmentRead
from casework.privacy import email_in
from casework.related import contact_hash
from casework.settings import current

PAGE_SIZE = 50
TAKES_TIME = ("anmodet", "aftalt", "gennemfoert", "udeblevet")
CHOICES = {"kommende": "Kommende", "uafkrydset": "Mangler: blev det holdt?", "alle": "Alle"}
CHOICES |= {key: name for key, name in MEETING_STATUSES.items() if key != "holdt"}


@dataclass
class Day:
    """One day of the calendar: its meetings and what else takes time, earliest first, and why it is closed."""

    day: date
    meetings: list[Appointment] = field(default_factory=list)
    held: int = 0  # times citizens are about to book
    busy: list[tuple[datetime, datetime]] = field(default_factory=list)
    exceptions: list[CalendarException] = field(default_factory=list)
    absence: Absence | None = None
    closed: str = ""


@dataclass(frozen=True)
class Filters:
    """What the list shows: a key of CHOICES, a kind or all of them, and the first and the last day."""

    status: str = "kommende"
    kind: str = ""
    first: date | None = None
    last: date | None = None


def days(session: Session, first: date, last: date, now: datetime) -> list[Day]:
    """Return every day from `first` to `last`, both included. Cancelled and declined meetings are not in it."""
    found = {first + timedelta(days=n): Day(first + timedelta(days=n)) for n in range((last - first).days + 1)}
    held = and_(Appointment.status == "holdt", Appointment.held_until > now)
    query = select(Appointment).where(
        Appointment.day.between(first, last), or_(Appointment.status.in_(TAKES_TIME), held)
    )
    query = query.options(joinedload(Appointment.case)).order_by(Appointment.start_at, Appointment.id)
    for appointment in session.scalars(query):
        if appointment.status == "holdt":
            found[appointment.day].held += 1
        else:
            found[appointment.day].meetings.append(appointment)
    for exception in session.scalars(
        select(CalendarException).where(CalendarException.day.between(first, last)).order_by(CalendarException.start)
    ):
        found[exception.day].exceptions.append(exception)
    for day in found.values():
        day.absence = availability.absence_on(session, day.day)
        day.closed = why_closed(day.day)
        day.busy = busy_on(session, day.day)
    return list(found.values())


def why_closed(day: date) -> str:
    """Return why a day is closed, or an empty text: a weekend, a holiday, or one of the three doubtful days."""
    try:
        name = calendar.holiday_name(day) or calendar.doubtful_name(day)
    except OutsideCalendar:
        name = None
    if name:
        return name[:1].upper() + name[1:]
    return "Weekend" if day.weekday() >= 5 else ""


def busy_on(session: Session, day: date) -> list[tuple[datetime, datetime]]:
    """Return when the adviser's other calendars say she is busy that day, joined where they overlap."""
    start = datetime.combine(day, time(), COPENHAGEN).astimezone(timezone.utc)
    end = datetime.combine(day + timedelta(days=1), time(), COPENHAGEN).astimezone(timezone.utc)
    query = select(BusyTime.start_at, BusyTime.end_at).where(BusyTime.start_at < end, BusyTime.end_at > start)
    joined: list[tuple[datetime, datetime]] = []
    for begins, ends in session.execute(query.order_by(BusyTime.start_at)):
        begins, ends = max(begins, start), min(ends, end)
        if joined and begins <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], ends))
        else:
            joined.append((begins, ends))
    return joined


def at(day: date, clock_time: time) -> datetime:
    """Return a time as it stands on the clock in Copenhagen that day; of the doubled hour in autumn the first.

    Raises InvalidInput for a time that the clocks skip when summer time begins.
    """
    moment = availability.local(day, clock_time)
    if moment is None:
        raise InvalidInput("Det klokkeslæt findes ikke den dag, fordi uret stilles frem. Vælg et andet.")
    return moment


def why_unusual(session: Session, kind: str, start: datetime, now: datetime, ignore: Appointment | None = None) -> str:
    """Return why citizens could not choose this time, as a Danish sentence; empty when they could.

    Staff may book it all the same, as long as no other meeting has it.
    """
    hindrance = availability.why_not(session, kind, start, now, ignore=ignore)
    if not hindrance:
        return ""
    start = start.astimezone(COPENHAGEN)
    absence, closed = availability.absence_on(session, start.date()), why_closed(start.date())
    if start <= now:
        return "Tidspunktet er passeret."
    if absence:
        return f"Du har skrevet, at du er væk fra {absence.first_day:%d.%m.%Y} til {absence.last_day:%d.%m.%Y}."
    if closed:
        return f"Dagen er lukket: {closed.lower()}."
    about = availability.kind_of(session, kind)
    if not about.open:
        return "Borgere kan ikke selv vælge den slags møde."
    end = start + timedelta(minutes=about.minutes + about.buffer_after)
    begins = start - timedelta(minutes=about.buffer_before)
    if any(a < end and b > begins for a, b in busy_on(session, start.date())):
        return "Du er optaget i en af dine andre kalendere."
    if hindrance == availability.TAKEN:
        return "Tiden støder op til et andet møde, eller dagen har allerede det antal møder, du vil have."
    return "Tiden ligger uden for dem, borgere kan vælge: uden for åbningstiden, for tæt på nu eller for langt frem."


def page(session: Session, filters: Filters, now: datetime, number: int = 1) -> tuple[list[Appointment], int]:
    """Return one page of the list and how many meetings there are in all: the coming ones earliest first, else the
    latest first."""
    coming = filters.status == "kommende"
    wanted = ("anmodet", "aftalt") if coming else TAKES_TIME + ("afvist", "aflyst")
    query = select(Appointment)
    if filters.status == "uafkrydset":
        query = query.where(*_unmarked(now))
    else:
        query = query.where(
            Appointment.status.in_(wanted if filters.status in ("kommende", "alle") else [filters.status])
        )
    if coming:
        today = now.astimezone(COPENHAGEN).date()
        query = query.where(Appointment.day >= max(filters.first or today, today))
    elif filters.first:
        query = query.where(Appointment.day >= filters.first)
    if filters.last:
        query = query.where(Appointment.day <= filters.last)
    if filters.kind:
        query = query.where(Appointment.kind == filters.kind)
    total = session.scalar(select(func.count()).select_from(query.subquery()))
    order = (Appointment.start_at, Appointment.id)
    query = query.order_by(*(order if coming else (column.desc() for column in order)))
    query = query.options(joinedload(Appointment.case)).limit(PAGE_SIZE).offset((max(number, 1) - 1) * PAGE_SIZE)
    return list(session.scalars(query)), total


def with_contact(session: Session, value: str) -> list[Appointment]:
    """Return the meetings of whoever is reached at this phone number or address, the latest first, at most a page.

    Raises InvalidInput when nothing is written.
    """
    wanted = contact_hash(value)
    if wanted is None:
        raise InvalidInput("Skriv hele telefonnummeret eller hele mailadressen.")
    query = select(Appointment).where(Appointment.contact_hash == wanted, Appointment.status != "holdt")
    query = query.options(joinedload(Appointment.case)).order_by(Appointment.start_at.desc()).limit(PAGE_SIZE)
    return list(session.scalars(query))


def _unmarked(now: datetime) -> list:
    return [Appointment.status == "aftalt", Appointment.end_at < now]


def unmarked_count(session: Session, now: datetime) -> int:
    """Return how many meetings are over without anybody having said whether they were held."""
    return session.scalar(select(func.count(Appointment.id)).where(*_unmarked(now)))


def waiting_count(session: Session) -> int:
    """Return how many requests wait for an answer."""
    return session.scalar(select(func.count(Appointment.id)).where(Appointment.status == "anmodet"))


def read(session: Session, number: int, actor: Actor, now: datetime) -> Appointment:
    """Return a meeting by its number and log that `actor` saw whose it is. Raises NotFound."""
    query = select(Appointment).where(Appointment.id == number, Appointment.status != "holdt")
    found = session.scalar(query.options(joinedload(Appointment.case), joinedload(Appointment.about)))
    if found is None:
        raise NotFound("Mødet findes ikke.")
    seen(session, [found], actor, now)
    return found


def seen(session: Session, appointments: Iterable[Appointment], actor: Actor, now: datetime) -> None:
    """Log that `actor` was shown whose meetings these are."""
    session.add_all(
        AppointmentRead(at=now, appointment_id=a.id, case_id=a.case_id, staff_id=actor.staff_id) for a in appointments
    )
    session.flush()


def reads_of(session: Session, appointment: Appointment) -> list[AppointmentRead]:
    """Return who has seen whose meeting it is, newest first."""
    query = select(AppointmentRead).where(AppointmentRead.appointment_id == appointment.id)
    return list(session.scalars(query.options(joinedload(AppointmentRead.staff)).order_by(AppointmentRead.id.desc())))


def history(session: Session, appointment: Appointment) -> list[tuple[AppointmentEvent, str]]:
    """Return what has happened to a meeting, oldest first, each with who did it."""
    query = select(AppointmentEvent, Staff.name).outerjoin(Staff, Staff.id == AppointmentEvent.staff_id)
    query = query.where(AppointmentEvent.appointment_id == appointment.id).order_by(AppointmentEvent.id)
    return [(event, name or "Borgeren") for event, name in session.execute(query)]


def is_mailed(appointment: Appointment) -> bool:
    """Return whether the citizen is told of changes by mail; if not, staff must tell her."""
    return bool(current().smtp and email_in(appointment.value))


def kind_names() -> dict[str, str]:
    """Return the kinds as staff call them, shorter than citizens read them."""
    return {**MEETING_KINDS, "bisidder": "Bisidder ved møde med kommunen", "bibliotek": "Stadsbiblioteket"}
