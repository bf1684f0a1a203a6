"""How the dialogue about a meeting begins: with what the conversation has told, so that nothing is asked twice."""

from __future__ import annotations

import re
import uuid
from datetime import datetime

from rasa_sdk import Tracker

from actions import moede_own as own
from actions.dialogue import Heard, entity
from actions.intake_answers import CONTACT
from actions.moede_answers import day_and_clock, kind_in, needs_in
from actions.moede_questions import BOOK, KEPT, MOVE, NAME, NEEDS, OWN_TIME, REACH, SUBJECT, TOPICS
from casework import availability, clock, meetings_check, own_case
from casework.db import reading
from casework.enums import MEETING_NEEDS
from casework.time_reading import read_wish
from casework.time_words import MONTH, WEEKDAY, said

HELD, GO_ON = "held", "videre"  # what broke the dialogue off, and the choice that takes it up again
# In "flyt min tid fra tirsdag til torsdag" only Thursday is wished, in "ikke fredag, kan det blive mandag" Monday.
_NEW_TIME = (
    re.compile(
        r"\btil\s+(?P<new>(?:(?:engang|paa|den|d\.?|i|en|om|naeste|hellere)\s+)*"
        rf"(?:{WEEKDAY}|\d|kl\b|uge|morgen|overmorgen|maaned|formiddag|eftermiddag|dag\b|{MONTH}).*)$"
    ),
    re.compile(r"\b(?:i stedet(?! for)|hellere|kan (?:vi|jeg|det|den|du|i)|find|flyt(?:te)? det|noget)\b(?P<new>.*)$"),
)
_INSTEAD_OF = re.compile(r"\bi stedet for\b[^,.?]*")


def begun(tracker: Tracker, heard: Heard, now: datetime, known: dict | None = None) -> dict:
    """Return what the dialogue begins with: one that was left, or what is known. `known` is one that is given up."""
    left = dict(tracker.get_slot("moede") or {})
    if left and entity(tracker, "punkt") == GO_ON and left.get("topic") in TOPICS and not known:
        held = left.pop(HELD, None)
        left.pop("holds", None)  # it may have run out; the same time is tried again
        return {**left, SUBJECT: held} if held else left
    topic = heard.topic if heard.topic in TOPICS else BOOK
    state = {"topic": topic, "submission": uuid.uuid4().hex, **_kept(tracker, known or left)}
    if topic == BOOK:
        return _book(tracker, heard, state)
    return _own(tracker, heard, state, now)


def _book(tracker: Tracker, heard: Heard, state: dict) -> dict:
    with reading() as db:
        state["kinds"] = [kind.kind for kind in availability.kinds(db) if kind.open]
        case = meetings_check.case_of(db, None, tracker.sender_id, None)
        if case is not None:
            state |= {"case": case.reference, "case_told": True}
        # A meeting has a name: with an anonymous case in the same conversation she is told what that means.
        state["anonymous"] = any(case.anonymous for case in own_case.of_conversation(db, tracker.sender_id))
    if not state["kinds"]:
        return {**state, "refused": "ingen_tider"}
    pressed = entity(tracker, "punkt")
    kind = pressed if pressed in state["kinds"] else None
    if not heard.text.startswith("emne:"):
        kind = kind_in(heard.text)
        state |= {NEEDS: needs_in(heard.text)} if needs_in(heard.text) else {}
        wish = read_wish(heard.text, clock.today())
        if wish.says_something and not wish.problem and kind not in OWN_TIME:
            state["said"] = [heard.text]
        if kind in OWN_TIME:
            told = day_and_clock(heard.text, {}, clock.today())
            state |= {name: told[name] for name in ("day", "clock") if name in told and "problem" not in told}
    if kind in state["kinds"]:
        state["kind"] = kind
    return state


def _own(tracker: Tracker, heard: Heard, state: dict, now: datetime) -> dict:
    mine = own.of_this(tracker.sender_id, now)
    if len(mine) == 1:
        state |= {"meeting": mine[0]["id"], "kind": mine[0]["kind"]}
    elif mine:
        state["choose"] = mine
    if own.CODE_TOKEN.search(heard.text):
        state = {k: v for k, v in state.items() if k not in ("meeting", "kind", "choose")}
        state |= own.tried(tracker.sender_id, heard, state, now)
    new = _new_time(heard.text) if state["topic"] == MOVE else None
    return {**state, "said": [new]} if new else state


def _new_time(text: str) -> str | None:
    """Return the part of a message that tells when she would rather meet."""
    text = _INSTEAD_OF.sub("", said(text))
    parts = (match["new"] for match in (pattern.search(text) for pattern in _NEW_TIME) if match)
    return next((part for part in parts if read_wish(part, clock.today()).says_something), None)


def _kept(tracker: Tracker, left: dict) -> dict:
    """Return name, contact and needs as they are known from an earlier meeting or from the intake."""
    kept = dict(tracker.get_slot("moede_kept") or {})
    intake = {**dict(tracker.get_slot("intake_kept") or {}), **dict(tracker.get_slot("intake") or {})}
    known = {}
    if CONTACT.search(intake.get(REACH) or ""):
        known = {REACH: intake[REACH], NAME: intake.get(NAME)}
    if intake.get(NEEDS):
        known[NEEDS] = [need for need in intake[NEEDS] if need in MEETING_NEEDS]
        known["language"] = intake.get("language")
    found = {**known, **kept, **{name: left[name] for name in KEPT if left.get(name)}}
    found.pop("needs_done", None)  # another meeting, another room: she is asked, with what is known filled in
    found.pop("needs_more", None)
    return {name: value for name, value in found.items() if value}


def contact_said(tracker: Tracker, state: dict) -> str | None:
    """Return the phone or e-mail she has written in the conversation; she is asked whether to use it."""
    wanted = r"\[telefon \d+\]" if state.get("kind") == "telefon" else r"\[(?:telefon|e-mail) \d+\]"
    for event in reversed(tracker.events):
        if event.get("event") == "user":
            found = re.search(wanted, event.get("text") or "")
            if found:
                return found[0]
    return None
