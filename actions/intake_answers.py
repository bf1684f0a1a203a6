"""Reads the answers of the intake: each reader returns what an answer fills in, or None when it cannot be read.

`problem` among what is returned says why a date cannot be used; it is asked for again in those words. What is empty in
the result is taken out of what was known: a guess that was wrong.
"""

from __future__ import annotations

import re

from rasa_sdk import Tracker

from actions.dialogue import NO, SKIP, YES, Heard, entity
from actions.frister import DOES_NOT_KNOW
from actions.intake_questions import ANONYMOUS, NEW, UNKNOWN, asked_about, next_consent
from casework import clock
from casework.dates import find_date
from casework.enums import AUTHORITIES
from casework.own_case import reference_in
from casework.since import since_in
from casework.taxonomy import taxonomy

CONTACT = re.compile(r"\[(telefon|e-mail|adresse) \d+\]")
_NOT_THAT = re.compile(r"^\W*(?:nej,? )?(?:det skal ikke med|ikke det|glem det, jeg skrev)\W*$", re.I)
_SEVERAL = re.compile(r"\bafdelinger\b|\brundt (?:mellem|imellem)|\bkastebold|\bflere steder\b", re.I)
_DONE = re.compile(r"^\W*(?:nej|næ|ikke (?:mere|flere)|det var det|nej,? (?:ikke|kun) .{0,20})\W*$", re.I)
_ALL = re.compile(r"\balle\b|\bdem alle\b|\bbegge\b", re.I)
_NEW_SUBJECT = re.compile(r"\bny(?:t|e)?\b|\bandet\b|\banden sag\b", re.I)
_SAME_SUBJECT = re.compile(r"\bsamme\b|\btilføj|\blæg(?:ges)? (?:det )?til\b", re.I)
_STILL = re.compile(r"\bstadig|\bendnu\b|\bhver (?:dag|uge|måned)\b", re.I)
_OVER = re.compile(r"\bslut\b|\bforbi\b|\bstoppet\b|\boverstået\b", re.I)
# What a citizen may call what she needs.
_NEEDS = (
    ("tolk", re.compile(r"\btolk|\btegnsprog|\binterpreter", re.I)),
    ("bisidder", re.compile(r"\bbisidder", re.I)),
    (
        "telefon",
        re.compile(
            r"\btelefon|\bring(?:es)? (?:mig )?op\b|\bikke skrive|\bhellere (?:tale|ringe)|\bordblind|\blæse", re.I
        ),
    ),
    ("stor_skrift", re.compile(r"\bstor(?:e)? (?:skrift|bogstaver)|\bsvagtseende|\bser dårligt", re.I)),
    ("skriver", re.compile(r"\bskriver for (?:en|min|mit)|\bpå vegne af|\banden skriver", re.I)),
)
LANGUAGES = re.compile(
    r"\b(arabisk|tyrkisk|polsk|ukrainsk|engelsk|tysk|fransk|spansk|somali(?:sk)?|farsi|persisk|dari|pashto|urdu|kurdisk|"
    r"russisk|rumænsk|bosnisk|serbisk|kroatisk|albansk|tamil|vietnamesisk|kinesisk|thai|tigrinya|grønlandsk|færøsk|"
    r"islandsk|tegnsprog|litauisk|italiensk|portugisisk|bulgarsk|ungarsk)\b",
    re.I,
)
_AUTHORITIES = (
    ("fuldmagt", re.compile(r"\bfuldmagt", re.I)),
    ("vaerge", re.compile(r"\bværge", re.I)),
    ("foraelder", re.compile(r"\bforæld|\bfar\b|\bmor\b|\bmit barn", re.I)),
)
# What a citizen may call the thing she wants to correct.
_CORRECT_WORDS = (
    (re.compile(r"\b(?:telefon|nummer|mail|kontakt|anonym)", re.I), "contact"),
    (re.compile(r"\bnavn", re.I), "contact_name"),
    (re.compile(r"\bflere afdelinger|\bandre afdelinger", re.I), "units"),
    (re.compile(r"\bafdeling", re.I), "unit"),
    (re.compile(r"\bafgørelse|\bdato", re.I), "decision"),
    (re.compile(r"\bønske|ud af det", re.I), "wish"),
    (re.compile(r"\btalt|dialog", re.I), "prior_dialogue"),
    (re.compile(r"\blov|samtykke|må hun", re.I), "consent"),
    (re.compile(r"\budkast|\bbrev", re.I), "drafts"),
    (re.compile(r"\bbehov|\btolk|\bbisidder", re.I), "needs"),
    (re.compile(r"\bhvornår|\bstået på|\bbegyndte", re.I), "since"),
    (re.compile(r"\bhistorie|skete|sket|fortælling|beskrivelse", re.I), "story"),
)


