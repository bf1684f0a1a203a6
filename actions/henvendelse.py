"""The intake: one question at a time, everything can be corrected, and a case, or more to an old one, at the end."""

from __future__ import annotations

import re
from datetime import date

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.dialogue import BACK, Heard, answer_in_between, entity, say
from actions.intake_answers import CONTACT, read
from actions.intake_begin import HELD, TOPIC, begun
from actions.intake_questions import (
    ANONYMOUS,
    EXCEPTION_QUESTIONS,
    KEPT,
    NEW,
    OPEN_QUESTIONS,
    QUESTIONS,
    SOMEBODY,
    UNKNOWN,
    adding,
    asked_about,
    deadline,
    decision_day,
    decision_told,
    departments,
    following,
    next_consent,
    reopened,
)
from casework import clock, notices, own_case
from casework.answers import answers, sum_lines
from casework.dates import MONTHS
from casework.db import session
from casework.enums import EXCEPTIONS, NEEDS
from casework.errors import InvalidInput, InvalidState, SwitchedOff
from casework.intake import Intake, file_case, needs_text, on_behalf_text, said_no
from casework.klage import has_deadline
from casework.settings import current
from casework.taxonomy import label, taxonomy

FIELD, GIVEN, FORM = "intake_field", "intake", "henvendelse_form"
LEFT, DONE = "afbrudt", "sendes"
PART = "henvendelse"  # of those staff can turn off
LETTER_FORM = "letter_form"


class ValidateHenvendelseForm(Action):
    """Takes the latest message as the answer to the question asked, unless it is something else."""

    def name(self) -> str:
        return "validate_henvendelse_form"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list:
        heard, asked = Heard.latest(tracker), tracker.get_slot(FIELD)
        if tracker.get_slot("requested_slot") != FIELD or asked not in QUESTIONS:
            return _ask_next(dispatcher, begun(tracker, heard), kept=tracker.get_slot(GIVEN) or {})
        intake = dict(tracker.get_slot(GIVEN) or {})
        intake.pop("problem", None)
        question = heard.correction or (intake.get("last") if BACK.match(heard.text) else None)
        if question:
            return _ask_next(dispatcher, reopened(question, intake))
        if self._leaves(dispatcher, tracker, heard, asked, intake):
            return [SlotSet(GIVEN, intake), SlotSet(FIELD, LEFT), SlotSet("requested_slot", None)]
        another = heard.asks_something_else(TOPIC, free_text=asked in OPEN_QUESTIONS)
        if another and not _is_choice(asked, heard.text):
            answer_in_between(dispatcher, heard)
            return _ask_next(dispatcher, intake)
        if heard.text.startswith("emne:"):  # "Fortsæt henvendelsen", pressed while it goes on
            return _ask_next(dispatcher, intake)
        return self._take(dispatcher, tracker, heard, asked, intake)

    def _leaves(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, heard: Heard, asked: str, intake: dict
    ) -> bool:
        """Return whether the intake is left where it stands; it is not asked again until the citizen wants to."""
        if _is_choice(asked, heard.text):
            return False  # it means what the button says, whatever the words look like
        told = asked in OPEN_QUESTIONS
        answers_it = not told and read(asked, heard, tracker, intake)
        if heard.breaks_off(told=told, answers_it=bool(answers_it)):
            # Safety first; was it none, she can go on from what she wrote.
            intake[HELD] = heard.text
            _say(dispatcher, heard.topic, topic=heard.topic)
            return True
        if heard.says_stop or (heard.wants_to_stop and not answers_it):
            _say(dispatcher, "henvendelse.sat_paa_pause", topic="bot.start_forfra")
            return True
        return entity(tracker, "brev") is not None  # the letter's own dialogue follows

    def _take(self, dispatcher: CollectingDispatcher, tracker: Tracker, heard: Heard, asked: str, intake: dict) -> list:
        """Take the message as the answer to what was asked."""
        answer = read(asked, heard, tracker, intake)
        if answer is None:
            own = f"henvendelse.{asked}.forstod_ikke"
            _say(dispatcher, own if own in answers() else "henvendelse.forstod_ikke")
            return _ask_next(dispatcher, intake)
        if "ret" in answer:
            return _ask_next(dispatcher, reopened(answer["ret"], intake))
        before = intake
        intake = {k: v for k, v in {**intake, **answer}.items() if v is not None}
        if asked != "confirm" and asked in answer:
            intake["last"] = asked
        _tell(dispatcher, asked, before, intake)
        return _ask_next(dispatcher, intake)


