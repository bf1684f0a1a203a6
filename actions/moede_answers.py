"""Reads the answers about a meeting: each reader returns what an answer fills in, or None when it cannot be read."""

from __future__ import annotations

import re
from datetime import date, datetime, time

from actions.dialogue import NO, SKIP, YES, Heard
from actions.intake_answers import CONTACT, LANGUAGES, language_in
from actions.moede_questions import CONFIRM, DAY_TIME, KIND, NAME, NEEDS, PLACE, REACH, SUBJECT
from actions.moede_times import written
from casework.time_reading import read_wish

NEED, KIND_OF = "behov:", "moede:"
NAME_TOKEN = re.compile(r"\[navn \d+\]")
_KINDS = (
    (
        "bisidder",
        re.compile(
            r"^(?!.*\btager?\s+(?:min|mit|mine|en|et)\b).*\b(?:tage|gå|komme|kommer|følge|være)\s+(?:\w+\s+){0,2}med\s+til\s+"
            r"(?:mit|et|vores)\b|\b(?:være|som)\s+(?:min|vores)\s+(?:bisidder|støtte)\b",
            re.I | re.S,
        ),
    ),
    ("telefon", re.compile(r"\b(?:telefon|tlf)\w*|\bring(?:e|er|es|ed)?\b|\bopkald\w*|\bopringning\w*", re.I)),
    (
        "andet_sted",
        re.compile(
            r"\b(?:et\s+)?andet\s+sted\b|\bhjemme\s+hos\b|\bhjem\s+til\b|\bherberg\w*|\bkrisecent\w+|\bbesøg\b|\bhos\s+mig\b"
            r"|\bplejehjem\w*|\bsygehus\w*|\bhospital\w*",
            re.I,
        ),
    ),
    ("bibliotek", re.compile(r"\bbibliotek\w*|\bbiblo\b", re.I)),
)
_ONLY_AS_ANSWER = (
    ("bisidder", re.compile(r"\bbisidder|\bkommunen\b|\bjobcent\w+|\bsagsbehandler|\bmed til\b", re.I)),
    ("bibliotek", re.compile(r"\bmødes\b|\bfysisk\b|\bansigt\b|\bpersonlig", re.I)),
    ("andet_sted", re.compile(r"\bandet\b|\bandre steder\b|\bhjem", re.I)),
)
_NOT_BY_PHONE = re.compile(
    r"\b(?:ikke|ingen|hellere end|i stedet for|udelukket)\b.{0,25}\b(?:telefon|ring)"
    r"|\btelefon.{0,20}\b(?:udelukket|mareridt)",
    re.I,
)
_NEEDS = (
    ("tolk", re.compile(r"\btolk|\btegnsprog|\binterpreter|\boversæt", re.I)),
    (
        "koerestol",
        re.compile(r"\bkørestol|\bkoerestol|\brollator|\btrapper|\belevator|\bgangbesvær|\bsvært ved at gå", re.I),
    ),
    ("bisidder", re.compile(r"\bbisidder|\b(?:tager?|har|have)\s+(?:min|mit|mine|en|et)\s.{0,30}\bmed\b", re.I)),
    ("hoerelse", re.compile(r"\bhør(?:er|else|eapparat)|\bhoer(?:er|else)|\bdøv|\bteleslynge", re.I)),
)
_DONE = re.compile(
    r"^\W*(?:nej|næ|ikke (?:mere|flere|noget)|det var det|ingen(?:ting)?|nej,? (?:ikke|kun) .{0,20})(?:,? tak)?\W*$",
    re.I,
)
_CORRECT_WORDS = (
    (re.compile(r"\b(?:tid|tidspunkt|dag|dato|klokken|kl)", re.I), "when"),
    (re.compile(r"\b(?:telefon|nummer|mail|kontakt|adresse)", re.I), REACH),
    (re.compile(r"\bnavn", re.I), NAME),
    (re.compile(r"\b(?:sted|hvor\b)", re.I), PLACE),
    (re.compile(r"\b(?:emne|handler|tale om)", re.I), SUBJECT),
    (re.compile(r"\b(?:behov|hensyn|tolk|kørestol|bisidder)", re.I), NEEDS),
    (re.compile(r"\b(?:måde|hvordan|slags)", re.I), KIND),
)


def kind_in(text: str, *, asked: bool = False) -> str | None:
    """Return how she wants to meet, where she says so; asked for it, fewer words tell."""
    pressed = text.removeprefix(KIND_OF).strip() if text.startswith(KIND_OF) else None
    if pressed in dict(_KINDS):
        return pressed
    found = [kind for kind, pattern in (*_KINDS, *(_ONLY_AS_ANSWER if asked else ())) if pattern.search(text)]
    if "telefon" in found and _NOT_BY_PHONE.search(text):
        found.remove("telefon")
    return next(iter(found), None)


def needs_in(text: str) -> list[str]:
    """Return which of the needs a text tells of."""
    return [need for need, pattern in _NEEDS if pattern.search(text)]


