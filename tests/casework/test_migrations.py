"""A database in use keeps what is in it, up and down through the migrations."""

import os
import re
import sqlite3
import subprocess
import sys
import uuid
from datetime import date, datetime, time, timezone

import pytest
import sqlalchemy as sa

from casework.db import make_engine
from casework.models import Base
from casework.settings import ROOT

COMPETENCE = '{"within": "yes", "reasons": []}'


def alembic(folder, *command, url=""):
    """Run alembic on a database of its own, SQLite in the folder unless told otherwise, as `vejviser migrate` does."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("VEJVISER_")}
    ran = subprocess.run(
        [sys.executable, "-m", "alembic", *command],
        cwd=ROOT,
        env={**environment, "VEJVISER_DATA_DIR": str(folder), "VEJVISER_DATABASE_URL": url},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]


@pytest.fixture
def in_use(tmp_path):
    """A database of the first version that staff work in, with a conversation that spoke of danger and two cases."""
    alembic(tmp_path, "upgrade", "0003")
    with sqlite3.connect(tmp_path / "vejviser.db") as db:
        db.execute("insert into conversations values ('k', 'h', '2026-11-01', '2026-11-01', 1, null)")
        db.execute(
            "insert into turns (conversation_id, number, at, who, text, topic)"
            " values ('k', 1, '2026-11-01', 'citizen', 'Hjælp', 'akut.liv')"
        )
        for number, conversation in ((1, "k"), (2, None)):
            db.execute(
                "insert into cases (id, reference, code_hash, submission, created_at, respond_by, status, priority,"
                " anonymous, consent_forward, competence, summary, story, conversation_id)"
                " values (?, ?, 'h', ?, '2026-11-01', '2026-11-20', 'ny', 'normal', 1, 0, ?, 's', 's', ?)",
                (number, f"BR-2026-0000{number}", f"s{number}", COMPETENCE, conversation),
            )
            db.execute(
                "insert into case_events (case_id, at, kind, text) values (?, '2026-11-01', 'oprettet', '')", (number,)
            )
    return tmp_path


def rows(folder, query):
    with sqlite3.connect(folder / "vejviser.db") as db:
        return db.execute(query).fetchall()


def test_no_migration_takes_cases_their_timelines_or_what_was_said(in_use):
    alembic(in_use, "upgrade", "head")
    assert rows(in_use, "select id, danger, version from cases order by id") == [(1, 1, 1), (2, 0, 1)]
    for table, kept in (("cases", 2), ("case_events", 2), ("turns", 1), ("conversations", 1)):
        assert rows(in_use, f"select count(*) from {table}") == [(kept,)], table
    alembic(in_use, "downgrade", "0003")
    for table, kept in (("cases", 2), ("case_events", 2), ("turns", 1), ("conversations", 1)):
        assert rows(in_use, f"select count(*) from {table}") == [(kept,)], table


@pytest.fixture
def own_database(tmp_path):
    """The address of an empty database like the one the tests run on: SQLite, or PostgreSQL where that is named."""
    server = os.environ.get("VEJVISER_TEST_DATABASE_URL", "")
    if not server:
        yield f"sqlite:///{tmp_path / 'egen.db'}"
        return
    name = f"vejviser_test_{uuid.uuid4().hex[:10]}"
    admin = sa.create_engine(sa.engine.make_url(server).set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
    yield sa.engine.make_url(server).set(database=name).render_as_string(False)
    with admin.connect() as connection:
        connection.execute(sa.text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    admin.dispose()


def fill(engine):
    """Put one row in every table, each pointing at those before it and with something in every column it can have."""
    with engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())  # what a migration has put there
        for table in Base.metadata.sorted_tables:
            known = {c.name: value_for(table, c) for c in table.columns if wanted(table, c)}
            connection.execute(table.insert().values(known))


def wanted(table, column):
    own = any(key.column.table is table for key in column.foreign_keys)
    return not (own or (column.nullable and table.name == "revisions"))  # a revision's columns exclude each other


def value_for(table, column):
    allowed = [
        re.search(rf"^{column.name} in \('(\w+)'", str(check.sqltext))
        for check in table.constraints
        if isinstance(check, sa.CheckConstraint)
    ]
    if any(allowed):
        return next(found[1] for found in allowed if found)
    for key in column.foreign_keys:
        return value_for(key.column.table, key.column)
    kind = getattr(column.type, "impl", column.type)
    for of, value in (
        (sa.Boolean, True),
        (sa.Integer, 1),
        (sa.Float, 0.5),
        (sa.DateTime, datetime(2026, 11, 23, 12, tzinfo=timezone.utc)),
        (sa.Date, date(2026, 11, 23)),
        (sa.Time, time(10)),
        (sa.JSON, ["x"]),
    ):
        if isinstance(kind, of):
            return value
    return "x"


def held(engine):
    """Return what stands in every table there is of ours, as the database holds it."""
    tables, found = sa.MetaData(), {}
    tables.reflect(engine, only=lambda name, _: name in Base.metadata.tables)
    with engine.connect() as connection:
        for table in tables.sorted_tables:
            found[table.name] = [dict(row) for row in connection.execute(sa.select(table)).mappings()]
    engine.dispose()
    return found


def test_what_is_in_the_tables_survives_the_way_down_to_the_first_release_and_up_again(tmp_path, own_database):
    alembic(tmp_path, "upgrade", "head", url=own_database)
    engine = make_engine(own_database)
    fill(engine)
    before = held(engine)
    assert all(len(rows) == 1 for rows in before.values()) and set(before) == set(Base.metadata.tables)
    steps, left = ["0009", "0007", "0003"], set(before)  # those between are gone through on the way
    for revision in [*steps, "head"]:
        alembic(tmp_path, "upgrade" if revision == "head" else "downgrade", revision, url=own_database)
        now = held(engine)
        assert {"conversations", "turns", "staff", "cases", "case_events", "case_reads"} <= set(now)
        for table, rows in now.items():
            if table not in left:
                continue  # it was taken away on the way down
            (row,) = rows
            kept = {name: value for name, value in before[table][0].items() if name in row}
            lost = {name for name, value in kept.items() if row[name] != value}
            assert revision == "head" or not lost, f"{table} lost {lost} going down to {revision}"
        left &= set(now)
    assert now["cases"][0]["story"] == before["cases"][0]["story"]
    assert set(now) == set(before)
