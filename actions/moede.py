"""Meetings with the adviser in the chat: booked, moved and cancelled, one question at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import moede_own as own
from actions import moede_times as times
from actions.dialogue import BACK, YES, Heard, answer_in_between, entity, say
from actions.moede_answers import NEED, read
from actions.moede_begin import GO_ON, HELD, begun, contact_said
from actions.moede_finish import finish
from actions.moede_questions import (
    BOOK,
    CANCEL,
    CODE,
    CONFIRM,
    DAY_TIME,
    KEPT,
    KIND,
    MOVE,
    NEEDS,
    OPEN_QUESTIONS,
    OWN_TIME,
    REACH,
    REQUESTS,
    SUBJECT,
    SURE,
    TOPICS,
    WHEN,
    WHICH,
    following,
    needs_in_words,
    reached,
    reopened,
)
from casework import availability, clock, meetings, notices
from casework.answers import answers
from casework.calendar import long_time
from casework.db import reading, session
from casework.enums import MEETING_KINDS, MEETING_NEEDS
from casework.errors import InvalidInput, SlotTaken, SwitchedOff
from casework.settings import current
from casework.time_reading import read_wish

FIELD, STATE = "moede_field", "moede"
LEFT, DONE = "afbrudt", "klar"
PART = "moede"  # of those staff can turn off
SURE_OF_ANOTHER = 0.8  # a question that names a day is a wish for that day, unless it clearly asks about something else
_OF_ONE_TURN = ("problem", "note", "why", "away")
HELD_AT_MOST = timedelta(minutes=30)  # however long she writes, so that nobody keeps a time for good
_PRESSED = ("ret:", times.TIME, NEED, own.ONE, "moede:")


class ValidateMoedeForm(Action):
    """Takes the latest message as the answer to the question asked, unless it is something else."""

    def name(self) -> str:
        return "validate_moede_form"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list:
        heard, asked, now = Heard.latest(tracker), tracker.get_slot(FIELD), clock.now()
        state = dict(tracker.get_slot(STATE) or {})
        if tracker.get_slot("requested_slot") != FIELD or not state:
            return _go(dispatcher, tracker, begun(tracker, heard, now), now)
        state = {name: value for name, value in state.items() if name not in _OF_ONE_TURN}
        if self._leaves(dispatcher, tracker, heard, asked, state, now):
            return [SlotSet(STATE, state), SlotSet(FIELD, LEFT), SlotSet("requested_slot", None)]
        if heard.text.startswith("emne:") and heard.topic in TOPICS:
            if heard.topic == state["topic"] or entity(tracker, "punkt") == GO_ON:
                return _go(dispatcher, tracker, {**state, "as_before": True}, now)
            return _go(dispatcher, tracker, begun(tracker, heard, now, known=state), now)
        question = heard.correction or (state.get("last") if BACK.match(heard.text) else None)
        if question:
            return _go(dispatcher, tracker, reopened(question, state), now)
        if self._asks_something_else(heard, asked, state):
            answer_in_between(dispatcher, heard)
            return _go(dispatcher, tracker, {**state, "as_before": True}, now)
        return self._take(dispatcher, tracker, heard, asked, state, now)

    def _asks_something_else(self, heard: Heard, asked: str, state: dict) -> bool:
        if _is_choice(asked, heard.text) or heard.topic in TOPICS or own.CODE_TOKEN.search(heard.text):
            return False
        if asked == WHEN and heard.confidence < SURE_OF_ANOTHER and times.read_time(heard.text, state, clock.now()):
            return False  # "har I noget i næste uge?"
        return heard.asks_something_else(state["topic"], free_text=asked in OPEN_QUESTIONS)

    def _leaves(self, dispatcher, tracker: Tracker, heard: Heard, asked: str, state: dict, now: datetime) -> bool:
        """Return whether the dialogue is left where it stands; it can be taken up again."""
        if _is_choice(asked, heard.text) and not heard.says_stop:
            return False  # it means what the button says, whatever the words look like
        told = asked == SUBJECT
        answers_it = not told and self._answer(asked, heard, tracker, state, now) is not None
        if heard.breaks_off(told=told, answers_it=answers_it):
            if asked == SUBJECT:
                state[HELD] = heard.text  # was it no emergency, she goes on from what she wrote
            say(dispatcher, heard.topic, topic=heard.topic)
            return True
        if heard.says_stop or (heard.wants_to_stop and self._answer(asked, heard, tracker, state, now) is None):
            _let_go(tracker.sender_id, now)
            say(dispatcher, "moede.stoppet", topic="bot.start_forfra", values={"hvad": state["topic"]})
            return True
        return False

    def _answer(self, asked: str, heard: Heard, tracker: Tracker, state: dict, now: datetime) -> dict | None:
        if asked == WHEN:
            return times.read_time(heard.text, state, now)
        if asked == WHICH:
            return own.chosen(heard, state)
        if asked == CODE:
            return {} if own.CODE_TOKEN.search(heard.text) else None
        return read(asked, heard, state, clock.today())

    def _take(self, dispatcher, tracker: Tracker, heard: Heard, asked: str, state: dict, now: datetime) -> list:
        """Take the message as the answer to what was asked."""
        if asked == CODE:
            return _go(dispatcher, tracker, {**state, **own.tried(tracker.sender_id, heard, state, now)}, now)
        answer = self._answer(asked, heard, tracker, state, now)
        if asked in (CONFIRM, SURE) and not YES.match(heard.text):
            answer = _other_time(heard, state) or answer
        if answer is None and heard.topic in TOPICS and heard.topic != state["topic"]:
            return _go(dispatcher, tracker, begun(tracker, heard, now, known=state), now)
        if answer is None:
            key = f"moede.{asked}.forstod_ikke"
            say(dispatcher, key if key in answers() else "henvendelse.forstod_ikke", topic=state["topic"])
            return _go(dispatcher, tracker, {**state, "as_before": True}, now)
        if "ret" in answer:
            return _go(dispatcher, tracker, reopened(answer["ret"], state), now)
        if asked == WHEN:
            state = _timed(state, answer)
        else:
            state = {k: v for k, v in {**state, **answer}.items() if v is not None}
        if asked not in (CONFIRM, SURE) and asked in answer:
            state["last"] = asked
        return _go(dispatcher, tracker, state, now)


def _other_time(heard: Heard, state: dict) -> dict | None:
    """Return that another time is wished, said where she was asked whether it is right: "kan det blive kl. 11?"."""
    if state["topic"] == CANCEL or _is_choice(CONFIRM, heard.text) or _is_choice(SURE, heard.text):
        return None
    wish = read_wish(heard.text, clock.today())
    if not wish.says_something:
        return None
    if state.get("kind") in OWN_TIME:
        return {"ret": DAY_TIME}
    the_day = [] if wish.names_days or not wish.names_hours else [state["start"][:10]]
    return {"start": None, "holds": None, "said": [*state.get("said", []), *the_day, heard.text], "seen": []}


def _timed(state: dict, answer: dict) -> dict:
    """Return the state with a time chosen, or with what is to be offered instead."""
    state = dict(state)
    if answer.get("wished"):
        state["said"], state["seen"] = [*state.get("said", []), answer["wished"]], []
    for name in ("start", "beyond"):
        if answer.get(name):
            state[name] = answer[name]
    return state


def _is_choice(question: str, text: str) -> bool:
    shown = {choice.get("value") for choice in answers().get(f"moede.{question}", {}).get("choices", [])}
    return text.startswith(_PRESSED) or text in shown or text in (times.MORE, times.ANOTHER_DAY)


def _go(dispatcher: CollectingDispatcher, tracker: Tracker, state: dict, now: datetime) -> list:
    """Return the state and the question that follows; what is all told is done here, so that a time that was taken
    meanwhile is asked for again at once."""
    as_before = state.pop("as_before", False)  # the same times again: she said something else, or it was not understood
    off = None if state["topic"] == CANCEL else notices.now_off(PART, now)
    if off:
        return _closed(dispatcher, state, off)
    if "refused" not in state:
        try:
            state = _held(dispatcher, tracker.sender_id, state, now)
            if following(state) is None:
                state = finish(dispatcher, tracker.sender_id, state, now)
        except SwitchedOff:  # this very moment
            return _closed(dispatcher, state, notices.now_off(PART, now) or notices.Standing())
        if "done" not in state and following(state) == WHEN and not (as_before and state.get("offered")):
            state = _offered(state, now)
    over = "refused" in state or "done" in state
    question = None if over else following(state)
    return [SlotSet(STATE, state), SlotSet(FIELD, question or DONE), SlotSet("requested_slot", question and FIELD)]


def _closed(dispatcher: CollectingDispatcher, state: dict, off: notices.Standing) -> list:
    """Say that nothing can be booked now, and leave the dialogue where it stands; it is confirmed anew."""
    values = {**off.words(PART), "begyndt": any(name in state for name in (KIND, "start", "day"))}
    say(dispatcher, "drift.moede", topic=state["topic"], values=values)
    left = {name: value for name, value in state.items() if name not in (CONFIRM, SURE, "refused")}
    return [SlotSet(STATE, left), SlotSet(FIELD, LEFT), SlotSet("requested_slot", None)]


def _held(dispatcher: CollectingDispatcher, conversation_id: str, state: dict, now: datetime) -> dict:
    """Return the state after the chosen time was held for her, or held longer; one that cannot be had is not chosen any
    longer. A time a meeting is moved to is not held: it would be in its own way."""
    start, again = state.get("start"), state.get("holds") == state.get("start")
    if not start or state.get(CONFIRM) or SURE in state or (again and _long_enough(state, now)):
        return state
    try:
        with session() as db, db.begin():
            if state["topic"] == BOOK:
                lost = again and meetings.held_in(db, conversation_id, now) is None
                meetings.hold(db, state["kind"], times.moment(start), now, conversation_id=conversation_id)
            else:
                lost = _refuse_unless_free(db, state, now)
    except (SlotTaken, InvalidInput) as error:
        note = "taget" if isinstance(error, SlotTaken) else "ikke_ledig"
        state = {k: v for k, v in state.items() if k not in ("start", "day", "clock", "holds", "since")}
        return {**state, "note": note, "why": str(error), "tried": start}
    if lost:
        say(dispatcher, "moede.holdt_igen", topic=state["topic"])
    elif not again and state["topic"] == BOOK:
        values = {"tid": long_time(times.moment(start)), "hvordan": state["kind"]}
        say(dispatcher, "moede.holdt", topic=BOOK, values=values)
    return {**state, "holds": start, "since": state["since"] if again else now.isoformat()}


def _long_enough(state: dict, now: datetime) -> bool:
    return state["topic"] != BOOK or now - datetime.fromisoformat(state["since"]) > HELD_AT_MOST


def _refuse_unless_free(db, state: dict, now: datetime) -> None:
    moved = meetings.find_id(db, state["meeting"])
    wrong = availability.why_not(db, state["kind"], times.moment(state["start"]), now, ignore=moved)
    if wrong:
        raise SlotTaken() if wrong == availability.TAKEN else InvalidInput(wrong)


def _offered(state: dict, now: datetime) -> dict:
    """Return the state with the times that are offered next, or that there are none."""
    with reading() as db:
        moved = meetings.find_id(db, state["meeting"]) if state["topic"] == MOVE else None
        state = times.offer(db, state, now, moved)
        state["away"] = times.away(db, state, clock.today())
    return state if state["offered"] else {**state, "refused": "ingen_tider"}


def _let_go(conversation_id: str, now: datetime) -> None:
    """Let others have the time that was held."""
    with session() as db, db.begin():
        held = meetings.held_in(db, conversation_id, now)
        if held is not None:
            meetings.release(db, held.code, now)


class ActionAskMoedeField(Action):
    """Asks one question about the meeting."""

    def name(self) -> str:
        return "action_ask_moede_form_moede_field"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list:
        state, question = dict(tracker.get_slot(STATE) or {}), tracker.get_slot(FIELD)
        events = []
        if question == REACH and "guess_contact" not in state:
            state["guess_contact"] = contact_said(tracker, state)
            events = [SlotSet(STATE, {k: v for k, v in state.items() if v is not None})]
        kind = state.get("kind")
        values = {
            **{name: value for name, value in state.items() if name not in ("kinds", "choose", "away")},
            "hvordan": kind,
            "slags": MEETING_KINDS.get(kind),
            "anmod": kind in REQUESTS,
            "booker": kind not in REQUESTS,
            "aflyser": state["topic"] == CANCEL,
            "flyt": state["topic"] == MOVE,
            "valg": _choices(question, state),
            "fravaer": state.get("away"),
            "mail": current().smtp is not None,
            "ringes_op": kind == "telefon" and reached({**state, "kind": None}) is not None,
        }
        if state.get("start"):
            values["tid"] = long_time(times.moment(state["start"]))
        if question in (CONFIRM, SURE):
            values |= _summary(state)
        say(dispatcher, f"moede.{question}", topic=state["topic"], values=values)
        return events


def _choices(question: str, state: dict) -> list[dict]:
    """Return the choices that depend on what has been told."""
    if question == KIND:
        return [{"label": MEETING_KINDS[kind], "value": f"moede:{kind}"} for kind in state["kinds"]]
    if question == WHEN:
        return times.choices(state)
    if question == WHICH:
        return [{"label": one["label"], "value": f"{own.ONE}{one['id']}"} for one in state["choose"]]
    if question == NEEDS:
        left = [need for need in MEETING_NEEDS if need not in state.get(NEEDS, [])]
        return [{"label": MEETING_NEEDS[need], "value": f"{NEED}{need}"} for need in left]
    return []


def _summary(state: dict) -> dict:
    """Return what is read through before it is booked, moved or cancelled."""
    if state["topic"] == BOOK:
        with reading() as db:
            place = availability.kind_of(db, state["kind"]).place
        contact = reached(state)
        return {"hensyn": needs_in_words(state), "hvor": state.get("place") or place, "kontakt": contact and contact[1]}
    with reading() as db:
        meeting = meetings.find_id(db, state["meeting"])
        return {"slags": MEETING_KINDS[meeting.kind], "gammel_tid": long_time(meeting.start_at, meeting.end_at)}


class ActionMoede(Action):
    """Tells what became of it; says nothing when the dialogue was only left."""

    def name(self) -> str:
        return "action_moede"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list:
        state = tracker.get_slot(STATE)
        if tracker.get_slot(FIELD) != DONE or not state:
            return []
        refused, kept = state.get("refused"), {name: state[name] for name in KEPT if state.get(name)}
        if refused:
            values = {"fravaer": state.get("away"), "hvad": state["topic"], "hvordan": state.get("kind")}
            say(dispatcher, f"moede.{refused}", topic=state["topic"], values=values)
        known = dict(tracker.get_slot("moede_kept") or {})
        return [SlotSet(STATE, None), SlotSet(FIELD, None), SlotSet("moede_kept", {**known, **kept})]
