"""The search among cases: from what somebody types to a condition in SQL, and to the words marked in the text."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

import snowballstemmer
from sqlalchemy import func, literal_column, select, text
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement

from casework.errors import InvalidInput
from casework.models import Case

MAX_TYPED = 200
MAX_WORDS = 12
FIRST_YEAR = 2020  # no reference is older
AROUND = 90  # signs shown on each side of a hit
_WORD = re.compile(r"[^\W_]+")
_QUOTED = re.compile(r'"([^"]*)"')
_REFERENCE = re.compile(r"BR-?(\d{4})(?:-?([2-9A-Z]{0,5}))?")
_IMPORTED = re.compile(r"I-\d{4}-\d+-\d+", re.ASCII)  # of a case taken in from a file
_ENDING = re.compile(r"[2-9A-Z]{5}")
_stemmer = snowballstemmer.stemmer("danish")
_stemming = threading.Lock()  # the stemmer keeps the word it works on in itself

Parts = list[tuple[str, bool]]
"""A text in pieces, each with whether it is a hit."""


class Wanted(NamedTuple):
    """What somebody looks for: words, phrases word by word, or the beginning of a reference."""

    words: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...]
    reference: str = ""

    def __bool__(self) -> bool:
        return bool(self.words or self.phrases or self.reference)


def understand(typed: str) -> Wanted:
    """Read what somebody typed: all words must be there, in any form or compound; "in quotes" word for word.

    No sign has any other meaning, so nothing that can be typed is a mistake. Raises InvalidInput when it is too long.
    """
    typed = unicodedata.normalize("NFC", typed).strip()
    if len(typed) > MAX_TYPED:
        raise InvalidInput(f"Søg med højst {MAX_TYPED} tegn.")
    begun = _REFERENCE.fullmatch(typed.upper())
    if begun:
        return Wanted((), (), f"BR-{begun[1]}-{begun[2] or ''}")
    phrases = [tuple(_words(quoted)) for quoted in _QUOTED.findall(typed)]
    words = _words(_QUOTED.sub(" ", typed))
    words += [phrase[0] for phrase in phrases if len(phrase) == 1]
    return Wanted(tuple(dict.fromkeys(words))[:MAX_WORDS], tuple(p for p in phrases if len(p) > 1)[:MAX_WORDS])


def references(typed: str, year: int) -> list[str]:
    """Return the references somebody may mean by what she typed: a whole one, or its last five signs, of any year."""
    imported = typed.strip().upper()
    if _IMPORTED.fullmatch(imported):
        return [imported]
    plain = re.sub(r"[\s-]", "", typed.upper())
    whole = re.fullmatch(r"BR(\d{4})([2-9A-Z]{5})", plain)
    if whole:
        return [f"BR-{whole[1]}-{whole[2]}"]
    return [f"BR-{y}-{plain}" for y in range(year, FIRST_YEAR - 1, -1)] if _ENDING.fullmatch(plain) else []


def condition(session: Session, wanted: Wanted, answers: bool) -> ColumnElement:
    """Return what must hold for a case that has all that is wanted; `answers` also looks in what the assistant said."""
    if wanted.reference:
        return Case.reference.startswith(wanted.reference, autoescape=True)
    if session.get_bind().dialect.name == "sqlite":
        columns = "{sag samtale svar}" if answers else "{sag samtale}"
        terms = [f'"{_stem(word)}" *' for word in wanted.words] + [f'"{" ".join(phrase)}"' for phrase in wanted.phrases]
        hits = text("SELECT rowid FROM case_search WHERE case_search MATCH :terms")
        # The sum keeps SQLite from fetching each hit's whole row: the queue's index holds all that is asked.
        return (Case.id + 0).in_(hits.bindparams(terms=f"{columns} : ({' AND '.join(terms)})"))
    terms = [f"'{word}':*" for word in wanted.words]  # PostgreSQL stems them, and drops what is too common to index
    terms += ["(" + " <-> ".join(f"'{word}'" for word in phrase) + ")" for phrase in wanted.phrases]
    column = literal_column("case_search.everything" if answers else "case_search.people")
    hits = select(literal_column("case_search.case_id")).select_from(text("case_search"))
    return Case.id.in_(hits.where(column.op("@@")(func.to_tsquery("danish", " & ".join(terms)))))


def marked(given: str, wanted: Wanted) -> Parts:
    """Return `given` in pieces with the hits marked."""
    parts, at = [], 0
    for start, end in _hits(given, wanted):
        if start > at:
            parts.append((given[at:start], False))
        parts.append((given[start:end], True))
        at = end
    return parts + ([(given[at:], False)] if at < len(given) else [])


def snippet(texts: Iterable[str], wanted: Wanted) -> Parts:
    """Return a stretch around the first hit of the text with most of the words; empty when there is no hit."""
    best, most = "", 0
    for given in texts:
        there = {m[0].lower() for m in _WORD.finditer(given)}
        found = sum(any(word.startswith(stem) for word in there) for stem in _stems(wanted))
        if found > most:
            best, most = given, found
    if not most:
        return []
    first = _hits(best, wanted)[0]
    start, end = max(first[0] - AROUND, 0), min(first[1] + AROUND, len(best))
    start = 0 if start == 0 else best.find(" ", start, first[0]) + 1 or start
    end = len(best) if end == len(best) else max(best.rfind(" ", first[1], end), first[1])
    shown = " ".join(best[start:end].split())
    return marked(("… " if start else "") + shown + (" …" if end < len(best) else ""), wanted)


def _hits(given: str, wanted: Wanted) -> list[tuple[int, int]]:
    """Return where in `given` the words stand, in order. A phrase is marked word by word."""
    stems = _stems(wanted)
    return [m.span() for m in _WORD.finditer(given) if m[0].lower().startswith(stems)] if stems else []


def _stems(wanted: Wanted) -> tuple[str, ...]:
    return tuple({_stem(word) for word in (*wanted.words, *(w for phrase in wanted.phrases for w in phrase))})


def _words(typed: str) -> list[str]:
    return _WORD.findall(typed.lower())


def _stem(word: str) -> str:
    """Return what all forms of a word begin with; for what is not a word of some length, the word itself."""
    if len(word) <= 3 or not word.isalpha():
        return word
    with _stemming:
        return _stemmer.stemWord(word)
