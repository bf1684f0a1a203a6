"""Reads which days a citizen speaks of: "på torsdag", "i næste uge", "den 3. eller 4. december", "efter jul"."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time, timedelta

from dateutil.easter import easter
from dateutil.relativedelta import relativedelta

from casework.dates import MONTH_NUMBERS, MONTHS
from casework.time_words import (
    COUNT,
    END,
    MONTH,
    ORDINAL,
    ORDINAL_NUMBERS,
    START,
    WEEKDAY,
    WEEKDAY_NUMBERS,
    Piece,
    Reader,
    Readers,
    number,
)

NOON, MORNING, EVENING = time(12), time(10), time(17)
JUST_OVER = timedelta(days=60)
_FIRST, _MIDDLE, _LAST = ("foerst", "start", "begynd"), ("midt",), ("sidst", "slut")


def coming(weekday: int, today: date) -> date:
    """Return the next day of that name after today."""
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _day(day: date) -> Piece:
    return Piece("day", day)


def _stretch(first: date, last: date) -> Piece:
    return Piece("stretch", (first, last))


def _week(today: date, ahead: int) -> tuple[date, date]:
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=ahead)
    return monday, monday + timedelta(days=6)


def _week_at(ahead: int) -> Reader:
    return lambda match, today: _stretch(*_week(today, ahead))


def _made(day: int, month: int, year: str | None, today: date) -> date | None:
    """Return the day; without a year the next one, but for one that is only just over, which is a slip."""
    try:
        if year:
            return date(int(year) + (2000 if len(year) == 2 else 0), month, day)
        found = date(today.year, month, day)
        return found if found > today - JUST_OVER else date(today.year + 1, month, day)
    except ValueError:
        return None


def _checked(day: date | None, today: date, weekday: str | None = None) -> Piece:
    if day is None:
        return Piece("problem", "umulig")
    if day < today:
        return Piece("problem", "fortid")
    if weekday and day.weekday() != WEEKDAY_NUMBERS[weekday]:
        return Piece("problem", "strid")
    return _day(day)


def _ordinal(word: str) -> int:
    return int(word) if word.isdigit() else ORDINAL_NUMBERS[word]


def _iso(match: re.Match, today: date) -> Piece:
    return _checked(_made(int(match[3]), int(match[2]), match[1], today), today)


def _dated(match: re.Match, today: date) -> Piece:
    day = _made(_ordinal(match["day"]), MONTH_NUMBERS[match["month"]], match["year"], today)
    return _checked(day, today, match["weekday"])


def _numeric(match: re.Match, today: date) -> Piece:
    day = _made(int(match["day"]), int(match["month"]), match["year"], today)
    return _checked(day, today, match["weekday"])


def _two_dates(match: re.Match, today: date) -> list[Piece]:
    month = MONTH_NUMBERS[match["month"]]
    one, two = (_checked(_made(_ordinal(match[g]), month, None, today), today) for g in ("one", "two"))
    if match["joint"] in ("og", "eller") and "mellem" not in match[0]:
        return [one, two]
    return [_from_one_to_the_other(one, two)]


def _two_numeric(match: re.Match, today: date) -> Piece:
    one, two = (_checked(_made(int(match[d]), int(match[d + 1]), None, today), today) for d in (1, 3))
    return _from_one_to_the_other(one, two)


def _from_one_to_the_other(one: Piece, two: Piece) -> Piece:
    problem = next((piece for piece in (one, two) if piece.what == "problem"), None)
    if problem or one.value > two.value:
        return problem or Piece("problem", "umulig")
    return _stretch(one.value, two.value)


def _days_of_month(match: re.Match, today: date) -> list[Piece]:
    return [_checked(_next_numbered(_ordinal(group), today), today) for group in match.groups() if group]


def _day_of_month(match: re.Match, today: date) -> Piece:
    return _checked(_next_numbered(_ordinal(match["day"]), today), today, match["weekday"])


def _next_numbered(wanted: int, today: date) -> date | None:
    for ahead in range(3):
        try:
            found = (today.replace(day=1) + relativedelta(months=ahead)).replace(day=wanted)
        except ValueError:
            continue
        if found >= today:
            return found
    return None


def _weekdays_between(match: re.Match, today: date) -> Piece | None:
    first, last = WEEKDAY_NUMBERS[match[1]], WEEKDAY_NUMBERS[match[2]]
    return Piece("weekdays", frozenset(range(first, last + 1))) if first < last else None


def _weekday(match: re.Match, today: date) -> list[Piece] | Piece:
    wanted, lead = WEEKDAY_NUMBERS[match["name"]], match["lead"] or ""
    if lead == "om" or match["ending"] in ("e", "ene") or not lead:
        return Piece("weekdays", frozenset({wanted}))
    if lead.endswith("naeste"):  # some mean the coming one, some the one after: both are offered
        return [_day(coming(wanted, today)), _day(coming(wanted, today) + timedelta(weeks=1))]
    return Piece("coming", wanted)


def _weekday_later(match: re.Match, today: date) -> Piece:
    weeks = 2 if match["days"] in ("14", "fjorten") else 1
    return _day(coming(WEEKDAY_NUMBERS[match["name"]], today) + timedelta(weeks=weeks))


def _this_or_next_week(match: re.Match, today: date) -> Piece:
    first, last = _week(today, 0 if match["which"] in ("denne", "den her", "indevaerende") else 1)
    return _stretch(*_part_of(match["part"], first, last, (2, 1, 4)))


def _part_of(part: str | None, first: date, last: date, days: tuple[int, int, int]) -> tuple[date, date]:
    """Return the beginning, the middle or the end of a stretch; `days` say how far in the first ends, and from where to
    where the middle is."""
    ends, middle, late = (first + timedelta(days=n) for n in days)
    if part and part.startswith(_LAST):
        return late - timedelta(days=1) if days[2] < 7 else late, last
    if part and part.startswith(_FIRST):
        return first, ends - timedelta(days=1)
    if part and part.startswith(_MIDDLE):
        return middle, late - timedelta(days=1)
    return first, last


def _part_of_the_week(match: re.Match, today: date) -> Piece:
    part = match["part"]
    days = {1, 2, 3} if part.startswith(_MIDDLE) else {3, 4} if part.startswith(_LAST) else {0, 1}
    return Piece("weekdays", frozenset(days))


def _numbered_weeks(match: re.Match, today: date) -> list[Piece]:
    found = []
    for group in filter(None, match.groups()):
        try:
            monday = date.fromisocalendar(today.year + (int(group) < today.isocalendar()[1]), int(group), 1)
        except ValueError:
            return [Piece("problem", "umulig")]
        found.append(_stretch(monday, monday + timedelta(days=6)))
    return found


def _length(count: str, unit: str) -> relativedelta:
    name = {"u": "weeks", "m": "months"}.get(unit[0], "days")
    return relativedelta(**{name: number(count)})


def _ahead(match: re.Match, today: date) -> Piece:
    first = today + _length(match[1], match[2])
    return _day(first) if (first - today).days < 7 else _stretch(first, first + timedelta(days=6))


def _at_most(match: re.Match, today: date) -> Piece:
    return Piece("until", today + _length(match[1] or "en", match[2]))


def _month(match: re.Match, today: date) -> Piece | None:
    name = match["name"]
    if name.endswith("maaned") or name == "maaneden":
        first = today.replace(day=1) + relativedelta(months=int("naeste" in name))
    else:
        month = MONTH_NUMBERS[name]
        first = date(int(match["year"] or today.year + (month < today.month)), month, 1)
    last = first + relativedelta(months=1, days=-1)
    return _stretch(*_part_of(match["part"], first, last, (10, 10, 20)))


def _feast(match: re.Match, today: date) -> Piece:
    """Return the days of work around a feast: "efter jul" is from the first of them on."""
    days = next(days for name, days in _FEASTS.items() if match["feast"].startswith(name))
    before, after = days(today.year) if days(today.year)[1] > today else days(today.year + 1)
    later = match["word"].startswith(("efter", "paa")) or bool(match["neg"])
    return Piece("since", after) if later else Piece("until", before)


# The last day before and the first day after. The two school holidays have weeks of their own.
_FEASTS: dict[str, Callable[[int], tuple[date, date]]] = {
    "jul": lambda year: (date(year, 12, 23), date(year, 12, 27)),
    "nyt": lambda year: (date(year, 12, 30), date(year + 1, 1, 2)),
    "aarss": lambda year: (date(year, 12, 30), date(year + 1, 1, 2)),
    "paaske": lambda year: (easter(year) - timedelta(days=4), easter(year) + timedelta(days=2)),
    "pinse": lambda year: (easter(year) + timedelta(days=47), easter(year) + timedelta(days=51)),
    "efteraar": lambda year: (date.fromisocalendar(year, 41, 7), date.fromisocalendar(year, 43, 1)),
    "vinter": lambda year: (date.fromisocalendar(year, 6, 7), date.fromisocalendar(year, 8, 1)),
}


def _near(days: int, *more: Piece) -> Reader:
    return lambda match, today: [_day(today + timedelta(days=days)), *more]


def _weekdays(*days: int) -> Reader:
    return lambda match, today: Piece("weekdays", frozenset(days))


_THE = r"(?:den\s+|d\.?\s*)"
_NAMED = rf"(?:(?P<weekday>{WEEKDAY})(?:en)?,?\s+)?"
_DM = r"(\d{1,2})/(\d{1,2})"
_NUMBER = rf"(\d{{1,2}}|{ORDINAL})\b\.?"
_PART = r"(?:(?P<part>sidst|slutningen|slut|foerst|starten|start|begyndelsen|midt|midten)\s*(?:i|paa|af)?\s+)"
_UNIT = r"(dage?|uger?|maaned(?:er)?)"
_WHICH_WEEK = r"(?P<which>denne|den her|indevaerende|den naeste|naeste|den kommende|kommende)"
_FEAST_NAMES = (
    r"(?P<feast>jul(?:en|eferien|edagene)?|nytaar(?:et)?|aarsskiftet|paasken?|paaskeferien|pinsen?|efteraarsferien|"
    r"vinterferien)"
)
# "den første ledige" is no first of the month.
_NO_ORDINAL = rf"(?!\s*(?:og\s+)?(?:bedste|ledige|mulige|tid|time|af|gang|dag|maaned|uge|{WEEKDAY}))"

# In this order; what one reader has taken the next ones do not see.
READERS: Readers = tuple(
    (re.compile(pattern), reader)
    for pattern, reader in (
        (r"\b(20\d\d)-(\d\d)-(\d\d)(?:t(?=\d))?", _iso),
        (
            rf"\b(?:mellem\s+|fra\s+)?{_THE}?(?P<one>\d{{1,2}}|{ORDINAL})\.?\s*(?P<joint>og|eller|til|-)\s*{_THE}?"
            rf"(?P<two>\d{{1,2}}|{ORDINAL})\.?\s*(?P<month>{MONTH})\b\.?",
            _two_dates,
        ),
        (rf"\b(?:mellem\s+|fra\s+)?{_THE}?{_DM}\s*(?:-|til|og)\s*{_THE}?{_DM}\b", _two_numeric),
        (
            rf"\b{_NAMED}{_THE}?(?P<day>\d{{1,2}}|{ORDINAL})\.?\s*(?P<month>{MONTH})\b\.?,?(?:\s*(?P<year>20\d\d))?",
            _dated,
        ),
        (
            rf"\b{_NAMED}{_THE}?(?<![\d/.])(?P<day>\d{{1,2}})\s?/\s?(?P<month>\d{{1,2}})"
            r"(?:\s?[-/. ]\s?(?P<year>20\d\d|\d\d(?!\d|[.:])))?(?![\d/])",
            _numeric,
        ),
        (
            rf"\b{_NAMED}{_THE}(?P<day>\d{{1,2}})[.-](?P<month>\d{{1,2}})(?:[.-](?P<year>20\d\d|\d\d))?(?![\d/])",
            _numeric,
        ),
        (
            r"(?<!kl )(?<![\d.:-])\b(?P<weekday>)(?P<day>\d{1,2})\.\s?(?P<month>1[0-2]|0?[1-9])(?:\.(?P<year>20\d\d))?"
            r"(?![\d.:-])",
            _numeric,
        ),
        (rf"\b(?:den|d\.?)\s*{_NUMBER}\s*(?:og|eller|,)\s*{_THE}?{_NUMBER}{_NO_ORDINAL}", _days_of_month),
        (rf"\b{_NAMED}(?:den|d\.)\s*(?P<day>\d{{1,2}}|{ORDINAL})\b\.?{_NO_ORDINAL}", _day_of_month),
        (rf"\b(?:fra\s+)?({WEEKDAY})\s*(?:-|til(?:\s+og\s+med)?)\s*({WEEKDAY})\b", _weekdays_between),
        (
            rf"\b(?:paa\s+)?(?P<name>{WEEKDAY})\s+(?:om\s+en\s+uge|(?:i\s+|om\s+)?(?P<days>8|otte|14|fjorten)\s+dage)\b",
            _weekday_later,
        ),
        (r"\buge\s*(\d{1,2})(?:\s*(?:og|eller|,|-)\s*(?:uge\s*)?(\d{1,2}))?\b(?![.:/]\d)", _numbered_weeks),
        (rf"\b{_PART}?(?:i\s+)?(?:loebet\s+af\s+)?{_WHICH_WEEK}\s+uges?\b", _this_or_next_week),
        (r"\b(?:i\s+)?ugen\s+efter\s+(?:den\s+)?naeste\b|\bnaestnaeste\s+uge\b", _week_at(2)),
        (r"\b(?:i\s+)?ugen\s+efter\b(?!\s+(?:jul|nyt|paas|den\b))", _week_at(1)),
        (rf"\b{_PART}ugen\b", _part_of_the_week),
        (r"\binden\s+(?:ugen\s+er\s+(?:omme|slut)|weekenden?)\b|\b(?:i\s+)?loebet\s+af\s+ugen\b", _week_at(0)),
        (r"\b(ulige|lige)\s+uger?\b", lambda match, today: Piece("odd_weeks", match[1] == "ulige")),
        (r"\befter\s+weekenden?\b", lambda match, today: Piece("since", coming(0, today))),
        (r"\b(?:i\s+|om\s+)?weekend(?:en|er|erne)?\b", _weekdays(5, 6)),
        (r"\b(?:paa\s+|i\s+)?(?:alle\s+|en\s+)?hverdag(?:e|en|ene)?\b", _weekdays(0, 1, 2, 3, 4)),
        (
            rf"\b(?:inden\s+for|inden|i\s+loebet\s+af)\s+(?:de(?:n)?\s+)?(?:naeste\s+|kommende\s+)?({COUNT})?\s*{_UNIT}\b",
            _at_most,
        ),
        (rf"\b(?:de|den)\s+(?:naeste|kommende)\s+({COUNT})\s+{_UNIT}\b", _at_most),
        (rf"\bom\s+({COUNT})\s+{_UNIT}s?(?:\s+tid)?\b", _ahead),
        (rf"\b{_PART}(?:i\s+)?(?P<name>naeste maaned|denne maaned|maaneden|{MONTH})\b(?:\s*(?P<year>20\d\d))?", _month),
        (r"\b(?P<part>)(?:i\s+)?(?P<name>naeste maaned|denne maaned)(?P<year>)\b", _month),
        (rf"\b(?P<part>)(?:i\s+)?(?P<name>{'|'.join(MONTHS)})\b(?:\s*(?P<year>20\d\d))?", _month),
        (
            r"\bmellem\s+jul(?:en)?\s+og\s+nytaar\b",
            lambda match, today: _stretch(date(today.year, 12, 27), date(today.year, 12, 30)),
        ),
        (
            r"\b(?:i\s+)?det\s+nye\s+aar\b|\bnaeste\s+aar\b",
            lambda match, today: Piece("since", date(today.year + 1, 1, 2)),
        ),
        (rf"(?P<neg>\bikke\s+)?\b(?P<word>foer|inden|efter|paa den anden side af)\s+{_FEAST_NAMES}\b", _feast),
        (r"\b(?:i\s?)?overmorgen\b", _near(2)),
        (r"\bi\s+morgen\s+tidligt?\b", _near(1, Piece("hours", (START, MORNING)))),
        (r"\bi\s+morgen\b", _near(1)),
        (r"\bi\s+dag\b", _near(0)),
        (r"\bi\s+eftermiddag\b", _near(0, Piece("hours", (NOON, EVENING)))),
        (r"\bi\s+formiddag\b", _near(0, Piece("hours", (START, NOON)))),
        (r"\bi\s+aften\b", _near(0, Piece("hours", (EVENING, END)))),
    )
)  # fmt: skip

# After the times of day, since "torsdag 10" is a time and "torsdag den 10." a date.
WEEKDAY_READERS: Readers = (
    (
        re.compile(
            r"\b(?:(?P<lead>nu paa|her paa|paa|foerstkommende|kommende|den naeste|naeste|denne|om)\s+)?"
            rf"(?P<name>{WEEKDAY})(?P<ending>ene|en|er|e|s)?\b"
        ),
        _weekday,
    ),
)
