"""Taking a backup while the system runs, and telling when that was last done."""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from casework import backup_archive as archive
from casework import backup_database as database
from casework import clock, erased
from casework.backup_archive import Manifest
from casework.backup_database import BackupError
from casework.errors import InvalidInput
from casework.files import own, sync_folder, write_whole
from casework.settings import Settings

NOTE = "sikkerhedskopi.json"
LOCK, WORK = ".vejviser-kopi.lock", ".vejviser-kopi-"
PREFIX, BEFORE = "vejviser", "vejviser-foer-indlaesning"
ENDING = ".tar.gz"
log = logging.getLogger(__name__)
_OURS = re.compile(rf"{PREFIX}-(\d{{8}}-\d{{6}}Z)(?:-(\d+))?{re.escape(ENDING)}")


class Made(NamedTuple):
    """A backup that has been made, and the older ones that went."""

    path: Path
    manifest: Manifest
    size: int
    removed: list[Path]


class Note(NamedTuple):
    """When the last backup was made, and where it was put."""

    at: datetime
    file: str


def moment() -> datetime:
    """Return the real time, also when the system's date is fixed: the age of a file is no matter of rehearsal."""
    return datetime.fromtimestamp(clock.seconds(), timezone.utc)


def key_mark(settings: Settings) -> str:
    """Return what tells one secret key from another. The key cannot be had from it."""
    return settings.derived_key("backup-mark").hex()[:16]


def make(
    settings: Settings, to: Path | None, *, with_key: bool = False, keep: int | None = None, prefix: str = PREFIX
) -> Made:
    """Write a backup to a new file, or to a file of its own name in a folder, and read it back before it gets its name.

    Without `to` it goes to the folder of the settings. `keep` leaves that many of the newest of our own in the folder.
    Raises InvalidInput when it cannot be put there, and BackupError when it cannot be made: then nothing new is there,
    and nothing old is gone.
    """
    folder, name = _place(settings, to)
    if keep is not None and (name or keep < 1):
        raise InvalidInput("--behold skal være mindst 1 og bruges med en mappe, ikke med en fil.")
    with telling(folder), _alone(folder), workshop(folder) as work:
        made_at = moment()
        manifest, parts = _collect(settings, work, made_at, with_key)
        packed = work / "kopi"
        archive.pack(manifest, parts, packed)
        archive.verify(packed)
        size, path = packed.stat().st_size, _name_it(packed, folder, name, prefix, made_at)
        sync_folder(folder)
        removed = _remove_old(folder, keep) if keep else []
    _write_note(settings, made_at, path)
    return Made(path, manifest, size, removed)


