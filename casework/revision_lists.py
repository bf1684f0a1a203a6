"""The lists staff keep the texts by: answers, units and sources, what awaits approval and what needs another look."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from casework import texts
from casework.answers import choice_labels
from casework.models import Revision, Turn
from casework.overlay import in_force
from casework.review import counted_turns
from casework.taxonomy import label, taxonomy

PAGE_SIZE = 50
SOON_DAYS = 60
SAID_DAYS = 90
TITLE_LENGTH = 70
OVERDUE, SOON = "overskredet", "snart"


class Source(NamedTuple):
    """A source as an answer rests on it, with how its date for the next look stands: overskredet, snart or empty."""

    key: str
    body: dict
    review: str


class Row(NamedTuple):
    """One text in a list. `review` is that of the source that must be looked at first, `review_by` its date."""

    key: str
    title: str
    theme: str
    body: dict
    review: str
    review_by: str
    waiting: int
    edited: bool
    stale: bool  # the files have got another text since the edit was approved


class Page(NamedTuple):
    """One page of a list, how many rows fit in all, and how many of all texts await something."""

    rows: list[Row]
    total: int
    pages: int
    to_review: int
    waiting: int


def answer_page(
    session: Session, today: date, *, theme: str = "", q: str = "", review: bool = False, waiting: bool = False, page=1
) -> Page:
    """Return one page of the answers; `review` keeps those that rest on a source to look at, `waiting` the proposed."""
    sources = _bodies(session, "kilde")
    rows = []
    for row in _rows(session, "svar"):
        if "short" in row.body:
            cited = _sources(source_ids(row.body), sources, today)
            rows.append(_reviewed(row, cited))
    return _page(rows, theme, q, review, waiting, page)


def unit_page(session: Session, *, q: str = "", waiting: bool = False, page: int = 1) -> Page:
    """Return one page of the units and authorities, the main number first."""
    rows = sorted(_rows(session, "enhed"), key=lambda row: row.key != texts.MAIN_NUMBER)
    return _page(rows, "", q, False, waiting, page)


def source_page(
    session: Session, today: date, *, theme: str = "", q: str = "", review: bool = False, waiting: bool = False, page=1
) -> Page:
    """Return one page of the sources that answers rest on, those to look at first at the top."""
    used = answers_by_source()
    rows = [
        _reviewed(row, [Source(row.key, row.body, review_state(row.body, today))])
        for row in _rows(session, "kilde")
        if row.key in used
    ]
    rows.sort(key=lambda row: row.review_by)
    return _page(rows, theme, q, review, waiting, page)


def themes(kind: str) -> list[str]:
    """Return the themes (files) of the answers or the sources."""
    return sorted({file.path.stem for (k, _), file in texts.files().items() if k == kind})


def title_of(kind: str, key: str) -> str:
    """Return what people call a text."""
    file = texts.files().get((kind, key))
    if kind == "svar":
        named = choice_labels().get(key) or (label("topics", key) if key in taxonomy()["topics"] else "")
        return named or (_beginning(file.body) if file else "") or key
    if key == texts.MAIN_NUMBER:
        return "Kommunens hovednummer"
    return (file.body.get("name") or file.body.get("title") or key) if file else key


def _beginning(body: dict) -> str:
    """Return the first words of an answer that is no topic of its own, such as a question of a dialogue."""
    said = re.sub(r"{%.*?%}|\*", "", str(body.get("short", "")), flags=re.S)
    text = " ".join(re.sub(r"{{.*?}}", "…", said, flags=re.S).split())
    if not re.search(r"\w", text):
        return ""  # nothing but a value: no name for a link
    return text if len(text) <= TITLE_LENGTH else text[:TITLE_LENGTH].rsplit(" ", 1)[0] + " …"


def sources_of(session: Session, body: dict, today: date) -> list[Source]:
    """Return the sources an answer rests on, its variants' too, as they stand now."""
    return _sources(source_ids(body), _bodies(session, "kilde"), today)


def source_ids(body: dict) -> list[str]:
    """Return the ids of the sources of an answer and its variants, each once."""
    variants = [source for v in body.get("omraader") or [] for source in v.get("sources") or []]
    return list(dict.fromkeys([*(body.get("sources") or []), *variants]))


