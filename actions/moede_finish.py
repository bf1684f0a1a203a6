"""Books, moves or cancels what has been confirmed, and tells what came of it."""

from __future__ import annotations

from datetime import datetime

from rasa_sdk.executor import CollectingDispatcher

from actions import moede_times as times
from actions.moede_own import told
from actions.moede_questions import BOOK, CONFIRM, MOVE, NAME, NEEDS, OWN_TIME, SURE, reached, subject_of
from casework import availability, meetings
from casework.answers import render
from casework.db import session
from casework.errors import InvalidInput, InvalidState, SlotTaken
from casework.models import Appointment
from casework.privacy import email_in
from casework.settings import current

# What a field of the booking is asked by in the chat.
_ASKED_BY = {
    "name": (NAME,),
    "channel": ("contact",),
    "value": ("contact",),
    "place": ("place",),
    "subject": ("subject",),
}


def finish(dispatcher: CollectingDispatcher, conversation_id: str, state: dict, now: datetime) -> dict:
    """Return the state with `done`, or with what has to be asked again: the time that was taken, a field that was
    refused."""
    if state["topic"] != BOOK and not state[SURE]:
        _say(dispatcher, "moede.beholdt", state)
        return {**state, "done": True}
    try:
        with session() as db, db.begin():
            if state["topic"] == BOOK:
                lost = meetings.held_in(db, conversation_id, now) is None
                if lost and state["kind"] not in OWN_TIME:
                    _say(dispatcher, "moede.loeb_ud", state)
                meeting = _book(db, conversation_id, state, now)
            else:
                found = meetings.find_id(db, state["meeting"])
                if state["topic"] == MOVE:
                    meeting = meetings.move(db, found, times.moment(state["start"]), now)
                else:
                    meeting = meetings.cancel(db, found, now)
            values = {**told(meeting, conversation_id), **_more(db, meeting, state)}
    except SlotTaken as error:
        return _without_time({**state, "note": "taget", "why": str(error)})
    except InvalidState as error:
        return {**state, "refused": "forbi", "why": str(error)}
    except InvalidInput as error:
        return _refused(dispatcher, state, error)
    answer = {BOOK: "moede.booket", MOVE: "moede.flyttet"}.get(state["topic"], "moede.aflyst")
    _say(dispatcher, answer, state, values, meeting if answer != "moede.aflyst" else None, conversation_id)
    return {**state, "done": True}


def _book(db, conversation_id: str, state: dict, now: datetime) -> Appointment:
    channel, value = reached(state)
    held = meetings.held_in(db, conversation_id, now)
    wish = meetings.Wish(
        kind=state["kind"],
        start=times.moment(state["start"]),
        name=state[NAME],
        channel=channel,
        value=value,
        subject=subject_of(state),
        needs=tuple(state.get(NEEDS, ())),
        place=state.get("place", ""),
    )
    submission = f"chat:{state['submission']}"
    return meetings.book(
        db, wish, now, held=held.code if held else None, conversation_id=conversation_id, submission=submission
    )


def _more(db, meeting: Appointment, state: dict) -> dict:
    place = state.get("place") or meeting.place or availability.kind_of(db, meeting.kind).place
    mailed = bool(current().smtp and email_in(meeting.value))
    return {"hvor": place, "mail": mailed, "sag": meeting.case.reference if meeting.case else None}


def _without_time(state: dict) -> dict:
    gone = ("start", "day", "clock", "holds", CONFIRM, SURE)
    return {name: value for name, value in state.items() if name not in gone}


def _refused(dispatcher: CollectingDispatcher, state: dict, error: InvalidInput) -> dict:
    """Return the state without the answers that could not be used; the citizen is told why."""
    if not error.fields or "start" in error.fields:
        return _without_time({**state, "note": "ikke_ledig", "why": str(error)})
    _say(dispatcher, "moede.fejl", state, {"fejl": str(error)})
    gone = {name for field in error.fields for name in _ASKED_BY.get(field, (NEEDS, "needs_done"))} | {CONFIRM}
    return {name: value for name, value in state.items() if name not in gone}


def _say(
    dispatcher: CollectingDispatcher,
    answer: str,
    state: dict,
    values: dict | None = None,
    meeting: Appointment | None = None,
    conversation_id: str = "",
) -> None:
    message = {"answer": answer, "topic": state["topic"], "values": values or {}}
    if meeting is not None:
        message["appointment"] = {"id": meeting.id}
        if meeting.conversation_id == conversation_id and meeting.status == "aftalt":
            message["attachment"] = {
                "title": render("moede.kalender")["text"],
                "url": f"/moede/[kode moede-{meeting.id}]/kalender.ics",
                "type": "text/calendar",
            }
    dispatcher.utter_message(json_message=message)