def last(settings: Settings) -> Note | None:
    """Return when the last backup of this system was made; None when none was."""
    try:
        given = json.loads((settings.data_dir / NOTE).read_text(encoding="utf-8"))
        return Note(datetime.fromisoformat(given["at"]), str(given["fil"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def ours(folder: Path) -> list[Path]:
    """Return the backups in a folder that bear the names we give, the newest first."""
    found = [(match, path) for path in folder.iterdir() if (match := _OURS.fullmatch(path.name)) and path.is_file()]
    return [path for _, path in sorted(found, key=lambda pair: (pair[0][1], int(pair[0][2] or 1)), reverse=True)]


def _place(settings: Settings, to: Path | None) -> tuple[Path, str]:
    """Return the folder, and the name of the file where one is given."""
    to = to or settings.backup_dir
    if to is None:
        raise InvalidInput("Sig, hvor kopien skal ligge: --til MAPPE, eller sæt VEJVISER_BACKUP_DIR.")
    if to.is_dir():
        return to.resolve(), ""
    if not to.parent.is_dir() or to == settings.backup_dir or to.name.startswith("."):
        raise InvalidInput(f"Mappen {to if to == settings.backup_dir else to.parent} findes ikke. Er disken sat på?")
    if to.exists():
        raise InvalidInput(f"{to} findes allerede. Vælg et andet navn.")
    if not to.name.endswith(ENDING):
        raise InvalidInput(f"{to} findes ikke som mappe, og en fil skal ende på {ENDING}. Er disken sat på?")
    return to.parent.resolve(), to.name


def _collect(settings: Settings, work: Path, made_at: datetime, with_key: bool) -> tuple[Manifest, list[Path]]:
    url = settings.database_url
    kind = database.kind_of(url)
    copy = work / (archive.SQLITE if kind == "sqlite" else archive.POSTGRESQL)
    if kind == "sqlite":
        rows = database.copy_sqlite(database.file_of(url), copy)
        revision = database.sqlite_revision(copy)
    else:
        rows = database.dump_postgresql(url, copy)
        database.list_dump(copy)
        revision = database.postgresql_revision(url)
    if not revision:
        raise BackupError(f"{database.NOT_MADE} Kør: make migrate")
    journal = work / archive.JOURNAL  # after the copy: what was erased meanwhile stands in it
    try:
        whole = erased.complete(settings)
    except OSError as error:  # of a full disk above all a backup is wanted; the doctor says of the journal
        log.error("the journal of erasures cannot be written: %s", type(error).__name__)
        whole = erased.lines(erased.paths(settings))
    journal.write_text("".join(f"{line}\n" for line in whole), encoding="utf-8")
    parts = [copy, journal]
    if with_key:
        parts.append(work / archive.KEY)
        parts[-1].write_text(settings.secret_key)
    sums = {part.name: archive.digest(part) for part in parts}
    made = made_at.isoformat(timespec="seconds")
    return Manifest(archive.FORMAT, version("vejviser"), revision, made, kind, rows, sums, key_mark(settings)), parts


def _name_it(packed: Path, folder: Path, name: str, prefix: str, made_at: datetime) -> Path:
    """Give the finished file its name; one that is taken meanwhile is not written over."""
    stamp, number = made_at.strftime("%Y%m%d-%H%M%SZ"), 1
    while True:
        path = folder / (name or f"{prefix}-{stamp}{f'-{number}' if number > 1 else ''}{ENDING}")
        if not path.exists():
            os.rename(packed, path)
            return path
        if name:
            raise InvalidInput(f"{path} findes allerede. Vælg et andet navn.")
        number += 1


def _remove_old(folder: Path, keep: int) -> list[Path]:
    removed = ours(folder)[keep:]
    for path in removed:
        path.unlink()
    sync_folder(folder)
    return removed


def _write_note(settings: Settings, at: datetime, path: Path) -> None:
    text = json.dumps({"at": at.isoformat(timespec="seconds"), "fil": str(path)}, ensure_ascii=False)
    try:
        write_whole(settings.data_dir / NOTE, text)
    except OSError as error:  # the backup is there all the same; the doctor will say that it has seen none
        log.error("that a backup was made cannot be noted: %s", type(error).__name__)


@contextmanager
def telling(folder: Path, end: str = "Der er ikke lavet nogen ny kopi.") -> Iterator[None]:
    """Say in words what the disk says in numbers: a BackupError for an OSError."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            text = f"Der er ikke plads nok til kopien i {folder}. Ryd op, eller vælg en anden disk."
        elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            text = f"Der må ikke skrives: {error.filename or folder}. Ret rettighederne, eller vælg en anden mappe."
        else:
            text = f"Kopien kunne ikke skrives i {folder} ({error.strerror or type(error).__name__})."
        raise BackupError(f"{text} {end}") from None


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder for one backup at a time; what one that died left behind is cleared away."""
    path = folder / LOCK
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(f"En anden sikkerhedskopi til {folder} er i gang. Vent, til den er færdig.") from None
        for left in folder.glob(f"{WORK}*/"):
            shutil.rmtree(left, ignore_errors=True)
        yield


@contextmanager
def workshop(folder: Path) -> Iterator[Path]:
    """Make a folder only we can read, on the disk the file is to lie on, and take it away again whatever happens."""
    work = Path(tempfile.mkdtemp(prefix=WORK, dir=folder))
    try:
        own(work)
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