def read(question: str, heard: Heard, tracker: Tracker, intake: dict) -> dict | None:
    """Return what the latest message answers to `question`, or None when it cannot be read as an answer."""
    if question == "confirm":
        return _confirm(heard)
    return _READERS[question](heard, tracker, intake) if heard.text else None


def guesses(text: str, tracker: Tracker, intake: dict) -> dict:
    """Return what a story tells besides: the unit, since when, if several departments are in it; all asked back."""
    unit, began = entity(tracker, "unit"), since_in(text, clock.today())
    found = {}
    if unit in taxonomy()["units"]:
        found["guess_unit"] = unit
    if began:
        found["guess_since"] = began.isoformat()
    if _SEVERAL.search(text):
        found["several"] = True
    return found


def _which(heard: Heard, tracker: Tracker, intake: dict) -> dict | None:
    known = [reference for reference, _ in intake["open"]]
    named = reference_in(heard.text)
    if named in known:
        return {"which": named}
    if _SAME_SUBJECT.search(heard.text) and len(known) == 1:
        return {"which": known[0]}
    return {"which": NEW} if _NEW_SUBJECT.search(heard.text) else None


def _story(heard: Heard, tracker: Tracker, intake: dict) -> dict | None:
    first = intake.get("first_words")
    if first and _NOT_THAT.match(heard.text):
        return {"first_words": None, "guess_since": None}
    if first and (SKIP.match(heard.text) or NO.match(heard.text)):
        return {"story": first, **guesses(first, tracker, intake)}
    if SKIP.match(heard.text) or len(heard.text) < 8:
        return None
    story = f"{first}\n{heard.text}" if first else heard.text
    return {"story": story, **guesses(story, tracker, intake)}


def _unit(heard: Heard, tracker: Tracker, intake: dict) -> dict | None:
    guess, found = intake.get("guess_unit"), entity(tracker, "unit")
    if guess and YES.match(heard.text):
        return {"unit": guess}
    if found in taxonomy()["units"] and not (NO.match(heard.text) and found == guess):
        return {"unit": found}
    if guess and NO.match(heard.text):
        return {"guess_unit": None}
    if SKIP.match(heard.text):
        return {"unit": UNKNOWN}
    area = entity(tracker, "omraade")
    return {"unit": UNKNOWN, "guess_omraade": area} if area in taxonomy()["omraader"] else None


def _units(heard: Heard, tracker: Tracker, intake: dict) -> dict | None:
    found = entity(tracker, "unit")
    if found in taxonomy()["units"]:
        return {"units": list(dict.fromkeys([*intake.get("units", []), found]))}
    return {"units_done": True} if _DONE.match(heard.text) or SKIP.match(heard.text) else None


def _decision(heard: Heard, tracker: Tracker, intake: dict) -> dict | None:
    guess = intake.get("guess_date")
    if guess and YES.match(heard.text):
        area = intake.get("guess_omraade")
        told = {"decision": "ja", "decision_date": guess, "from_letter": bool(intake.get("guess_letter"))}
        return {**told, **({"omraade": area} if area else {})}
    if guess and NO.match(heard.text):
        return {"guess_date": None, "guess_omraade": None}
    if YES.match(heard.text):
        return {"decision": "ja", **_day("decision_date", heard, known_only=True)}
    if NO.match(heard.text):
        return {"decision": "nej"}
    return {"decision": UNKNOWN} if SKIP.match(heard.text) else None


def _omraade(heard: Heard, tracker: Tracker, intake: dict) -> dict | None:
    guess, found = intake.get("guess_omraade"), entity(tracker, "omraade")
    if guess and YES.match(heard.text):
        return {"omraade": guess}
    named = heard.text.strip().lower().removeprefix("omraade:")
    if named in taxonomy()["omraader"]:
        return {"omraade": named}
    if found in taxonomy()["omraader"] and found != guess:
        return {"guess_omraade": found}  # where to complain and by when never rests on a guess: it is asked back
    if guess and NO.match(heard.text):
        return {"guess_omraade": None}
    return {"omraade": "andet"} if SKIP.match(heard.text) else None


def _day(question: str, heard: Heard, *, known_only: bool = False) -> dict | None:
    found = find_date(heard.text, clock.today())
    if found and found.day:
        return {question: found.day.isoformat()}
    if known_only:
        return {}
    if DOES_NOT_KNOW.search(heard.text):
        return {question: UNKNOWN}
    return {"problem": found.problem if found else "forstod_ikke"}


def _since(heard: Heard, tracker: Tracker, intake: dict) -> dict | None:
    guess = intake.get("guess_since")
    if guess and YES.match(heard.text):
        return {"since": "", "since_date": guess}
    began = since_in(heard.text, clock.today())
    if guess and NO.match(heard.text) and not began:
        return {"guess_since": None}
    if DOES_NOT_KNOW.search(heard.text):
        return {"since": UNKNOWN}
    return {"since": heard.text, **({"since_date": began.isoformat()} if began else {})}


