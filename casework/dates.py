"""Reads the dates Danes write: "i torsdags", "d. 3/11", "for tre uger siden"."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

WEEKDAYS = ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag")
MONTHS = (
    "januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september", "oktober", "november",
    "december",
)  # fmt: skip
ORDINALS = (
    "første", "anden", "tredje", "fjerde", "femte", "sjette", "syvende", "ottende", "niende", "tiende", "ellevte",
    "tolvte", "trettende", "fjortende", "femtende", "sekstende", "syttende", "attende", "nittende", "tyvende",
    "enogtyvende", "toogtyvende", "treogtyvende", "fireogtyvende", "femogtyvende", "seksogtyvende", "syvogtyvende",
    "otteogtyvende", "niogtyvende", "tredivte", "enogtredivte",
)  # fmt: skip
NUMBERS = {
    "en": 1, "et": 1, "to": 2, "tre": 3, "fire": 4, "fem": 5, "seks": 6, "syv": 7, "otte": 8, "ni": 9, "ti": 10,
    "elleve": 11, "tolv": 12, "tretten": 13, "fjorten": 14, "femten": 15, "tyve": 20, "tredive": 30,
}  # fmt: skip

# A date said in a year other than this one is believed when it lies less than so many days back: "3. december" said in
# November is rather a slip or a coming day than a letter from last year.
_LAST_YEAR_WITHIN_DAYS = 300

# A letter's own deadline without a year is looked for so far ahead, and believed to be past only so far back.
_DEADLINE_AHEAD_DAYS = 120
_DEADLINE_BACK_DAYS = 90


@dataclass(frozen=True)
class FoundDate:
    """What a text says about when. `day` is None when a citizen has to be asked; `problem` says why.

    problem: None, "vag" (only about when), "umulig" (no such date), "strid" (weekday and date disagree) or "fremtid"
    (lies after today).
    """

    day: date | None
    problem: str | None = None


def any_of(words) -> str:
    """Return the pattern that finds one of these words, the longest first."""
    return "|".join(sorted(words, key=len, reverse=True))


MONTH_NUMBERS = {name[:n]: i + 1 for i, name in enumerate(MONTHS) for n in (3, len(name))} | {"sept": 9}
_ORDINAL_NUMBERS = {word: i + 1 for i, word in enumerate(ORDINALS)}
_WEEKDAY_NUMBERS = {w: i for i, w in enumerate(WEEKDAYS)} | {"loerdag": 5, "lordag": 5, "soendag": 6, "sondag": 6}
_MONTH, _ORDINAL, _WEEKDAY = any_of(MONTH_NUMBERS), any_of(_ORDINAL_NUMBERS), any_of(_WEEKDAY_NUMBERS)
_COUNT = rf"(\d{{1,3}}|{any_of(NUMBERS)})"
_ROUGHLY = r"(?:ca\.?|cirka|omkring|omtrent|engang|rundt om|vist|nok)"
_SEP = r"\s?[./-]\s?"
_YEAR = r"(20\d\d|sidste år)"

_ROUGH_DATE = re.compile(
    rf"\b{_ROUGHLY}\s+(?:d\.?\s*|den\s+|for\s+)?"
    rf"(?:\d{{1,2}}(?:{_SEP}\d{{1,2}}|\.?\s*(?:{_MONTH})\b)|{_COUNT}\s+(?:dage?|uger?)\s+sid[ea]n)"
)
_VAGUE = re.compile(
    rf"\b(?:midt|sidst|først|start(?:en)?|slut(?:ningen)?|begyndelsen|engang)\s+(?:i|på|af)?\s*(?:{_MONTH})\b"
    rf"|\bfor\s+(?:{_COUNT}|et halvt|halvanden?t?)\s+(?:måned(?:er)?|maaned(?:er)?|mdr|år)\s+sid[ea]n"
    r"|\bfor\s+(?:et par|nogle|flere|mange)\s+\w+\s+sid[ea]n"
    r"|\bfor\s+(?:nylig|nyligt|længe|laenge|lidt|noget)\b|\bforleden\b"
    r"|\b(?:i|før|efter)\s+(?:foråret|efteråret|vinteren|sommeren|sommer|vinter|jul|påsken?|sommerferien|ferien)\b"
    r"|\b(?:i\s+)?(?:sidste|denne|forrige)\s+(?:uge|måned|maaned)\b|\bsidste\s+år\b|\b(?:i\s+)?uge\s+\d{1,2}\b|\bi\s+20\d\d\b"
)
_MONTH_ALONE = re.compile(rf"^\W*(?:i\s+)?(?:{_MONTH})(?:\s+20\d\d)?\W*$|\bi\s+(?:{any_of(MONTHS)})\b")
_FUTURE = re.compile(
    rf"\bi\s?(?:over)?morgen\b|\bnæste\s+(?:uge|måned|{_WEEKDAY})\b|\bpå\s+(?:{_WEEKDAY})\b|\bom\s+{_COUNT}\s+(?:dage?|uger?|måned)"
)
_RECEIVED = re.compile(r"\b(?:modtaget|modtog|fik|fået|kom|lå|landede|læste|hentede)\b[^.]{0,30}$")

_Reader = Callable[[re.Match, date], "FoundDate | None"]


def find_date(text: str, today: date) -> FoundDate | None:
    """Return the past date `text` speaks of, or None when it speaks of none.

    A date without a year is the latest one that is not after `today`; a weekday is the latest such day before today.
    Of several dates the one said to be the day of receipt is taken, else the earliest, which is the safe reading.
    What is vague, impossible, contradictory or in the future comes back without a day and with the reason.
    """
    text = " ".join(text.lower().split())
    found, rest = [], text
    for pattern, read in _READERS:
        for match in pattern.finditer(rest):
            result = read(match, today)
            if result:
                found.append((match.start(), result))
        rest = pattern.sub(lambda m: "#" * len(m[0]), rest)
    if found:
        return _chosen(found, text, today)
    if _FUTURE.search(rest):
        return FoundDate(None, "fremtid")
    if _MONTH_ALONE.search(rest):
        return FoundDate(None, "vag")
    bare = re.search(rf"\b({_WEEKDAY})s?\b", rest)
    if bare and len(text.split()) <= 4:
        return FoundDate(_latest_weekday(bare[1], today))
    return None


def find_deadline(text: str, today: date) -> FoundDate | None:
    """Return the day a letter gives as its deadline, which may lie ahead: "senest den 10. december", "om to uger".

    A date without a year is the nearest one up to four months ahead. Problems come back as from find_date.
    """
    said = " ".join(text.lower().split())
    ahead = re.search(rf"\bom\s+{_COUNT}\s+(dage?|uger?)\b", said)
    if ahead:
        count = int(ahead[1]) if ahead[1].isdigit() else NUMBERS[ahead[1]]
        return FoundDate(today + timedelta(days=count * (7 if ahead[2].startswith("uge") else 1)))
    if re.search(r"\bi\s?overmorgen\b", said):
        return FoundDate(today + timedelta(days=2))
    if re.search(r"\bi\s?morgen\b", said):
        return FoundDate(today + timedelta(days=1))
    coming = re.search(rf"\b(?:på|nu på|her på|næste)\s+({_WEEKDAY})\b", said)
    if coming:
        wanted = _WEEKDAY_NUMBERS[coming[1]]
        return FoundDate(today + timedelta(days=(wanted - today.weekday() - 1) % 7 + 1))
    past = find_date(text, today)
    if past is None or past.problem == "fremtid" or (past.day and (today - past.day).days > _DEADLINE_BACK_DAYS):
        later = find_date(text, today + timedelta(days=_DEADLINE_AHEAD_DAYS))
        return later if later and later.day else past
    return past


def _chosen(found: list[tuple[int, FoundDate]], text: str, today: date) -> FoundDate:
    problems = [f for _, f in found if f.day is None]
    days = [(at, f.day) for at, f in found if f.day]
    received = [day for at, day in days if _RECEIVED.search(text[:at])]
    if not days or (problems and not received):
        return problems[0]
    day = received[0] if len(received) == 1 else min(d for _, d in days)
    return FoundDate(None, "fremtid") if day > today else FoundDate(day)


def _read_ymd(match: re.Match, today: date) -> FoundDate:
    return _made(int(match[1]), int(match[2]), int(match[3]))


def _read_dated(match: re.Match, today: date) -> FoundDate:
    groups = match.groupdict()
    number = groups["day"]
    day = int(number) if number.isdigit() else _ORDINAL_NUMBERS[number]
    month = int(groups["month"]) if groups["month"].isdigit() else MONTH_NUMBERS[groups["month"]]
    made = _day_month(day, month, groups.get("year"), today)
    said = groups.get("weekday")
    if said and made.day and made.day.weekday() != _WEEKDAY_NUMBERS[said]:
        return FoundDate(None, "strid")
    return made


def _read_day_of_month(match: re.Match, today: date) -> FoundDate:
    number = match[1] or match[2]
    day = int(number) if number.isdigit() else _ORDINAL_NUMBERS[number]
    month_ago = "sidste" in match[0] or "forrige" in match[0]
    for back in range(1 if month_ago else 0, 3):
        month = (today.month - back - 1) % 12 + 1
        found = _made(today.year - (today.month - back < 1), month, day)
        if found.day and found.day <= today:
            return found
        if month_ago:
            return found
    return FoundDate(None, "umulig")


def _read_ago(match: re.Match, today: date) -> FoundDate:
    count = int(match[1]) if match[1].isdigit() else NUMBERS[match[1]]
    return FoundDate(today - timedelta(days=count * (7 if match[2].startswith("uge") else 1)))


def _read_last_weekday(match: re.Match, today: date) -> FoundDate:
    if match[3]:  # "torsdag i sidste uge": the day in the week before this one
        monday = today - timedelta(days=today.weekday() + 7)
        return FoundDate(monday + timedelta(days=_WEEKDAY_NUMBERS[match[3]]))
    return FoundDate(_latest_weekday(match[1] or match[2], today))


def _days_back(days: int) -> _Reader:
    return lambda match, today: FoundDate(today - timedelta(days=days))


def _vague(match: re.Match, today: date) -> FoundDate:
    return FoundDate(None, "vag")


_DATED = rf"(?:(?P<weekday>{_WEEKDAY})s?\s+)?(?:den\s+|d\.?\s*)?"
# In this order; what one reader has taken the next ones do not see.
_READERS: tuple[tuple[re.Pattern, _Reader], ...] = (
    (
        re.compile(r"\bkl\.?\s*\d{1,2}(?:[.:]\d\d)?\b|\b(?:nr|nummer|§|paragraf)\.?\s*\d[\d/.-]*|\d/\d\s+af\b"),
        lambda match, today: None,
    ),
    (re.compile(r"\b(20\d\d)[-/](\d{1,2})[-/](\d{1,2})\b"), _read_ymd),
    (re.compile(r"\b(?:den|d\.?)\s*(\d{1,2})()\.?\s+(?:i\s+)?(?:denne|sidste|forrige)\s+måned\b"), _read_day_of_month),
    (_ROUGH_DATE, _vague),
    (
        re.compile(
            rf"{_DATED}(?<!\d)(?<!\d[/.-])(?P<day>\d{{1,2}}|{_ORDINAL})\.?\s*(?:i\s+)?(?P<month>{_MONTH})\b\.?,?\s*(?P<year>{_YEAR})?"
        ),
        _read_dated,
    ),
    (
        re.compile(
            rf"{_DATED}(?<!\d)(?<!\d[/.-])(?P<day>\d{{1,2}}){_SEP}(?P<month>\d{{1,2}})"
            rf"(?:(?:{_SEP}|\s+)(?P<year>20\d\d|sidste år)|{_SEP}(?P<short>\d{{2}}))?(?![\d/]|\.\d)"
        ),
        lambda match, today: _read_numeric(match, today),
    ),
    (re.compile(rf"\b(?:for\s+)?{_COUNT}\s+(dage?|døgn|doegn|uger?)\s+sid[ea]n"), _read_ago),
    (re.compile(r"\bi?\s?forg[åa]+rs\b"), _days_back(2)),
    (re.compile(r"\bi\s?g[åa]+r\b|\bi\s?aftes\b"), _days_back(1)),
    (
        re.compile(
            r"\bi\s?dag\b|\bi\s?morges\b|\bi\s?nat\b|\bher til morgen\b|\bi\s?(?:formiddag|eftermiddag)s\b|\blige nu\b"
        ),
        _days_back(0),
    ),
    (
        re.compile(rf"\b(?:den|d\.?)\s*(?:(\d{{1,2}})\.|({_ORDINAL}))(?=\s*$|\s*[,;!?]|\s+(?:og|men)\b)"),
        _read_day_of_month,
    ),
    (
        re.compile(
            rf"\b(?:i\s+({_WEEKDAY})s\b|(?:i\s+)?(?:sidste|forrige)\s+({_WEEKDAY})\b|({_WEEKDAY})\s+(?:i\s+)?sidste\s+uge)"
        ),
        _read_last_weekday,
    ),
    (_VAGUE, _vague),
)


def _read_numeric(match: re.Match, today: date) -> FoundDate | None:
    year = match["year"] or match["short"]
    day, month = int(match["day"]), int(match["month"])
    if month > 12 and not match[0].strip().startswith(("d", "den")):
        return None if month > 31 else FoundDate(None, "umulig")
    made = _day_month(day, month, year, today)
    said = match["weekday"]
    if said and made.day and made.day.weekday() != _WEEKDAY_NUMBERS[said]:
        return FoundDate(None, "strid")
    return made


def _latest_weekday(name: str, today: date) -> date:
    return today - timedelta(days=(today.weekday() - _WEEKDAY_NUMBERS[name] - 1) % 7 + 1)


def _day_month(day: int, month: int, year: str | None, today: date) -> FoundDate:
    if year == "sidste år":
        return _made(today.year - 1, month, day)
    if year:
        return _made(int(year) + (2000 if len(year) == 2 else 0), month, day)
    found = _made(today.year, month, day)
    if found.day and found.day > today:
        earlier = _made(today.year - 1, month, day)
        near = earlier.day and (today - earlier.day).days < _LAST_YEAR_WITHIN_DAYS
        return earlier if near else FoundDate(None, "fremtid")
    return found


def _made(year: int, month: int, day: int) -> FoundDate:
    try:
        return FoundDate(date(year, month, day))
    except ValueError:
        return FoundDate(None, "umulig")


def read_day(text: str) -> date | None:
    """Return the day written as 2025-12-31 or 31.12.2025 and nothing else, or None: for files and forms of staff."""
    found = re.fullmatch(r"(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)|(\d\d?)\.(\d\d?)\.(\d{4})", text.strip(), re.ASCII)
    if found is None:
        return None
    year, month, day = found.group("y", "m", "d") if found["y"] else found.group(6, 5, 4)
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
