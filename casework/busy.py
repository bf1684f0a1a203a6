"""The calendars the adviser keeps elsewhere: when they say she is busy, nobody is offered that time.

Only from when to when is kept of them. When one cannot be fetched its last good copy stays in force, and it is said
since when.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from casework.busy_times import Busy, Unreadable, read_apart
from casework.calendar import short_time
from casework.db import reading, session
from casework.errors import InvalidInput, NotFound
from casework.models import Appointment
from casework.models_meetings import BusyCalendar, BusyTime
from casework.outside import FetchFailed, checked, fetch

EVERY = timedelta(minutes=15)
AHEAD = timedelta(days=400)
MOST_CALENDARS = 5
MOST_BYTES = 5_000_000
SECONDS = 20


def add(session: Session, name: str, address: str) -> BusyCalendar:
    """Note a calendar to be read from now on; it has no times before it is fetched (`refresh`).

    Raises InvalidInput with `fields` for an address that cannot be used, or when there are enough of them.
    """
    name, address = " ".join(name.split())[:80], address.strip()
    if address.lower().startswith(("webcal://", "webcals://")):  # what calendar programs call it; it is https
        address = "https://" + address.partition("://")[2]
    problems = {} if name else {"name": "Skriv, hvad kalenderen hedder."}
    try:
        checked(address)
    except FetchFailed as error:
        problems["address"] = str(error)
    known = calendars(session)
    if any(calendar.address == address for calendar in known):
        problems["address"] = "Den kalender er der allerede."
    if len(known) >= MOST_CALENDARS:
        problems["address"] = f"Der kan højst være {MOST_CALENDARS} kalendere. Fjern en først."
    if problems:
        raise InvalidInput(fields=problems)
    calendar = BusyCalendar(name=name, address=address, problem="")
    session.add(calendar)
    session.flush()
    return calendar


def remove(session: Session, calendar_id: int) -> None:
    """Read a calendar no more, and forget its times. Raises NotFound."""
    calendar = session.get(BusyCalendar, calendar_id)
    if calendar is None:
        raise NotFound("Kalenderen findes ikke.")
    session.execute(delete(BusyTime).where(BusyTime.calendar_id == calendar_id))
    session.delete(calendar)
    session.flush()


def calendars(session: Session) -> list[BusyCalendar]:
    """Return the calendars that are read, in the order they were added."""
    return list(session.scalars(select(BusyCalendar).order_by(BusyCalendar.id)))


def told(calendar: BusyCalendar) -> str:
    """Return how it goes with a calendar, in words for staff."""
    if calendar.fetched_at is None:
        return f"Aldrig hentet. {calendar.problem}".strip() if calendar.tried_at else "Ikke hentet endnu."
    when = short_time(calendar.fetched_at)
    if calendar.tried_at and calendar.tried_at > calendar.fetched_at:
        return f"{calendar.problem} Tiderne herfra er fra {when}.".strip()
    return f"Hentet {when}. {calendar.problem}".strip()


def refresh_due(now: datetime, *, every: timedelta = EVERY) -> int:
    """Fetch the calendars that have not been tried for a while, and return how many could be read.

    It opens sessions of its own: none is open while a stranger's server is waited for.
    """
    with reading() as db:
        due = list(db.scalars(select(BusyCalendar.id).where(_not_lately(now, every)).order_by(BusyCalendar.id)))
    return sum(refresh(calendar_id, now, every=every) for calendar_id in due)


def refresh(calendar_id: int, now: datetime, *, every: timedelta = timedelta(0)) -> bool:
    """Fetch one calendar and return whether it could be read; when not, its last good copy stays.

    Of two processes at once one does it: whoever comes within `every` of the last try leaves it.
    """
    with session() as db, db.begin():
        due = update(BusyCalendar).where(BusyCalendar.id == calendar_id, _not_lately(now, every))
        claimed = due.values(tried_at=now)
        if not db.execute(claimed.execution_options(synchronize_session=False)).rowcount:
            return False
        address = db.get(BusyCalendar, calendar_id).address
        ours = set(db.scalars(select(Appointment.uid).where(Appointment.end_at > now - timedelta(days=1))))
    try:
        content = fetch(address, most_bytes=MOST_BYTES, seconds=SECONDS)
        found = read_apart(content, now - timedelta(days=1), now + AHEAD, ours=ours)
    except (FetchFailed, Unreadable) as error:
        _note(calendar_id, str(error))
        return False
    _keep(calendar_id, found, now)
    return True


def _not_lately(now: datetime, every: timedelta):
    """Not tried for a while; a time to come is from a date that was fixed for a demonstration."""
    tried = BusyCalendar.tried_at
    return or_(tried.is_(None), tried <= now - every, tried > now)


def _note(calendar_id: int, problem: str) -> None:
    with session() as db, db.begin():
        db.execute(update(BusyCalendar).where(BusyCalendar.id == calendar_id).values(problem=problem[:200]))


def _keep(calendar_id: int, found: Busy, now: datetime) -> None:
    with session() as db, db.begin():
        calendar = db.get(BusyCalendar, calendar_id, with_for_update=True)
        if calendar is None:  # removed meanwhile
            return
        calendar.fetched_at, calendar.problem = now, found.problem
        db.execute(delete(BusyTime).where(BusyTime.calendar_id == calendar_id))
        db.add_all(BusyTime(calendar_id=calendar_id, start_at=start, end_at=end) for start, end in found.times)
