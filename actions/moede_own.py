"""The meeting that is moved or cancelled: the one of this conversation, or the one the code of a confirmation opens.

The code is masked before it gets here, and what it stands for is forgotten as soon as it has been tried.
"""

from __future__ import annotations

import re
from datetime import datetime

from actions.dialogue import Heard
from actions.moede_questions import OWN_TIME
from casework import meetings, meetings_open, privacy
from casework.calendar import long_time
from casework.db import reading, session
from casework.enums import MEETING_KINDS
from casework.errors import TooManyTries
from casework.models import Appointment

MOST_TRIES = 3
CODE_TOKEN = re.compile(r"\[kode \d+\]")
ONE = "moede-nr:"


def of_this(conversation_id: str, now: datetime) -> list[dict]:
    """Return the meetings of a conversation that can be moved or cancelled: number and what a button says."""
    with reading() as db:
        return [
            {"id": a.id, "label": f"{MEETING_KINDS[a.kind]} {long_time(a.start_at)}", "kind": a.kind}
            for a in meetings.of_conversation(db, conversation_id)
            if a.status in meetings.UPCOMING and a.start_at > now
        ]


def chosen(heard: Heard, state: dict) -> dict | None:
    """Return the meeting she picks among her own."""
    number = heard.text.removeprefix(ONE)
    found = next((m for m in state["choose"] if str(m["id"]) == number or m["label"] == heard.text), None)
    return {"meeting": found["id"], "kind": found["kind"]} if found else None


def tried(conversation_id: str, heard: Heard, state: dict, now: datetime) -> dict:
    """Return what the code in a message opens, or what to say when it opens nothing; it never tells more than that."""
    token = CODE_TOKEN.search(heard.text)
    if token is None:
        return {"problem": "mangler"}
    try:
        found = _opened(conversation_id, token[0], now)
    except TooManyTries:
        return {"refused": "vent"}
    if found is None:
        tries = state.get("tries", 0) + 1
        return {"refused": "forkert"} if tries >= MOST_TRIES else {"tries": tries, "problem": "forkert"}
    number, kind, status, start = found
    if status not in meetings.UPCOMING or start <= now:
        return {"refused": "forbi"}
    return {"meeting": number, "kind": kind}


def _opened(conversation_id: str, token: str, now: datetime) -> tuple[int, str, str, datetime] | None:
    with session() as db, db.begin():
        code = privacy.known_values(db, conversation_id).get(token, "")
        privacy.forget(db, conversation_id, token)
        found = meetings_open.open_meeting(db, code, conversation_id, now)
        return (found.id, found.kind, found.status, found.start_at) if found else None


def _end(appointment: Appointment) -> datetime | None:
    """Return when a meeting ends; how long one with the kommune takes nobody has said."""
    return None if appointment.kind in OWN_TIME else appointment.end_at


def told(appointment: Appointment, conversation_id: str) -> dict:
    """Return what is told of a meeting; its link only in the conversation it was booked in."""
    return {
        "slags": MEETING_KINDS[appointment.kind],
        "hvordan": appointment.kind,
        "hvornaar": long_time(appointment.start_at, _end(appointment)),
        "anmodet": appointment.status == "anmodet",
        "nummer": appointment.id if appointment.conversation_id == conversation_id else None,
    }
