"""What our mails say: written when a mail is handed over, so that it tells how things stand then."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

import yaml

from casework import meeting_ics
from casework.calendar import long_date, long_time
from casework.enums import MEETING_KINDS
from casework.models import Appointment, Case, OutgoingMail
from casework.privacy import email_in
from casework.settings import ROOT, current

REMINDER = "moede_paamindelse"
# A calendar file goes along where there is an entry to be put in or changed.
WITH_FILE = ("moede_booket", "moede_aftalt", "moede_flyttet", "moede_aflyst", "moede_nyt_oenske")


class Attachment(NamedTuple):
    """A calendar file that goes with a mail."""

    name: str
    content: bytes


class Written(NamedTuple):
    """A mail ready to be handed over."""

    recipient: str
    subject: str
    text: str
    attachment: Attachment | None = None
    reply_to: str | None = None  # the person who wrote it; else it is sent by the system itself


def written(mail: OutgoingMail, now: datetime) -> Written | None:
    """Return what a mail says now, or None when it is of no use any more: there is nobody to send it to, or it reminds
    of a meeting that has begun or is off."""
    return _about_case(mail) if mail.appointment is None else _about_meeting(mail, mail.appointment, now)


def _about_case(mail: OutgoingMail) -> Written | None:
    words, base = _words()[mail.kind], current().public_url
    link = f"{base}/status" if base else words.get("uden_link", "")
    values = {"reference": mail.case.reference, "link": link}
    subject = words["emne"].format(**values)
    if mail.staff:
        return Written(mail.recipient, subject, mail.text, reply_to=mail.staff.email)
    return Written(mail.recipient, subject, words["tekst"].format(**values))


def _about_meeting(mail: OutgoingMail, appointment: Appointment, now: datetime) -> Written | None:
    address = email_in(appointment.value)
    gone_by = mail.kind == REMINDER and (appointment.status != "aftalt" or appointment.start_at <= now)
    if address is None or gone_by:
        return None
    words, common, base = _words()[mail.kind], _words()["moeder"], current().public_url
    values = {
        "hvad": MEETING_KINDS[appointment.kind],
        "tid": long_time(appointment.start_at, appointment.end_at),
        "dag": long_time(appointment.start_at),
        "sted": meeting_ics.place_of(appointment),
        "link": meeting_ics.link_of(appointment) or common["uden_link"],
        "ny_tid": f"{base}/moede" if base else common["uden_ny_tid"],
        "tider": _alternatives(appointment, common),
    }
    file = None
    # One who is declined at once never had a file; one who moved her wish, or whose yes it was, may have.
    if mail.kind in WITH_FILE or (mail.kind == "moede_afvist" and appointment.sequence > 1):
        file = Attachment(meeting_ics.file_name(appointment), meeting_ics.event(appointment, now))
    return Written(address, words["emne"].format(**values), words["tekst"].format(**values), file)


def to_department(kind: str, text: str, due: date, case: Case) -> str:
    """Return what a mail to a department says: the adviser's own text, the day an answer is due, the case's number."""
    return _words()[kind]["tekst"].format(tekst=text, frist=long_date(due), reference=case.reference)


def _alternatives(appointment: Appointment, common: dict) -> str:
    times = [long_time(datetime.fromisoformat(str(iso))) for iso in appointment.alternatives or []]
    if not times:
        return common["ingen_tider"]
    return "\n".join([common["andre_tider"], *(f"- {time}" for time in times)])


@lru_cache(maxsize=1)
def _words() -> dict:
    return yaml.safe_load((ROOT / "bot" / "mail.yml").read_text(encoding="utf-8"))
