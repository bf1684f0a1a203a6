"""A database in use keeps what is in it, up and down through the migrations."""

import os
import sqlite3
import subprocess
import sys

import pytest

from casework.settings import ROOT

COMPETENCE = '{"within": "yes", "reasons": []}'


def alembic(folder, *command):
    """Run alembic on a SQLite database of its own, as `vejviser migrate` does."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("VEJVISER_")}
    ran = subprocess.run(
        [sys.executable, "-m", "alembic", *command],
        cwd=ROOT,
        env={**environment, "VEJVISER_DATA_DIR": str(folder)},
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