def _is_choice(question: str, text: str) -> bool:
    answer = answers().get(
        "henvendelse.undtagelse" if question in EXCEPTION_QUESTIONS else f"henvendelse.{question}", {}
    )
    return text.startswith("behov:") or text in {choice.get("value") for choice in answer.get("choices", [])}


def _ask_next(dispatcher: CollectingDispatcher, intake: dict, *, kept: dict | None = None) -> list:
    """Return the answers and the question that follows; slots that are set tell the form that the message was read.

    While staff have turned the hand-off off that is said instead, and the answers wait: `kept`, or all of them. To add
    to a case she has is still possible.
    """
    chooses = bool(intake.get("open")) and "which" not in intake
    off = None if chooses or adding(intake) else notices.now_off(PART, clock.now())
    if off:
        return _closed(dispatcher, intake if kept is None else kept, off)
    question = following(intake, clock.today())
    known = {"unit": next(iter(departments(intake)), None), "omraade": intake.get("omraade")}
    return [
        *(SlotSet(name, value) for name, value in known.items() if value),  # the rest of the conversation knows it too
        SlotSet(GIVEN, intake),
        SlotSet(FIELD, question or DONE),
        SlotSet("requested_slot", FIELD if question else None),
    ]


def _closed(dispatcher: CollectingDispatcher, intake: dict, off: notices.Standing) -> list:
    """Say that nothing can be sent now, and leave the intake where it stands; what is sent is confirmed anew."""
    _say(dispatcher, "drift.henvendelse", values={**off.words(PART), "begyndt": bool(intake)})
    left = {name: answer for name, answer in intake.items() if name != "confirm"}
    return [SlotSet(GIVEN, left or None), SlotSet(FIELD, LEFT), SlotSet("requested_slot", None)]


def _say(dispatcher: CollectingDispatcher, answer: str, *, topic: str = TOPIC, **more) -> None:
    say(dispatcher, answer, topic=topic, **more)


def _tell(dispatcher: CollectingDispatcher, asked: str, before: dict, intake: dict) -> None:
    """Say at once what an answer means for the citizen: her deadline, why the department comes first, the price of
    being anonymous."""
    if asked == "prior_dialogue" and said_no(intake["prior_dialogue"]):
        _say(dispatcher, "henvendelse.dialog")
    if intake.get("contact") == ANONYMOUS and before.get("contact") != ANONYMOUS:
        if intake.get("main_anonymous") is False:
            intake.pop("contact")
            _say(dispatcher, "henvendelse.ikke_anonym")
        else:
            _say(dispatcher, "henvendelse.anonym")
    if decision_told(intake) and not intake.get("told"):
        intake["told"] = True
        _tell_deadline(dispatcher, intake)


def _tell_deadline(dispatcher: CollectingDispatcher, intake: dict) -> None:
    frist = deadline(intake, clock.today())
    if frist is None:
        unknown = has_deadline(intake["omraade"])
        _say(dispatcher, "henvendelse.uden_dato" if unknown else "henvendelse.uden_frist")
        return
    values = {
        "dato": frist.date.isoformat(),
        "passed": frist.passed,
        "cautious": frist.cautious,
        "regnestykke": sum_lines(frist),
        "sources": list(frist.sources),
    }
    _say(dispatcher, "henvendelse.klagefrist", values=values, deadline=frist.as_json())


