"""The intake: one question at a time, everything can be corrected, and a case at the end."""

from __future__ import annotations

import re
from datetime import date

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.dialogue import NO, SKIP, YES, Heard, answer_in_between, entity
from casework import clock
from casework.dates import find_date
from casework.db import session
from casework.intake import Intake, file_case
from casework.settings import current
from casework.taxonomy import taxonomy

QUESTIONS = (
    "story",
    "unit",
    "decision",
    "decision_date",
    "prior_dialogue",
    "wish",
    "contact",
    "contact_name",
    "consent",
    "confirm",
)
OPEN_QUESTIONS = ("story", "prior_dialogue", "wish")
SKIPPED = "sprunget over"
UNKNOWN = "ved ikke"
ANONYMOUS = "anonym"
_TOKEN = re.compile(r"\[(telefon|e-mail) \d+\]")
_CORRECT = re.compile(r"^ret:(\w+)$")
# What a citizen may call the thing she wants to correct.
_CORRECT_WORDS = (
    (re.compile(r"\b(?:telefon|nummer|mail|kontakt)", re.I), "contact"),
    (re.compile(r"\bnavn", re.I), "contact_name"),
    (re.compile(r"\bafdeling", re.I), "unit"),
    (re.compile(r"\bdato", re.I), "decision_date"),
    (re.compile(r"\bafgørelse", re.I), "decision"),
    (re.compile(r"\bønske|ud af det", re.I), "wish"),
    (re.compile(r"\btalt|dialog", re.I), "prior_dialogue"),
    (re.compile(r"\blov|samtykke|må hun", re.I), "consent"),
    (re.compile(r"\bhistorie|skete|sket|fortælling|beskrivelse", re.I), "story"),
)


class ValidateHenvendelseForm(Action):
    """Takes the latest message as the answer to the question asked, unless it is something else."""

    def name(self) -> str:
        return "validate_henvendelse_form"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list:
        heard = Heard.latest(tracker)
        asked = tracker.get_slot("requested_slot")
        if asked not in QUESTIONS:
            return self._begin(tracker, heard)
        if heard.urgent:
            # Safety first: the intake is left where it stands and is not asked again until the citizen wants to.
            dispatcher.utter_message(json_message={"answer": heard.topic, "topic": heard.topic})
            return [SlotSet(asked, None), SlotSet("requested_slot", None)]
        if heard.wants_to_stop:
            dispatcher.utter_message(json_message={"answer": "henvendelse.sat_paa_pause", "topic": "bot.start_forfra"})
            return [SlotSet(asked, None), SlotSet("requested_slot", None)]
        answer = None
        if not heard.asks_something_else("henvendelse.opret", free_text=asked in OPEN_QUESTIONS):
            answer = getattr(self, f"_read_{asked}")(heard, tracker)
        elif heard.topic:
            answer_in_between(dispatcher, heard)
            answer = {}
        if answer is None:
            dispatcher.utter_message(
                json_message={"answer": f"henvendelse.{asked}.forstod_ikke", "topic": "henvendelse.opret"}
            )
            answer = {}
        # A slot set to nothing tells the form that the message was dealt with, so that no rule answers it again.
        return self._events(tracker, answer or {asked: None})

    def _begin(self, tracker: Tracker, heard: Heard) -> list:
        events = []
        if heard.topic != "henvendelse.opret" and not tracker.get_slot("story") and len(heard.text.split()) >= 5:
            events = [SlotSet("first_words", heard.text), SlotSet("started_topic", heard.topic)]
        # The unit heard in passing is only a guess; a choice that names one is an answer.
        return events + self._events(tracker, {})

    def _events(self, tracker: Tracker, answer: dict) -> list:
        values = {**{q: tracker.get_slot(q) for q in QUESTIONS}, **answer}
        following = next((q for q in QUESTIONS if values.get(q) is None and _is_relevant(q, values)), None)
        return [*(SlotSet(k, v) for k, v in answer.items()), SlotSet("requested_slot", following)]

    # Each reader returns the slots the answer fills, or None when it cannot be read.

    def _read_story(self, heard: Heard, tracker: Tracker) -> dict | None:
        first = tracker.get_slot("first_words")
        if first and (SKIP.match(heard.text) or NO.match(heard.text)):
            return {"story": first}
        if SKIP.match(heard.text) or len(heard.text) < 8:
            return None
        omraade = entity(tracker, "omraade")
        story = f"{first}\n{heard.text}" if first else heard.text
        return {"story": story, **({"omraade": omraade} if omraade else {})}

    def _read_unit(self, heard: Heard, tracker: Tracker) -> dict | None:
        found = entity(tracker, "unit")
        if found in taxonomy()["units"]:
            return {"unit": found}
        if SKIP.match(heard.text):
            return {"unit": UNKNOWN}
        return None

    def _read_decision(self, heard: Heard, tracker: Tracker) -> dict | None:
        if YES.match(heard.text):
            return {"decision": "ja", **(self._read_decision_date(heard, tracker, strict=True) or {})}
        if NO.match(heard.text):
            return {"decision": "nej", "decision_date": None}
        if SKIP.match(heard.text):
            return {"decision": UNKNOWN, "decision_date": None}
        return None

    def _read_decision_date(self, heard: Heard, tracker: Tracker, strict: bool = False) -> dict | None:
        found = find_date(heard.text, clock.today())
        if found and found.day:
            return {"decision_date": found.day.isoformat()}
        if not strict and SKIP.match(heard.text):
            return {"decision_date": UNKNOWN}
        return None

    def _read_prior_dialogue(self, heard: Heard, tracker: Tracker) -> dict | None:
        return {"prior_dialogue": heard.text} if heard.text else None

    def _read_wish(self, heard: Heard, tracker: Tracker) -> dict | None:
        return {"wish": UNKNOWN if SKIP.match(heard.text) else heard.text} if heard.text else None

    def _read_contact(self, heard: Heard, tracker: Tracker) -> dict | None:
        if re.search(r"\banonym", heard.text, re.I):
            return {"contact": ANONYMOUS, "contact_name": None}
        return {"contact": heard.text} if _TOKEN.search(heard.text) else None

    def _read_contact_name(self, heard: Heard, tracker: Tracker) -> dict | None:
        return {"contact_name": SKIPPED if SKIP.match(heard.text) else heard.text} if heard.text else None

    def _read_consent(self, heard: Heard, tracker: Tracker) -> dict | None:
        if YES.match(heard.text):
            return {"consent": "ja"}
        return {"consent": "nej"} if NO.match(heard.text) or SKIP.match(heard.text) else None

    def _read_confirm(self, heard: Heard, tracker: Tracker) -> dict | None:
        correct = _CORRECT.match(heard.text)
        if correct and correct[1] in QUESTIONS:
            return _reopen(correct[1])
        if re.match(r"^\W*(?:send|ja|ok|godkend)", heard.text, re.I):
            return {"confirm": "send"}
        if re.match(r"^\W*(?:ret|nej|ændr|forkert)", heard.text, re.I) or len(heard.text.split()) <= 6:
            found = next((slot for pattern, slot in _CORRECT_WORDS if pattern.search(heard.text)), None)
            return _reopen(found) if found else None
        return None


