"""The file of a backup: a tar with a manifest first, which says what is in it and how to know that it is whole."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
import zlib
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from casework.backup_database import BackupError
from casework.files import create, own

MANIFEST, SQLITE, POSTGRESQL, KEY, JOURNAL = (
    *("manifest.json", "vejviser.db", "vejviser.dump", "secret.key", "sletninger.jsonl"),
)
PARTS = (SQLITE, POSTGRESQL, KEY, JOURNAL)
FORMAT = 1
MAX_MANIFEST = 1_000_000
CHUNK = 1 << 20
DAMAGED = "Kopien er beskadiget"


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. `key_mark` tells whether a secret key is the one in use then; it is not the key."""

    format: int
    version: str
    revision: str
    made_at: str
    database: str
    rows: dict[str, int]
    sha256: dict[str, str]
    key_mark: str

    @property
    def when(self) -> datetime:
        return datetime.fromisoformat(self.made_at)

    @property
    def database_part(self) -> str:
        return SQLITE if self.database == "sqlite" else POSTGRESQL

    @property
    def has_key(self) -> bool:
        return KEY in self.sha256


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(CHUNK):
            found.update(block)
    return found.hexdigest()


def pack(manifest: Manifest, parts: list[Path], to: Path) -> None:
    """Write manifest and parts to a new file only its owner can read, and have it on the disk. Raises OSError."""
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=2).encode()
    with create(to) as file:
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as tar:
            head = tarfile.TarInfo(MANIFEST)
            head.size, head.mode, head.mtime = len(text), 0o600, int(manifest.when.timestamp())
            tar.addfile(head, io.BytesIO(text))
            for part in parts:
                info = tarfile.TarInfo(part.name)
                info.size, info.mode, info.mtime = part.stat().st_size, 0o600, head.mtime
                with part.open("rb") as content:
                    tar.addfile(info, content)
        file.flush()
        os.fsync(file.fileno())


def manifest_of(path: Path) -> Manifest:
    """Return what a backup says of itself. Raises BackupError when it is none or is damaged."""
    return _through(path, None)


def unpack(path: Path, into: Path) -> Manifest:
    """Take a backup apart into a folder, comparing every part with its checksum, and return the manifest.

    Raises BackupError when anything is missing, damaged, or not ours.
    """
    return _through(path, into)


def verify(path: Path) -> Manifest:
    """Read a backup through and compare every part with its checksum. Raises BackupError."""
    return _through(path, Path(os.devnull))


def _through(path: Path, into: Path | None) -> Manifest:
    if not path.is_file():
        raise BackupError(f"{path} findes ikke, eller er ingen fil.")
    try:
        with path.open("rb") as file, tarfile.open(fileobj=file, mode="r:gz") as tar:
            manifest = _manifest(tar, path)
            if into is None:
                return manifest
            found = {}
            while member := tar.next():
                if member.name not in PARTS or not member.isfile() or member.name in found:
                    raise BackupError(f"{DAMAGED}: der er noget i filen, som ikke hører til.")
                target = into if into == Path(os.devnull) else into / member.name
                found[member.name] = _take(tar.extractfile(member), target)
            shutil.copyfileobj(_Rest(tar.fileobj), io.BytesIO())  # to the end, where gzip has its own sum
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile):
        raise BackupError(f"{DAMAGED}: {path.name} kan ikke læses til ende. Brug en anden kopi.") from None
    wrong = [name for name, sum_ in manifest.sha256.items() if found.get(name) != sum_]
    wrong += sorted(found.keys() - manifest.sha256.keys())
    if wrong or manifest.database_part not in manifest.sha256:
        raise BackupError(f"{DAMAGED}: {', '.join(wrong) or 'databasen'} er ikke, som da den blev gemt. Brug en anden.")
    return manifest


class _Rest:
    """What is left of a stream, read and thrown away a little at a time."""

    def __init__(self, stream) -> None:
        self.stream = stream

    def read(self, _size: int = -1) -> bytes:
        while self.stream.read(CHUNK):
            pass
        return b""


def _manifest(tar: tarfile.TarFile, path: Path) -> Manifest:
    first = tar.next()
    if first is None or first.name != MANIFEST or not first.isfile() or first.size > MAX_MANIFEST:
        raise BackupError(f"{path.name} er ikke en sikkerhedskopi fra Vejviser.")
    try:
        given = json.loads(tar.extractfile(first).read())
        if given["format"] > FORMAT:
            raise BackupError("Kopien er lavet af en nyere version af Vejviser. Brug den version.")
        manifest = Manifest(**given)
        if manifest.when.tzinfo is None or manifest.database not in ("sqlite", "postgresql"):
            raise ValueError
        return manifest
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BackupError(f"{DAMAGED}: dens indholdsfortegnelse kan ikke læses. Brug en anden kopi.") from None


def _take(content, target: Path) -> str:
    found, nowhere = hashlib.sha256(), target == Path(os.devnull)
    with open(os.devnull, "wb") if nowhere else create(target) as file:
        while block := content.read(CHUNK):
            found.update(block)
            file.write(block)
        if not nowhere:
            file.flush()
            os.fsync(file.fileno())
    if not nowhere:
        own(target)
    return found.hexdigest()
