"""From answers to a case."""

from datetime import date

import pytest
from sqlalchemy import func, select, text

from casework import clock, conversations, privacy
from casework.errors import InvalidInput, NotFound
from casework.intake import Intake, code_of, file_case, find_by_code
from casework.models import Case

TODAY = date(2026, 11, 23)
KEY = b"0" * 32


def file(db, submission="s1", conversation_id=None, **changes):
    intake = Intake(
        **{"story": "De svarer ikke.", "contact_channel": "telefon", "contact_value": "28 28 28 28", **changes}
    )
    return file_case(
        db, intake, submission=submission, now=clock.now(), today=TODAY, conversation_id=conversation_id, code_key=KEY
    )


def test_a_receipt_has_a_reference_a_code_and_the_date_of_the_answer(db):
    receipt = file(db)
    assert receipt.reference.startswith("BR-2026-")
    assert len(receipt.code) == 11
    assert receipt.respond_by == date(2026, 12, 7)


def test_the_same_submission_twice_is_one_case_with_one_receipt(db):
    assert file(db) == file(db)
    assert db.scalar(select(func.count(Case.id))) == 1


def test_the_code_opens_the_case_however_it_is_typed(db):
    receipt = file(db)
    assert (
        find_by_code(db, receipt.reference.lower(), receipt.code.upper().replace("-", " ")).reference
        == receipt.reference
    )


@pytest.mark.parametrize("change", [{"code": "aaaaa-aaaaa"}, {"reference": "BR-2026-AAAAA"}])
def test_a_wrong_number_and_a_wrong_code_are_refused_with_the_same_words(db, change):
    receipt = file(db)
    given = {"reference": receipt.reference, "code": receipt.code, **change}
    with pytest.raises(NotFound, match="Vi kan ikke finde en sag med det nummer og den kode."):
        find_by_code(db, **given)


def test_contact_data_are_resolved_into_the_case_and_encrypted_in_the_database(db):
    conversation, _ = conversations.start(db, clock.now())
    masked = privacy.mask("28 28 28 28")
    privacy.remember(db, conversation.id, masked.values)
    file(db, conversation_id=conversation.id, contact_value=masked.text)
    case = db.scalars(select(Case)).one()
    assert case.contact_value == "28 28 28 28"
    assert "28" not in db.execute(text("SELECT contact_value FROM cases")).scalar_one()[:2]
    assert "28 28 28 28" not in db.execute(text("SELECT contact_value FROM cases")).scalar_one()


def test_an_anonymous_case_keeps_no_contact_data(db):
    file(db, anonymous=True, contact_name="Anna")
    case = db.scalars(select(Case)).one()
    assert (case.contact_name, case.contact_value, case.contact_channel) == (None, None, None)


def test_the_complaint_deadline_is_worked_out_and_gives_priority(db):
    file(db, "a", omraade="sygedagpenge", decision_date=date(2026, 10, 28))
    file(db, "b", omraade="sygedagpenge", decision_date=date(2026, 11, 2))
    file(db, "c", omraade="sygedagpenge", decision_date=date(2026, 11, 20))
    rows = db.execute(select(Case.complaint_deadline, Case.priority).order_by(Case.id)).all()
    assert rows == [(date(2026, 11, 25), "akut"), (date(2026, 11, 30), "frist"), (date(2026, 12, 18), "normal")]


def test_a_conversation_in_which_danger_was_spoken_of_becomes_an_urgent_case(db):
    conversation, _ = conversations.start(db, clock.now())
    turn = conversations.hear(db, conversation, "jeg vil dø", clock.now())
    conversations.note_understanding(db, turn.id, "akut.liv", 0.9)
    file(db, conversation_id=conversation.id)
    assert db.scalars(select(Case.priority)).one() == "akut"


@pytest.mark.parametrize(
    "wrong", [{"story": "  "}, {"contact_value": ""}, {"contact_channel": "due"}, {"story": "x" * 9000}]
)
def test_an_intake_that_cannot_be_acted_on_is_refused_and_nothing_is_stored(db, wrong):
    with pytest.raises(InvalidInput):
        file(db, **wrong)
    assert db.scalar(select(func.count(Case.id))) == 0


def test_a_citizen_can_have_the_code_of_her_own_conversation_shown_again(db):
    conversation, _ = conversations.start(db, clock.now())
    receipt = file(db, conversation_id=conversation.id)
    assert code_of(db, conversation.id, KEY) == receipt.code
