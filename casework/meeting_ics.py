"""Calendar files of meetings: one event a meeting, the same in every file, so that a change updates it (RFC 5545)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from icalendar import Alarm, Calendar, Event, Timezone, vCalAddress

from casework.clock import COPENHAGEN
from casework.ics import words
from casework.models import Appointment
from casework.settings import current

REMIND = (timedelta(days=1), timedelta(hours=1))  # before it begins
PRODID = "-//Vejviser//Borgerraadgiveren i Lyngby-Taarbaek//DA"
STATUS = {"holdt": "TENTATIVE", "anmodet": "TENTATIVE", "afvist": "CANCELLED", "aflyst": "CANCELLED"}
# The rule of the European Union since 1996, as calendar programs expect to find it.
_COPENHAGEN = """\
BEGIN:VTIMEZONE
TZID:Europe/Copenhagen
BEGIN:DAYLIGHT
DTSTART:19960331T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
END:STANDARD
END:VTIMEZONE
"""


def event(appointment: Appointment, now: datetime) -> bytes:
    """Return the calendar file of a meeting, for the citizen. `now` becomes DTSTAMP.

    Its UID stays and its SEQUENCE grows, so that the file of a meeting that was moved or cancelled changes the entry
    that is in the calendar already. Kind, time, place and the link are in it, and nothing that tells of the citizen.
    """
    entry = base_event(appointment, now)
    title = words()["meetings"][appointment.kind]
    entry.add("summary", words()["meeting_states"].get(appointment.status, "{title}").format(title=title))
    entry.add("location", place_of(appointment))
    link = link_of(appointment)
    over = STATUS.get(appointment.status) == "CANCELLED"
    if link:
        entry.add("url", link)
        again = f"{current().public_url}/moede"
        text = words()["meeting_text_slut" if over else "meeting_text"].format(link=again if over else link)
    else:
        text = "" if over else words()["meeting_text_uden_link"]
    entry.add("description", "\n\n".join(filter(None, [text, words()["made_by"]])))
    if current().mail_from:
        organizer = vCalAddress(f"mailto:{current().mail_from}")
        organizer.params["CN"] = "Borgerrådgiveren"
        entry.add("organizer", organizer)
    if appointment.status == "aftalt":
        for before in REMIND:
            alarm = Alarm()
            alarm.add("action", "DISPLAY")
            alarm.add("description", title)
            alarm.add("trigger", -before)
            entry.add_component(alarm)
    return calendar([entry]).to_ical()


def file_name(appointment: Appointment) -> str:
    """Return what the file of a meeting is called; the day tells one from another."""
    return f"aftale-{appointment.start_at.astimezone(COPENHAGEN).date().isoformat()}.ics"


def base_event(appointment: Appointment, stamp: datetime) -> Event:
    """Return a meeting's event with what is the same for everybody who reads it."""
    entry = Event()
    entry.add("uid", appointment.uid)
    entry.add("sequence", appointment.sequence)
    entry.add("dtstamp", stamp.astimezone(timezone.utc))
    entry.add("dtstart", _on_the_clock(appointment.start_at))
    entry.add("dtend", _on_the_clock(appointment.end_at))
    entry.add("status", STATUS.get(appointment.status, "CONFIRMED"))
    entry.add("class", "PRIVATE")  # who may see the calendar sees only that the time is taken
    entry.add("transp", "TRANSPARENT" if STATUS.get(appointment.status) == "CANCELLED" else "OPAQUE")
    return entry


def calendar(events: list[Event]) -> Calendar:
    """Return a calendar that publishes these events, with the zone their times are in."""
    whole = Calendar()
    whole.add("prodid", PRODID)
    whole.add("version", "2.0")
    whole.add("calscale", "GREGORIAN")
    whole.add("method", "PUBLISH")
    whole.add_component(Timezone.from_ical(_COPENHAGEN))
    for entry in events:
        whole.add_component(entry)
    return whole


def place_of(appointment: Appointment) -> str:
    """Return where a meeting is: as staff agreed it, else where its kind is held. Never where the citizen asked for:
    that may be her home or a shelter, and others can see the calendar."""
    return appointment.place or appointment.about.place


def link_of(appointment: Appointment) -> str:
    """Return the address at which the citizen sees, moves and cancels a meeting; empty without VEJVISER_PUBLIC_URL."""
    base = current().public_url
    return f"{base}/moede/{appointment.code}" if base else ""


def _on_the_clock(moment: datetime) -> datetime:
    """Return a moment as the clock in Copenhagen shows it; in UTC where the clock shows it for the second time."""
    local = moment.astimezone(COPENHAGEN)
    return moment.astimezone(timezone.utc) if local.fold else local
