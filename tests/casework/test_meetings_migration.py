"""A database in use gets meetings, and can be taken back without losing the mail that is about cases."""

import sqlite3

from tests.casework.test_migrations import alembic, in_use, rows  # noqa: F401 - in_use is a fixture

MAIL = (
    "insert into outgoing_mail (key, kind, {}, state, attempts, created_at, due_at, problem)"
    " values (?, 'x', ?, 'venter', 0, '2026-11-01', '2026-11-01', '')"
)


def test_mail_about_cases_outlives_the_way_up_and_down_and_mail_about_meetings_goes_with_them(in_use):  # noqa: F811
    alembic(in_use, "upgrade", "0011")
    with sqlite3.connect(in_use / "vejviser.db") as db:
        db.execute(MAIL.format("case_id"), ("sag", 1))
    alembic(in_use, "upgrade", "head")
    assert rows(in_use, "select key, case_id, appointment_id from outgoing_mail") == [("sag", 1, None)]
    assert rows(in_use, "select kind from meeting_kinds order by kind") == [
        ("andet_sted",),
        ("bibliotek",),
        ("bisidder",),
        ("telefon",),
    ]
    with sqlite3.connect(in_use / "vejviser.db") as db:
        db.execute(
            "insert into appointments (id, code_hash, code, uid, sequence, version, kind, status, start_at, end_at,"
            " day, created_at, subject, needs, place, reason, alternatives, case_id)"
            " values (1, 'h', 'c', 'u', 0, 1, 'telefon', 'aftalt',"
            " '2026-12-01 09:00', '2026-12-01 09:30', '2026-12-01', '2026-11-01', '', '[]', '', '', '[]', 1)"
        )
        db.execute(MAIL.format("appointment_id"), ("moede", 1))
    alembic(in_use, "downgrade", "0011")
    assert rows(in_use, "select key, case_id from outgoing_mail") == [("sag", 1)]
    assert rows(in_use, "select id from cases order by id") == [(1,), (2,)]
    assert rows(in_use, "select name from sqlite_master where name like 'appointment%' or name like 'meeting%'") == []
