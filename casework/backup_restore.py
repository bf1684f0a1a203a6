"""Putting a backup back: nothing is replaced before the backup is known to be whole, and nothing comes back that was
erased, nor goes out that may have gone out."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from casework import backup, erased, erasure, outbox, retention, schema, staff
from casework import backup_archive as archive
from casework import backup_database as database
from casework.backup_archive import Manifest
from casework.backup_database import BackupError
from casework.columns import UNREADABLE, Encrypted
from casework.db import make_engine, present
from casework.enums import OPEN_STATUSES
from casework.files import own, sync_folder, write_whole
from casework.models import Appointment, Base, Case, CaseEvent, Conversation, Staff
from casework.settings import Settings

UNFINISHED = "indlaesning-ufaerdig"
SAMPLE = 20  # values of each kind, the newest, that are tried with the key
NOTHING_CHANGED = "Intet er ændret."


@dataclass
class Restored:
    """What putting a backup back came to."""

    manifest: Manifest
    before: Path | None = None  # the backup of what was there
    erased_again: list[str] = field(default_factory=list)
    journal_missing: bool = False
    journal_unreadable: int = 0
    cleared: dict[str, int] = field(default_factory=dict)
    mail: list[str] = field(default_factory=list)
    key_installed: bool = False
    tried: int = 0  # encrypted values
    unreadable: int = 0  # of them, with the key in force


def check(settings: Settings, path: Path) -> Manifest:
    """Return what a backup says of itself, once every part has been compared with its checksum, an SQLite copy opened
    and looked through, and its rows counted. Raises BackupError."""
    with backup.telling(path.parent, "Kopien er ikke prøvet."), backup.workshop(_room(settings, path)) as work:
        manifest = archive.unpack(path, work)
        _look_through(manifest, work)
    return manifest


def same_key(settings: Settings, manifest: Manifest) -> bool | None:
    """Return whether the key in force is the one of a backup; None when there is no key yet, and none is made."""
    return backup.key_mark(settings) == manifest.key_mark if settings.has_secret_key else None


def unfinished(settings: Settings) -> bool:
    """Return whether putting a backup back was broken off, so that what is there must not be used."""
    return (settings.data_dir / UNFINISHED).exists()


def restore(
    settings: Settings, path: Path, now: datetime, *, overwrite: bool = False, without_key: bool = False
) -> Restored:
    """Put a backup in the place of the database and return what that came to.

    Raises BackupError when the system runs, when there is something and `overwrite` is not said (else that is backed up
    first), when the backup is damaged, newer than the system or of another kind of database, or when the key is not the
    one it was made with, unless `without_key`. Then nothing is changed.
    """
    _refuse_running(settings)
    manifest = archive.manifest_of(path)
    _refuse_unfit(settings, manifest)
    url, is_file = settings.database_url, database.kind_of(settings.database_url) == "sqlite"
    filled = database.holds_anything(url)
    if filled and not overwrite:
        raise BackupError(
            "Der er allerede sager, samtaler eller brugere i databasen. "
            "Skal de vige for kopien, så kør igen med --overskriv; der tages først en kopi af dem."
        )
    if is_file and database.file_of(url).exists():
        database.release_sqlite(database.file_of(url))
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    home = database.file_of(url).parent if is_file else settings.data_dir
    with backup.telling(home, NOTHING_CHANGED), backup.workshop(home) as work:
        archive.unpack(path, work)
        _look_through(manifest, work)
        result = Restored(manifest)
        result.key_installed = _settle_key(settings, manifest, work, without_key)
        journals = [*erased.paths(settings), path.parent / erased.NAME]
        result.journal_missing = not any(journal.exists() for journal in journals)
        lines = erased.lines([*journals, work / archive.JOURNAL])
        if filled:
            folder = settings.backup_dir if settings.backup_dir and settings.backup_dir.is_dir() else settings.data_dir
            result.before = backup.make(settings, folder, prefix=backup.BEFORE).path
        if is_file:
            copy = work / archive.SQLITE
            _mend(f"sqlite:///{copy}", lines, now, result)
            _put_in_place(copy, database.file_of(url), settings.data_dir)
        else:
            _load(settings, work / archive.POSTGRESQL, lines, now, result)
        erased.complete(settings, lines)
    return result


def _room(settings: Settings, path: Path) -> Path:
    """Return where there is most reason to think that a backup can be unpacked: beside it, or among the data."""
    return path.parent if os.access(path.parent, os.W_OK) else settings.data_dir


def _refuse_running(settings: Settings) -> None:
    for name, port in (("web", settings.port), ("Rasa", settings.rasa_port), ("actions", settings.actions_port)):
        with socket.socket() as probe:
            probe.settimeout(2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                raise BackupError(f"Systemet kører: {name} svarer på port {port}. Stop det, og prøv igen.")


def _refuse_unfit(settings: Settings, manifest: Manifest) -> None:
    kind = database.kind_of(settings.database_url)
    if manifest.database != kind:
        names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
        raise BackupError(
            f"Kopien er af {names[manifest.database]}, men VEJVISER_DATABASE_URL peger på {names.get(kind, kind)}. "
            "Ret indstillingen."
        )
    if not schema.is_known(manifest.revision):
        raise BackupError(
            f"Kopiens tabeller har version {manifest.revision}, og dette system kender kun til {schema.newest()}. "
            f"Installér mindst den version, kopien er lavet med ({manifest.version})."
        )


def _look_through(manifest: Manifest, work: Path) -> None:
    part = work / manifest.database_part
    if manifest.database == "sqlite":
        rows = database.check_sqlite(part)
        if rows != manifest.rows:
            raise BackupError(f"{archive.DAMAGED}: {_differing(rows, manifest.rows)} Brug en anden.")
    else:
        database.list_dump(part)


def _differing(rows: dict[str, int], told: dict[str, int]) -> str:
    wrong = sorted(name for name in rows.keys() | told.keys() if rows.get(name) != told.get(name))
    return f"antallet af rækker passer ikke i {', '.join(wrong[:5])}."


def _settle_key(settings: Settings, manifest: Manifest, work: Path, without_key: bool) -> bool:
    """See to it that the key in force is the one of the backup; return whether it was taken from the backup."""
    same = same_key(settings, manifest)
    if same or without_key:
        return False
    if same is None and manifest.has_key:
        write_whole(settings.key_file, (work / archive.KEY).read_text())
        return True
    text = (
        "Nøglen i brug er en anden end den, kopien er lavet med, så kontaktoplysninger og beskeder kan ikke læses."
        if same is False
        else "Der er ingen nøgle her, så kontaktoplysninger og beskeder kan ikke læses."
    )
    where = f"Sæt VEJVISER_SECRET_KEY til den gamle nøgle, eller læg den i {settings.key_file}"
    if manifest.has_key:
        where += f". Den ligger også i kopien: flyt {settings.key_file} væk, og fjern VEJVISER_SECRET_KEY"
    raise BackupError(
        f"{text} {where}, og prøv igen. Er nøglen tabt, så indlæs resten med --uden-noegle. {NOTHING_CHANGED}"
    )


def _load(settings: Settings, dump: Path, lines: list[str], now: datetime, result: Restored) -> None:
    """Put a dump in the place of a database that cannot be swapped. A mark is left until it is as it should be: the
    system does not start beside it."""
    mark, before = settings.data_dir / UNFINISHED, unfinished(settings)
    write_whole(mark, "")
    try:
        rows = database.load_postgresql(settings.database_url, dump)
    except BackupError as error:
        if not before:
            mark.unlink()
        raise BackupError(f"{error} {NOTHING_CHANGED}") from None
    try:
        if rows != result.manifest.rows:
            raise BackupError(_differing(rows, result.manifest.rows))
        _mend(settings.database_url, lines, now, result)
    except Exception as error:
        raise BackupError(
            f"Indlæsningen blev ikke færdig ({type(error).__name__}: {str(error)[:200]}). "
            "Systemet kan ikke startes, før den er kørt til ende. Ret fejlen, og kør igen med --overskriv."
        ) from error
    mark.unlink()


def _mend(url: str, lines: list[str], now: datetime, result: Restored) -> None:
    """Bring what was read back up to this system and to today, and note in `result` what that came to."""
    engine = make_engine(url)
    try:
        schema.upgrade(engine)
        with Session(engine, future=True, expire_on_commit=False) as db, db.begin():
            db.info[erased.QUIET] = True  # it is in the journal, or will be cleared again by its age
            schema.bring_up(db, now)
            result.mail = outbox.hold_back(db, now)
            journal = erased.read(lines)
            result.journal_unreadable = journal.unreadable
            result.erased_again = erase_again(db, journal, now)
            for person in db.scalars(sa.select(Staff)):
                staff.end_sessions(person)
            result.cleared = dict(retention.run(db, now).counts)
        result.tried, result.unreadable = _try_key(engine)
    finally:
        engine.dispose()


def erase_again(session: Session, journal: erased.Erased, now: datetime) -> list[str]:
    """Erase what the journal names and the database still has; return it in Danish, the cases first."""
    told = []
    for case in present(session, Case.reference, {number for number, _ in journal.cases}, rows=Case):
        reference, found = case.reference, (case.reference, erased.mark_of(case)) in journal.cases
        if not found or case.anonymised_at:
            continue
        was_open = case.status in OPEN_STATUSES
        if was_open:  # it was closed after the backup was made, and how is not known
            case.status, case.closed_at = "afsluttet", now
        erasure.anonymise(session, case, now)
        session.add(CaseEvent(case_id=case.id, at=now, kind="anonymiseret", text=""))
        session.flush()
        told.append(f"Sag {reference}{' (stod åben i kopien)' if was_open else ''}")
    for meeting in present(session, Appointment.uid, journal.meetings, rows=Appointment):
        told.append(f"Møde {meeting.id}")
        if meeting.status in erasure.UPCOMING and meeting.start_at > now:  # it was cancelled before it was erased
            meeting.status = "aflyst"
        erasure.anonymise_meeting(session, meeting, now)
    talks = present(session, Conversation.id, journal.conversations)
    erasure.forget_conversations(session, talks)
    return told + [f"Samtale {key[:8]}" for key in talks]


def _try_key(engine: Engine) -> tuple[int, int]:
    """Return how many encrypted values were tried, the newest of each kind, and how many of them cannot be read."""
    tried = unreadable = 0
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for column in (c for c in table.columns if isinstance(c.type, Encrypted)):
                (key,) = table.primary_key.columns
                query = sa.select(column).where(column.is_not(None)).order_by(key.desc()).limit(SAMPLE)
                values = connection.execute(query).scalars().all()
                tried, unreadable = tried + len(values), unreadable + values.count(UNREADABLE)
    return tried, unreadable


def _put_in_place(copy: Path, target: Path, like: Path) -> None:
    """Let a finished database file take the place of the one there is, at once."""
    database.release_sqlite(copy)
    if target.exists():
        database.release_sqlite(target)
    for beside in ("-wal", "-shm", "-journal"):
        target.with_name(target.name + beside).unlink(missing_ok=True)
    with copy.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(copy, target)
    own(target)
    sync_folder(target.parent)
