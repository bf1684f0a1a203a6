"""Danger in a conversation: what makes a case urgent, what the citizen and staff say to it."""

from datetime import date, timedelta

import pytest

from casework import cases, clock, conversations, danger, queue
from casework.errors import InvalidInput, InvalidState
from casework.queue_filters import Filters
from casework.urgency import priority_now, why
from tests.casework.actors import create_actor
from tests.casework.test_cases import create_case

TODAY = date(2026, 11, 23)
NONE = "emne:henvendelse.opret punkt:videre"  # the value of "Det er ikke akut. Fortsæt henvendelsen"
SHOWN = {"text": "Ring 112", "choices": [{"label": "Det er ikke akut. Fortsæt henvendelsen", "value": NONE}]}


@pytest.fixture
def conversation(db):
    return conversations.start(db, clock.now())[0]


def says(db, conversation, text, topic="henvendelse.opret"):
    """Let the citizen say something that is understood as `topic`; danger is answered with the numbers."""
    turn = conversations.hear(db, conversation, text, clock.now())
    conversations.note_understanding(db, turn.id, topic, 0.9)
    if topic.startswith("akut."):
        conversations.say(db, conversation, [SHOWN], clock.now())
    return turn


def stands(db, reference):
    """Return whether a case is urgent, and the kinds and texts on its timeline that tell of danger."""
    db.expire_all()
    case = cases.find(db, reference)
    told = [(e.kind, e.text) for e in case.events if e.kind in (danger.RAISED, danger.LOWERED)]
    return priority_now(case, TODAY) == "akut", told


def test_a_message_the_citizen_said_was_no_emergency_does_not_make_her_case_urgent_and_the_timeline_says_so(
    db, conversation
):
    says(db, conversation, "De ringede i dag og sagde nej", "akut.hjemloes")
    says(db, conversation, NONE)
    reference = create_case(db, conversation_id=conversation.id)
    assert stands(db, reference) == (False, [(danger.LOWERED, danger.DENIED)])
    texts = [t.text for t in conversations.transcript(db, conversation.id)]
    assert texts[-2:] == ["Ring 112", "Det er ikke akut. Fortsæt henvendelsen"]


def test_other_danger_in_the_same_conversation_still_makes_the_case_urgent(db, conversation):
    says(db, conversation, "han slår mig", "akut.vold")
    says(db, conversation, "Min søsters navn", "akut.vold")
    says(db, conversation, NONE)
    assert stands(db, create_case(db, conversation_id=conversation.id))[0]


def test_saying_it_twice_takes_back_one_message_only(db, conversation):
    says(db, conversation, "han slår mig", "akut.vold")
    says(db, conversation, "Min søsters navn", "akut.vold")
    says(db, conversation, NONE)
    says(db, conversation, NONE)
    assert stands(db, create_case(db, conversation_id=conversation.id))[0]


def test_going_on_with_the_intake_in_any_other_way_takes_nothing_back(db, conversation):
    says(db, conversation, "han slår mig", "akut.vold")
    says(db, conversation, "emne:henvendelse.opret")
    assert stands(db, create_case(db, conversation_id=conversation.id))[0]


@pytest.mark.parametrize(
    "typed", ["nej det er ikke akut", "Der er ingen fare, bare fortsæt", "Det er ikke noget akut!"]
)
def test_that_it_is_no_emergency_can_be_written_as_well_as_pressed(db, conversation, typed):
    says(db, conversation, "Min søsters navn", "akut.vold")
    assert conversations.meaning(says(db, conversation, typed)) == NONE
    assert not stands(db, create_case(db, conversation_id=conversation.id))[0]


@pytest.mark.parametrize("typed", ["det er ikke akut, men han slår mig", "er det akut?", "jeg er ikke i live i morgen"])
def test_what_says_more_than_that_is_read_as_it_stands(db, conversation, typed):
    says(db, conversation, "Min søsters navn", "akut.vold")
    assert conversations.meaning(conversations.hear(db, conversation, typed, clock.now())) == typed


def test_an_alarm_after_the_case_was_sent_is_taken_back_when_it_was_none(db, conversation):
    reference = create_case(db, conversation_id=conversation.id)
    says(db, conversation, "De ringede i dag", "akut.hjemloes")
    assert stands(db, reference) == (True, [(danger.RAISED, danger.SPOKEN_OF)])
    says(db, conversation, NONE)
    assert stands(db, reference)[0] is False
    assert stands(db, reference)[1][-1] == (danger.LOWERED, danger.DENIED)


