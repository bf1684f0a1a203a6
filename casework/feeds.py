"""The private address at which a staff member's own calendar program reads the meetings.

Whoever has the address can read it, and calendar programs keep what they read in places we do not know. So there is
in it when, what kind, whether it is agreed, and the number of the case; never who, how she is reached, what it is
about, what she needs, or where she is met other than the kind's usual place.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta

from icalendar import vDuration
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, joinedload

from casework import meeting_ics, staff
from casework.conversations import hashed
from casework.errors import NotFound
from casework.models import Appointment, AppointmentEvent
from casework.models_meetings import CalendarFeed
from casework.settings import current

SHOWN = ("anmodet", "aftalt", "gennemfoert", "udeblevet")
BACK = timedelta(days=31)  # what is longer ago leaves the calendar program
READ_EVERY = timedelta(minutes=10)  # how exactly it is kept when it was read
REFRESH = timedelta(minutes=15)  # how often a calendar program is asked to look again


def create(session: Session, staff_id: int, now: datetime) -> str:
    """Give somebody a new address and return its token, shown this once; the one before it ends. Raises NotFound."""
    person = staff.find(session, staff_id=staff_id)
    revoke(session, person.id, now)
    token = secrets.token_urlsafe(32)
    session.add(CalendarFeed(staff_id=person.id, token_hash=hashed(token), created_at=now))
    session.flush()
    return token


def revoke(session: Session, staff_id: int, now: datetime) -> bool:
    """End somebody's address; return whether there was one."""
    mine = update(CalendarFeed).where(CalendarFeed.staff_id == staff_id, CalendarFeed.revoked_at.is_(None))
    ended = session.execute(mine.values(revoked_at=now).execution_options(synchronize_session="fetch"))
    return ended.rowcount > 0


def active(session: Session, staff_id: int) -> CalendarFeed | None:
    """Return somebody's address in force (only since when it is, and when it was last read), or None."""
    query = select(CalendarFeed).where(CalendarFeed.staff_id == staff_id, CalendarFeed.revoked_at.is_(None))
    return session.scalar(query.order_by(CalendarFeed.id.desc()).limit(1))


def address(token: str) -> str:
    """Return the address a token stands in; only its path without VEJVISER_PUBLIC_URL."""
    return f"{current().public_url}/kalender/{token}.ics"


def read(session: Session, token: str, now: datetime) -> bytes:
    """Return the calendar behind a token, and note that it was read.

    Raises NotFound, alike for a token that never was, one that has ended, and one whose owner may no longer enter.
    """
    wanted = hashed(token)
    feed = session.scalar(select(CalendarFeed).where(CalendarFeed.token_hash == wanted))
    right = hmac.compare_digest(feed.token_hash if feed else hashed(""), wanted)
    if feed is None or not right or feed.revoked_at or not staff.person_with_id(session, feed.staff_id):
        raise NotFound("Siden findes ikke.")
    if feed.read_at is None or feed.read_at < now - READ_EVERY:
        feed.read_at = now
    return _calendar(session, now)


def _calendar(session: Session, now: datetime) -> bytes:
    """Return the meetings as a calendar; the same meetings give the same file, whenever it is asked for."""
    query = select(Appointment).where(Appointment.status.in_(SHOWN), Appointment.end_at > now - BACK)
    query = query.options(joinedload(Appointment.case), joinedload(Appointment.about)).order_by(
        Appointment.start_at, Appointment.id
    )
    found = list(session.scalars(query))
    changes = select(AppointmentEvent.appointment_id, func.max(AppointmentEvent.at))
    changes = changes.join(Appointment, Appointment.id == AppointmentEvent.appointment_id)
    changes = changes.where(Appointment.end_at > now - BACK).group_by(AppointmentEvent.appointment_id)
    changed = dict(session.execute(changes).all())
    whole = meeting_ics.calendar([_event(a, changed.get(a.id, a.created_at)) for a in found])
    whole.add("name", _words()["name"])
    whole.add("x-wr-calname", _words()["name"])
    whole.add("x-wr-timezone", "Europe/Copenhagen")
    whole.add("refresh-interval", REFRESH, {"VALUE": "DURATION"})
    whole.add("x-published-ttl", vDuration(REFRESH))
    return whole.to_ical()


def _event(appointment: Appointment, changed: datetime):
    entry = meeting_ics.base_event(appointment, changed)
    title = _words()["titles"][appointment.kind]
    title = _words()["anmodet"].format(title=title) if appointment.status == "anmodet" else title
    case = appointment.case
    entry.add("summary", f"{title} · {case.reference}" if case and not case.anonymised_at else title)
    entry.add("location", appointment.about.place)
    base = current().public_url
    if base:
        link = f"{base}/personale/kalender/moede/{appointment.id}"
        entry.add("url", link)
        entry.add("description", _words()["text"].format(link=link))
    else:
        entry.add("description", _words()["uden_link"])
    return entry


def _words() -> dict:
    return meeting_ics.words()["feed"]
