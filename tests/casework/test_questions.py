"""Questions to departments: only with leave, with a clock, and never answered twice."""

import threading
from datetime import date

import pytest
import sqlalchemy as sa

from casework import cases, clock, messages, questions
from casework.db import session
from casework.errors import InvalidInput, InvalidState, NotFound
from tests.casework.test_cases import TODAY, taken

UNIT = "ltk.byggesag"
DUE = date(2026, 12, 14)  # three weeks after 23 November


def asked(db, number=1, **changes):
    actor, reference = taken(db, number, **{"consent_forward": True, **changes})
    question = questions.ask(db, reference, UNIT, "Hvornår bliver sagen afgjort?", actor, clock.now(), TODAY)
    return actor, reference, question


def test_a_department_has_three_weeks_by_the_statute_and_the_case_waits_for_it(db):
    _, reference, question = asked(db)
    case = cases.find(db, reference)
    assert (question.due, case.status) == (DUE, "afventer_forvaltning")
    assert (case.events[-1].kind, case.events[-1].text) == (
        "spurgt_afdeling",
        "Byggesag: svar senest mandag den 14. december 2026.",
    )


def test_three_weeks_that_end_on_a_closed_day_last_to_the_next_working_day(db):
    actor, reference = taken(db, consent_forward=True)
    question = questions.ask(db, reference, UNIT, "Hvad sker der?", actor, clock.now(), date(2026, 12, 4))
    assert question.due == date(2026, 12, 28)  # 25 December is a holiday and a Friday


def test_no_department_is_asked_without_the_citizens_leave(db):
    actor, reference = taken(db, consent_forward=False)
    with pytest.raises(InvalidState, match="ikke givet lov"):
        questions.ask(db, reference, UNIT, "Hvad sker der?", actor, clock.now(), TODAY)
    assert cases.find(db, reference).status == "i_gang"
    cases.give_consent(db, reference, UNIT, "I telefonen i dag.", actor, clock.now())
    assert questions.ask(db, reference, UNIT, "Hvad sker der?", actor, clock.now(), TODAY).due == DUE


def test_leave_to_speak_with_one_department_is_not_leave_to_speak_with_another(db):
    actor, reference = taken(db, consent_forward=True)
    with pytest.raises(InvalidState, match="Jobcenter"):
        questions.ask(db, reference, "ltk.jobcenter", "Hvad sker der?", actor, clock.now(), TODAY)
    cases.give_consent(db, reference, "ltk.jobcenter", "På mødet.", actor, clock.now())
    assert cases.find(db, reference).departments == [
        {"unit": UNIT, "consent": True},
        {"unit": "ltk.jobcenter", "consent": True},
    ]
    questions.ask(db, reference, "ltk.jobcenter", "Hvad sker der?", actor, clock.now(), TODAY)


@pytest.mark.parametrize(
    ("unit", "text", "due", "said"),
    [
        ("ekstern.skat", "Hvad?", None, "i kommunen"),
        ("findes-ikke", "Hvad?", None, "i kommunen"),
        (UNIT, "  ", None, "Skriv"),
        (UNIT, "Hvad?", date(2026, 12, 11), "mindst tre uger"),
        (UNIT, "Hvad?", date(2026, 12, 25), "ikke en arbejdsdag"),
    ],
)
def test_a_question_that_cannot_be_asked_says_why(db, unit, text, due, said):
    actor, reference = taken(db, consent_forward=True)
    with pytest.raises(InvalidInput, match=said):
        questions.ask(db, reference, unit, text, actor, clock.now(), TODAY, due=due)


def test_the_answer_is_kept_and_the_case_is_worked_on_again_when_nothing_else_is_owed(db):
    actor, reference, first = asked(db)
    second = questions.ask(db, reference, UNIT, "Og hvem har sagen?", actor, clock.now(), TODAY)
    questions.answered(db, reference, first.id, "Inden jul.", actor, clock.now())
    assert cases.find(db, reference).status == "afventer_forvaltning"
    questions.answered(db, reference, second.id, "Anders.", actor, clock.now())
    case = cases.find(db, reference)
    assert case.status == "i_gang"
    assert [q.answer for q in case.questions] == ["Inden jul.", "Anders."]


def test_a_case_that_waits_for_the_citizen_goes_on_waiting_when_the_department_answers(db):
    actor, reference, question = asked(db)
    messages.ask_citizen(db, reference, "Har du brevet?", actor, clock.now())
    questions.answered(db, reference, question.id, "Inden jul.", actor, clock.now())
    assert cases.find(db, reference).status == "afventer_borger"


def test_a_department_is_reminded_and_may_ask_for_a_later_day_with_a_reason(db):
    actor, reference, question = asked(db)
    questions.remind(db, reference, question.id, actor, clock.now())
    questions.remind(db, reference, question.id, actor, clock.now())
    assert question.reminders == 2
    assert cases.find(db, reference).events[-1].text == "Byggesag (2. gang)."
    for day in (None, DUE, date(2026, 12, 19)):
        with pytest.raises(InvalidInput), db.begin_nested():
            questions.postpone(db, reference, question.id, day, "Ferie", actor, clock.now(), TODAY)
    with pytest.raises(InvalidInput, match="hvorfor"):
        questions.postpone(db, reference, question.id, date(2026, 12, 21), " ", actor, clock.now(), TODAY)
    questions.postpone(db, reference, question.id, date(2026, 12, 21), "Sygdom", actor, clock.now(), TODAY)
    assert question.due == date(2026, 12, 21)


def test_a_question_of_another_case_is_not_found_here(db):
    actor, _, question = asked(db, 1)
    _, other = taken(db, 2, actor=actor)
    for wrong in (question.id, 999_999, None):
        with pytest.raises(NotFound), db.begin_nested():
            questions.answered(db, other, wrong, "Svar", actor, clock.now())


def test_when_two_write_the_answer_at_once_one_wins_and_the_other_is_told(db):
    actor, reference, question = asked(db)
    seen = cases.find(db, reference).version
    number = question.id
    db.commit()
    outcomes = []

    def answer(n):
        try:
            with session() as own, own.begin():
                questions.answered(own, reference, number, f"Svar {n}", actor, clock.now(), seen=seen)
            outcomes.append("won")
        except InvalidState as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=answer, args=(n,)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("won") == 1
    assert all("ændret af Julie" in o for o in outcomes if o != "won")


def test_what_is_asked_and_answered_is_encrypted_in_the_database(db):
    actor, reference, question = asked(db)
    questions.answered(db, reference, question.id, "Anna Jensen får svar.", actor, clock.now())
    stored = db.execute(sa.text("select text, answer from questions")).one()
    assert "Hvornår" not in stored.text and "Anna" not in stored.answer
