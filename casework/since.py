"""Since when something has gone on: "i et halvt år", "siden marts", "for to år siden", "i 2024"."""

from __future__ import annotations

import re
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from casework.dates import MONTHS, NUMBERS, find_date

_COUNT = rf"(?P<count>\d{{1,2}}|{'|'.join(NUMBERS)}|et par|nogle|flere|mange)"
_UNITS = {
    "dag": "days",
    "uge": "weeks",
    "måned": "months",
    "maaned": "months",
    "mdr": "months",
    "år": "years",
    "aar": "years",
}
_UNIT = r"(?P<unit>dage?|uger?|måned(?:er)?|maaned(?:er)?|mdr\.?|år|aar)\b"
_SOME = {"et par": 2, "nogle": 3, "flere": 3, "mange": 5}  # vague: what is asked back is about this long
_HALVES = (
    (re.compile(r"\bto\s+(?:og\s+et\s+)?halvt\s+(?:år|aar)\b"), relativedelta(months=30)),
    (re.compile(r"\bhalvandet\s+(?:år|aar)\b"), relativedelta(months=18)),
    (re.compile(r"\bhalvt\s+(?:år|aar)\b"), relativedelta(months=6)),
)
_MORE = r"(?P<more>(?:mere end|over)\s+)?(?:snart\s+|nu\s+|næsten\s+|ca\.?\s+|cirka\s+)?"
_LASTED = re.compile(rf"\b(?:i|gennem|igennem|nu)\s+{_MORE}{_COUNT}\s+{_UNIT}")
_AGO = re.compile(rf"\b{_MORE}{_COUNT}\s+{_UNIT}\s+sid[ea]n\b")
_ALONE = re.compile(rf"^\W*(?:omkring\s+)?{_MORE}{_COUNT}\s+{_UNIT}\W*$")
_YEAR = re.compile(r"\b(?:i|siden|fra|i løbet af|først i|sidst i|midt i)\s+(20\d\d)\b|^\W*(20\d\d)\W*$")
_MONTH = re.compile(rf"\b({'|'.join(MONTHS)})(?:\s+(20\d\d)|\s+(sidste år))?\b")
_SEASONS = {
    "foråret": 3,
    "forår": 3,
    "sommeren": 6,
    "sommer": 6,
    "efteråret": 9,
    "efterår": 9,
    "vinteren": 12,
    "vinter": 12,
    "jul": 12,
}
_SEASON = re.compile(rf"\b(?:i|siden|før)\s+({'|'.join(_SEASONS)})\b(?:\s+(20\d\d))?")
_LAST_YEAR = re.compile(r"\b(?:siden\s+|i\s+)?sidste\s+år\b")
_LATELY = re.compile(r"\b(?:i\s+sidste\s+uge|den\s+sidste\s+uge|for\s+nylig|forleden)\b")


def since_in(text: str, today: date) -> date | None:
    """Return about the day `text` says something began, or None when it tells of none; never a day after `today`.

    A length of time counts back from today; a month or a season without a year is the latest that has been.
    """
    said = " ".join(text.lower().split())
    for pattern, length in _HALVES:
        if pattern.search(said):
            return today - length
    for pattern in (_LASTED, _AGO, _ALONE):
        match = pattern.search(said)
        if match:
            return _back(match["count"], match["unit"], today) - timedelta(days=1 if match["more"] else 0)
    exact = find_date(said, today)
    if exact and exact.day:
        return exact.day
    return _named(said, today)


def over_a_year(day: date | None, today: date) -> bool:
    """Return whether a day lies more than a year back, beyond what the adviser as a rule takes up (§ 14, br-1-aar)."""
    return day is not None and day < today - relativedelta(years=1)


def _back(count: str, unit: str, today: date) -> date:
    number = _SOME.get(count) or (int(count) if count.isdigit() else NUMBERS[count])
    name = next(name for stem, name in _UNITS.items() if unit.startswith(stem))
    return today - relativedelta(**{name: number})


def _named(said: str, today: date) -> date | None:
    season = _SEASON.search(said)
    if season:
        return _latest(_SEASONS[season[1]], season[2], today)
    month = _MONTH.search(said)
    if month:
        year = str(today.year - 1) if month[3] else month[2]
        return _latest(MONTHS.index(month[1]) + 1, year, today)
    year = _YEAR.search(said)
    if year:
        first = date(int(year[1] or year[2]), 1, 1)
        return first if first <= today else None
    if _LAST_YEAR.search(said):
        return date(today.year - 1, 1, 1)
    return today - timedelta(days=7) if _LATELY.search(said) else None


def _latest(month: int, year: str | None, today: date) -> date | None:
    if year:
        first = date(int(year), month, 1)
        return first if first <= today else None
    return date(today.year - (month > today.month), month, 1)
