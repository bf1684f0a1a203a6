"""What all guided dialogues share: reading the citizen's latest message, and questions asked in the middle."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from casework.taxonomy import taxonomy

INTERRUPT_AT = 0.5
STOP_TOPIC = "bot.start_forfra"
CALCULATE = "regn_dato"  # not a topic: a choice that asks for a date, `emne` says about what
_QUESTION = re.compile(r"\?|^(?:hv\w+|må|maa|kan|skal|er der|har jeg|får|faar)\b", re.IGNORECASE)
_STOP_WORDS = re.compile(r"^\W*(?:stop|annuller|afbryd|fortryd|luk|glem det)\W*$", re.IGNORECASE)
YES = re.compile(r"^\W*(?:ja|jo|jep|ja tak|gerne|det må du|det er rigtigt|korrekt|ok(?:ay)?|yes)\b", re.IGNORECASE)
NO = re.compile(r"^\W*(?:nej|næ|ikke endnu|no|aldrig)\b", re.IGNORECASE)
ONLY_YES_OR_NO = re.compile(r"^\W*(?:ja|jo|nej|næ)(?:\s+tak)?\W*$", re.IGNORECASE)
SKIP = re.compile(
    r"^\W*(?:spring over|ved ikke|ved det ikke|det ved jeg ikke|aner det ikke|gå videre|videre|næste)\W*$",
    re.IGNORECASE,
)
BACK = re.compile(r"^\W*(?:gå )?(?:tilbage|et skridt tilbage)\W*$", re.IGNORECASE)
_CORRECT = re.compile(r"^ret:(\w+)$")
# How sure an emergency must be to break a dialogue off. Whoever is asked what happened tells of children, death and
# quarrels; where a name or a yes is asked for, a faint likeness to danger is none, least of all when it is an answer.
# Measured on tests/nlu/calibration.jsonl: the first loses one emergency in a hundred of those found in open talk.
TOLD_DANGER, ASKED_DANGER, ANSWERED_DANGER = 0.2, 0.4, 0.5


@dataclass(frozen=True)
class Heard:
    """The citizen's latest message as the dialogues see it."""

    text: str
    topic: str | None
    confidence: float

    @classmethod
    def latest(cls, tracker: Tracker) -> Heard:
        """Read it from the tracker."""
        intent = tracker.latest_message.get("intent") or {}
        name = intent.get("name")
        if name == CALCULATE:
            name = entity(tracker, "emne")
        return cls(
            (tracker.latest_message.get("text") or "").strip(),
            name if name in taxonomy()["topics"] else None,
            float(intent.get("confidence") or 0),
        )

    @property
    def kind(self) -> str | None:
        return taxonomy()["topics"][self.topic]["kind"] if self.topic else None

    @property
    def urgent(self) -> bool:
        """Whether safety comes first. "Ved ikke" and the like answer the question asked; they are no cry for help."""
        return self.kind == "urgent" and not any(p.match(self.text) for p in (SKIP, ONLY_YES_OR_NO))

    def breaks_off(self, *, told: bool, answers_it: bool) -> bool:
        """Return whether safety comes before the question asked: an open one that is `told` at length, or one that this
        message otherwise `answers_it`."""
        enough = TOLD_DANGER if told else ANSWERED_DANGER if answers_it else ASKED_DANGER
        return self.urgent and self.confidence >= enough

    @property
    def correction(self) -> str | None:
        """The question whose answer a citizen asks to correct by pressing a choice."""
        found = _CORRECT.match(self.text)
        return found[1] if found else None

    @property
    def says_stop(self) -> bool:
        return bool(_STOP_WORDS.match(self.text))

    @property
    def wants_to_stop(self) -> bool:
        return self.says_stop or (self.topic == STOP_TOPIC and self.confidence >= 0.6 and len(self.text.split()) <= 6)

    def asks_something_else(self, dialogue_topic: str, *, free_text: bool = False) -> bool:
        """Return whether this is a question of its own rather than an answer.

        After an open question only a short sentence with a question mark counts: a story may well contain questions.
        """
        if self.topic in (None, dialogue_topic) or self.confidence < INTERRUPT_AT:
            return False
        if self.text.startswith("emne:"):
            return True
        if self.kind not in ("answer", "calculation") or self.topic == "udenfor":
            return False
        if free_text:
            return "?" in self.text and len(self.text.split()) <= 20
        return bool(_QUESTION.search(self.text)) and len(self.text.split()) >= 3


def say(dispatcher: CollectingDispatcher, answer: str, *, topic: str, **more) -> None:
    """Say an answer of bot/answers by name, with what it needs."""
    dispatcher.utter_message(json_message={"answer": answer, "topic": topic, **more})


def answer_in_between(dispatcher: CollectingDispatcher, heard: Heard) -> None:
    """Answer a question asked in the middle of a dialogue; the dialogue then asks its own again."""
    short = {"klage.frist": "klage.frist.kort", "aktindsigt.frist": "aktindsigt.frist.kort"}
    say(dispatcher, short.get(heard.topic, heard.topic), topic=heard.topic)


def entity(tracker: Tracker, name: str) -> str | None:
    """Return the value of an entity in the latest message."""
    return next(tracker.get_latest_entity_values(name), None)
