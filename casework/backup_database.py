"""A database as a file, and back: SQLite by its own copying while others write, PostgreSQL by pg_dump."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import psycopg2
import sqlalchemy as sa
from psycopg2 import sql
from psycopg2.extensions import make_dsn, parse_dsn
from sqlalchemy.engine import make_url

from casework.errors import CaseworkError
from casework.models import Base

PATIENCE_SECONDS = 30
SEARCH = "case_search"  # made from other tables, and in SQLite out of tables of its own
OURS = (*Base.metadata.tables, SEARCH, "events", "alembic_version")  # `events` is Rasa's
FUNCTIONS = ("search_plain", "search_text", "search_turn", "search_case")
NOT_MADE = "Databasen er ikke lavet endnu."


class BackupError(CaseworkError):
    """A copy could not be made, read or put back; the text says why and what to do."""


def kind_of(url: str) -> str:
    """Return `sqlite` or `postgresql`."""
    return make_url(url).get_backend_name()


def file_of(url: str) -> Path:
    """Return the file of an SQLite database."""
    return Path(make_url(url).database or "")


# --- SQLite -----------------------------------------------------------------------------------------------------------


def copy_sqlite(source: Path, to: Path) -> dict[str, int]:
    """Copy a database that others may be writing to, as it stands at one moment; return the rows of each table of the
    copy, which has been checked.

    Raises BackupError when there is none or it is damaged.
    """
    if not source.exists():
        raise BackupError(f"{NOT_MADE} {source} findes ikke.")
    try:
        with closing(_open(source)) as live, closing(sqlite3.connect(to)) as copy:
            copy.execute("PRAGMA synchronous=OFF")  # whoever wants the file on the disk sees to that
            live.backup(copy)  # all pages in one go: one moment, and nobody waits for us
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
        return check_sqlite(to)
    except sqlite3.Error as error:
        raise BackupError(_sqlite_words(error, source)) from None


def check_sqlite(path: Path) -> dict[str, int]:
    """Return the rows of each table of a database file that is read only. Raises BackupError when it is damaged."""
    try:
        with closing(_open(path)) as database:
            said = [row[0] for row in database.execute("PRAGMA integrity_check(3)")]
            if said != ["ok"]:
                raise BackupError(f"Databasen er beskadiget: {'; '.join(said)[:200]}")
            tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {
                name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
                for name in sorted(tables)
                if not name.startswith(("sqlite_", SEARCH))
            }
    except sqlite3.Error as error:
        raise BackupError(_sqlite_words(error, path)) from None


def sqlite_revision(path: Path) -> str | None:
    """Return the version of the tables in a database file; None where there is none."""
    try:
        with closing(_open(path)) as database:
            row = database.execute("SELECT version_num FROM alembic_version").fetchone()
            return row[0] if row else None
    except sqlite3.OperationalError:
        return None


def release_sqlite(path: Path) -> None:
    """Make a database one file with nothing beside it. Raises BackupError when another process has it open."""
    try:
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as database:
            database.execute("PRAGMA locking_mode=EXCLUSIVE")
            database.execute("BEGIN EXCLUSIVE")
            database.execute("COMMIT")
            database.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            raise BackupError(_sqlite_words(error, path)) from None
        raise BackupError(
            f"Et program har databasen åben ({path}). Stop hele systemet, også processen mail, og prøv igen."
        ) from None
    except sqlite3.DatabaseError as error:
        raise BackupError(_sqlite_words(error, path)) from None


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=PATIENCE_SECONDS)


def _sqlite_words(error: sqlite3.Error, path: Path) -> str:
    if "full" in str(error) or "disk I/O" in str(error):
        return f"Der kan ikke skrives mere, eller disken svarer ikke ({error}). Er der plads?"
    return f"Databasen {path} kan ikke læses ({error})."


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


def dump_postgresql(url: str, to: Path) -> dict[str, int]:
    """Dump a database in pg_dump's own format and return the rows of each table at the very moment of the dump.

    Raises BackupError when it does not answer, and when pg_dump is missing, too old or fails.
    """
    with closing(_connect(url)) as connection:
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with connection.cursor() as cursor:
            counts = _count(cursor)
            if not counts:
                raise BackupError(NOT_MADE)
            cursor.execute("SELECT pg_export_snapshot()")
            (snapshot,) = cursor.fetchone()
            program = _program("pg_dump", connection.server_version)
            _run(url, [program, "--format=custom", f"--snapshot={snapshot}", f"--file={to}"], "Kopieringen")
    return counts


def list_dump(path: Path) -> None:
    """Read a dump through, as far as that goes without a database. Raises BackupError when it cannot be."""
    _run("", [_program("pg_restore"), f"--file={os.devnull}", str(path)], "Læsningen af kopien")


def load_postgresql(url: str, dump: Path) -> dict[str, int]:
    """Replace our tables by those of a dump, wholly or not at all, and return the rows of each.

    Raises BackupError when others are connected, or when it fails: then everything is as it was.
    """
    with closing(_connect(url)) as connection, connection.cursor() as cursor:
        server = connection.server_version
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        (others,) = cursor.fetchone()
        if others:
            raise BackupError(
                f"Databasen er i brug: {others} forbindelser. Stop hele systemet, også processen mail, og prøv igen."
            )
    first, then = dump.with_name("foerst.sql"), dump.with_name("indhold.sql")
    first.write_text(
        "".join(f'DROP TABLE IF EXISTS public."{name}" CASCADE;\n' for name in OURS)
        + "".join(f"DROP FUNCTION IF EXISTS public.{name} CASCADE;\n" for name in FUNCTIONS)
    )
    plain = ["--no-owner", "--no-privileges", f"--file={then}", str(dump)]
    _run("", [_program("pg_restore", server), *plain], "Læsningen af kopien")
    whole = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
    _run(url, [_program("psql", server), *whole, f"--file={first}", f"--file={then}"], "Indlæsningen")
    with closing(_connect(url)) as connection, connection.cursor() as cursor:
        return _count(cursor)


def _connect(url: str):
    parsed = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        return psycopg2.connect(parsed, connect_timeout=10)
    except psycopg2.OperationalError as error:
        first = " ".join(str(error).split())[:200]
        raise BackupError(f"Databasen svarer ikke. Kører den? ({first})") from None


def _count(cursor) -> dict[str, int]:
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    names, counts = [row[0] for row in cursor.fetchall()], {}
    for name in names:
        if not name.startswith(SEARCH):
            cursor.execute(sql.SQL("SELECT count(*) FROM public.{}").format(sql.Identifier(name)))
            (counts[name],) = cursor.fetchone()
    return counts


def _program(name: str, server: int = 0) -> str:
    """Return where a program of PostgreSQL's client is. Raises BackupError when it is missing, or older than the
    server: then it cannot read all the server has."""
    found = shutil.which(name)
    if found is None:
        raise BackupError(f"Programmet {name} mangler. På Debian: apt install postgresql-client")
    said = subprocess.run([found, "--version"], capture_output=True, text=True).stdout
    version = re.search(r"(\d+)(?:\.\d+)?", said)
    if server and version and int(version[1]) < server // 10_000:
        raise BackupError(
            f"{name} er version {version[1]}, men databasen er version {server // 10_000}. "
            f"Installér postgresql-client-{server // 10_000}."
        )
    return found


def _run(url: str, command: list[str], what: str) -> None:
    """Run a program of PostgreSQL's client; the password is in its environment, where nobody else can see it."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    if url:
        rest = parse_dsn(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))
        password = rest.pop("password", None)
        command = [command[0], f"--dbname={make_dsn(**rest)}", "--no-password", *command[1:]]
        environment.update({"PGPASSWORD": password} if password else {})
    done = subprocess.run(command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode == -signal.SIGXFSZ or "No space left" in done.stderr:
        raise BackupError(f"{what} mislykkedes: der er ikke plads nok på disken.")
    if done.returncode:
        said = " ".join(done.stderr.split())[-300:] or f"kode {done.returncode}"
        raise BackupError(f"{what} mislykkedes: {said}")


def postgresql_revision(url: str) -> str | None:
    """Return the version of the tables in the database; None where there is none. Raises BackupError."""
    with closing(_connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.alembic_version')")
        if cursor.fetchone()[0] is None:
            return None
        cursor.execute("SELECT version_num FROM public.alembic_version")
        row = cursor.fetchone()
        return row[0] if row else None


def holds_anything(url: str) -> bool:
    """Return whether a database holds what somebody wrote: conversations, cases, meetings or accounts but for the
    demonstration's. Raises BackupError when it cannot be told."""
    if kind_of(url) == "sqlite" and not file_of(url).exists():
        return False
    engine = sa.create_engine(url, future=True, poolclass=sa.pool.NullPool)
    try:
        with engine.connect() as connection:
            tables = set(sa.inspect(connection).get_table_names())
            for name in sorted(tables & {"conversations", "cases", "appointments", "staff"}):
                real = " WHERE NOT demo" if name == "staff" else ""
                if connection.execute(sa.text(f"SELECT 1 FROM {name}{real} LIMIT 1")).first():
                    return True
    except sa.exc.SQLAlchemyError as error:
        raise BackupError(
            f"Den database, der ligger der nu, kan ikke læses ({type(error).__name__}). "
            + (f"Flyt {file_of(url)} et andet sted hen" if kind_of(url) == "sqlite" else "Lav en ny, tom database")
            + ", og prøv igen."
        ) from None
    return False
