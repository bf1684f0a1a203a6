"""The database: one engine and `Session` per process."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from sqlalchemy import Column, create_engine, event, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import QueuePool

from casework import queue_index  # noqa: F401 - whoever writes a case, the search follows
from casework.settings import current

BUSY_TIMEOUT_MS = 5_000
BATCH = 500  # keys in one query


def make_engine(url: str) -> Engine:
    """Return an engine that waits a while for other writers and then gives up, so that the citizen gets words.

    SQLite also gets a write-ahead log and foreign keys.
    """
    if not url.startswith("sqlite"):
        # Every query here is short; compiling one to machine code takes longer than running it.
        patience = {"options": f"-c lock_timeout={BUSY_TIMEOUT_MS} -c jit=off"}
        return create_engine(url, future=True, pool_pre_ping=True, pool_size=10, max_overflow=40, connect_args=patience)
    engine = create_engine(  # SQLAlchemy 1.4 would open a file anew for every transaction
        url,
        future=True,
        poolclass=QueuePool,
        pool_size=10,
        max_overflow=40,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection, _record) -> None:
        connection.isolation_level = None  # pysqlite must not open transactions behind SQLAlchemy's back
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection) -> None:
        # A reader that later writes would fail at once with "database is locked"; asking for the write lock
        # at the start makes writers queue instead.
        connection.exec_driver_sql(
            "BEGIN IMMEDIATE" if connection.get_execution_options().get("write", True) else "BEGIN"
        )

    return engine


@lru_cache(maxsize=1)
def engine() -> Engine:
    """Return this process's engine."""
    current().data_dir.mkdir(parents=True, exist_ok=True)
    return make_engine(current().database_url)


def session() -> OrmSession:
    """Return a new session. Use `with session() as s, s.begin():`; whoever opens it commits."""
    return sessionmaker(engine(), future=True, expire_on_commit=False)()


def snapshot() -> OrmSession:
    """Return a new session for reading in which all queries see the same moment."""
    how = {"write": False}
    if engine().dialect.name != "sqlite":  # there a transaction that reads is one already
        how["isolation_level"] = "REPEATABLE READ"
    return sessionmaker(engine().execution_options(**how), future=True, expire_on_commit=False)()


def reading() -> OrmSession:
    """Return a session for reading only; it never waits for a writer."""
    return sessionmaker(engine().execution_options(write=False), future=True, expire_on_commit=False)()


def present(session: OrmSession, column: Column, keys: Iterable[str], *, rows=None) -> list:
    """Return those of many keys that stand in a column, or the `rows` of a table that have them."""
    keys, found = sorted(keys), []
    for start in range(0, len(keys), BATCH):
        found += session.scalars(select(rows or column).where(column.in_(keys[start : start + BATCH])))
    return found
