"""Deadlines: asks for what is missing, works the date out, tells it."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from datetime import date

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.dialogue import SKIP, Heard, answer_in_between, entity
from casework import clock
from casework.answers import answers, sum_lines
from casework.dates import FoundDate, find_date, find_deadline
from casework.errors import InvalidInput, OutsideCalendar
from casework.frister import BY_KIND, KIND_OF_TOPIC, Frist, aktindsigt_frist
from casework.klage import has_deadline, klagefrist_for
from casework.processing_times import processing_time
from casework.taxonomy import taxonomy

FROM_LETTER = "brevdato"  # the day of receipt is not known: the day the letter is dated is asked for
UNKNOWN = "ukendt"  # neither is known
DOES_NOT_KNOW = re.compile(
    rf"{SKIP.pattern}|\b(?:ved|husker?|kan)\s+(?:jeg\s+|det\s+)?(?:ikke|altså ikke)\b|\bingen anelse\b|\bhusker ikke\b",
    re.IGNORECASE,
)
CASE = "sag"  # the kind that tells how late a case is
NOT_SAID = "ikke oplyst"
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
        if asked and not understood_date and heard.asks_something_else(self.topic_of(tracker)):
            answer_in_between(dispatcher, heard)
            # A slot set to nothing tells the form that the message was dealt with.
            events = [e for e in events if e["name"] != "date_problem"] + [SlotSet("date_problem", None)]
        return [*events, SlotSet("requested_slot", self.missing(values))]

    def topic_of(self, tracker: Tracker) -> str:
        """Return the topic this dialogue is about."""
        return self.topic

    def find(self, text: str, tracker: Tracker) -> FoundDate | None:
        """Return the date in a message."""
        return find_date(text, clock.today())

    def other_slots(self, tracker: Tracker, heard: Heard, asked: str | None) -> list:
        """Return events for what else this form needs."""
        return []

    def missing(self, values: dict) -> str | None:
        """Return the slot to ask for, or None when the date can be worked out."""
        return None if values.get(self.slot) else self.slot

    def _read_date(self, tracker: Tracker, heard: Heard, asked: str | None) -> list:
        if entity(tracker, "dato") == "ny":
            return [SlotSet(self.slot, None), SlotSet("date_problem", None)]
        found = self.find(heard.text, tracker)
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

    def _read_date(self, tracker: Tracker, heard: Heard, asked: str | None) -> list:
        """Who does not know when the letter came is asked what day it is dated; the sum then starts there."""
        letter_asked = tracker.get_slot("date_problem") == FROM_LETTER
        if asked == self.slot and DOES_NOT_KNOW.search(heard.text) and not find_date(heard.text, clock.today()):
            return [SlotSet(self.slot, None), SlotSet("date_problem", UNKNOWN if letter_asked else FROM_LETTER)]
        events = super()._read_date(tracker, heard, asked)
        if any(e["name"] == self.slot and e["value"] for e in events):
            events.append(SlotSet("date_from_letter", letter_asked))
        return events

    def missing(self, values: dict) -> str | None:
        if values.get("omraade") not in taxonomy()["omraader"]:
            return "omraade"
        if not has_deadline(values["omraade"]) or values.get("date_problem") == UNKNOWN:
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
        if tracker.get_slot("date_problem") == UNKNOWN:
            dispatcher.utter_message(json_message={"answer": "klage.frist.uden_dato", "topic": "klage.frist"})
            return [SlotSet("date_problem", None)]
        frist = klagefrist_for(
            date.fromisoformat(tracker.get_slot("decision_date")),
            omraade,
            clock.today(),
            from_letter=bool(tracker.get_slot("date_from_letter")),
        )
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


class ValidateFristForm(_ValidateDateForm):
    """Asks for the day one of the further deadlines is counted from, and what the case is about where that matters."""

    slot = "frist_date"

    def name(self) -> str:
        return "validate_frist_form"

    def topic_of(self, tracker: Tracker) -> str:
        return entity(tracker, "emne") or tracker.get_slot("frist_topic") or ""

    def find(self, text: str, tracker: Tracker) -> FoundDate | None:
        if KIND_OF_TOPIC.get(self.topic_of(tracker)) == "partshoering":
            return find_deadline(text, clock.today())
        return find_date(text, clock.today())

    def other_slots(self, tracker: Tracker, heard: Heard, asked: str | None) -> list:
        if entity(tracker, "emne"):
            return [SlotSet("frist_topic", heard.topic), SlotSet("frist_date", None), SlotSet("frist_subject", None)]
        if asked == "frist_subject" and not heard.asks_something_else(self.topic_of(tracker)):
            return [SlotSet("frist_subject", NOT_SAID if SKIP.match(heard.text) else heard.text)]
        return []

    def missing(self, values: dict) -> str | None:
        if KIND_OF_TOPIC.get(values.get("frist_topic")) == CASE and not values.get("frist_subject"):
            return "frist_subject"
        return super().missing(values)


class _AskFrist(Action, ABC):
    """Asks one question of the form above, in the words of its topic."""

    answer: str

    @abstractmethod
    def name(self) -> str: ...

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list:
        topic = tracker.get_slot("frist_topic")
        kind = KIND_OF_TOPIC.get(topic)
        answer = "sag.forsinket.spoerg_dato" if kind == CASE and self.answer == "frist.spoerg_dato" else self.answer
        values = {"spoergsmaal": answers()["frist.spoergsmaal"].get(kind)}
        dispatcher.utter_message(json_message={"answer": answer, "topic": topic, "values": values})
        return []


class ActionAskFristSubject(_AskFrist):
    """Asks what the case is about."""

    answer = "sag.forsinket.spoerg_emne"

    def name(self) -> str:
        return "action_ask_frist_form_frist_subject"


class ActionAskFristDate(_AskFrist):
    """Asks for the day."""

    answer = "frist.spoerg_dato"

    def name(self) -> str:
        return "action_ask_frist_form_frist_date"


class ActionFrist(Action):
    """Tells one of the further deadlines, or how late a case is."""

    def name(self) -> str:
        return "action_frist"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list:
        if tracker.get_slot("date_problem") == "afbrudt":
            return [SlotSet("date_problem", None)]
        topic, said = tracker.get_slot("frist_topic"), date.fromisoformat(tracker.get_slot("frist_date"))
        kind = KIND_OF_TOPIC[topic]
        done = [SlotSet("frist_date", None), SlotSet("frist_subject", None), SlotSet("date_problem", None)]
        try:
            frist = BY_KIND[kind](said, clock.today())
        except (OutsideCalendar, InvalidInput):
            values = {"problem": "kalender"}
            dispatcher.utter_message(json_message={"answer": "frist.spoerg_dato", "topic": topic, "values": values})
            return done
        if kind == CASE:
            subject = tracker.get_slot("frist_subject") or ""
            known = processing_time(tracker.get_slot("unit"), tracker.get_slot("omraade"), subject)
            _tell(
                dispatcher,
                topic,
                frist,
                answer="sag.forsinket",
                emne=None if subject == NOT_SAID else subject,
                dato_fra=said.isoformat(),
                uger=(clock.today() - said).days // 7,
                kvittering=frist.date.isoformat(),
                kvittering_passed=frist.passed,
                kendt_frist=known["text"] if known else "",
                sources=[*frist.sources, *(known["sources"] if known else [])],
            )
        else:
            _tell(dispatcher, topic, frist, answer=f"frist.{kind}")
        return done


def _tell(dispatcher: CollectingDispatcher, topic: str, frist: Frist, answer: str | None = None, **more) -> None:
    dispatcher.utter_message(
        json_message={
            "answer": answer or topic,
            "topic": topic,
            "deadline": frist.as_json(),
            "values": {
                "dato": frist.date.isoformat(),
                "passed": frist.passed,
                "cautious": frist.cautious,
                "regnestykke": sum_lines(frist),
                "sources": list(frist.sources),
                **more,
            },
        }
    )


def _outside_calendar(dispatcher: CollectingDispatcher, topic: str, slot: str) -> list:
    dispatcher.utter_message(
        json_message={"answer": f"{topic}.spoerg_dato", "topic": topic, "values": {"problem": "kalender"}}
    )
    return [SlotSet(slot, None), SlotSet("date_problem", None)]
