"""Files that must not be half written, or read by others."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO


def own(path: Path) -> None:
    """Let a file in a folder belong to whoever has the folder: what root writes there, the system must be able to."""
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.chown(path, folder.st_uid, folder.st_gid)


def create(path: Path) -> BinaryIO:
    """Open a new file only its owner can read, for writing. Raises FileExistsError when there is one, and OSError."""
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def append_line(path: Path, line: str) -> None:
    """Add a line to a file only its owner can read, and have it on the disk. Raises OSError."""
    new = not path.exists()
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        if new:
            own(path)
        if line:
            os.write(handle, f"{line}\n".encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Have on the disk which files a folder holds."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(path: Path, text: str) -> None:
    """Write a small file only its owner can read, wholly or not at all. Raises OSError."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        own(part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(path.parent)
