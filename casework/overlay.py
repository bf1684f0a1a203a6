"""What staff have mended lies over the files' texts: the same in every process as soon as it is approved."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from casework.db import engine
from casework.models import Revision
from casework.texts import KINDS, SOURCE_FIELDS

log = logging.getLogger(__name__)

PAUSE_SECONDS = 2.0  # after the database failed, so that a citizen does not wait for every text of a page
_trial: ContextVar[tuple[str, str, dict] | None] = ContextVar("trial", default=None)
# What was seen first inside held(): none or one.
_held: ContextVar[list[tuple[tuple[int, ...] | None, Overlay]] | None] = ContextVar("held", default=None)
_IN_FORCE = (Revision.origin == "redigeret", Revision.state == "godkendt")

_IDS = select(Revision.id).where(*_IN_FORCE).order_by(Revision.id)

Overlay = dict[str, dict[str, dict]]


def version(session: Session | Connection) -> tuple[int, ...]:
    """Return what changes whenever something in force changes: the ids in force. An approved text never changes."""
    return tuple(session.execute(_IDS).scalars())


def in_force(session: Session | Connection) -> dict[tuple[str, str], dict]:
    """Return the mended fields in force by (kind, key), as they are stored: dates are ISO text."""
    rows = session.execute(select(Revision.kind, Revision.key, Revision.body).where(*_IN_FORCE))
    return {(kind, key): body for kind, key, body in rows}


class _Known:
    """What this process saw last: version and overlay, always set together, and when to ask again after a failure."""

    seen: tuple[tuple[int, ...] | None, Overlay] = (None, {kind: {} for kind in KINDS})
    silent_until = 0.0


def overlay() -> Overlay:
    """Return the mended fields in force: kind → key → fields; the dates of a source are dates. Do not change it.

    Costs one small query. When the database cannot be asked, the answer is what this process saw last, or nothing.
    """
    seen, tried = _look()[1], _trial.get()
    if tried is None:
        return seen
    kind, key, fields = tried
    return {**seen, kind: {**seen[kind], key: fields}}


def stamp() -> tuple[int, ...]:
    """Return what changes whenever an approved text does, for what is built of the texts, such as the search index."""
    return _look()[0] or ()


@contextmanager
def trying(kind: str, key: str, fields: dict) -> Iterator[None]:
    """Let `fields` be in force for the caller alone, in this thread and inside the `with`: that is a preview.

    What is built meanwhile must not be kept for others.
    """
    token = _trial.set((kind, key, _dated(fields) if kind == "kilde" else fields))
    try:
        yield
    finally:
        _trial.reset(token)


@contextmanager
def held() -> Iterator[None]:
    """Let all that is said inside the `with`, in this thread, rest on one look at the database: one turn, one truth.

    The look is taken when the first text is asked for; without texts it costs nothing.
    """
    token = _held.set([])
    try:
        yield
    finally:
        _held.reset(token)


def _look() -> tuple[tuple[int, ...] | None, Overlay]:
    looked = _held.get()
    if looked:
        return looked[0]
    seen = _look_now()
    if looked is not None:
        looked.append(seen)
    return seen


def _look_now() -> tuple[tuple[int, ...] | None, Overlay]:
    if time.monotonic() < _Known.silent_until:
        return _Known.seen
    try:
        with _reading().connect() as db:  # no session: this is asked for every text
            now = version(db)
            if now != _Known.seen[0]:
                _Known.seen = (now, _arranged(in_force(db)))
    except SQLAlchemyError as error:
        log.warning("mended texts cannot be read: %s", type(error).__name__)
        _Known.silent_until = time.monotonic() + PAUSE_SECONDS
    return _Known.seen


@lru_cache(maxsize=1)
def _reading() -> Engine:
    return engine().execution_options(write=False)


def _arranged(found: dict[tuple[str, str], dict]) -> Overlay:
    arranged: Overlay = {kind: {} for kind in KINDS}
    for (kind, key), fields in found.items():
        arranged[kind][key] = _dated(fields) if kind == "kilde" else fields
    return arranged


def _dated(fields: dict) -> dict:
    return {k: date.fromisoformat(v) if k in SOURCE_FIELDS and v else v for k, v in fields.items()}
