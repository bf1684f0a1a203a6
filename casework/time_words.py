"""The words Danes use about times to come, made comparable: one spelling each, and the clock read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache

from casework.dates import MONTH_NUMBERS, MONTHS, NUMBERS, ORDINALS, WEEKDAYS, any_of

START, END = time(0), time(23, 59)


@dataclass(frozen=True)
class Piece:
    """A piece of a text: what it tells (see `time_wishes._PIECES`) and its value."""

    what: str
    value: object = None


Reader = Callable[[re.Match, date], "Piece | list[Piece] | None"]
Readers = tuple[tuple[re.Pattern, Reader], ...]

_FOLD = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "é": "e", "è": "e", "ä": "ae", "ö": "oe", "–": "-", "—": "-"})


def folded(word: str) -> str:
    """Return a word in lower case and without æ, ø and å, as old phones write it."""
    return word.lower().translate(_FOLD)


WEEKDAY_NUMBERS = {folded(name): number for number, name in enumerate(WEEKDAYS)}
ORDINAL_NUMBERS = {folded(word): i + 1 for i, word in enumerate(ORDINALS)}
COUNTS = {**NUMBERS, "et par": 2, "nogle": 3}
WEEKDAY, MONTH, ORDINAL = any_of(WEEKDAY_NUMBERS), any_of(MONTH_NUMBERS), any_of(ORDINAL_NUMBERS)
COUNT = rf"(?:\d{{1,2}}|{any_of(COUNTS)})"
_HOURS = {word: number for word, number in NUMBERS.items() if number <= 12}

# What is one letter from exactly one of these is that one; few other words are so near to them.
_KNOWN = (
    *(day + end for day in WEEKDAY_NUMBERS for end in ("", "e", "en")),
    *(month for month in MONTHS if len(month) > 6),
    *("formiddag", "formiddagen", "eftermiddag", "eftermiddagen", "overmorgen", "hurtigst", "snarest", "undtagen"),
    *("weekend", "weekenden", "frokost", "hverdage"),
)
_NO_SLIPS = frozenset("hurtigt hurtig bandage weekender hverdag hverdagen torsdage formiddags eftermiddags".split())
_VARIANTS = {
    "sondag": "soendag", "lordag": "loerdag", "loerda": "loerdag", "forste": "foerste", "foeste": "foerste",
    "forst": "foerst", "pa": "paa", "nytar": "nytaar", "paske": "paaske", "maned": "maaned", "maneden": "maaneden",
    "mulit": "muligt", "mugligt": "muligt", "mulig": "muligt", "klok": "klokken", "klokk": "klokken",
    "klogken": "klokken", "klokke": "klokken", "mornen": "morgenen", "morn": "morgen", "mogen": "morgen",
    "morgn": "morgen", "imorn": "i morgen", "imorgen": "i morgen", "imorra": "i morgen", "idag": "i dag",
    "overmorn": "overmorgen", "tors": "torsdag", "tirs": "tirsdag", "ons": "onsdag", "fre": "fredag",
    "tosdag": "torsdag", "hurtist": "hurtigst", "elelr": "eller", "ik": "ikke", "ikk": "ikke", "ikek": "ikke",
    "ka": "kan", "asap": "snarest", "naste": "naeste", "neste": "naeste", "nest": "naeste", "ueg": "uge", "ue": "uge",
    "dav": "dag", "daw": "dag", "senst": "senest", "sennest": "senest", "jule": "jul", "inen": "inden",
    "etfer": "efter", "efer": "efter", "eter": "efter", "melem": "mellem", "melllem": "mellem",
}  # fmt: skip
_WORD = re.compile(r"[a-z]+")


def said(text: str) -> str:
    """Return `text` folded, with slips of the finger mended in the words about time, and "klokken" as "kl"."""
    found = " ".join(folded(text).split())
    found = _WORD.sub(lambda match: _mended(match[0]), found)
    found = re.sub(r"\b(?:klokken|kl)\b\.?\s*", "kl ", found)
    found = re.sub(r"\bfor\s+(?=kl \d|jul\b|nytaar|paaske|middag|frokost)", "foer ", found)  # "før" without its ø
    return " ".join(found.split())


@lru_cache(maxsize=5_000)
def _mended(word: str) -> str:
    if word in _VARIANTS:
        return _VARIANTS[word]
    if len(word) < 5 or word in _KNOWN or word in _NO_SLIPS:
        return word
    near = {known for known in _KNOWN if abs(len(known) - len(word)) <= 1 and _one_slip(word, known)}
    return near.pop() if len(near) == 1 else word


def _one_slip(a: str, b: str) -> bool:
    """Return whether one letter is missing, too much, wrong, or has changed places with the next."""
    first = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    rest_a, rest_b = a[first:], b[first:]
    return (
        rest_a[1:] == rest_b[1:]
        or rest_a[1:] == rest_b
        or rest_a == rest_b[1:]
        or (rest_a[:2] == rest_b[1::-1] and rest_a[2:] == rest_b[2:])
    )


def clock(name: str) -> str:
    """Return the pattern of a time of day, its groups named after `name`: "kl 10.30", "13", "halv to", "kvart i ti"."""
    return (
        rf"(?:kl )?(?:(?P<half_{name}>halv\s)|(?P<past_{name}>kvart over\s)|(?P<to_{name}>kvart i\s))?"
        rf"(?P<hour_{name}>\d{{1,2}}|(?:{any_of(_HOURS)})\b)(?![\d/])(?:[.:](?P<minute_{name}>[0-5]\d)(?!\d))?"
    )


def clock_in(match: re.Match, name: str) -> time | None:
    """Return the time of day a match of `clock(name)` tells, or None when there is no such time.

    The adviser's day is long over at five in the morning: one to six is in the afternoon.
    """
    said_hour = match[f"hour_{name}"]
    minutes = 60 * (int(said_hour) if said_hour.isdigit() else _HOURS[said_hour]) + int(match[f"minute_{name}"] or 0)
    if match[f"half_{name}"]:
        minutes -= 30
    elif match[f"past_{name}"]:
        minutes += 15
    elif match[f"to_{name}"]:
        minutes -= 15
    if minutes < 7 * 60 and not said_hour.startswith("0"):
        minutes += 12 * 60
    return time(minutes // 60, minutes % 60) if 0 <= minutes < 24 * 60 else None


def number(word: str) -> int:
    """Return the number a count tells: "3", "tre", "et par"."""
    return int(word) if word.isdigit() else COUNTS[word]