def _reopen(slot: str) -> dict:
    return {slot: None, **({"first_words": None} if slot == "story" else {})}


def _is_relevant(question: str, values: dict) -> bool:
    if question == "decision_date":
        return values.get("decision") == "ja"
    if question == "contact_name":
        return values.get("contact") != ANONYMOUS
    return True


class ActionSendHenvendelse(Action):
    """Files the case when it has been confirmed; says nothing when the intake was only left."""

    def name(self) -> str:
        return "action_send_henvendelse"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list:
        slots = tracker.current_slot_values()
        if slots.get("confirm") != "send":
            return []
        filed = int(slots.get("filed") or 0)
        with session() as db, db.begin():
            receipt = file_case(
                db,
                _intake(slots),
                submission=f"{tracker.sender_id}:{filed}",
                now=clock.now(),
                today=clock.today(),
                conversation_id=tracker.sender_id,
                code_key=current().derived_key("case-code"),
            )
        dispatcher.utter_message(
            json_message={
                "answer": "henvendelse.kvittering",
                "topic": "henvendelse.opret",
                "handoff": {k: v for k, v in receipt.as_json().items() if k != "code"},
                "values": {
                    "reference": receipt.reference,
                    "svardato": receipt.respond_by.isoformat(),
                    "klagefrist": receipt.complaint_deadline.isoformat() if receipt.complaint_deadline else None,
                    "anonym": slots.get("contact") == ANONYMOUS,
                },
            }
        )
        cleared = [SlotSet(q, None) for q in QUESTIONS if q not in ("unit", "decision_date")]
        return [*cleared, SlotSet("first_words", None), SlotSet("started_topic", None), SlotSet("filed", filed + 1)]


def _intake(slots: dict) -> Intake:
    contact = slots.get("contact") or ""
    token = _TOKEN.search(contact)
    decided = slots.get("decision_date") if slots.get("decision") == "ja" else None
    return Intake(
        story=slots["story"],
        wish=slots.get("wish"),
        unit=slots.get("unit") if slots.get("unit") in taxonomy()["units"] else None,
        omraade=slots.get("omraade") if slots.get("omraade") in taxonomy()["omraader"] else None,
        topic=slots.get("started_topic") or "henvendelse.opret",
        decision_date=date.fromisoformat(decided) if decided and decided != UNKNOWN else None,
        prior_dialogue=slots.get("prior_dialogue"),
        contact_name=None if slots.get("contact_name") == SKIPPED else slots.get("contact_name"),
        contact_channel=token[1] if token else None,
        contact_value=contact or None,
        anonymous=contact == ANONYMOUS,
        consent_forward=slots.get("consent") == "ja",
    )


class ActionStartForfra(Action):
    """Forgets what the conversation has gathered, outside any dialogue."""

    def name(self) -> str:
        return "action_start_forfra"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list:
        dispatcher.utter_message(json_message={"answer": "bot.start_forfra"})
        kept = ("filed", "requested_slot", "session_started_metadata")
        return [SlotSet(name, None) for name in tracker.slots if name not in kept]
