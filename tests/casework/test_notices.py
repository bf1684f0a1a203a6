"""Notices and switches: what is in force, who did it and why, and that nobody is refused what is on."""

from datetime import timedelta

import pytest

from casework import availability, clock, meetings, notices, staff
from casework.cases import Actor
from casework.db import session
from casework.enums import SERVICE_PARTS
from casework.errors import InvalidInput, InvalidState, SwitchedOff
from casework.intake import Intake, file_case
from casework.meetings import Wish

NOW = clock.now()
TODAY = clock.today()
WHY = {"text": "Vi retter en fejl.", "reason": "Modellen svarer forkert"}


@pytest.fixture(autouse=True)
def forgotten():
    notices.forget()
    yield
    notices.forget()


@pytest.fixture
def julie(db):
    made = staff.add_staff(
        db, email="julie@ltk.invalid", name="Julie", role="adviser", password="lampe violin gryde torden", now=NOW
    )
    db.flush()
    return Actor("Julie", "adviser", staff_id=made.id)


def off(db, part, actor, **more):
    return notices.put(db, part, actor, NOW, **{**WHY, **more})


def send(db, submission="form:1"):
    intake = Intake(story="De svarer ikke", anonymous=True)
    return file_case(db, intake, submission=submission, now=NOW, today=TODAY, code_key=b"k" * 32)


def wish(db):
    first = availability.slots(db, "telefon", TODAY, TODAY + timedelta(days=14), NOW)[0]
    return Wish("telefon", first.start, "Anna Holm", "telefon", "28 28 28 28")


def test_everything_is_on_until_somebody_turns_it_off(db):
    found = notices.standing(db, NOW)
    assert all(found.is_open(part) for part in SERVICE_PARTS)
    assert (found.notice, found.off) == (None, [])
    notices.refuse_if_off(db, "moede", NOW)


def test_what_is_off_tells_who_did_it_when_and_why_and_on_again_is_on(db, julie):
    off(db, "bot", julie)
    (bot,) = notices.standing(db, NOW).off
    assert (bot.part, bot.who, bot.since, bot.reason) == ("bot", "Julie", NOW, "Modellen svarer forkert")
    assert notices.standing(db, NOW).is_open("henvendelse")
    notices.end(db, "bot", julie, NOW, reason="Rettet")
    assert notices.standing(db, NOW).off == []
    assert [(a.in_force, a.reason) for a in notices.acts(db)] == [(False, "Rettet"), (True, "Modellen svarer forkert")]


def test_a_notice_turns_nothing_off(db, julie):
    off(db, "opslag", julie)
    found = notices.standing(db, NOW)
    assert found.notice.text == "Vi retter en fejl."
    assert found.off == []


def test_what_has_an_end_ends_by_itself(db, julie):
    off(db, "moede", julie, ends_at=NOW + timedelta(hours=1))
    assert not notices.standing(db, NOW + timedelta(minutes=59)).is_open("moede")
    assert notices.standing(db, NOW + timedelta(hours=1)).is_open("moede")
    assert notices.standing(db, NOW).words("moede")["igen"].startswith("mandag den 23. november 2026 kl. ")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"text": "  "}, "text"),
        ({"text": "x" * 501}, "text"),
        ({"reason": ""}, "reason"),
        ({"ends_at": NOW - timedelta(minutes=1)}, "ends_at"),
        ({"ends_at": NOW + timedelta(days=61)}, "ends_at"),
    ],
)
def test_nothing_goes_off_without_words_for_citizens_a_reason_and_a_sound_end(db, julie, wrong, field):
    with pytest.raises(InvalidInput) as refused:
        off(db, "bot", julie, **wrong)
    assert list(refused.value.fields) == [field]
    assert notices.standing(db, NOW).is_open("bot")


def test_a_cpr_number_is_kept_neither_for_citizens_nor_for_staff(db, julie):
    done = off(db, "bot", julie, text="Spørg 010203-1234", reason="Se 010203-1234")
    assert "1234" not in done.text + done.reason


def test_who_has_not_seen_what_a_colleague_did_is_told_so(db, julie):
    off(db, "bot", julie, seen=0)
    with pytest.raises(InvalidState):
        off(db, "bot", julie, seen=0)
    with pytest.raises(InvalidState):
        notices.end(db, "bot", julie, NOW, seen=0)
    notices.end(db, "bot", julie, NOW, seen=1)
    assert notices.end(db, "bot", julie, NOW) is None


def test_pages_tell_of_a_change_as_soon_as_it_is_made(db, julie):
    assert notices.shown(NOW).is_open("moede")
    off(db, "moede", julie)
    db.commit()
    assert not notices.shown(NOW).is_open("moede")


def test_pages_tell_of_a_change_made_in_another_process_within_seconds(db, julie, monkeypatch):
    assert notices.shown(NOW).is_open("moede")
    off(db, "moede", julie)
    db.commit()
    notices._Known.seen, notices._Known.until = (
        {},
        notices.time.monotonic() + notices.KEPT_SECONDS,
    )  # as the other has it
    assert notices.shown(NOW).is_open("moede")
    later = notices.time.monotonic() + notices.KEPT_SECONDS
    monkeypatch.setattr(notices.time, "monotonic", lambda: later)
    assert not notices.shown(NOW).is_open("moede")


def test_no_case_is_filed_while_the_hand_off_is_off_but_one_that_was_sent_twice_shows_its_receipt(db, julie):
    first = send(db)
    off(db, "henvendelse", julie)
    assert send(db).reference == first.reference
    with pytest.raises(SwitchedOff) as refused:
        send(db, "form:2")
    assert (refused.value.part, str(refused.value)) == ("henvendelse", "Vi retter en fejl.")


def test_citizens_can_neither_hold_book_nor_move_while_booking_is_off_but_cancel_and_staff_can_book(db, julie):
    availability.seed(db)
    booked = meetings.book(db, wish(db), NOW, submission="form:1")
    off(db, "moede", julie)
    other = wish(db)
    assert meetings.book(db, other, NOW, submission="form:1").id == booked.id  # the same form once more
    for refused in (
        lambda: meetings.hold(db, "telefon", other.start, NOW),
        lambda: meetings.book(db, other, NOW),
        lambda: meetings.move(db, booked, other.start, NOW),
    ):
        with pytest.raises(SwitchedOff):
            refused()
    assert booked.status == "aftalt"
    assert meetings.cancel(db, booked, NOW).status == "aflyst"
    assert meetings.book(db, other, NOW, actor=julie).status == "aftalt"


def test_a_citizen_can_take_a_time_the_adviser_offered_herself_while_booking_is_off(db, julie):
    availability.seed(db)
    start = wish(db).start + timedelta(days=7)
    asked = meetings.book(db, Wish("bisidder", start, "Anna", "telefon", "28 28 28 28", place="Rådhuset"), NOW)
    offered = start + timedelta(days=1)
    meetings.decline(db, asked, NOW, julie, "Jeg er optaget.", [offered])
    off(db, "moede", julie)
    assert meetings.move(db, asked, offered, NOW).status == "aftalt"


def test_two_who_act_at_the_very_same_moment_leave_one_act(db, julie):
    db.commit()
    with session() as one, session() as two:
        with one.begin():
            off(one, "bot", julie, seen=0)
        with two.begin(), pytest.raises(InvalidState):
            off(two, "bot", julie, seen=0)
    with session() as later, later.begin():
        assert len(notices.acts(later)) == 1