def read(question: str, heard: Heard, state: dict, today: date) -> dict | None:
    """Return what the latest message answers to `question`, or None when it cannot be read as an answer."""
    return _READERS[question](heard, state, today) if heard.text else None


def _kind(heard: Heard, state: dict, today: date) -> dict | None:
    kind = kind_in(heard.text, asked=True)
    if kind not in state.get("kinds", []):
        return None
    wish = read_wish(heard.text, today)
    return {KIND: kind, **({"said": [heard.text]} if wish.says_something and not wish.problem else {})}


def day_and_clock(text: str, state: dict, today: date) -> dict:
    """Return the day and the time of a meeting with the kommune as far as they are told, or the `problem`."""
    wish = read_wish(text, today)
    days = [day for part in wish.parts for day in part.days]
    weekdays = {number for part in wish.parts for number in part.weekdays}
    if not days and len(weekdays) == 1 and not any(part.stretches for part in wish.parts):
        days = [wish.first_day(today)]
    elif not days and weekdays and wish.names_days:
        days = [wish.first_day(today)]
    hours = [hours for part in wish.parts for hours in part.hours]
    found = dict.fromkeys(("day", "clock"))
    found["day"] = days[0].isoformat() if len(days) == 1 else state.get("day")
    at = hours[0][0] if len(hours) == 1 and hours[0][0] != time(0) else None
    found["clock"] = at.strftime("%H:%M") if at else state.get("clock")
    if wish.problem:
        found["problem"] = wish.problem
    elif not wish.says_something:
        found["problem"] = "mangler"
    return {name: value for name, value in found.items() if value}


def _day_time(heard: Heard, state: dict, today: date) -> dict | None:
    told = day_and_clock(heard.text, state, today)
    if told.get("problem"):
        return told
    if told.get("day") and told.get("clock"):
        start = datetime.combine(date.fromisoformat(told["day"]), time.fromisoformat(told["clock"]))
        return {**told, "start": written(start)}
    return told


def _place(heard: Heard, state: dict, today: date) -> dict | None:
    return {PLACE: heard.text} if len(heard.text) >= 2 and not SKIP.match(heard.text) else None


def _name(heard: Heard, state: dict, today: date) -> dict | None:
    token = NAME_TOKEN.search(heard.text)
    if token:
        return {NAME: " ".join(NAME_TOKEN.findall(heard.text))}
    return None if SKIP.match(heard.text) or "?" in heard.text else {NAME: heard.text}


def _contact(heard: Heard, state: dict, today: date) -> dict | None:
    guess = state.get("guess_contact")
    if CONTACT.search(heard.text):
        kept = state.get(REACH) or ""  # a number asked for besides a mail address does not replace it
        return {REACH: f"{heard.text} {kept}".strip()}
    if guess and YES.match(heard.text):
        return {REACH: f"{guess} {state.get(REACH) or ''}".strip()}
    return {"guess_contact": ""} if guess and NO.match(heard.text) else None


def _subject(heard: Heard, state: dict, today: date) -> dict | None:
    return {SUBJECT: "" if SKIP.match(heard.text) or NO.match(heard.text) else heard.text}


def _needs_read(heard: Heard, state: dict, today: date) -> dict | None:
    known = list(state.get(NEEDS, []))
    if heard.text.startswith(NEED):
        need = heard.text.removeprefix(NEED).strip()
        return {NEEDS: list(dict.fromkeys([*known, need]))} if need in dict(_NEEDS) else None
    if _DONE.match(heard.text) or SKIP.match(heard.text):
        return {NEEDS: known, "needs_done": True}
    language = LANGUAGES.search(heard.text)
    told = needs_in(heard.text)
    found = {
        NEEDS: list(dict.fromkeys([*known, *told])),
        "needs_done": True,
        "needs_more": heard.text,
        "needs_told": told,
    }
    return {**found, **({"language": language[1].lower()} if language else {})}


def _confirm(heard: Heard, state: dict, today: date) -> dict | None:
    if re.match(r"^\W*(?:book|send|ja|ok|godkend|bestil)", heard.text, re.I):
        return {CONFIRM: True}
    if re.match(r"^\W*(?:ret|nej|ændr|forkert|flyt)", heard.text, re.I) or len(heard.text.split()) <= 6:
        found = next((question for pattern, question in _CORRECT_WORDS if pattern.search(heard.text)), None)
        return {"ret": found} if found else None
    return None


def _sure(heard: Heard, state: dict, today: date) -> dict | None:
    if YES.match(heard.text) or re.match(r"^\W*(?:flyt|aflys)", heard.text, re.I):
        return {"sure": True}
    return {"sure": False} if NO.match(heard.text) or re.search(r"\bbehold\b", heard.text, re.I) else None


_READERS = {
    KIND: _kind,
    DAY_TIME: _day_time,
    PLACE: _place,
    NAME: _name,
    REACH: _contact,
    SUBJECT: _subject,
    NEEDS: _needs_read,
    "language": lambda heard, state, today: language_in(heard.text),
    CONFIRM: _confirm,
    "sure": _sure,
}
