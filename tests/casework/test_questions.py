"""Questions to departments: only with leave, with a clock, and never answered twice."""

import threading
from datetime import date

import pytest
import sqlalchemy as sa

from casework import cases, clock, mail, messages, questions
from casework.db import session
from casework.errors import InvalidInput, InvalidState, NotFound
from casework.settings import current
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


# --- By e-mail ----------------------------------------------------------------------------------------------------

ADDRESS = "byg@ltk.invalid"


@pytest.fixture
def server(db, mail_server):
    """A mail server that the settings name, and an empty database."""
    return mail_server


def mailed_question(text="Hvornår bliver Annas sag afgjort?", mail_to=ADDRESS):
    with session() as own, own.begin():
        actor, reference = taken(own, consent_forward=True)
        question = questions.ask(own, reference, UNIT, text, actor, clock.now(), TODAY, mail_to=mail_to)
        return actor, reference, question.id


def in_database(query="select text, recipient, state from outgoing_mail order by id desc"):
    with session() as own:
        return own.execute(sa.text(query)).first()


def timeline(reference):
    with session() as own:
        return [e.text for e in cases.find(own, reference).events]


def test_a_question_the_adviser_sends_is_mailed_with_her_words_the_day_and_her_as_the_one_to_answer(server):
    _, reference, _ = mailed_question()
    assert timeline(reference)[-1].endswith("Sendt som e-mail.")
    assert mail.send_due(current()) == 1
    (sent,) = server.taken
    said = sent.get_content().replace("\r\n", "\n")
    assert said.startswith("Hvornår bliver Annas sag afgjort?\n\nSvar senest mandag den 14. december 2026.")
    assert reference in sent["Subject"] and "Anna" not in sent["Subject"]
    assert (sent["To"], sent["Reply-To"], sent["Auto-Submitted"]) == (ADDRESS, "julie@ltk.invalid", None)


def test_a_question_that_is_only_kept_is_not_mailed(server):
    mailed_question(mail_to=None)
    assert mail.send_due(current()) == 0
    assert server.taken == []


def test_what_is_mailed_is_encrypted_while_it_waits_and_gone_when_it_is_sent(server):
    mailed_question()
    text, recipient, _ = in_database()
    assert "Anna" not in text and ADDRESS not in recipient
    mail.send_due(current())
    assert tuple(in_database()) == (None, None, "sendt")


@pytest.mark.parametrize(("trouble", "state"), [("unknown", "opgivet"), ("cut", "uvist")])
def test_the_text_of_a_mail_that_was_given_up_is_kept_no_longer_and_the_case_tells_of_it(server, trouble, state):
    _, reference, number = mailed_question()
    server.trouble = trouble
    assert mail.send_due(current()) == 0
    assert in_database().text is None
    with session() as own:
        assert [m.state for m in questions.mails(own, cases.find(own, reference))[number]] == [state]


def test_a_department_is_reminded_and_given_a_later_day_by_mail_at_the_same_address(server):
    actor, reference, number = mailed_question()
    day, told = date(2026, 12, 21), "Den nye frist er {ny_dato}."
    with session() as own, own.begin():
        questions.remind(own, reference, number, actor, clock.now(), text="I skylder svar.", mail_to="")
        questions.postpone(own, reference, number, day, "Ferie", actor, clock.now(), TODAY, text=told, mail_to="")
    assert any(line.endswith("I skylder svar.") for line in timeline(reference))
    assert mail.send_due(current()) == 3
    assert {m["To"] for m in server.taken} == {ADDRESS}
    assert "I skylder svar." in server.taken[1].get_content()
    assert "mandag den 21. december 2026" in server.taken[2].get_content()


@pytest.mark.parametrize(
    ("text", "mail_to", "said"),
    [
        ("Hvad sker der?", "", "Skriv mailadressen til Byggesag"),
        ("Hvad sker der?", "byggesag", "kan ikke læses"),
        ("Hvad sker der?", "a@ltk.dk, b@post.dk", "kan ikke læses"),
        ("Hvad sker der?", "a@ltk.dk\nBcc: b@post.dk", "kan ikke læses"),
        ("[skriv spørgsmålet]", ADDRESS, "ikke færdig"),
    ],
)
def test_a_mail_that_cannot_be_sent_is_said_and_nothing_is_asked(server, text, mail_to, said):
    with pytest.raises(InvalidInput, match=said):
        mailed_question(text, mail_to)
    assert in_database("select * from questions") is None
    assert in_database() is None


def test_without_a_mail_server_a_mail_is_refused_and_the_question_can_still_be_kept(db):
    with pytest.raises(InvalidInput, match="ingen mailserver"):
        mailed_question()
    assert mailed_question(mail_to=None)


def test_a_cpr_number_never_goes_to_a_department_by_mail(server):
    mailed_question("Hvad sker der med 010190-1234?")
    mail.send_due(current())
    assert "Hvad sker der" in server.taken[0].as_string()
    assert "010190" not in server.taken[0].as_string()


def test_what_a_person_wrote_is_never_handed_to_another_machine_in_the_clear(server, monkeypatch):
    monkeypatch.setattr(mail, "_LOCAL", ())  # the server counts as another machine; it has no encryption
    mailed_question()
    assert mail.send_due(current()) == 0
    assert (server.offered, server.taken) == ([], [])
    assert in_database().state == "venter"
