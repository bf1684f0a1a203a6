"""Reads the dates Danes write: "i torsdags", "d. 3/11", "for tre uger siden"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

WEEKDAYS = ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag")
MONTHS = (
    "januar",
    "februar",
    "marts",
    "april",
    "maj",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "december",
)
NUMBERS = ("nul", "en", "to", "tre", "fire", "fem", "seks", "syv", "otte", "ni", "ti", "elleve", "tolv")


@dataclass(frozen=True)
class FoundDate:
    """What a text says about when. `day` is None when it is too vague or impossible; `problem` says which.

    problem: None, "vag" (only about when), "umulig" (no such date) or "fremtid" (lies after today).
    """

    day: date | None
    problem: str | None = None


_MONTH_WORDS = {name[:length]: i + 1 for i, name in enumerate(MONTHS) for length in (3, len(name))}
_MONTH_WORDS |= {"sept": 9}
_MONTH = "|".join(sorted(_MONTH_WORDS, key=len, reverse=True))
_NUMBER_WORDS = {word: i for i, word in enumerate(NUMBERS)} | {"et": 1, "halvanden": 1}
_NUMBER = r"\d{1,3}|" + "|".join(sorted(_NUMBER_WORDS, key=len, reverse=True))
_WEEKDAY_WORDS = {w: i for i, w in enumerate(WEEKDAYS)} | {"loerdag": 5, "soendag": 6, "lordag": 5, "sondag": 6}
_WEEKDAY = "|".join(_WEEKDAY_WORDS)

_ISO = re.compile(r"\b(20\d\d)-(\d{1,2})-(\d{1,2})\b")
_NUMERIC = re.compile(r"(?<![\d/.-])(\d{1,2})\s?[./-]\s?(\d{1,2})(?:\s?[./-]\s?(\d{4}|\d{2}))?(?![\d/]|\.\d)")
_NAMED = re.compile(rf"\b(\d{{1,2}})\.?\s*(?:i\s+)?({_MONTH})\b\.?\s*(20\d\d)?")
_AGO = re.compile(
    rf"\b(?:for\s+)?(?:ca\.?\s+|omkring\s+)?({_NUMBER})\s+(dage?|døgn|doegn|uger?|måned(?:er)?|maaned(?:er)?|mdr)\s+sid[ea]n"
)
_LAST_WEEKDAY = re.compile(
    rf"\b(?:i\s+({_WEEKDAY})s\b|(?:i\s+)?(?:sidste|forrige)\s+({_WEEKDAY})\b|({_WEEKDAY})\s+(?:i\s+)?sidste\s+uge)"
)
_BARE_WEEKDAY = re.compile(rf"\b({_WEEKDAY})s?\b")
_DAY_WORDS = (
    (re.compile(r"\bi?\s?forg[åa]+rs\b"), 2),
    (re.compile(r"\bi\s?g[åa]+r\b"), 1),
    (re.compile(r"\bi\s?dag\b|\bi\s?morges\b"), 0),
)
_TOMORROW = re.compile(r"\bi\s?morgen\b|\bnæste\s+(?:uge|måned|" + _WEEKDAY + r")\b|\bpå\s+(?:" + _WEEKDAY + r")\b")
_VAGUE = re.compile(
    rf"\b(?:midt|sidst|først|start(?:en)?|slut(?:ningen)?|begyndelsen|engang|omkring)\s+(?:i|på|af)?\s*({_MONTH})\b"
    rf"|\bi\s+({_MONTH})\b|\bsidste\s+(?:uge|måned|år)\b|\bfor\s+(?:nylig|nogle|et par|lang tid)\b|\bforleden\b"
)


def find_date(text: str, today: date) -> FoundDate | None:
    """Return the past date `text` speaks of, or None when it speaks of none.

    A date without a year is the latest one that is not after `today`. A weekday means the latest such day before
    today. Vague ("midt i oktober"), impossible ("31. februar") and future dates come back without a day and with
    the reason, so that the citizen can be asked.
    """
    text = " ".join(text.lower().split())
    for reader in (_read_iso, _read_named, _read_numeric, _read_ago, _read_day_word, _read_weekday):
        found = reader(text, today)
        if found:
            if found.day and found.day > today:
                return FoundDate(None, "fremtid")
            return found
    if _TOMORROW.search(text):
        return FoundDate(None, "fremtid")
    if _VAGUE.search(text):
        return FoundDate(None, "vag")
    found = _BARE_WEEKDAY.search(text)
    if found and len(text.split()) <= 4:
        return FoundDate(_latest_weekday(found.group(1), today))
    return None


def _read_iso(text: str, today: date) -> FoundDate | None:
    match = _ISO.search(text)
    return _made(*(int(g) for g in match.groups())) if match else None


def _read_named(text: str, today: date) -> FoundDate | None:
    match = _NAMED.search(text)
    if not match:
        return None
    return _day_month(int(match[1]), _MONTH_WORDS[match[2]], match[3], today)


def _read_numeric(text: str, today: date) -> FoundDate | None:
    for match in _NUMERIC.finditer(text):
        day, month = int(match[1]), int(match[2])
        if month <= 12 and 1 <= day <= 31 and month >= 1:
            return _day_month(day, month, match[3], today)
    return None


def _read_ago(text: str, today: date) -> FoundDate | None:
    match = _AGO.search(text)
    if not match:
        return None
    count = int(match[1]) if match[1].isdigit() else _NUMBER_WORDS[match[1]]
    unit = match[2]
    if unit.startswith(("dag", "døgn", "doegn")):
        return FoundDate(today - timedelta(days=count))
    if unit.startswith("uge"):
        return FoundDate(today - timedelta(weeks=count))
    return FoundDate(None, "vag")  # months are said roughly; a deadline needs the day


def _read_day_word(text: str, today: date) -> FoundDate | None:
    for pattern, days in _DAY_WORDS:
        if pattern.search(text):
            return FoundDate(today - timedelta(days=days))
    return None


def _read_weekday(text: str, today: date) -> FoundDate | None:
    match = _LAST_WEEKDAY.search(text)
    if not match:
        return None
    if match[3]:  # "torsdag i sidste uge": the day in the week before this one
        monday = today - timedelta(days=today.weekday() + 7)
        return FoundDate(monday + timedelta(days=_WEEKDAY_WORDS[match[3]]))
    return FoundDate(_latest_weekday(match[1] or match[2], today))


def _latest_weekday(name: str, today: date) -> date:
    return today - timedelta(days=(today.weekday() - _WEEKDAY_WORDS[name] - 1) % 7 + 1)


def _day_month(day: int, month: int, year: str | None, today: date) -> FoundDate:
    if year:
        return _made(int(year) + (2000 if len(year) == 2 else 0), month, day)
    found = _made(today.year, month, day)
    if found.day and found.day > today:
        earlier = _made(today.year - 1, month, day)
        # "den 3. december" said in November is more likely a slip or a coming day than a letter from last year
        return earlier if earlier.day and (today - earlier.day).days < 300 else FoundDate(None, "fremtid")
    return found


def _made(year: int, month: int, day: int) -> FoundDate:
    try:
        return FoundDate(date(year, month, day))
    except ValueError:
        return FoundDate(None, "umulig")
