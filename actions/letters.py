"""Letters: one question at a time, then a draft the citizen sends herself."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.dialogue import SKIP, Heard, answer_in_between, entity
from casework import clock, letters
from casework.dates import find_date
from casework.db import session
from casework.errors import InvalidInput
from casework.taxonomy import taxonomy

TOPIC = "klage.skriv"
KIND, FIELD, GIVEN = "letter_kind", "letter_field", "letter_given"
LEFT = "afbrudt"
CORRECT = "ret_"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# What a citizen may call the letter she wants.
_KIND_WORDS = (
    (re.compile(r"\brykker|\bpåmind|\bsvar(?:er)? ikke|\btrækker ud", re.I), "rykker"),
    (re.compile(r"\baktindsigt|\bpapirer|\bakter", re.I), "aktindsigt"),
    (re.compile(r"\bpartshør|\bhøring", re.I), "partshoering"),
    (re.compile(r"\bbisidder", re.I), "bisidder"),
    (re.compile(r"\bsamtykke|\btilladelse|\blov til at tale", re.I), "samtykke"),
    (re.compile(r"\bkort|\bsenere|\bhaster|\bnu\b", re.I), "klage_kort"),
    (re.compile(r"\bbehandl|\bopførsel|\bmedarbejder|\bsagsbehandl", re.I), "klage_sagsbehandling"),
    (re.compile(r"\bklage|\bafgørelse|\bafslag", re.I), "klage"),
)


class ValidateLetterForm(Action):
    """Takes the latest message as the answer to the question asked, unless it is something else."""

    def name(self) -> str:
        return "validate_letter_form"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list:
        heard, asked = Heard.latest(tracker), tracker.get_slot("requested_slot")
        if asked and heard.urgent:
            dispatcher.utter_message(json_message={"answer": heard.topic, "topic": heard.topic})
            return [SlotSet(FIELD, LEFT), SlotSet("requested_slot", None)]
        if asked and heard.wants_to_stop:
            dispatcher.utter_message(json_message={"answer": "stoppet", "topic": "bot.start_forfra"})
            return [SlotSet(FIELD, LEFT), SlotSet("requested_slot", None)]
        pressed = entity(tracker, "brev")
        if pressed or not asked:
            return self._begin(tracker, pressed)
        long = asked == FIELD and _field(tracker)["long"]
        if heard.asks_something_else(TOPIC, free_text=long):
            answer_in_between(dispatcher, heard)
            return self._next(tracker.get_slot(KIND), tracker.get_slot(GIVEN) or {}, asked)
        if asked == KIND:
            kind = next((kind for pattern, kind in _KIND_WORDS if pattern.search(heard.text)), None)
            return self._begin(tracker, kind)
        return self._read(dispatcher, tracker, heard)

    def _begin(self, tracker: Tracker, pressed: str | None) -> list:
        kind, given = tracker.get_slot(KIND), dict(tracker.get_slot(GIVEN) or {})
        if pressed and pressed.startswith(CORRECT) and kind:
            given.pop(pressed.removeprefix(CORRECT), None)
            return self._next(kind, given)
        if pressed in letters.letters():
            return self._next(pressed, _known(pressed, tracker))
        return self._next(None, {})

    def _read(self, dispatcher: CollectingDispatcher, tracker: Tracker, heard: Heard) -> list:
        kind, given, field = tracker.get_slot(KIND), dict(tracker.get_slot(GIVEN) or {}), _field(tracker)
        if field["optional"] and SKIP.match(heard.text):
            given[field["id"]] = ""
        elif field["date"]:
            found = find_date(heard.text, clock.today())
            if not found or not found.day:
                problem = found.problem if found else "forstod_ikke"
                return [*self._next(kind, given), SlotSet("date_problem", problem)]
            given[field["id"]] = found.day.isoformat()
        else:
            given[field["id"]] = heard.text
        return self._next(kind, given)

    def _next(self, kind: str | None, given: dict, asked: str | None = None) -> list:
        """Return the slots and the question that follows; a slot set to what it was tells that the message was read."""
        missing = next((f["id"] for f in letters.fields(kind) if f["id"] not in given), None) if kind else None
        following = KIND if kind is None else FIELD if missing else None
        return [
            SlotSet(KIND, kind),
            SlotSet(GIVEN, given),
            SlotSet(FIELD, missing),
            SlotSet("date_problem", None),
            SlotSet("requested_slot", following),
        ]


def _field(tracker: Tracker) -> dict:
    wanted = tracker.get_slot(FIELD)
    found = next(f for f in letters.fields(tracker.get_slot(KIND)) if f["id"] == wanted)
    return {"optional": False, "long": False, "date": False, "help": "", **found}


def _known(kind: str, tracker: Tracker) -> dict:
    """Return what the conversation has told already: whom the letter goes to, and the day the decision is dated.

    The day it was received, which the conversation may know as well, is another one and does not belong in the letter.
    """
    ids = {f["id"] for f in letters.fields(kind)}
    unit, omraade = tracker.get_slot("unit"), tracker.get_slot("omraade")
    known = {}
    if unit in taxonomy()["units"] or omraade in taxonomy()["omraader"]:
        to = letters.recipient_for(unit, omraade, kind)
        known = {field: to for field in ("modtager", "afdeling") if field in ids}
    if kind in ("klage", "klage_kort") and "dato" in ids and tracker.get_slot("date_from_letter"):
        known["dato"] = tracker.get_slot("decision_date")
    return {name: value for name, value in known.items() if value}


class _Ask(Action, ABC):
    @abstractmethod  # an abstract class is what keeps the action server from registering it
    def name(self) -> str: ...


class ActionAskLetterKind(_Ask):
    """Asks which letter it is to be."""

    def name(self) -> str:
        return "action_ask_letter_form_letter_kind"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list:
        dispatcher.utter_message(json_message={"answer": TOPIC, "topic": TOPIC})
        return []


class ActionAskLetterField(_Ask):
    """Asks for one field of the letter."""

    def name(self) -> str:
        return "action_ask_letter_form_letter_field"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list:
        field, kind = _field(tracker), letters.letters()[tracker.get_slot(KIND)]
        given = tracker.get_slot(GIVEN) or {}
        first = not any(f["id"] in given for f in letters.fields(tracker.get_slot(KIND)))
        values = {
            "spoergsmaal": field["question"],
            "hjaelp": field["help"],
            "valgfri": bool(field["optional"]),
            "indledning": kind["about"] if first else None,
            "problem": tracker.get_slot("date_problem"),
        }
        dispatcher.utter_message(json_message={"answer": "brev.spoerg", "topic": TOPIC, "values": values})
        return []


class ActionLetter(Action):
    """Keeps the draft with the conversation and shows it for correction."""

    def name(self) -> str:
        return "action_letter"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list:
        if tracker.get_slot(FIELD) == LEFT:
            return [SlotSet(FIELD, None)]
        kind, given = tracker.get_slot(KIND), tracker.get_slot(GIVEN)
        try:
            letter = letters.compose(kind, given, clock.today())
        except InvalidInput as error:
            values = {"fejl": str(error), "rettelser": _corrections(kind)}
            dispatcher.utter_message(json_message={"answer": "brev.fejl", "topic": TOPIC, "values": values})
            return []
        with session() as db, db.begin():
            token = letters.keep(db, tracker.sender_id, kind, given, clock.now())
        dispatcher.utter_message(
            json_message={
                "answer": "brev.udkast",
                "topic": TOPIC,
                "attachment": {"title": letter.title, "url": f"/brev/udkast/{token}.docx", "type": WORD},
                "values": {
                    "titel": letter.title,
                    "side": f"/brev/udkast/{token}",
                    "modtager": letter.recipient,
                    "emne": letter.subject,
                    "afsnit": [line for text in letter.paragraphs for line in text.splitlines() if line.strip()],
                    "navn": letter.name,
                    "vedlaeg": list(letter.attachments),
                    "forsendelse": letter.sending.splitlines(),
                    "rettelser": _corrections(kind),
                    "sources": list(letters.letters()[kind].get("sources", [])),
                },
            }
        )
        return []


def _corrections(kind: str) -> list[dict]:
    return [{"label": f["correct"], "value": f"emne:{TOPIC} brev:{CORRECT}{f['id']}"} for f in letters.fields(kind)]
