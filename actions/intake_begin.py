"""How the intake begins: with the answers of one that was left, or with what the conversation has told already."""

from __future__ import annotations

import re

from rasa_sdk import Tracker

from actions.dialogue import STOP_TOPIC, Heard, entity
from actions.intake_answers import guesses, read
from actions.intake_questions import ANONYMOUS, following
from casework import clock, drafts, own_case
from casework.db import reading
from casework.taxonomy import taxonomy

TOPIC = "henvendelse.opret"
HELD, GO_ON = "held", "videre"  # what broke the intake off, and the choice that says it was no emergency
READ_AGAIN = ("consent", "confirm")  # what is agreed to is asked once more, never taken from what was held back
MOST_OPEN = 3  # cases offered to be added to
# Said before the intake began, this tells what happened; a question does not.
_TELLS_KINDS = ("answer", "calculation", "handoff")
_ASKS = re.compile(r"\?\s*$|^(?:hv\w+|må|kan|skal|er der|har jeg|får)\b", re.I)
SHORTEST_TALE = 7  # words


def begun(tracker: Tracker, heard: Heard) -> dict:
    """Return what the intake begins with: one that was left, or what the conversation has told already."""
    intake = dict(tracker.get_slot("intake") or {})
    if intake:
        held, asked = intake.pop(HELD, None), following(intake, clock.today())
        if held and entity(tracker, "punkt") == GO_ON and asked not in (None, *READ_AGAIN):
            intake |= read(asked, Heard(held, None, 0), tracker, intake) or {}
        return {**intake, **_drafted(tracker)}
    with reading() as db:
        cases = own_case.of_conversation(db, tracker.sender_id)
        still_open = [[case.reference, case.summary] for case in cases if own_case.is_open(case)]
        main = next((case for case in cases if case.status != "tilbagetrukket"), None)
        anonymous = main.anonymous if main else None
    first, topic = _told_before(tracker, heard)
    intake = {"topic": topic, **_drafted(tracker)}
    if still_open:
        intake["open"] = still_open[-MOST_OPEN:]
    if first:
        intake |= {"first_words": first, **guesses(first, tracker, intake)}
    kept = dict(tracker.get_slot("intake_kept") or {})
    filed = kept.pop("filed", {})  # what the case before was about is not what this one is about
    unit, omraade = tracker.get_slot("unit"), tracker.get_slot("omraade")
    remembered = {
        "guess_unit": unit if unit in taxonomy()["units"] and unit != filed.get("unit") else None,
        "guess_omraade": omraade if omraade in taxonomy()["omraader"] and omraade != filed.get("omraade") else None,
        "guess_date": tracker.get_slot("decision_date"),
        "guess_letter": tracker.get_slot("date_from_letter"),
        "several": heard.topic == "sag.helhed" or None,
    }
    if main is not None:
        intake["main_anonymous"] = anonymous
        kept = {**kept, "contact": ANONYMOUS} if anonymous else kept
    return {**{k: v for k, v in {**remembered, **kept}.items() if v is not None}, **intake}


def _drafted(tracker: Tracker) -> dict:
    """Return the letters written in the conversation; she is asked whether they go along."""
    with reading() as db:
        found = drafts.titles(db, tracker.sender_id)
    return {"drafted": found} if found else {}


def _told_before(tracker: Tracker, heard: Heard) -> tuple[str | None, str | None]:
    """Return the citizen's latest words that tell what happened, and what they were understood as; she is asked whether
    they go along. What was said before an earlier case was sent belongs to that one; a fresh start forgets."""
    for event in reversed(tracker.events):
        if event.get("event") == "slot" and event.get("name") == "filed" and event.get("value"):
            break
        if event.get("event") != "user":
            continue
        text = (event.get("text") or "").strip()
        topic = ((event.get("parse_data") or {}).get("intent") or {}).get("name")
        if topic == STOP_TOPIC:
            break
        known = taxonomy()["topics"].get(topic or "", {}).get("kind")
        least = 12 if topic == TOPIC else SHORTEST_TALE  # "jeg vil gerne tale med et menneske om min sag" tells nothing
        if topic == "sag.helhed" and text == heard.text:
            least = 5
        tells = topic == TOPIC or (known in _TELLS_KINDS and topic not in ("udenfor", "fremmedsprog"))
        if tells and len(text.split()) >= least and not _ASKS.search(text) and ":" not in text.split()[0]:
            return text, topic
    return None, None
