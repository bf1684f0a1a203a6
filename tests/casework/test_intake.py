"""From answers to a case."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text

from casework import case_json, clock, conversations, own_case, privacy
from casework.errors import InvalidInput, InvalidState, TooManyTries
from casework.intake import Intake, codes_of, file_case, needs_text, on_behalf_text
from casework.models import Case, CaseEvent, Message
from casework.since import over_a_year, since_in

TODAY = date(2026, 11, 23)
KEY = b"0" * 32
HOME = "10.0.0.1"


def file(db, submission="s1", conversation_id=None, follows=None, **changes):
    intake = Intake(
        **{"story": "De svarer ikke.", "contact_channel": "telefon", "contact_value": "28 28 28 28", **changes}
    )
    return file_case(
        db,
        intake,
        submission=submission,
        now=clock.now(),
        today=TODAY,
        conversation_id=conversation_id,
        code_key=KEY,
        follows=follows,
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
    typed = receipt.reference.lower(), receipt.code.upper().replace("-", " ")
    found = own_case.open_case(db, *typed, clock.now(), place=HOME)
    assert found.reference == receipt.reference


@pytest.mark.parametrize("change", [{"code": "aaaaa-aaaaa"}, {"reference": "BR-2026-AAAAA"}])
def test_a_wrong_number_and_a_wrong_code_are_refused_alike(db, change):
    receipt = file(db)
    given = {"reference": receipt.reference, "code": receipt.code, **change}
    assert own_case.open_case(db, **given, now=clock.now(), place=HOME) is None


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
    second = file(db, "s2", conversation_id=conversation.id)
    assert codes_of(db, conversation.id, KEY) == {receipt.reference: receipt.code, second.reference: second.code}
    assert receipt.code != second.code


def guess(db, reference, place, times, now):
    """Try so many wrong codes from one place; return how many were looked at."""
    looked_at = 0
    for number in range(times):
        try:
            assert own_case.open_case(db, reference, f"aaaaa-aaa{number:02}", now, place=place) is None
            looked_at += 1
        except TooManyTries:
            pass
    return looked_at


@pytest.mark.parametrize("reference", ["the one", "BR-2026-AAAAA", "noget helt andet"])
@pytest.mark.parametrize("place", [HOME, own_case.CHAT])
def test_who_guesses_a_code_waits_whether_the_reference_exists_or_not_and_even_with_the_right_code(
    db, reference, place
):
    receipt, now = file(db), clock.now()
    tried = receipt.reference if reference == "the one" else reference
    assert guess(db, tried, place, 30, now) == own_case.FREE
    with pytest.raises(TooManyTries, match="Vent fem minutter"):
        own_case.open_case(db, tried, receipt.code, now, place=place)
    later = now + timedelta(minutes=6)
    assert (own_case.open_case(db, tried, receipt.code, later, place=place) is not None) == (reference == "the one")


def test_who_has_the_receipt_is_let_in_at_once_however_many_strangers_guess(db):
    receipt, now = file(db), clock.now()
    for number in range(20):
        guess(db, receipt.reference, f"10.1.0.{number}", 10, now)
    guess(db, receipt.reference, own_case.CHAT, 10, now)
    assert own_case.open_case(db, receipt.reference, receipt.code, now, place=HOME)


def test_who_types_wrong_while_strangers_guess_waits_five_minutes_and_is_let_in(db):
    receipt, now = file(db), clock.now()
    for number in range(20):
        guess(db, receipt.reference, f"10.1.0.{number}", 10, now)
    assert guess(db, receipt.reference, HOME, 3, now) == 1
    assert own_case.open_case(db, receipt.reference, receipt.code, now + timedelta(minutes=6), place=HOME)


def test_who_goes_on_guessing_from_one_place_has_twelve_tries_an_hour(db):
    receipt, now = file(db), clock.now()
    guess(db, receipt.reference, HOME, 20, now)
    hour_by_hour = [0, 0]
    for seconds in range(20, 2 * 3600, 20):
        hour_by_hour[seconds // 3600] += guess(db, receipt.reference, HOME, 1, now + timedelta(seconds=seconds))
    assert hour_by_hour[1] == 12


def test_a_household_with_many_addresses_of_ipv6_is_one_place(db):
    receipt, now = file(db), clock.now()
    tries = [guess(db, receipt.reference, f"2001:db8:1:2::{number:x}", 1, now) for number in range(1, 20)]
    assert sum(tries) == own_case.FREE
    assert guess(db, receipt.reference, "2001:db8:1:3::1", 1, now) == 1


def test_what_was_typed_in_a_wrong_try_is_not_kept(db):
    own_case.open_case(db, "010190-1234", "min hemmelige kode", clock.now(), place=HOME)
    assert "010190" not in str(db.execute(text("SELECT * FROM wrong_codes")).all())


def test_a_new_subject_follows_the_main_case_and_never_another_that_follows(db):
    first = the_case(db, file(db, "a"))
    second = the_case(db, file(db, "b", follows=first))
    third = the_case(db, file(db, "c", follows=second))
    assert (second.follows, third.follows) == (first, first)
    told = db.scalars(select(CaseEvent.text).where(CaseEvent.case_id == first.id, CaseEvent.kind == "foelgesag")).all()
    assert told == [f"{second.reference}.", f"{third.reference}."]


def test_an_anonymous_citizen_is_not_given_away_by_a_case_that_follows_nor_the_other_way_round(db):
    hidden, known = the_case(db, file(db, "a", anonymous=True)), the_case(db, file(db, "b"))
    with pytest.raises(InvalidInput, match="er anonym"):
        file(db, "c", follows=hidden)
    with pytest.raises(InvalidInput, match="kender dit navn"):
        file(db, "d", follows=known, anonymous=True)
    assert file(db, "e", follows=hidden, anonymous=True).follows == hidden.reference


def test_what_is_added_is_one_line_on_the_case_however_often_it_is_sent(db):
    case = the_case(db, file(db))
    for _ in range(2):
        own_case.add(db, case, "De ringede i dag. Mit cpr er 010190-1234", clock.now(), submission="x")
    (message,) = db.scalars(select(Message)).all()
    assert message.text == "De ringede i dag. Mit cpr er [cpr-nummer fjernet]"
    assert db.scalar(select(func.count(Case.id))) == 1


def test_to_a_closed_case_nothing_is_added_and_it_cannot_be_taken_back(db):
    case = the_case(db, file(db))
    own_case.withdraw(db, case, clock.now())
    own_case.withdraw(db, case, clock.now())
    assert case.status == "tilbagetrukket"
    assert db.scalar(select(func.count(CaseEvent.id)).where(CaseEvent.kind == "tilbagetrukket")) == 1
    with pytest.raises(InvalidState):
        own_case.add(db, case, "mere", clock.now(), submission="x")
    with pytest.raises(InvalidState):
        own_case.correct_contact(db, case, "Bo", "telefon", "28 28 28 29", clock.now())


def test_contact_can_be_corrected_and_an_anonymous_citizen_may_come_forward(db):
    case = the_case(db, file(db, anonymous=True))
    own_case.correct_contact(db, case, " Bo Holm ", "e-mail", "bo@firma.invalid", clock.now())
    assert (case.contact_name, case.contact_channel, case.contact_value) == ("Bo Holm", "e-mail", "bo@firma.invalid")
    assert case.anonymous is False
    with pytest.raises(InvalidInput):
        own_case.correct_contact(db, case, "Bo", "due", "hjem", clock.now())
    with pytest.raises(InvalidInput):
        own_case.correct_contact(db, case, "Bo", "telefon", "010190-1234", clock.now())


def test_what_an_anonymous_citizen_wrote_of_herself_stays_masked_for_staff(db):
    conversation, _ = conversations.start(db, clock.now())
    turn = conversations.hear(db, conversation, "Jeg hedder Kim Holm, ring 61 23 45 67", clock.now())
    for anonymous in (True, False):
        case = the_case(db, file(db, str(anonymous), conversation.id, story=turn.text, anonymous=anonymous))
        told = str(case_json.full_json(db, case, TODAY))
        assert ("61 23 45 67" in told) is not anonymous
        assert ("Holm" in told) is not anonymous


def test_what_the_intake_asks_besides_is_on_the_case(db):
    departments = [{"unit": "ltk.jobcenter", "consent": False}, {"unit": "ltk.skole", "consent": True}]
    case = the_case(
        db,
        file(
            db,
            unit="ltk.jobcenter",
            departments=departments,
            since="i to år",
            since_date=date(2024, 11, 23),
            ongoing=False,
            exceptions={"betydning": "Ja"},
            needs=needs_text(["tolk", "stor_skrift"], "arabisk", "Ring efter kl. 12."),
            on_behalf_of=on_behalf_text("min mor", "vaerge"),
        ),
    )
    told = case_json.full_json(db, case, TODAY)
    assert told["departments"] == departments
    assert told["consent_forward"] is True
    assert told["needs"] == "Tolk: arabisk. Stor skrift. Ring efter kl. 12"
    assert told["on_behalf_of"] == "min mor, som værge"
    assert told["exceptions"] == {"betydning": "Ja"}
    assert any("1 år" in reason for reason in told["competence"]["reasons"])


def the_case(db, receipt):
    return db.scalars(select(Case).where(Case.reference == receipt.reference)).one()


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("Jeg er blevet kastet rundt i et halvt år", date(2026, 5, 23)),
        ("i to år", date(2024, 11, 23)),
        ("for to og et halvt år siden", date(2024, 5, 23)),
        ("i over et år", date(2025, 11, 22)),
        ("siden marts", date(2026, 3, 1)),
        ("i december", date(2025, 12, 1)),
        ("siden april sidste år", date(2025, 4, 1)),
        ("i 2024", date(2024, 1, 1)),
        ("3. november", date(2026, 11, 3)),
        ("14 dage", date(2026, 11, 9)),
        ("min søn på 4 år får ingen støtte", None),
        ("kommunen har tre måneder til at svare", None),
        ("det ved jeg ikke", None),
        ("i 2031", None),
    ],
)
def test_since_when_it_has_gone_on_is_read_from_how_people_say_it(said, day):
    assert since_in(said, TODAY) == day


def test_a_year_is_over_the_day_after_its_date():
    assert not over_a_year(date(2025, 11, 23), TODAY)
    assert over_a_year(date(2025, 11, 22), TODAY)
