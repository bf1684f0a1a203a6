"""What a citizen does in the chat with a case that is filed: sees where it is, or takes it back.

The conversation it was filed in may ask for it as it is; another one needs reference and code. The code is masked
before it gets here, and what it stands for is forgotten as soon as it has been tried.
"""

from __future__ import annotations

import re

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.dialogue import NO, YES, Heard, answer_in_between, entity, say
from casework import clock, own_case, privacy
from casework.calendar import long_date
from casework.db import reading, session
from casework.enums import CITIZEN_STATUSES
from casework.errors import InvalidState, TooManyTries
from casework.models import Case

STATUS, WITHDRAW = "henvendelse.status", "henvendelse.tilbagetraek"
FIELD, STATE = "own_case_field", "own_case"
CODE, WHICH, SURE = "case_code", "which_case", "sure"
LEFT, DONE = "afbrudt", "klar"
ANOTHER = "anden"
MOST_TRIES = 3
_CODE_TOKEN = re.compile(r"\[kode \d+\]")


class ValidateOwnCaseForm(Action):
    """Finds the case, and asks whether she is sure before it is taken back."""

    def name(self) -> str:
        return "validate_own_case_form"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list:
        heard, asked = Heard.latest(tracker), tracker.get_slot(FIELD)
        if tracker.get_slot("requested_slot") != FIELD or heard.text.startswith(("emne:" + STATUS, "emne:" + WITHDRAW)):
            return _go(self._begin(tracker, heard))
        state = dict(tracker.get_slot(STATE) or {})
        if heard.urgent:
            _say(dispatcher, heard.topic, heard.topic)
            return _leave()
        if heard.wants_to_stop or (asked != SURE and NO.match(heard.text)):
            _say(dispatcher, "stoppet", "bot.start_forfra")
            return _leave()
        if heard.asks_something_else(state["topic"]) and not _CODE_TOKEN.search(heard.text):
            answer_in_between(dispatcher, heard)
            return _go(state)
        return _go({CODE: self._code, WHICH: self._which, SURE: self._sure}[asked](dispatcher, tracker, heard, state))

    def _begin(self, tracker: Tracker, heard: Heard) -> dict:
        state = {"topic": heard.topic if heard.topic in (STATUS, WITHDRAW) else STATUS, "tries": 0}
        if entity(tracker, "punkt") == ANOTHER:
            return state
        with reading() as db:
            mine = own_case.of_conversation(db, tracker.sender_id)
        if state["topic"] == STATUS:
            return {**state, "found": [case.reference for case in mine]} if mine else state
        still_open = [case.reference for case in mine if own_case.is_open(case)]
        if len(still_open) == 1:
            return {**state, "found": still_open}
        return {**state, "choose": still_open} if still_open else state

    def _code(self, dispatcher: CollectingDispatcher, tracker: Tracker, heard: Heard, state: dict) -> dict:
        state.pop("problem", None)
        token = _CODE_TOKEN.search(heard.text)
        state["reference"] = own_case.reference_in(heard.text) or state.get("reference")
        state["token"] = token[0] if token else state.get("token")
        if not (state["reference"] and state["token"]):
            return {**state, "problem": "mangler"} if not (state["reference"] or state["token"]) else state
        try:
            found = _opened(tracker.sender_id, state["reference"], state["token"])
        except TooManyTries:
            return {**state, "found": [], "refused": "vent"}
        if found:
            return {**state, "found": [found], "token": None}
        tries = state["tries"] + 1
        state = {**state, "reference": None, "token": None, "tries": tries, "problem": "forkert"}
        return {**state, "found": [], "refused": "forkert"} if tries >= MOST_TRIES else state

    def _which(self, dispatcher: CollectingDispatcher, tracker: Tracker, heard: Heard, state: dict) -> dict:
        named = own_case.reference_in(heard.text)
        return {**state, "found": [named]} if named in state["choose"] else {**state, "problem": "mangler"}

    def _sure(self, dispatcher: CollectingDispatcher, tracker: Tracker, heard: Heard, state: dict) -> dict:
        if YES.match(heard.text) or re.match(r"^\W*træk", heard.text, re.I):
            return {**state, "sure": True}
        return {**state, "sure": False} if NO.match(heard.text) else {**state, "problem": "mangler"}