class ActionAskIntakeField(Action):
    """Asks one question; where the conversation has told the answer, it asks whether that is right."""

    def name(self) -> str:
        return "action_ask_henvendelse_form_intake_field"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list:
        intake, question = dict(tracker.get_slot(GIVEN) or {}), tracker.get_slot(FIELD)
        events = []
        if question == "contact" and "guess_contact" not in intake:
            intake["guess_contact"] = _contact_said(tracker)
            events = [SlotSet(GIVEN, {k: v for k, v in intake.items() if v is not None})]
        answer = "henvendelse.undtagelse" if question in EXCEPTION_QUESTIONS else f"henvendelse.{question}"
        if question == "confirm" and adding(intake):
            answer = "henvendelse.tilfoej_bekraeft"
        # The unit and the area the conversation is about have answers of their own; here the intake's count.
        values = {"unit": None, "omraade": None, **intake, "valg": _choices(question, intake), "felt": question}
        values["aabent"] = not intake.get(f"guess_{question}")
        values["begyndt"] = _month(intake.get("since_date") or intake.get("guess_since"))
        if question == "confirm":
            values |= _summary(intake)
        if question == "consent":
            values["til"] = next_consent(intake)
        _say(dispatcher, answer, values=values)
        return events


def _month(day: str | None) -> str | None:
    """Return about when: a story tells the month at best."""
    return f"{MONTHS[int(day[5:7]) - 1]} {day[:4]}" if day else None


def _contact_said(tracker: Tracker) -> str | None:
    """Return the phone or e-mail the citizen has written in the conversation; she is asked whether to use it."""
    for event in reversed(tracker.events):
        if event.get("event") == "user":
            found = re.search(r"\[(?:telefon|e-mail) \d+\]", event.get("text") or "")
            if found:
                return found[0]
    return None


def _choices(question: str, intake: dict) -> list[dict]:
    """Return the choices that depend on what has been told."""
    if question == "which":
        many = len(intake["open"]) > 1
        same = [
            {"label": f"Det samme emne: læg det til {ref}" if many else "Det samme emne: læg det til", "value": ref}
            for ref, _ in intake["open"]
        ]
        return [*same, {"label": "Et nyt emne: send en ny henvendelse", "value": NEW}]
    if question == "needs":
        left = [need for need in NEEDS if need not in intake.get("needs", [])]
        return [{"label": NEEDS[need], "value": f"behov:{need}"} for need in left]
    if question == "omraade" and not intake.get("guess_omraade"):
        return [{"label": name, "value": f"omraade:{key}"} for key, name in taxonomy()["omraader"].items()]
    return []


def _summary(intake: dict) -> dict:
    """Return what is read through before it is sent."""
    frist = deadline(intake, clock.today()) if intake.get("decision") == "ja" else None
    consent = intake.get("consent", {})
    return {
        "afdelinger": [label("units", unit).split(":")[0] for unit in departments(intake)],
        "klagefrist": frist.date.isoformat() if frist else None,
        "lov": [unit for unit in asked_about(intake) if consent.get(unit) == "ja" and unit != SOMEBODY],
        "lov_ukendt": consent.get(SOMEBODY) == "ja",
        "behov": needs_text(intake.get("needs", []), intake.get("language"), intake.get("needs_more")),
        "skriver_for": on_behalf_text(intake.get("behalf"), intake.get("authority")),
        "grunde": [(key, intake[key]) for key in EXCEPTIONS if intake.get(key)],
    }


