"""Reads which time of day a citizen speaks of: "efter kl. 13", "mellem 10 og 12", "formiddag", "hurtigst muligt"."""

from __future__ import annotations

import re
from datetime import date, time

from casework.time_days import EVENING, MORNING, NOON
from casework.time_words import END, START, Piece, Reader, Readers, clock, clock_in

ABOUT = 45  # minutes either way


def _hours(first: time, last: time) -> Reader:
    return lambda match, today: Piece("hours", (first, last))


def _plus(at: time, minutes: int) -> time:
    total = min(max(at.hour * 60 + at.minute + minutes, 0), 24 * 60 - 1)
    return time(total // 60, total % 60)


def _between(match: re.Match, today: date) -> Piece | None:
    first, last = clock_in(match, "a"), clock_in(match, "b")
    return Piece("hours", (first, last)) if first and last and first < last else None


def _bound(match: re.Match, today: date) -> Piece:
    at, word, negated = clock_in(match, "a"), match["word"], bool(match["neg"])
    if at is None:
        return Piece("problem", "umulig")
    later = word in ("efter", "fra", "fra og med", "tidligst", "senere end")
    if later != negated:
        return Piece("hours", (at, END))
    return Piece("hours", (START, _plus(at, 1) if negated or word == "senest" else at))


def _about(match: re.Match, today: date) -> Piece:
    at = clock_in(match, "a")
    return Piece("hours", (_plus(at, -ABOUT), _plus(at, ABOUT + 1))) if at else Piece("problem", "umulig")


def _exactly(match: re.Match, today: date) -> list[Piece]:
    at, groups = clock_in(match, "a"), match.groupdict()
    if at is None:
        return [Piece("problem", "umulig")]
    if (groups.get("part") or "").startswith(("eftermiddag", "aften")) and at.hour < 12:
        at = _plus(at, 12 * 60)
    other = clock_in(match, "b") if groups.get("hour_b") else None
    return [Piece("hours", (at, at)), *([Piece("or_hours", (other, other))] if other else [])]


# A number that counts something else, or is the day of a date.
_NO_CLOCK = r"(?!\.\s|[.:]?\d|\s*(?:/|dage?\b|uger?\b|maaned|min|timer?\b|person|gange?\b|aar|stk|procent|%|kr))"
_A, _B = clock("a"), clock("b")
_PART = r"(?:\s+om\s+(?P<part>\w+))?"

READERS: Readers = tuple(
    (re.compile(pattern), reader)
    for pattern, reader in (
        (rf"\b(?:mellem|imellem)\s+{_A}\s+og\s+{_B}{_NO_CLOCK}", _between),
        (rf"(?<![/.])\b(?:fra\s+)?{_A}\s*(?:-|til)\s*{_B}{_NO_CLOCK}", _between),
        (
            r"\b(?:arbejder|er paa arbejde|har (?:skole|vagt|arbejde)|er i skole)\s+(?:hver dag\s+)?(?:indtil|til)\s+"
            rf"{_A}{_NO_CLOCK}",
            lambda match, today: Piece("hours", (clock_in(match, "a") or START, END)),
        ),
        (
            r"(?P<neg>\bikke\s+)?\b(?P<word>efter|foer|inden|fra og med|fra|tidligst|senest|til|indtil|senere end|"
            rf"tidligere end)\s+{_A}{_NO_CLOCK}",
            _bound,
        ),
        (rf"\b(?:omkring|ca\.?|cirka|ved|hen ad|hen mod)\s+{_A}(?:\s?-?\s?tiden)?{_NO_CLOCK}", _about),
        (rf"\b{_A}\s?-?\s?tiden\b", _about),
        (rf"\b(?=kl ){_A}(?:\s*(?:eller|og)\s+{_B}{_NO_CLOCK})?{_PART}", _exactly),
        (rf"\b(?=(?:halv|kvart)\s){_A}(?!\s*(?:time|aar|dag))", _exactly),
        (rf"(?<![\d.:/-])\b(?=\d{{1,2}}[.:][0-5]\d\b){_A}{_PART}", _exactly),
        (rf"(?:(?<=dag )|(?<=dage )|(?<=dagen )|(?<=# ))(?=(?:[89]|1[0-7])\b){_A}{_NO_CLOCK}", _exactly),
        (r"\b(?:foer|inden)\s+(?:middag|frokost)\b", _hours(START, NOON)),
        (r"\b(?:ikke|aldrig)\s+om\s+morgenen\b|\bikke\s+(?:for|saa)\s+tidligt?\b", _hours(MORNING, END)),
        (r"\befter\s+(?:middag|frokost)\b", _hours(NOON, END)),
        (r"\befter\s+(?:arbejde|fyraften)\b", _hours(time(16), END)),
        (r"\befter\s+(?:skole|skoletid)\b", _hours(time(14), END)),
        (r"\b(?:sidst|sent)\s+paa\s+(?:dagen|eftermiddagen)\b|\bsen\s+eftermiddag\b", _hours(time(14), END)),
        (
            r"\b(?:foerst|tidligt?)\s+(?:paa|om)\s+(?:dagen|formiddagen|morgenen)\b|\btidlig\s+formiddag\b",
            _hours(START, time(11)),
        ),
        (
            r"\bmidt\s+paa\s+dagen\b|\b(?:omkring|ved)\s+(?:middag|frokost)(?:stid)?\b|\b(?:i\s+)?frokostpausen\b|"
            r"\b(?:ved\s+)?middagstid\b",
            _hours(time(11), time(13, 30)),
        ),
        (r"\b(?:om\s+)?formiddag(?:en|ene|e)?\b", _hours(START, NOON)),
        (r"\b(?:om\s+)?eftermiddag(?:en|ene|e)?\b", _hours(NOON, EVENING)),
        (r"\b(?:om\s+)?aften(?:en|er|tid)?\b", _hours(EVENING, END)),
        (r"\b(?:om\s+)?morgen(?:en|er)?\b", _hours(START, MORNING)),
    )
)

SOONEST_READERS: Readers = (
    (
        re.compile(
            r"\bhurtigst\s+(?:som\s+)?muligt?\b|\bsaa\s+(?:hurtigt?|snart|tidligt?)\s+(?:som\s+)?(?:muligt?|"
            r"(?:i|du|hun) kan|det kan lade sig goere)\b|\bsnarest(?:\s+muligt?)?\b|\btidligst\s+muligt?\b|"
            r"\b(?:den|det)\s+tidligste\b|"
            r"\b(?:den\s+|det\s+)?(?:foerste|naeste)\s+(?:ledige|mulige|bedste|tid|der\s+er)\b|\bhurtigt\b|\bsnart\b"
        ),
        lambda match, today: Piece("soonest"),
    ),
    (
        re.compile(
            r"\b(?:hvornaar|naar|hvad|hvilken)\s+som\s+helst\b|\b(?:lige\s?meget|ligegyldigt?)\b|\balle\s+(?:dage|tider)\b|"
            r"\bhver\s+dag\b|\bfleksibel\b|\bjeg\s+kan\s+(?:altid|hele\s+tiden)\b|\bbare\s+en\s+tid\b|\bhele\s+ugen\b"
        ),
        lambda match, today: Piece("any"),
    ),
)
