"""Puts together what a text says of when: days, hours, what is left out, and what bounds it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

from casework.time_days import READERS as DAYS
from casework.time_days import WEEKDAY_READERS as WEEKDAYS
from casework.time_days import coming
from casework.time_hours import READERS as HOURS
from casework.time_hours import SOONEST_READERS as SOONEST
from casework.time_wishes import Hours, Part, TimeWish
from casework.time_words import Piece, said


def read_wish(text: str, today: date) -> TimeWish:
    """Return when it suits the one who wrote `text`; nothing is filtered where nothing is said of it.

    A weekday or a date without a year is the next one after `today`; what is after "ikke" or "undtagen", or before "kan
    jeg ikke", is taken away. A day that does not exist or is over comes back as the problem.
    """
    rest, found = said(text), []
    for pattern, read in (*DAYS, *HOURS, *WEEKDAYS, *SOONEST):
        for match in pattern.finditer(rest):
            pieces = read(match, today)
            if pieces:
                found.append((match.start(), match.end(), pieces))
                rest = rest[: match.start()] + "#" * len(match[0]) + rest[match.end() :]
    found.sort(key=lambda piece: piece[0])
    return _Reading(today).read(rest, found)


_LEAVES_OUT = re.compile(
    r"\b(?:ikke|hverken|undtagen|undtaget|alt andet end|bortset fra|paa naer|paanaer|ud over|minus|aldrig)\b"
)
_TAKES_IN = re.compile(
    r"\b(?:men|helst|hellere|gerne|ellers|i stedet|kan godt|saa|jo|tak)\b"
    r"|\b(?:kan|har|maa|vil)\s+(?:jeg|vi|i|du|det|man|hun)\b|[.;!?]"
)
_UNFIT = re.compile(
    r"^[\s,]*(?:(?:saa\s+)?kan\s+(?:jeg|vi|han|hun)\s+(?:desvaerre\s+|altsaa\s+)?ikke"
    r"|(?:dur|duer|gaar|passer|egner|er)\s+(?:\w+\s+)?(?:ikke|daarlig|umulig|udelukket)"
    r"|har\s+(?:jeg|vi)\s+(?:desvaerre\s+)?(?:ikke|travlt)"
    r"|(?:arbejder|er)\s+(?:jeg|vi)\b(?!\s+(?:fri|ledig|hjemme))|undtaget)"
)
_FROM = re.compile(r"(?:\b(?:tidligst|fra(?:\s+og\s+med)?|foerst))\s+(?:paa|den|d\.?|i)?\s*$")
_AFTER = re.compile(r"\b(?:efter|senere\s+end|laengere\s+ude\s+end)\s+(?:paa|den|d\.?|i)?\s*$")
_BEFORE = re.compile(r"\b(?:foer|inden|tidligere\s+end)\s+(?:paa|den|d\.?|i)?\s*$")
_AT_LATEST = re.compile(r"\b(?:senest|til\s+og\s+med|indtil|til)\s+(?:paa|den|d\.?|i)?\s*$")
_OR = re.compile(r"\b(?:eller|enten|alternativt)\b")


class _Reading:
    """Puts the pieces of one text together, in their order."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.wish = TimeWish()
        self.parts: list[Part] = [Part()]
        self.coming: list[int] = []  # of the part being read: "på torsdag" is a day, but "på torsdag i næste uge" not

    def read(self, text: str, found: list) -> TimeWish:
        leaves_out, at = False, 0
        for number, (start, end, pieces) in enumerate(found):
            before = text[at:start]
            following = text[end : found[number + 1][0]] if number + 1 < len(found) else text[end:]
            leaves_out = self._leaves_out(before, leaves_out)
            late = not leaves_out and self._is_unfit(text, found, number, following)
            for piece in pieces if isinstance(pieces, list) else [pieces]:
                self._take(piece, before, leaves_out or late, joined=number > 0)
            at = end
        self._close()
        parts = tuple(part for part in self.parts if part != Part())
        return replace(self.wish, parts=parts)

    @staticmethod
    def _leaves_out(before: str, was: bool) -> bool:
        last = {name: max((m.end() for m in p.finditer(before)), default=-1) for name, p in _MARKS.items()}
        if last["out"] == last["in"] == -1:
            return was
        return last["out"] > last["in"]

    @staticmethod
    def _is_unfit(text: str, found: list, number: int, following: str) -> bool:
        """Return whether what follows says that it does not suit: "mandag og tirsdag kan jeg ikke"."""
        while not _UNFIT.match(following):
            if number + 1 >= len(found) or not re.fullmatch(r"\s*(?:og|eller|,)?\s*", following):
                return False
            number += 1
            end, later = found[number][1], found[number + 1][0] if number + 1 < len(found) else len(text)
            following = text[end:later]
        return True

    def _take(self, piece: Piece, before: str, leaves_out: bool, *, joined: bool) -> None:
        what, value = piece.what, piece.value
        if what == "problem":
            self.wish = replace(self.wish, problem=self.wish.problem or value)
        elif what in ("since", "until"):
            self._bound(what, value)
        elif what == "soonest":
            self.wish = replace(self.wish, soonest=True)
        elif what == "any":
            self.wish = replace(self.wish, any_time=True)
        elif what == "odd_weeks":
            self.wish = replace(self.wish, odd_weeks=value != leaves_out)
        elif what in ("hours", "or_hours"):
            self._take_hours(value, before, leaves_out, union=what == "or_hours")
        else:
            self._take_days(what, value, before, leaves_out, joined)

    def _bound(self, what: str, day: date) -> None:
        known = getattr(self.wish, what)
        tighter = max if what == "since" else min
        self.wish = replace(self.wish, **{what: tighter(known, day) if known else day})

    def _take_days(self, what: str, value, before: str, leaves_out: bool, joined: bool) -> None:
        first, last = self._span(what, value)
        if first is not None and self._is_bound(before, first, last, leaves_out):
            return
        if leaves_out:
            self._leave_out_days(what, value)
            return
        if self.parts[-1].hours and self.parts[-1].names_days and joined:
            self._close()
            self.parts.append(Part())
        part = self.parts[-1]
        if what == "day":
            self.parts[-1] = replace(part, days=(*part.days, value))
        elif what == "stretch":
            self.parts[-1] = replace(part, stretches=(*part.stretches, value))
        elif what == "coming":
            self.coming.append(value)
            self.parts[-1] = replace(part, weekdays=part.weekdays | {value})
        else:
            self.parts[-1] = replace(part, weekdays=part.weekdays | value)

    def _span(self, what: str, value) -> tuple[date | None, date | None]:
        """Return the first and the last day a piece names; one weekday counts as the next of its name."""
        if what == "day":
            return value, value
        if what == "stretch":
            return value
        weekday = value if what == "coming" else next(iter(value)) if len(value) == 1 else None
        return (None, None) if weekday is None else (coming(weekday, self.today),) * 2

    def _is_bound(self, before: str, first: date, last: date, leaves_out: bool) -> bool:
        """Note "efter fredag", "senest den 15." and the like, and return whether it was one."""
        if _AFTER.search(before):
            self._bound(*(("until", last) if leaves_out else ("since", last + timedelta(days=1))))
        elif _FROM.search(before):
            self._bound("since", first)
        elif _BEFORE.search(before):
            self._bound(*(("since", first) if leaves_out else ("until", first - timedelta(days=1))))
        elif _AT_LATEST.search(before):
            self._bound("until", last)
        else:
            return False
        return True

    def _leave_out_days(self, what: str, value) -> None:
        if what == "weekdays":
            self.wish = replace(self.wish, not_weekdays=self.wish.not_weekdays | value)
        else:
            span = value if what == "stretch" else self._span(what, value)
            self.wish = replace(self.wish, not_days=(*self.wish.not_days, span))

    def _take_hours(self, hours: Hours, before: str, leaves_out: bool, *, union: bool) -> None:
        if leaves_out:
            self.wish = replace(self.wish, not_hours=(*self.wish.not_hours, hours))
            return
        part = self.parts[-1]
        if part.hours and not union and not _OR.search(before):
            first, last = max(part.hours[-1][0], hours[0]), min(part.hours[-1][1], hours[1])
            if first < last or (first == last and hours[0] == hours[1]):
                self.parts[-1] = replace(part, hours=(*part.hours[:-1], (first, last)))
                return
        self.parts[-1] = replace(part, hours=(*part.hours, hours))

    def _close(self) -> None:
        """Let the weekdays with "på" be the coming ones, unless a week or a month is said along with them."""
        part = self.parts[-1]
        if self.coming and not part.stretches:
            days = tuple(coming(weekday, self.today) for weekday in self.coming)
            self.parts[-1] = replace(part, days=(*part.days, *days), weekdays=part.weekdays - frozenset(self.coming))
        self.coming = []


_MARKS = {"out": _LEAVES_OUT, "in": _TAKES_IN}
