"""What adviser and citizen write to each other."""

import os
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from casework import cases, clock, messages, questions, settings
from casework.errors import InvalidInput, InvalidState
from casework.models import OutgoingMail
from casework.urgency import why
from tests.casework.actors import create_actor
from tests.casework.test_cases import CLOSING, TODAY, create_case, taken
from tests.readability import reading

MAIL = {"VEJVISER_SMTP_URL": "smtp://localhost:2525", "VEJVISER_MAIL_FROM": "br@ltk.invalid"}


def test_a_reply_reaches_the_citizen_keeps_the_promise_and_is_encrypted(db):
    actor, reference = taken(db)
    messages.reply(db, reference, "Hej. Jeg har læst din sag.", actor, clock.now())
    case = cases.find(db, reference)
    assert case.answered_at is not None and case.status == "i_gang"
    assert not [reason for reason in why(case, TODAY) if "Svar til borgeren" in reason]
    assert [(m.kind, m.text) for m in messages.for_citizen(db, case, clock.now())] == [
        ("svar", "Hej. Jeg har læst din sag.")
    ]
    assert "læst" not in db.execute(sa.text("select text from messages")).scalar_one()
    assert case.events[-1].text == "", "the timeline must not hold in the clear what is encrypted"


def test_nothing_is_answered_before_somebody_has_taken_the_case(db):
    with pytest.raises(InvalidState, match="Tag sagen"):
        messages.reply(db, create_case(db), "Hej", create_actor(db), clock.now())


@pytest.mark.parametrize("text", ["", " \n", "x" * 8001])
def test_an_empty_or_endless_reply_is_not_sent(db, text):
    actor, reference = taken(db)
    with pytest.raises(InvalidInput):
        messages.reply(db, reference, text, actor, clock.now())


def test_a_ready_text_with_gaps_left_is_not_sent(db):
    actor, reference = taken(db)
    text = messages.ready_reply("afslutning", cases.find(db, reference), actor)
    with pytest.raises(InvalidInput, match="skriv hvad der er gjort"):
        messages.reply(db, reference, text, actor, clock.now())
    messages.reply(db, reference, text.replace("[skriv hvad der er gjort]", "Alt."), actor, clock.now())


def test_a_case_waits_for_the_citizen_who_is_asked_and_goes_on_when_she_answers(db):
    actor, reference = taken(db)
    messages.ask_citizen(db, reference, "Har du brevet?", actor, clock.now())
    case = cases.find(db, reference)
    assert case.status == "afventer_borger"
    messages.receive(db, reference, "Ja, fra 010190-1234", clock.now())
    case = cases.find(db, reference)
    assert case.status == "i_gang"
    assert case.messages[-1].text == "Ja, fra [cpr-nummer fjernet]"
    assert (case.events[-1].kind, case.events[-1].staff_id) == ("borger_skrev", None)
    assert why(case, TODAY) == ["Borgeren har skrevet og venter på svar."]


def test_when_the_citizen_answers_and_the_department_still_owes_the_case_waits_for_the_department(db):
    actor, reference = taken(db, consent_forward=True)
    questions.ask(db, reference, "ltk.byggesag", "Hvad?", actor, clock.now(), TODAY)
    messages.ask_citizen(db, reference, "Har du brevet?", actor, clock.now())
    messages.receive(db, reference, "Ja", clock.now())
    assert cases.find(db, reference).status == "afventer_forvaltning"


def test_the_queue_says_when_a_citizen_has_been_silent_for_two_weeks(db):
    actor, reference = taken(db)
    messages.ask_citizen(db, reference, "Har du brevet?", actor, clock.now())
    case = cases.find(db, reference)
    assert why(case, TODAY + timedelta(days=13)) == []
    assert why(case, TODAY + timedelta(days=15)) == ["Borgeren har ikke svaret i 15 dage."]


def test_what_she_says_on_the_phone_is_written_down_by_name_and_way(db):
    actor, reference = taken(db)
    messages.receive(db, reference, "Hun har fundet brevet.", clock.now(), actor=actor, way="telefon")
    message = cases.find(db, reference).messages[-1]
    assert (message.kind, message.way, message.staff.name) == ("borger", "telefon", "Julie")


