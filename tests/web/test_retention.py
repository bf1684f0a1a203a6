"""The administrator's pages on what is kept and on one person, and what citizens are told of it."""

import re
from datetime import date, timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
import requests
from sqlalchemy import select, text

from casework import cases, clock, conversations, retention
from casework.db import session
from casework.intake import Intake, file_case
from casework.models import Case, CaseRead, Conversation, PersonLog
from casework.settings import current
from tests.readability import reading as read
from tests.web.people import account, signed_in

TODAY = date(2026, 11, 23)
MAIL = "anneke@dahl.dk"


@pytest.fixture(autouse=True)
def people(db):
    db.commit()
    for name, role in (("Anna", "adviser"), ("Carl", "administrator"), ("Dina", "reader")):
        account(name, role)


@pytest.fixture
def carl(app):
    return signed_in(app, "Carl")


def talk(days_ago=0):
    when = clock.now() - timedelta(days=days_ago)
    with session() as db, db.begin():
        conversation, _ = conversations.start(db, when)
        conversations.hear(db, conversation, f"Skriv til {MAIL}", when)
        return conversation.id


def file(conversation_id=None, closed=True):
    with session() as db, db.begin():
        intake = Intake(
            story="Jeg fik afslag", contact_name="Anneke Dahl", contact_channel="e-mail", contact_value=MAIL
        )
        receipt = file_case(
            db,
            intake,
            submission="s1",
            now=clock.now(),
            today=TODAY,
            conversation_id=conversation_id,
            code_key=b"0" * 32,
        )
        if closed:
            case = db.scalars(select(Case)).one()
            case.status, case.closed_at, case.center = "afsluttet", clock.now(), "CBB"
        return receipt.reference


def test_only_the_administrator_sees_what_is_kept_and_searches_for_persons(app):
    for name in ("Anna", "Dina"):
        browser = signed_in(app, name)
        for path in ("/personale/opbevaring/", "/personale/indsigt/"):
            assert browser.sees(path).status_code == 403
        browser.sees("/personale/samtaler/")
        for path in ("/personale/indsigt/", "/personale/indsigt/hent", "/personale/indsigt/slet"):
            assert browser.sends(path, contact=MAIL).status_code == 403
            browser.sees("/personale/samtaler/")


def test_the_page_tells_what_would_go_what_went_and_what_is_preserved(carl):
    assert "Der er ikke ryddet op endnu." in carl.sees("/personale/opbevaring/").text
    talk(days_ago=100)
    page = carl.sees("/personale/opbevaring/").text
    assert re.search(r"<td>Samtaler uden sag</td><td>1</td><td>1</td>", page)
    with session() as db, db.begin():
        retention.daily(db, TODAY, clock.now())
    page = carl.sees("/personale/opbevaring/").text
    assert "Dagens oprydning" in page and re.search(r"<td>Samtaler uden sag</td><td>0</td><td>0</td>", page)


def test_an_adviser_preserves_a_conversation_with_a_reason_and_the_administrator_lifts_it(app, carl):
    conversation_id = talk()
    anna = signed_in(app, "Anna")
    given = {"kind": "samtale", "key": conversation_id, "back": f"/personale/samtaler/{conversation_id}", "til": "ja"}
    anna.sees(f"/personale/samtaler/{conversation_id}")
    anna.sends("/personale/opbevaring/bevar", **given, reason=" ")
    assert "Skriv, hvorfor det skal bevares." in anna.page.text
    anna.sends("/personale/opbevaring/bevar", **given, reason="Aktindsigt er på vej")
    assert "Bliver bevaret" in anna.page.text and "Aktindsigt er på vej" in anna.page.text
    page = carl.sees("/personale/opbevaring/").text
    assert "Aktindsigt er på vej" in page and "Anna" in page
    carl.sends("/personale/opbevaring/bevar", **{**given, "til": "nej", "back": "https://andre.invalid/"})
    assert carl.page.status_code == 200
    with session() as db:
        assert db.get(Conversation, conversation_id).preserved_at is None


def test_a_reader_cannot_preserve(app):
    conversation_id, dina = talk(), signed_in(app, "Dina")
    dina.sees(f"/personale/samtaler/{conversation_id}")
    given = {"kind": "samtale", "key": conversation_id, "til": "ja", "reason": "Fordi"}
    assert dina.sends("/personale/opbevaring/bevar", **given).status_code == 403


def test_an_adviser_preserves_a_case_on_its_page(app):
    reference, anna = file(), signed_in(app, "Anna")
    assert 'action="/personale/opbevaring/bevar"' in anna.sees(f"/personale/sager/{reference}").text
    given = {"kind": "sag", "key": reference, "back": f"/personale/sager/{reference}", "til": "ja"}
    anna.sends("/personale/opbevaring/bevar", **given, reason="Ombudsmanden spørger")
    assert "Bevares siden" in anna.page.text and "Bevares: Ombudsmanden spørger" in anna.page.text


def test_a_search_shows_everything_logs_it_and_puts_nothing_in_the_address(carl):
    conversation_id = talk()
    reference = file(conversation_id)
    carl.sees("/personale/indsigt/")
    answer = carl.sends("/personale/indsigt/", contact=MAIL)
    assert answer.status_code == 200 and answer.request.query_string == b""
    assert reference in answer.text and conversation_id in answer.text and "Anneke Dahl" in answer.text
    with session() as db:
        assert len(db.scalars(select(CaseRead)).all()) == 1
        assert [entry.kind for entry in db.scalars(select(PersonLog))] == ["soeg"]


