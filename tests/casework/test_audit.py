"""Who saw or changed which case."""

import csv
import io
from datetime import date, datetime, timedelta, timezone

import pytest

from casework import audit, clock, staff
from casework.cases import Actor, read
from casework.db import session as new_session
from casework.errors import InvalidInput, NotFound
from casework.intake import Intake, file_case
from casework.models import AccessEvent, ApiToken, Case, CaseExport
from casework.settings import current

NOW = clock.now()


def case(db, number, value="45 97 30 00", name="Grethe", **more):
    intake = Intake(
        story="Jeg har ikke fået svar på min ansøgning.",
        topic="henvendelse.opret",
        contact_name=None if more.get("anonymous") else name,
        contact_channel=None if more.get("anonymous") else "telefon",
        contact_value=None if more.get("anonymous") else value,
        **more,
    )
    filed = file_case(
        db,
        intake,
        submission=f"form:{number}",
        now=NOW,
        today=clock.today(),
        code_key=current().derived_key("case-code"),
    )
    return filed.reference


@pytest.fixture
def anna(db):
    made = staff.add_staff(
        db, email="a@ltk.invalid", name="Anna", role="adviser", password="en lang adgangskode", now=NOW
    )
    return Actor("Anna", "adviser", staff_id=made.id)


@pytest.fixture
def key(db):
    staff.create_token(db, name="journal", role="reader", now=NOW)
    db.flush()
    return Actor("journal", "reader", token_id=db.query(ApiToken).one().id)


def test_readings_and_changes_stand_together_with_who_and_by_what_access(db, anna, key):
    reference = case(db, 1)
    read(db, reference, anna, NOW + timedelta(minutes=1))
    read(db, reference, key, NOW + timedelta(minutes=2))
    db.flush()
    found, total = audit.lines(db, audit.Filters())
    assert total == 3
    assert [(line.what, line.who, line.access) for line in found] == [
        ("Set", "journal", "API-nøgle"),
        ("Set", "Anna", "Login"),
        ("Oprettet", "Borgeren eller systemet", ""),
    ]


def test_the_log_is_narrowed_by_person_case_and_whole_danish_days(db, anna, key):
    first, second = case(db, 1), case(db, 2, "20 30 40 50")
    late = datetime(2026, 11, 20, 23, 30, tzinfo=clock.COPENHAGEN).astimezone(timezone.utc)
    read(db, first, anna, late)
    read(db, second, key, late + timedelta(hours=1))  # half past midnight, the next day in Denmark
    db.flush()

    def seen(**filters):
        return [line.reference for line in audit.lines(db, audit.Filters(**filters))[0] if line.what == "Set"]

    assert seen(who=f"p{anna.staff_id}") == [first]
    assert seen(who=f"n{key.token_id}") == [second]
    assert seen(reference=second.lower()) == [second]
    assert seen(first=date(2026, 11, 20), last=date(2026, 11, 20)) == [first]
    assert seen(first=date(2026, 11, 21)) == [second]
    with pytest.raises(InvalidInput):
        audit.lines(db, audit.Filters(who="p1 or 1=1"))


def test_a_list_taken_out_counts_as_read_for_each_case_in_it(db, anna):
    first, second, third = (case(db, number) for number in (1, 2, 3))
    ids = {c.reference: c.id for c in db.query(Case)}
    runs = f"{ids[first]}-{ids[second]}"
    db.add(CaseExport(at=NOW, staff_id=anna.staff_id, form="csv", filters={}, count=2, case_ids=runs))
    db.flush()
    whole = [line.what for line in audit.lines(db, audit.Filters())[0] if line.kind == "hentet"]
    assert whole == ["Hentet i en liste med 2 sager"]

    def took(reference):
        found = audit.lines(db, audit.Filters(reference=reference))[0]
        return [(line.reference, line.who) for line in found if line.kind == "hentet"]

    assert took(second) == [(second, "Anna")]
    assert took(third) == []


def test_a_citizens_list_holds_all_cases_with_her_number_however_it_was_written(db, anna):
    hers, also_hers, before_marks, other = (
        case(db, 1, "45 97 30 00"),
        case(db, 2, "+45 45973000"),
        case(db, 3, "45-97-30-00"),
        case(db, 4, "45 97 30 01"),
    )
    db.query(Case).filter(Case.reference == before_marks).one().contact_hash = None
    read(db, other, anna, NOW)
    db.flush()
    found = audit.of_case(db, hers, "kontakt", anna, NOW)
    assert {line.reference for line in found} == {hers, also_hers, before_marks}
    assert {line.reference for line in audit.of_case(db, hers, "sag", anna, NOW)} == {hers}


def test_making_a_citizens_list_is_itself_logged(db, anna):
    reference = case(db, 1)
    audit.of_case(db, reference, "sag", anna, NOW)
    db.flush()
    event = db.query(AccessEvent).filter(AccessEvent.kind == "udtraek").one()
    assert event.staff_id == anna.staff_id and reference in event.detail


def test_an_unknown_case_and_an_anonymous_ones_other_cases_are_refused_with_words(db, anna):
    with pytest.raises(NotFound):
        audit.of_case(db, "BR-2026-XXXXX", "sag", anna, NOW)
    nameless = case(db, 1, anonymous=True)
    with pytest.raises(InvalidInput, match="anonym"):
        audit.of_case(db, nameless, "kontakt", anna, NOW)
    assert audit.of_case(db, nameless, "sag", anna, NOW)


def test_the_file_opens_in_a_danish_spreadsheet_and_holds_no_formula_and_nothing_of_the_citizen(db):
    made = staff.add_staff(
        db, email="x@ltk.invalid", name="=cmd|' /C calc'!A0", role="adviser", password="en lang adgangskode", now=NOW
    )
    actor = Actor(made.name, "adviser", staff_id=made.id)
    reference = case(db, 1)
    read(db, reference, actor, NOW)
    db.flush()
    content = audit.as_csv(audit.of_case(db, reference, "sag", actor, NOW))
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["Tidspunkt", "Sag", "Hvad", "Hvem", "Adgang"]
    assert [row[2] for row in rows[1:]] == ["Oprettet", "Set"]
    assert rows[2][3].startswith("'=")
    assert "Grethe" not in content.decode() and "4597" not in content.decode()


def test_the_log_is_paged_newest_first(db, anna):
    reference = case(db, 1)
    for minute in range(audit.PAGE_SIZE + 5):
        read(db, reference, anna, NOW + timedelta(minutes=minute + 1))
    db.flush()
    first, total = audit.lines(db, audit.Filters())
    second, _ = audit.lines(db, audit.Filters(), page=2)
    assert (len(first), len(second), total) == (audit.PAGE_SIZE, 6, audit.PAGE_SIZE + 6)
    assert first[0].at > first[-1].at > second[0].at


def test_what_a_rolled_back_reading_shows_nobody_is_not_logged(db, anna):
    reference = case(db, 1)
    db.commit()
    with new_session() as other:
        read(other, reference, anna, NOW)
    with new_session() as after:
        assert [line.what for line in audit.lines(after, audit.Filters())[0]] == ["Oprettet"]