def _ongoing(heard: Heard, tracker: Tracker, intake: dict) -> dict | None:
    if _OVER.search(heard.text) or NO.match(heard.text):
        return {"ongoing": "nej"}
    if YES.match(heard.text) or _STILL.search(heard.text):
        return {"ongoing": "ja"}
    return {"ongoing": UNKNOWN} if DOES_NOT_KNOW.search(heard.text) else None


def _words(question: str, unknown: str = UNKNOWN):
    return lambda heard, tracker, intake: {question: unknown if SKIP.match(heard.text) else heard.text}


def _needs(heard: Heard, tracker: Tracker, intake: dict) -> dict | None:
    known = list(intake.get("needs", []))
    if heard.text.startswith("behov:"):
        need = heard.text.removeprefix("behov:").strip()
        return {"needs": list(dict.fromkeys([*known, need]))} if need in dict(_NEEDS) else None
    if _DONE.match(heard.text) or SKIP.match(heard.text):
        return {"needs": known, "needs_done": True}
    found = [need for need, pattern in _NEEDS if pattern.search(heard.text)]
    language = LANGUAGES.search(heard.text)
    told = {"needs": list(dict.fromkeys([*known, *found])), "needs_done": True, "needs_more": heard.text}
    return {**told, **({"language": language[1].lower()} if language else {})}


def language_in(text: str) -> dict:
    """Return the language an answer names, or its own words where it is none we know."""
    language = LANGUAGES.search(text)
    return {"language": language[1].lower() if language else text[:40]}


def _authority(heard: Heard, tracker: Tracker, intake: dict) -> dict | None:
    pressed = heard.text.removeprefix("fuldmagt:").strip()
    if pressed in AUTHORITIES:
        return {"authority": pressed}
    if NO.match(heard.text) or SKIP.match(heard.text):
        return {"authority": "ingen"}
    return next(({"authority": key} for key, pattern in _AUTHORITIES if pattern.search(heard.text)), None)


def _drafts(heard: Heard, tracker: Tracker, intake: dict) -> dict | None:
    return {"drafts": "ja"} if YES.match(heard.text) else {"drafts": "nej"} if NO.match(heard.text) else None


def _contact(heard: Heard, tracker: Tracker, intake: dict) -> dict | None:
    if re.search(r"\banonym", heard.text, re.I):
        return {"contact": ANONYMOUS}
    if CONTACT.search(heard.text):
        return {"contact": heard.text}
    guess = intake.get("guess_contact")
    if guess and YES.match(heard.text):
        return {"contact": guess}
    return {"guess_contact": ""} if guess and NO.match(heard.text) else None


def _consent(heard: Heard, tracker: Tracker, intake: dict) -> dict | None:
    said = "ja" if YES.match(heard.text) else "nej" if NO.match(heard.text) or SKIP.match(heard.text) else None
    if said is None:
        return None
    given, open_ones = intake.get("consent", {}), [next_consent(intake)]
    if _ALL.search(heard.text):
        open_ones = [unit for unit in asked_about(intake) if unit not in given]
    return {"consent": {**given, **dict.fromkeys(open_ones, said)}}


def _confirm(heard: Heard) -> dict | None:
    if re.match(r"^\W*(?:send|ja|ok|godkend)", heard.text, re.I):
        return {"confirm": "send"}
    if re.match(r"^\W*(?:ret|nej|ændr|forkert)", heard.text, re.I) or len(heard.text.split()) <= 6:
        found = next((question for pattern, question in _CORRECT_WORDS if pattern.search(heard.text)), None)
        return {"ret": found} if found else None
    return None


_READERS = {
    "which": _which,
    "addition": lambda heard, tracker, intake: {"addition": heard.text} if len(heard.text) >= 3 else None,
    "story": _story,
    "unit": _unit,
    "units": _units,
    "decision": _decision,
    "omraade": _omraade,
    "decision_date": lambda heard, tracker, intake: _day("decision_date", heard),
    "letter_date": lambda heard, tracker, intake: _day("letter_date", heard),
    "since": _since,
    "ongoing": _ongoing,
    "betydning": _words("betydning", ""),
    "oplyses": _words("oplyses", ""),
    "forbedring": _words("forbedring", ""),
    "prior_dialogue": _words("prior_dialogue"),
    "wish": _words("wish"),
    "drafts": _drafts,
    "needs": _needs,
    "language": lambda heard, tracker, intake: language_in(heard.text),
    "behalf": _words("behalf"),
    "authority": _authority,
    "contact": _contact,
    "contact_name": _words("contact_name", ""),
    "consent": _consent,
}