def test_a_citizen_cannot_write_on_a_closed_case_and_is_told_what_to_do(db):
    actor, reference = taken(db)
    cases.close(db, reference, actor, clock.now(), **CLOSING)
    with pytest.raises(InvalidState, match="ny henvendelse"):
        messages.receive(db, reference, "Hallo", clock.now())


def test_a_delay_is_told_with_a_new_working_day_after_the_old_one(db):
    actor, reference = taken(db)
    text = "Du får svar senest {ny_dato}, fordi jeg venter på et brev."
    for day in (None, date(2026, 12, 7), date(2026, 12, 19), date(2026, 12, 24)):
        with pytest.raises(InvalidInput):
            messages.delay(db, reference, text, day, actor, clock.now(), TODAY)
    with pytest.raises(InvalidInput, match="i teksten"):
        messages.delay(db, reference, "Det trækker ud.", date(2026, 12, 18), actor, clock.now(), TODAY)
    messages.delay(db, reference, text, date(2026, 12, 18), actor, clock.now(), TODAY)
    case = cases.find(db, reference)
    assert case.respond_by == date(2026, 12, 18)
    assert "fredag den 18. december 2026" in case.messages[-1].text
    assert case.events[-1].text == "Fra mandag den 7. december 2026 til fredag den 18. december 2026."
    assert why(case, TODAY) == ["Svar til borgeren senest fredag den 18. december 2026."]


def test_staff_see_when_the_citizen_has_read_what_they_wrote(db):
    actor, reference = taken(db)
    messages.reply(db, reference, "Hej", actor, clock.now())
    case = cases.find(db, reference)
    assert case.messages[0].seen_at is None
    messages.for_citizen(db, case, clock.now())
    db.expire_all()
    assert cases.find(db, reference).messages[0].seen_at is not None


def test_ready_texts_are_filled_in_from_the_case(db):
    actor, reference = taken(
        db,
        consent_forward=True,
        anonymous=False,
        contact_name="Anna Jensen",
        contact_channel="telefon",
        contact_value="28282828",
    )
    questions.ask(db, reference, "ltk.byggesag", "Hvad?", actor, clock.now(), TODAY)
    text = messages.ready_reply("spurgt_afdelingen", cases.find(db, reference), actor)
    assert text.startswith("Hej Anna Jensen\n\nJeg har skrevet til Byggesag om din sag.")
    assert "senest mandag den 14. december 2026" in text and text.endswith("Julie\nBorgerrådgiver")
    assert reference in messages.ready_reply("modtaget", cases.find(db, reference), actor)


@pytest.mark.parametrize("key", list(messages.replies()))
def test_every_ready_text_can_be_used_and_is_easy_to_read(db, key):
    actor, reference = taken(db)
    entry = messages.replies()[key]
    assert entry["use"] in ("svar", "spoergsmaal", "udskydelse", "afvisning", "ryk", "ny_frist") and entry["label"]
    text = messages.ready_reply(key, cases.find(db, reference), actor)
    assert "None" not in text and (entry["use"] in ("udskydelse", "ny_frist")) == ("{" in text)
    body = entry["text"].split("Venlig hilsen")[0]
    assert "§" not in body and reading(body).lix <= 40


def test_a_citizen_with_an_email_is_mailed_about_what_she_was_not_told_in_another_way(db, monkeypatch):
    monkeypatch.setattr(settings, "_current", settings.Settings.read({**os.environ, **MAIL}))
    known = {"anonymous": False, "contact_channel": "e-mail", "contact_value": "anna@post.dk"}
    actor, reference = taken(db, **known)
    assert messages.is_mailed(cases.find(db, reference))
    messages.reply(db, reference, "Afdelingen svarer på mandag.", actor, clock.now())
    messages.reply(db, reference, "Som sagt i telefonen.", actor, clock.now(), way="telefon")
    messages.receive(db, reference, "Tak", clock.now())
    told = db.scalars(sa.select(OutgoingMail).where(OutgoingMail.kind == "besked")).all()
    assert len(told) == 1