def answers_by_source() -> dict[str, list[str]]:
    """Return the answers that rest on each source that is used."""
    used: dict[str, list[str]] = {}
    for (kind, key), file in texts.files().items():
        for source in source_ids(file.body) if kind == "svar" else []:
            used.setdefault(source, []).append(key)
    return used


def review_state(source: dict, today: date) -> str:
    """Return whether a source must be looked at: overskredet, snart (within 60 days), or empty."""
    by = source.get("review_by")
    if not by:
        return OVERDUE
    day = date.fromisoformat(by)
    return OVERDUE if day < today else SOON if day <= today + timedelta(days=SOON_DAYS) else ""


def pending(session: Session) -> list[Revision]:
    """Return the proposals that await approval, the oldest first."""
    query = select(Revision).where(Revision.state == "forslag").order_by(Revision.id)
    return list(session.scalars(query.options(joinedload(Revision.author))))


def times_said(session: Session, key: str, now: datetime) -> int:
    """Return how often the assistant has given an answer in the last 90 days, tests left out."""
    since = now - timedelta(days=SAID_DAYS)
    said = (Turn.who == "assistant", Turn.at >= since, Turn.content["answer"].as_string() == key, counted_turns())
    return session.scalar(select(func.count(Turn.id)).where(*said))


def _bodies(session: Session, kind: str) -> dict[str, dict]:
    """Return key → whole text in force of every text of a kind."""
    mended = in_force(session)
    return {
        key: texts.merge(file.body, mended.get((kind, key), {}))
        for (k, key), file in texts.files().items()
        if k == kind
    }


def _rows(session: Session, kind: str) -> Iterable[Row]:
    states = session.execute(
        select(Revision.key, Revision.origin, Revision.state, Revision.body, Revision.approved_at).where(
            Revision.kind == kind, Revision.state.in_(("forslag", "godkendt"))
        )
    ).all()
    waiting: dict[str, int] = {}
    since: dict[tuple[str, str], datetime] = {}
    for key, origin, state, body, approved_at in states:
        if state == "forslag":
            waiting[key] = waiting.get(key, 0) + 1
        elif origin == "fil" or body:
            since[origin, key] = approved_at
    for key, body in _bodies(session, kind).items():
        edited, filed = since.get(("redigeret", key)), since.get(("fil", key))
        yield Row(
            key=key,
            title=title_of(kind, key),
            theme=texts.files()[kind, key].path.stem,
            body=body,
            review="",
            review_by="",
            waiting=waiting.get(key, 0),
            edited=edited is not None,
            stale=bool(edited and filed and filed > edited),
        )


def _sources(ids: list[str], bodies: dict[str, dict], today: date) -> list[Source]:
    return [Source(key, bodies[key], review_state(bodies[key], today)) for key in ids if key in bodies]


def _reviewed(row: Row, sources: list[Source]) -> Row:
    first = min(sources, key=lambda source: source.body.get("review_by") or "", default=None)
    if first is None:
        return row
    return row._replace(review=first.review, review_by=first.body.get("review_by") or "")


def _page(rows: list[Row], theme: str, q: str, review: bool, waiting: bool, page: int) -> Page:
    words = q.lower().split()
    found = [
        row
        for row in rows
        if (not theme or row.theme == theme)
        and (not review or row.review)
        and (not waiting or row.waiting)
        and all(word in _searched(row) for word in words)
    ]
    pages = max(1, -(-len(found) // PAGE_SIZE))
    start = (min(max(page, 1), pages) - 1) * PAGE_SIZE
    return Page(
        found[start : start + PAGE_SIZE],
        len(found),
        pages,
        sum(bool(row.review) for row in rows),
        sum(bool(row.waiting) for row in rows),
    )


def _searched(row: Row) -> str:
    values = [row.key, row.title]
    for field in (*texts.ANSWER_FIELDS, *texts.UNIT_FIELDS, "title", "says", "law"):
        value = row.body.get(field) or ""
        values.append(" ".join(value) if isinstance(value, list) else str(value))
    return " ".join(values).lower()
