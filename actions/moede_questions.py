"""The questions about a meeting: their order, which of them matter, and what is asked again when one is corrected.

The state is one dictionary, by question, with privacy tokens where the citizen wrote something personal. `topic` says
what is done: book, flyt or aflys. `meeting` is the number of the meeting that is moved or cancelled.
"""

from __future__ import annotations

from actions.intake_answers import CONTACT
from casework.enums import MEETING_NEEDS

BOOK, MOVE, CANCEL = "moede.book", "moede.flyt", "moede.aflys"
TOPICS = (BOOK, MOVE, CANCEL)
KIND, WHEN, DAY_TIME, PLACE, SUBJECT, NEEDS, CONFIRM = (
    "kind",
    "when",
    "day_time",
    "place",
    "subject",
    "needs",
    "confirm",
)
WHICH, CODE, SURE = "which_meeting", "meeting_code", "sure"
NAME, REACH = "contact_name", "contact"
_QUESTIONS = {
    BOOK: (KIND, WHEN, DAY_TIME, PLACE, NAME, REACH, SUBJECT, NEEDS, "language", CONFIRM),
    MOVE: (WHICH, CODE, WHEN, DAY_TIME, SURE),
    CANCEL: (WHICH, CODE, SURE),
}
OPEN_QUESTIONS = (SUBJECT, PLACE)
WITH_PLACE = ("andet_sted", "bisidder")  # kinds whose place she tells
OWN_TIME = ("bisidder",)  # kinds whose time is the kommune's
REQUESTS = ("andet_sted", "bisidder")  # kinds the adviser says yes or no to
KEPT = (NAME, REACH, NEEDS, "needs_done", "needs_more", "language")
# What goes with an answer when it is asked for again.
_WITH = {
    KIND: ("start", "said", "offered", "seen", "beyond", "more", "day", "clock", PLACE),
    WHEN: ("start", "said", "offered", "seen", "beyond", "more"),
    DAY_TIME: ("start", "day", "clock"),
    NEEDS: ("needs_done", "needs_more", "needs_told", "language"),
}


def following(state: dict) -> str | None:
    """Return the question that comes next, or None when all is told."""
    return next((q for q in _QUESTIONS[state["topic"]] if _matters(q, state) and not _answered(q, state)), None)


def reopened(question: str, state: dict) -> dict:
    """Return the state without the answer that is corrected and what hangs on it."""
    if question == WHEN and state.get("kind") in OWN_TIME:
        question = DAY_TIME
    gone = {question, *_WITH.get(question, ()), CONFIRM}
    kept = {name: value for name, value in state.items() if name not in gone}
    if question == SUBJECT:
        kept["case_told"] = False  # she has more to say than which case it is
    if question == REACH:
        kept["guess_contact"] = ""  # the one that was said is the one that is wrong
    return kept


def _matters(question: str, state: dict) -> bool:
    if question == WHICH:
        return bool(state.get("choose"))
    if question == CODE:
        return not state.get("choose")
    own_time = state.get("kind") in OWN_TIME
    if question in (WHEN, DAY_TIME):
        return own_time == (question == DAY_TIME)
    if question == PLACE:
        return state.get("kind") in WITH_PLACE
    if question == SUBJECT:
        return not state.get("case_told")
    if question == "language":
        return "tolk" in state.get("needs", [])
    return True


def _answered(question: str, state: dict) -> bool:
    if question in (WHICH, CODE):
        return "meeting" in state
    if question in (WHEN, DAY_TIME):
        return "start" in state
    if question == NEEDS:
        return bool(state.get("needs_done"))
    if question == REACH:
        return reached(state) is not None
    return question in state


def reached(state: dict) -> tuple[str, str] | None:
    """Return channel and value, as tokens, of how she is reached; None when that is not known, or she is to be called
    and has told no number."""
    said = state.get(REACH) or ""
    tokens = {match[1]: match[0] for match in CONTACT.finditer(said)}
    if not tokens or (state.get("kind") == "telefon" and "telefon" not in tokens):
        return None
    channel = next(name for name in ("telefon", "e-mail", "adresse") if name in tokens)
    return {"adresse": "brev"}.get(channel, channel), ", ".join(dict.fromkeys(m[0] for m in CONTACT.finditer(said)))


def needs_in_words(state: dict) -> str:
    """Return what she needs, as she reads it through: in her own words where she wrote some."""
    language = f" ({state['language']})" if state.get("language") else ""
    own = state.get("needs_more") or ""
    chosen = [n for n in state.get(NEEDS, []) if n not in state.get("needs_told", [])]
    return "; ".join([*(MEETING_NEEDS[n] + (language if n == "tolk" else "") for n in chosen), *filter(None, [own])])


def subject_of(state: dict) -> str:
    """Return the subject with what she needs besides the choices: the language, and her own words."""
    told = [state.get(SUBJECT) or ""]
    if "tolk" in state.get(NEEDS, []) and state.get("language"):
        told.append(f"Tolk: {state['language']}.")
    if state.get("needs_more"):
        told.append(f"Hensyn: {state['needs_more']}")
    return "\n".join(filter(None, told))