def _opened(conversation_id: str, reference: str, token: str) -> str | None:
    """Return the reference if it and the code behind `token` open a case; the code is kept no longer."""
    with session() as db, db.begin():
        code = privacy.known_values(db, conversation_id).get(token, "")
        privacy.forget(db, conversation_id, token)
        case = own_case.open_case(db, reference, code, clock.now(), place=own_case.CHAT)
        return case.reference if case else None


def _go(state: dict) -> list:
    """Return the state and the question that follows from it, if any."""
    if "found" not in state:
        question = WHICH if state.get("choose") else CODE
    else:
        question = SURE if state["topic"] == WITHDRAW and state["found"] and "sure" not in state else None
    return [
        SlotSet(STATE, state),
        SlotSet(FIELD, question or DONE),
        SlotSet("requested_slot", FIELD if question else None),
    ]


def _leave() -> list:
    return [SlotSet(STATE, None), SlotSet(FIELD, LEFT), SlotSet("requested_slot", None)]


def _say(dispatcher: CollectingDispatcher, answer: str, topic: str, values: dict | None = None) -> None:
    say(dispatcher, answer, topic=topic, values=values or {})


class ActionAskOwnCaseField(Action):
    """Asks for reference and code, which case, or whether she is sure."""

    def name(self) -> str:
        return "action_ask_own_case_form_own_case_field"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list:
        state, question = tracker.get_slot(STATE), tracker.get_slot(FIELD)
        values = {
            "problem": state.get("problem"),
            "nummer": state.get("reference"),
            "har_kode": bool(state.get("token")),
            "reference": (state.get("found") or [None])[0],
            "valg": [{"label": f"Træk {ref} tilbage", "value": ref} for ref in state.get("choose", [])],
            "traek": state["topic"] == WITHDRAW,
        }
        _say(dispatcher, f"egen_sag.{question}", state["topic"], values)
        return []


class ActionOwnCase(Action):
    """Tells where the case is, or takes it back."""

    def name(self) -> str:
        return "action_own_case"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list:
        state = tracker.get_slot(STATE)
        done = [SlotSet(STATE, None), SlotSet(FIELD, None)]
        if tracker.get_slot(FIELD) != DONE or not state:
            return done
        topic = state["topic"]
        if state.get("refused"):
            _say(dispatcher, f"egen_sag.{state['refused']}", topic)
        elif topic == STATUS:
            _say(dispatcher, "egen_sag.status", topic, {"sager": _told(tracker.sender_id, state["found"])})
        elif not state["sure"]:
            _say(dispatcher, "egen_sag.beholdt", topic, {"reference": state["found"][0]})
        else:
            _withdraw(dispatcher, topic, state["found"][0])
        return done


def _told(conversation_id: str, references: list[str]) -> list[dict]:
    """Return what the citizen is told of each case."""
    with reading() as db:
        mine = {case.id for case in own_case.of_conversation(db, conversation_id)}
        return [_about(db, case, mine) for case in own_case.named(db, references)]


def _about(db, case: Case, mine: set[int]) -> dict:
    return {
        "reference": case.reference,
        "status": CITIZEN_STATUSES[case.status],
        "trin": case.status,
        "aaben": own_case.is_open(case),
        "svardato": long_date(case.respond_by),
        "ulaest": own_case.unread(db, case),
        "egen": case.id in mine,
    }


def _withdraw(dispatcher: CollectingDispatcher, topic: str, reference: str) -> None:
    try:
        with session() as db, db.begin():
            own_case.withdraw(db, own_case.named(db, [reference])[0], clock.now())
    except InvalidState as error:
        _say(dispatcher, "egen_sag.lukket", topic, {"fejl": str(error), "reference": reference})
        return
    _say(dispatcher, "egen_sag.trukket", topic, {"reference": reference})
