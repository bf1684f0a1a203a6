"""What was said when: every version of a text, and the text in force on a given day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from casework import texts
from casework.clock import COPENHAGEN
from casework.errors import NotFound
from casework.models import Revision
from casework.texts import merge

INSTANT = timedelta(microseconds=1)


class InForce(NamedTuple):
    """A whole text and when it was in force; `until` is None while it still is."""

    since: datetime
    until: datetime | None
    body: dict
    edit: Revision | None


def history(session: Session, kind: str, key: str) -> list[Revision]:
    """Return every version of a text, the newest first, proposals that came to nothing among them."""
    query = select(Revision).where(Revision.kind == kind, Revision.key == key).order_by(Revision.id.desc())
    people = (joinedload(Revision.author), joinedload(Revision.approved_by), joinedload(Revision.ended_by))
    return list(session.scalars(query.options(*people)))


def at(session: Session, kind: str, key: str, day: date) -> dict:
    """Return the whole text in force when `day` ended, edits and file versions joined.

    Raises NotFound when nothing had been recorded then.
    """
    found = on_day(session, kind, key, day)
    if not found:
        raise NotFound("Vi har ikke gemt, hvad der stod den dag.")
    return found[-1].body


def on_day(session: Session, kind: str, key: str, day: date) -> list[InForce]:
    """Return every text that was in force at some time of `day` in Copenhagen, in order; none when none is recorded."""
    rows = [row for row in history(session, kind, key) if row.approved_at]
    begins, ends = (datetime.combine(d, time.min, COPENHAGEN) for d in (day, day + timedelta(days=1)))
    changes = sorted({moment for row in rows for moment in (row.approved_at, row.ended_at) if moment})
    found: list[InForce] = []
    for moment in [begins, *(m for m in changes if begins < m < ends)]:
        body, edit = _in_force_at(rows, moment)
        if body is None or (found and found[-1].body == body):
            continue
        since = max((m for m in changes if m <= moment), default=moment)
        until = next((m for m in changes if m > moment), None)
        found.append(InForce(since, until, body, edit))
    return found


def whole_text(session: Session, revision: Revision) -> dict:
    """Return the whole text of a version: of an edit, its fields over the files' text when it came into force."""
    return before_and_after(session, revision)[1]


def before_and_after(session: Session, revision: Revision) -> tuple[dict, dict]:
    """Return the whole text that a version replaced, or would replace now, and the whole text it makes of it.

    Where the files' text then was not kept, the files as they are now stand in; before the first version is nothing.
    """
    rows = [row for row in history(session, revision.kind, revision.key) if row.approved_at]
    if revision.state == "forslag":
        when = max((m for row in rows for m in (row.approved_at, row.ended_at) if m), default=revision.created_at)
    else:
        when = revision.approved_at or revision.created_at
    earlier = when - INSTANT if revision.approved_at else when
    body, _ = _in_force_at(rows, earlier)
    if revision.origin == "fil":
        return body or {}, revision.body
    now = texts.files().get((revision.kind, revision.key))
    file = _file_at(rows, when) or (now.body if now else {})
    return body or file, merge(file, revision.body)


def _in_force_at(rows: list[Revision], when: datetime) -> tuple[dict | None, Revision | None]:
    edit = next((row for row in rows if row.origin == "redigeret" and _covers(row, when)), None)
    body = _file_at(rows, when)
    return (None if body is None else merge(body, edit.body) if edit else body), edit


def _file_at(rows: list[Revision], when: datetime) -> dict | None:
    return next((row.body for row in rows if row.origin == "fil" and _covers(row, when)), None)


def _covers(revision: Revision, when: datetime) -> bool:
    began, ended = revision.approved_at, revision.ended_at
    return began is not None and began <= when and (ended is None or when < ended)
