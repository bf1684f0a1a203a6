"""Deadlines: asks for what is missing, works the date out, tells it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import date

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.dialogue import SKIP, Heard, answer_in_between, entity
from casework import clock
from casework.answers import sum_lines
from casework.dates import find_date
from casework.errors import OutsideCalendar
from casework.frister import Frist, aktindsigt_frist
from casework.klage import has_deadline, klagefrist_for
from casework.taxonomy import taxonomy

ANOTHER = "skift"  # the choice by which a citizen says that the area was misunderstood


class _ValidateDateForm(Action, ABC):
    """A form that ends when it has a date; every message is read for one, whatever was asked."""

    topic: str
    slot: str

    @abstractmethod  # an abstract class is what keeps the action server from registering it
    def name(self) -> str: ...

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list:
        heard = Heard.latest(tracker)
        asked = tracker.get_slot("requested_slot")
        if asked and heard.urgent:
            dispatcher.utter_message(json_message={"answer": heard.topic, "topic": heard.topic})
            return [SlotSet("requested_slot", None), SlotSet("date_problem", "afbrudt")]
        if asked and heard.wants_to_stop:
            dispatcher.utter_message(json_message={"answer": "stoppet", "topic": "bot.start_forfra"})
            return [SlotSet("requested_slot", None), SlotSet("date_problem", "afbrudt")]
        events = [*self.other_slots(tracker, heard, asked), *self._read_date(tracker, heard, asked)]
        values = {**tracker.current_slot_values(), **{e["name"]: e["value"] for e in events}}
        understood_date = bool(values.get(self.slot)) and any(e["name"] == self.slot for e in events)
        if asked and not understood_date and heard.asks_something_else(self.topic):
            answer_in_between(dispatcher, heard)
            # A slot set to nothing tells the form that the message was dealt with.
            events = [e for e in events if e["name"] != "date_problem"] + [SlotSet("date_problem", None)]
        return [*events, SlotSet("requested_slot", self.missing(values))]

    def other_slots(self, tracker: Tracker, heard: Heard, asked: str | None) -> list:
        """Return events for what else this form needs."""
        return []

    def missing(self, values: dict) -> str | None:
        """Return the slot to ask for, or None when the date can be worked out."""
        return None if values.get(self.slot) else self.slot

    def _read_date(self, tracker: Tracker, heard: Heard, asked: str | None) -> list:
        if entity(tracker, "dato") == "ny":
            return [SlotSet(self.slot, None), SlotSet("date_problem", None)]
        found = find_date(heard.text, clock.today())
        if found and found.day:
            return [SlotSet(self.slot, found.day.isoformat()), SlotSet("date_problem", None)]
        if found:
            return [SlotSet(self.slot, None), SlotSet("date_problem", found.problem)]
        if asked == self.slot:
            return [SlotSet(self.slot, None), SlotSet("date_problem", "forstod_ikke")]
        return [SlotSet("date_problem", None)]


class ValidateKlagefristForm(_ValidateDateForm):
    """Asks for the legal area and the day the decision came."""

    topic, slot = "klage.frist", "decision_date"

    def name(self) -> str:
        return "validate_klagefrist_form"

    def other_slots(self, tracker: Tracker, heard: Heard, asked: str | None) -> list:
        if entity(tracker, "omraade") == ANOTHER:
            return [SlotSet("omraade", None)]
        if asked == "omraade" and not entity(tracker, "omraade"):
            named = heard.text.strip().lower()
            if named in taxonomy()["omraader"]:
                return [SlotSet("omraade", named)]
            if SKIP.match(heard.text):
                return [SlotSet("omraade", "andet")]
        return []

    def missing(self, values: dict) -> str | None:
        if values.get("omraade") not in taxonomy()["omraader"]:
            return "omraade"
        if not has_deadline(values["omraade"]):
            return None
        return super().missing(values)


class ValidateAktindsigtForm(_ValidateDateForm):
    """Asks for the day aktindsigt was asked for."""

    topic, slot = "aktindsigt.frist", "request_date"

    def name(self) -> str:
        return "validate_aktindsigt_form"


class ActionKlagefrist(Action):
    """Tells the last day to complain, with the sum, or why no date can be given."""

    def name(self) -> str:
        return "action_klagefrist"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list:
        if tracker.get_slot("date_problem") == "afbrudt":
            return [SlotSet("date_problem", None)]
        omraade = tracker.get_slot("omraade")
        if not has_deadline(omraade):
            dispatcher.utter_message(json_message={"answer": "klage.frist.ingen", "topic": "klage.frist"})
            return []
        frist = klagefrist_for(date.fromisoformat(tracker.get_slot("decision_date")), omraade, clock.today())
        if frist is None:
            return _outside_calendar(dispatcher, "klage.frist", "decision_date")
        _tell(dispatcher, "klage.frist", frist)
        return []


class ActionAktindsigtFrist(Action):
    """Tells when the kommune should have answered, with the sum."""

    def name(self) -> str:
        return "action_aktindsigt_frist"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list:
        if tracker.get_slot("date_problem") == "afbrudt":
            return [SlotSet("date_problem", None)]
        try:
            frist = aktindsigt_frist(date.fromisoformat(tracker.get_slot("request_date")), clock.today())
        except OutsideCalendar:
            return _outside_calendar(dispatcher, "aktindsigt.frist", "request_date")
        _tell(dispatcher, "aktindsigt.frist", frist)
        return []


def _tell(dispatcher: CollectingDispatcher, topic: str, frist: Frist) -> None:
    dispatcher.utter_message(
        json_message={
            "answer": topic,
            "topic": topic,
            "deadline": frist.as_json(),
            "values": {
                "dato": frist.date.isoformat(),
                "passed": frist.passed,
                "cautious": frist.cautious,
                "regnestykke": sum_lines(frist),
                "sources": list(frist.sources),
            },
        }
    )


def _outside_calendar(dispatcher: CollectingDispatcher, topic: str, slot: str) -> list:
    dispatcher.utter_message(
        json_message={"answer": f"{topic}.spoerg_dato", "topic": topic, "values": {"problem": "kalender"}}
    )
    return [SlotSet(slot, None), SlotSet("date_problem", None)]