class ActionSendHenvendelse(Action):
    """Files the case, or adds to one, when it has been confirmed; says nothing when the intake was only left."""

    def name(self) -> str:
        return "action_send_henvendelse"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list:
        if tracker.get_slot(FIELD) != DONE:
            return [FollowupAction(LETTER_FORM)] if entity(tracker, "brev") else []
        intake, filed = tracker.get_slot(GIVEN), int(tracker.get_slot("filed") or 0)
        submission = f"{tracker.sender_id}:{filed}"
        try:
            if adding(intake):
                self._add(dispatcher, tracker.sender_id, intake, submission)
            else:
                self._file(dispatcher, tracker.sender_id, intake, submission)
        except SwitchedOff:  # this very moment
            return _closed(dispatcher, intake, notices.now_off(PART, clock.now()) or notices.Standing())
        except (InvalidInput, InvalidState) as error:
            _say(dispatcher, "henvendelse.fejl", values={"fejl": str(error)})
            return [SlotSet(GIVEN, {k: v for k, v in intake.items() if k not in ("confirm", "which")})]
        kept = {name: intake[name] for name in KEPT if name in intake} or dict(tracker.get_slot("intake_kept") or {})
        kept["filed"] = {"unit": tracker.get_slot("unit"), "omraade": tracker.get_slot("omraade")}
        return [
            SlotSet(GIVEN, None),
            SlotSet(FIELD, None),
            SlotSet("intake_kept", kept),
            SlotSet("decision_date", None),
            SlotSet("date_from_letter", None),
            SlotSet("filed", filed + 1),
        ]

    def _add(self, dispatcher: CollectingDispatcher, conversation_id: str, intake: dict, submission: str) -> None:
        with session() as db, db.begin():
            case = next(c for c in own_case.of_conversation(db, conversation_id) if c.reference == intake["which"])
            own_case.add(db, case, own_case.resolved(db, case, intake["addition"]), clock.now(), submission=submission)
            values = {"reference": case.reference, "svardato": case.respond_by.isoformat(), "anonym": case.anonymous}
        _say(dispatcher, "henvendelse.tilfoejet", values=values)

    def _file(self, dispatcher: CollectingDispatcher, conversation_id: str, intake: dict, submission: str) -> None:
        with session() as db, db.begin():
            earlier = [c for c in own_case.of_conversation(db, conversation_id) if c.submission != submission]
            receipt = file_case(
                db,
                as_intake(intake),
                submission=submission,
                now=clock.now(),
                today=clock.today(),
                conversation_id=conversation_id,
                code_key=current().derived_key("case-code"),
                follows=next((c for c in earlier if c.status != "tilbagetrukket"), None),
            )
        values = {
            "reference": receipt.reference,
            "svardato": receipt.respond_by.isoformat(),
            "klagefrist": receipt.complaint_deadline.isoformat() if receipt.complaint_deadline else None,
            "frist_gaaet": bool(receipt.complaint_deadline and receipt.complaint_deadline < clock.today()),
            "anonym": intake.get("contact") == ANONYMOUS,
            "mail": receipt.mailed,
            "ingen_mail": "[e-mail " in intake.get("contact", "") and not receipt.mailed,
            "foelger": receipt.follows,
        }
        handoff = {k: v for k, v in receipt.as_json().items() if k != "code"}
        _say(dispatcher, "henvendelse.kvittering", handoff=handoff, values=values)


def as_intake(intake: dict) -> Intake:
    """Return the answers as they are filed."""
    contact, consent = intake.get("contact", ""), intake.get("consent", {})
    channel = CONTACT.search(contact)
    day, from_letter = decision_day(intake)
    return Intake(
        story=intake["story"],
        wish=_said(intake, "wish"),
        unit=next(iter(departments(intake)), None),
        omraade=intake.get("omraade") if intake.get("decision") == "ja" else intake.get("guess_omraade"),
        topic=intake.get("topic") or TOPIC,
        decision_date=day,
        from_letter=from_letter,
        since=_said(intake, "since"),
        since_date=date.fromisoformat(intake["since_date"]) if intake.get("since_date") else None,
        ongoing={"ja": True, "nej": False}.get(intake.get("ongoing", "")),
        exceptions={key: intake[key] for key in EXCEPTIONS if intake.get(key)},
        prior_dialogue=_said(intake, "prior_dialogue"),
        needs=needs_text(intake.get("needs", []), intake.get("language"), intake.get("needs_more")),
        on_behalf_of=on_behalf_text(intake.get("behalf"), intake.get("authority")),
        contact_name=intake.get("contact_name") or None,
        contact_channel={"adresse": "brev"}.get(channel[1], channel[1]) if channel else None,
        contact_value=contact or None,
        anonymous=contact == ANONYMOUS,
        consent_forward="ja" in consent.values(),
        with_drafts=intake.get("drafts") == "ja",
        departments=[{"unit": unit, "consent": consent.get(unit) == "ja"} for unit in departments(intake)],
    )


def _said(intake: dict, name: str) -> str | None:
    return None if intake.get(name) in (None, "", UNKNOWN) else intake[name]


class ActionStartForfra(Action):
    """Forgets what the conversation has gathered, outside any dialogue."""

    def name(self) -> str:
        return "action_start_forfra"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list:
        dispatcher.utter_message(json_message={"answer": "bot.start_forfra"})
        kept = ("filed", "requested_slot", "session_started_metadata")
        return [SlotSet(name, None) for name in tracker.slots if name not in kept]