def test_what_staff_have_set_is_not_taken_back_by_the_citizens_answer(db, conversation):
    reference = create_case(db, conversation_id=conversation.id)
    danger.change(db, reference, "ja", "Hun ringede.", create_actor(db), clock.now(), TODAY)
    says(db, conversation, "De ringede i dag", "akut.hjemloes")
    says(db, conversation, NONE)
    assert stands(db, reference)[0]


def test_an_adviser_lowers_a_handled_danger_with_a_reason_and_new_danger_makes_it_urgent_again(db, conversation):
    julie = create_actor(db)
    says(db, conversation, "han slår mig", "akut.vold")
    reference = create_case(db, conversation_id=conversation.id)
    later = clock.now() + timedelta(minutes=5)
    case = danger.change(db, reference, "nej", "Hun er på krisecenter.", julie, later, TODAY)
    assert (case.danger, case.priority) == (False, "normal")
    assert stands(db, reference) == (False, [(danger.LOWERED, "Hun er på krisecenter.")])
    assert why(case, TODAY) == ["Svar til borgeren senest mandag den 7. december 2026."]
    assert queue.numbered(db, Filters(priority="akut"), julie, TODAY, 1)[0] == []
    says(db, conversation, "nu står han udenfor igen", "akut.vold")
    assert stands(db, reference)[0]


def test_a_lowered_case_is_as_urgent_as_its_deadline(db, conversation):
    says(db, conversation, "han slår mig", "akut.vold")
    decided = date(2026, 10, 28)  # the deadline is in two days
    reference = create_case(db, conversation_id=conversation.id, omraade="sygedagpenge", decision_date=decided)
    case = danger.change(db, reference, "nej", "Talt med hende.", create_actor(db), clock.now(), TODAY)
    assert (case.danger, case.priority, priority_now(case, TODAY)) == (False, "akut", "akut")


def test_a_false_alarm_after_staff_lowered_an_earlier_danger_leaves_the_case_lowered(db, conversation):
    says(db, conversation, "han slår mig", "akut.vold")
    reference = create_case(db, conversation_id=conversation.id)
    danger.change(db, reference, "nej", "Hun er på krisecenter.", create_actor(db), clock.now(), TODAY)
    says(db, conversation, "Min søsters navn", "akut.vold")
    says(db, conversation, NONE)
    assert not stands(db, reference)[0]


def test_danger_written_while_the_adviser_had_the_page_open_is_not_lowered_unread(db, conversation):
    says(db, conversation, "han slår mig", "akut.vold")
    reference = create_case(db, conversation_id=conversation.id)
    seen = cases.find(db, reference).version
    says(db, conversation, "nu har han en kniv", "akut.vold")
    with pytest.raises(InvalidState, match="ændret af borgeren"):
        danger.change(db, reference, "nej", "Håndteret.", create_actor(db), clock.now(), TODAY, seen=seen)
    assert stands(db, reference)[0]


@pytest.mark.parametrize(("wanted", "reason"), [("ja", " "), ("nej", "Er her ikke."), ("måske", "x"), ("", "x")])
def test_a_change_of_danger_needs_a_reason_and_a_change(db, wanted, reason):
    reference = create_case(db)
    with pytest.raises(InvalidInput):
        danger.change(db, reference, wanted, reason, create_actor(db), clock.now(), TODAY)
    assert stands(db, reference) == (False, [])


@pytest.mark.parametrize("asked", ["contact_name", "behalf", "navn"])
def test_a_cry_for_help_is_heard_though_a_name_was_asked_for(asked):
    for cry in ("jeg vil dø", "hjælp han kommer med en kniv", "min far slår mig", "jeg springer fra broen nu"):
        assert conversations.masked_answer(cry, asked).text == cry
    for name in (
        "Birthe Dødsgaard Nielsen",
        "min søster Karen Madsen",
        "Xhevdet",
        "jeg hedder Ngozi",
        "Liv Bo",
        "Han de Vries",
    ):
        assert conversations.masked_answer(name, asked).text == "[navn 1]"