def test_nothing_found_and_nothing_to_search_for_are_told_apart(carl):
    carl.sees("/personale/indsigt/")
    assert "Der er ikke gemt noget" in carl.sends("/personale/indsigt/", contact="ingen@steder.dk").text
    carl.sees("/personale/indsigt/")
    answer = carl.sends("/personale/indsigt/", contact="Anneke")
    assert answer.status_code == 422 and "hele telefonnummeret" in answer.text and 'value="Anneke"' in answer.text


def test_what_was_chosen_is_handed_out_as_a_zip(carl):
    reference = file()
    carl.sees("/personale/indsigt/")
    carl.sends("/personale/indsigt/", reference=reference)
    answer = carl.sends("/personale/indsigt/hent", sag=reference)
    assert answer.headers["Content-Type"] == "application/zip" and answer.headers["Cache-Control"] == "no-store"
    assert MAIL in ZipFile(BytesIO(answer.data)).read("oplysninger.html").decode()
    carl.sees("/personale/indsigt/")
    assert "Vælg, hvad der skal hentes." in carl.sends("/personale/indsigt/hent").text


def test_erasing_asks_twice_and_then_there_is_nothing_left(carl):
    conversation_id = talk()
    reference = file(conversation_id)
    chosen = {"sag": reference, "samtale": conversation_id}
    carl.sees("/personale/indsigt/")
    carl.sends("/personale/indsigt/", reference=reference)
    assert "Skriv, hvorfor" in carl.sends("/personale/indsigt/slet", **chosen, reason="").text
    carl.sees("/personale/indsigt/")
    page = carl.sends("/personale/indsigt/slet", **chosen, reason="Bedt om det").text
    assert "Er du sikker?" in page and reference in page
    assert (
        "Skriv SLET for at slette."
        in carl.sends("/personale/indsigt/slet", **chosen, reason="Bedt om det", sure="ja").text
    )
    with session() as db:
        assert db.get(Conversation, conversation_id)
    carl.sends("/personale/indsigt/slet", **chosen, reason="Bedt om det", sure="slet")
    assert "Det valgte er slettet." in carl.page.text and "Bedt om det" in carl.page.text
    with session() as db:
        assert db.get(Conversation, conversation_id) is None
        assert db.scalars(select(Case.contact_value)).all() == [None]


def test_what_stands_in_the_way_of_erasing_is_told_and_nothing_goes(carl):
    reference = file(closed=False)
    carl.sees("/personale/indsigt/")
    carl.sends("/personale/indsigt/", reference=reference)
    page = carl.sends("/personale/indsigt/slet", sag=reference, reason="Bedt om", sure="SLET").text
    assert "er åben. Afslut den først." in page
    with session() as db:
        assert db.scalars(select(Case.contact_value)).all() == [MAIL]


def test_an_erased_case_still_opens_on_the_staff_page(app, carl):
    reference = file()
    with session() as db, db.begin():
        from casework import person

        actor = cases.Actor("Carl", "administrator")
        person.erase(db, person.chosen(db, [reference], []), "Bedt om", actor, clock.now())
        new = db.scalars(select(Case.reference)).one()
    page = carl.sees(f"/personale/sager/{new}")
    assert page.status_code == 200 and "Anonymiseret" in page.text
    assert carl.sees(f"/personale/sager/{reference}").status_code == 404
    assert carl.sees("/personale/?status=alle").status_code == 200


def test_citizens_are_told_how_long_by_the_settings_and_find_the_page_from_every_page(app, monkeypatch):
    client = app.test_client()
    assert 'href="/privatliv"' in client.get("/svar").text
    page = client.get("/privatliv").text
    assert "90 dage, efter du sidst skrev" in page and "5 år, efter sagen er slut" in page
    monkeypatch.setattr(current(), "keep_conversations_days", 31)
    monkeypatch.setattr(current(), "keep_cases_months", 30)
    page = client.get("/privatliv").text
    assert "31 dage, efter du sidst skrev" in page and "30 måneder, efter sagen er slut" in page
    assert "**" not in page


def test_the_chat_says_the_same_as_the_page(app, monkeypatch):
    from casework.answers import render, render_plain

    monkeypatch.setattr(current(), "keep_conversations_days", 31)
    assert "31 dage" in render("persondata")["text"] and "5 år" in render("persondata")["text"]
    assert "31 dage" in render_plain("persondata")["text"]
    assert "/privatliv" in render("persondata")["text"]


def test_the_page_for_citizens_is_easy_to_read(app):
    page = app.test_client().get("/privatliv").text
    main = re.search(r"<main.*?</main>", page, re.S)[0]
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"</(p|li|h\d|td|th)>", ". ", main)))
    assert read(words).lix <= 35


def test_what_rasa_kept_of_a_real_conversation_goes_with_it(stack):
    def say(message, token=None):
        body = {"message": message, "conversation": token}
        return requests.post(f"{stack.url}/api/chat", json=body, timeout=30)

    old, new = (say("Hvem er borgerrådgiveren?").json()["conversation"] for _ in range(2))
    events = text("SELECT count(*) FROM events WHERE sender_id = :sender")
    with session() as db, db.begin():
        talks = [conversations.find(db, token) for token in (old, new)]
        senders = [{"sender": conversation.id} for conversation in talks]
        assert all(db.execute(events, sender).scalar() > 0 for sender in senders)
        talks[0].last_at = clock.now() - timedelta(days=91)
        db.flush()
        retention.run(db, clock.now())
        assert [db.execute(events, sender).scalar() > 0 for sender in senders] == [False, True]
    gone = say("hej", old)
    assert gone.status_code == 404 and "Begynd en ny" in gone.json()["title"]
    assert say("hej", new).status_code == 200
