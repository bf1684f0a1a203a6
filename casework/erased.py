"""What has been erased, kept beside the database: a backup read back must not bring it back.

One line for each transaction that erased something, in `sletninger.jsonl` in the data folder, and the same in the
folder for backups where one is set: the disk that takes the database may take the one but not the other. Of a case its
number stands there, of a conversation and a meeting an id that says nothing.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.orm import Session

from casework import clock
from casework.files import append_line
from casework.models import Appointment, Case
from casework.settings import Settings, current

NAME = "sletninger.jsonl"
QUIET = "erased_quiet"  # in a session's info: what it erases is not noted
_NOTED, _MARKS = "erased_noted", "erased_marks"
log = logging.getLogger(__name__)


@dataclass
class Erased:
    """What a journal holds: cases as (number, mark), conversations and meetings by id, and how many lines of it cannot
    be read."""

    cases: set[tuple[str, str]] = field(default_factory=set)
    conversations: set[str] = field(default_factory=set)
    meetings: set[str] = field(default_factory=set)
    unreadable: int = 0


def mark_of(case: Case) -> str:
    """Return what tells a case from a later one that happens to get its number."""
    return hashlib.sha256(case.submission.encode()).hexdigest()[:16]


def note_conversations(session: Session, ids: Iterable[str]) -> None:
    """Remember that conversations are erased; written once that is committed."""
    _note(session, [("samtale", key) for key in ids])


def note_case(session: Session, case: Case) -> None:
    """Remember that a case is stripped. Call it while the case still has its number."""
    _note(session, [("sag", case.reference, mark_of(case))])


def note_meeting(session: Session, appointment: Appointment) -> None:
    """Remember that a meeting is stripped. Call it while the meeting still has its id."""
    _note(session, [("moede", appointment.uid)])


def _note(session: Session, entries: list[tuple]) -> None:
    if not session.info.get(QUIET):
        session.info.setdefault(_NOTED, []).extend(entries)


@event.listens_for(Session, "after_transaction_create")
def _begun(session: Session, transaction) -> None:
    if transaction.nested:
        session.info.setdefault(_MARKS, {})[id(transaction)] = len(session.info.get(_NOTED, ()))


@event.listens_for(Session, "after_soft_rollback")
def _undone(session: Session, transaction) -> None:
    """Forget what was erased in a part that is undone, or in the whole."""
    if transaction.nested:
        kept = session.info.get(_MARKS, {}).get(id(transaction), 0)
        del session.info.get(_NOTED, [])[kept:]
    elif transaction.parent is None:
        session.info.pop(_NOTED, None)


@event.listens_for(Session, "after_commit")
def _committed(session: Session) -> None:
    if session.in_nested_transaction():
        return  # the whole may still be undone
    noted = session.info.pop(_NOTED, None)
    session.info.pop(_MARKS, None)
    if not noted:
        return
    line = json.dumps({"at": clock.now().isoformat(timespec="seconds"), "slettet": noted})
    for path in paths(current()):
        try:
            append_line(path, line)
        except OSError as error:  # erased it is; the doctor says that the journal cannot be written
            log.error("the journal of erasures %s cannot be written: %s", path, type(error).__name__)


def paths(settings: Settings) -> list[Path]:
    """Return where the journal is kept: in the data folder, and in the folder for backups where one is set."""
    folders = [settings.data_dir, *([settings.backup_dir] if settings.backup_dir else [])]
    return [folder / NAME for folder in dict.fromkeys(folders)]


def lines(found: Iterable[Path]) -> list[str]:
    """Return the lines of several copies of the journal, each once, in order."""
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in found if path.exists()]
    return list(dict.fromkeys(line for text in texts for line in text.splitlines() if line.strip()))


def complete(settings: Settings, known: Iterable[str] = ()) -> list[str]:
    """Bring every copy of the journal up to the others and to the lines `known`, and return the whole. Raises
    OSError."""
    copies = [path for path in paths(settings) if path.parent.is_dir()]
    whole = list(dict.fromkeys([*known, *lines(copies)]))
    for path in copies:
        has = set(lines([path]))
        append_line(path, "\n".join(line for line in whole if line not in has))
    return whole


def read(found: Iterable[str]) -> Erased:
    """Return what the lines of a journal name."""
    erased = Erased()
    for line in found:
        try:
            for kind, *key in json.loads(line)["slettet"]:
                if kind == "sag":
                    number, mark = key
                    erased.cases.add((str(number), str(mark)))
                elif kind == "samtale":
                    erased.conversations.add(str(key[0]))
                else:
                    erased.meetings.add(str(key[0]))
        except (ValueError, KeyError, TypeError, IndexError):
            erased.unreadable += 1
    return erased
