"""Fik du svar, a message that is sent twice, and a conversation its owner ends."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from casework import cases, clock, conversations, ending, feedback, live, meetings, once, privacy, review, staff
from casework.availability import seed, slots
from casework.errors import InvalidInput, NotFound
from casework.intake import Intake, file_case
from casework.meetings import Wish
from casework.models import Appointment, Conversation, Feedback, PersonalValue, Turn

KEY = "3f0c8f52-6d1e-4c0a-9a53-0d6f0a8f3b11"
PATIENCE = timedelta(seconds=20)


@pytest.fixture
def talk(db):
    conversation, _ = conversations.start(db, clock.now())
    conversations.hear(db, conversation, "Jeg hedder Anna Jensen", clock.now())
    conversations.say(db, conversation, [{"text": "Et svar.", "choices": []}], clock.now())
    return conversation


def file(db, talk):
    intake = Intake(story="Min sag", anonymous=True)
    return file_case(
        db,
        intake,
        submission="s",
        now=clock.now(),
        today=date(2026, 11, 23),
        conversation_id=talk.id,
        code_key=b"0" * 32,
    ).reference


def test_an_answer_is_kept_once_and_may_be_changed(db, talk):
    feedback.give(db, talk, "ja", "", clock.now())
    feedback.give(db, talk, "nej", "Jeg fik ingen dato", clock.now())
    feedback.give(db, talk, "delvist", "", clock.now())
    found = db.scalars(select(Feedback)).all()
    assert [(f.verdict, f.word) for f in found] == [("delvist", "Jeg fik ingen dato")]


def test_the_words_are_masked(db, talk):
    word = feedback.give(db, talk, "nej", "Ring til mig på 28 28 28 28, mit cpr er 010203-1234", clock.now()).word
    assert "28 28" not in word and "010203" not in word


@pytest.mark.parametrize(("verdict", "word"), [("måske", ""), ("", ""), ("nej", "x" * 501)])
def test_another_answer_than_the_three_and_long_words_are_refused(db, talk, verdict, word):
    with pytest.raises(InvalidInput):
        feedback.give(db, talk, verdict, word, clock.now())


def test_the_review_finds_those_who_got_no_answer(db, talk):
    person = staff.add_staff(
        db, email="j@ltk.invalid", name="Julie", role="adviser", password="lampe violin gryde torden", now=clock.now()
    )
    actor = cases.Actor(person.name, person.role, staff_id=person.id)
    wanted = review.Filters(unhelped=True)
    assert review.found(db, wanted, actor, clock.now()) == []
    feedback.give(db, talk, "ja", "", clock.now())
    assert review.found(db, wanted, actor, clock.now()) == []
    feedback.give(db, talk, "delvist", "", clock.now())
    assert review.found(db, wanted, actor, clock.now()) == [talk.id]


def test_ending_deletes_everything_said_and_leaves_a_bare_answer_to_count(db, talk):
    feedback.give(db, talk, "nej", "Jeg fik ingen dato", clock.now())
    assert not ending.end(db, talk, clock.now()).stays
    for table in (Conversation, Turn, PersonalValue):
        assert db.scalar(select(func.count()).select_from(table)) == 0
    left = db.scalars(select(Feedback)).one()
    assert (left.verdict, left.word, left.conversation_id) == ("nej", "", None)


def test_a_conversation_with_a_case_stays_and_says_which(db, talk):
    live.wait(db, talk, clock.now())
    db.flush()
    reference = file(db, talk)
    found = ending.end(db, talk, clock.now())
    assert found.stays and found.references == (reference,)
    assert len(conversations.transcript(db, talk.id)) == 2
    assert talk.waiting_since is None


def test_a_conversation_staff_must_keep_stays(db, talk):
    talk.preserved_at = clock.now()
    db.flush()
    assert ending.end(db, talk, clock.now()).stays
    assert db.get(Conversation, talk.id) is not None


def test_a_meeting_booked_in_it_is_not_cancelled(db, talk):
    seed(db)
    start = meetings_start(db)
    wish = Wish(kind="telefon", start=start, name="Anna Jensen", channel="telefon", value="28 28 28 28")
    meetings.book(db, wish, clock.now(), conversation_id=talk.id)
    found = ending.end(db, talk, clock.now())
    assert (found.stays, found.meetings) == (False, 1)
    kept = db.scalars(select(Appointment)).one()
    assert (kept.status, kept.conversation_id) == ("aftalt", None)


def meetings_start(db):
    return slots(db, "telefon", date(2026, 11, 24), date(2026, 11, 27), clock.now())[0].start


def test_only_a_random_uuid_is_a_key():
    assert once.key_in(KEY.upper()) == KEY
    for weak in (None, "", "1", "00000000-0000-0000-0000-000000000000", "c232ab00-9414-11ec-b3c8-9f6bdeced846"):
        assert once.key_in(weak) is None


def test_the_token_of_a_key_is_not_to_be_guessed_from_it():
    token = once.token_for(KEY, b"a" * 32)
    assert token == once.token_for(KEY, b"a" * 32)
    assert token != once.token_for(KEY, b"b" * 32)
    assert len(token) >= 43 and KEY not in token


def test_a_message_is_one_turn_until_it_is_given_up(db):
    talk = once.open_or_start(db, "t" * 43, clock.now())
    assert once.open_or_start(db, "t" * 43, clock.now()).id == talk.id
    mark = once.mark_of(KEY, "hej")
    assert once.claim(db, talk, mark, PATIENCE, clock.now()) is None
    turn = conversations.hear(db, talk, "hej", clock.now(), mark=mark)
    with pytest.raises(once.BeingAnswered):
        once.claim(db, talk, mark, PATIENCE, clock.now())
    later = clock.now() + timedelta(seconds=21)
    assert once.claim(db, talk, mark, PATIENCE, later) is turn
    said = conversations.say(db, talk, [{"text": "Hej.", "choices": []}], clock.now())
    once.note_reply(db, turn.id, said)
    db.flush()
    with pytest.raises(once.BeingAnswered):
        once.claim(db, talk, mark, PATIENCE, later + timedelta(hours=1))
    assert [t.text for t in once.reply_of(db, turn)] == ["Hej."]


def test_another_message_under_an_old_key_is_a_turn_of_its_own(db):
    talk = once.open_or_start(db, "t" * 43, clock.now())
    conversations.hear(db, talk, "hej", clock.now(), mark=once.mark_of(KEY, "hej"))
    assert once.claim(db, talk, once.mark_of(KEY, "farvel"), PATIENCE, clock.now()) is None


def test_a_message_that_met_an_assistant_who_was_down_is_answered_when_sent_again(db):
    talk = once.open_or_start(db, "t" * 43, clock.now())
    mark = once.mark_of(KEY, "hej")
    turn = conversations.hear(db, talk, "hej", clock.now(), mark=mark)
    once.note_reply(db, turn.id, conversations.say(db, talk, [{"text": "Driftsfejl."}], clock.now()), down=True)
    db.flush()
    assert not once.is_answered(turn)
    assert once.claim(db, talk, mark, PATIENCE, clock.now()) is turn


def test_an_ended_conversation_is_found_by_nobody(db):
    talk, token = conversations.start(db, clock.now())
    privacy.remember(db, talk.id, {"[navn 1]": "Anna"})
    ending.end(db, talk, clock.now())
    with pytest.raises(NotFound):
        conversations.find(db, token)
