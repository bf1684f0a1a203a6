"""The page with the switches, and what citizens and programs meet while something is off."""

import uuid
from datetime import timedelta

import pytest

from casework import availability, clock, live, meetings, notices
from casework.cases import Actor
from casework.db import reading, session
from casework.meetings import Wish
from casework.models import Case
from casework.models_drift import ServiceNotice
from tests.web.people import Browser, account, stored
from web import create_app

WORDS = "Vi flytter til en ny telefoncentral."


@pytest.fixture(scope="module")
def app(migrated):
    return create_app()


@pytest.fixture(autouse=True)
def people(db):
    availability.seed(db)
    db.commit()
    for name, role in (("Anna", "adviser"), ("Dina", "reader")):
        account(name, role)
    notices.forget()
    yield
    with session() as after, after.begin():
        after.query(ServiceNotice).delete()
    notices.forget()


@pytest.fixture
def anna(app):
    browser = Browser(app)
    browser.signs_in("Anna")
    browser.sees("/personale/drift/")
    return browser


@pytest.fixture
def citizen(app):
    return Browser(app)


def turn_off(part, **more):
    anna = stored("Anna")
    with session() as db, db.begin():
        given = {"text": WORDS, "reason": "Prøve", **more}
        notices.put(db, part, Actor(anna.name, anna.role, staff_id=anna.id), clock.now(), **given)


def turn_on(part):
    anna = stored("Anna")
    with session() as db, db.begin():
        notices.end(db, part, Actor(anna.name, anna.role, staff_id=anna.id), clock.now())


def first_slot():
    today = clock.today()
    with reading() as db:
        return availability.slots(db, "telefon", today, today + timedelta(days=14), clock.now())[0]


def booked():
    slot = first_slot()
    with session() as db, db.begin():
        return meetings.book(db, Wish("telefon", slot.start, "Anna", "telefon", "28 28 28 28"), clock.now()).code


# --- Staff ----------------------------------------------------------------------------------------------------------


def test_an_adviser_turns_booking_off_with_a_reason_and_on_again_and_all_of_it_is_logged(anna, citizen):
    answer = anna.sends("/personale/drift/moede", til="ja", text=WORDS, reason="Centralen er nede", seen=0, ends_at="")
    assert answer.status_code == 302
    assert "Booking af møder er slukket." in anna.page.text
    assert "Slukket lige nu: <strong>Booking af møder" in anna.page.text
    assert WORDS in citizen.sees("/moede").text
    anna.sends("/personale/drift/moede", til="nej", reason="Virker igen", seen=1)
    assert "Booking af møder er tændt igen." in anna.page.text
    assert "Centralen er nede" in anna.page.text and "Virker igen" in anna.page.text
    assert citizen.sees("/moede").status_code == 200


def test_what_cannot_be_used_is_told_field_by_field_and_what_was_typed_is_still_there(anna):
    page = anna.sends("/personale/drift/bot", til="ja", text=WORDS, reason="", seen=0, ends_at="i morgen")
    assert page.status_code == 422
    assert 'href="#bot-ends_at"' in page.text
    page = anna.sends("/personale/drift/bot", til="ja", text=WORDS, reason="", seen=0)
    assert 'href="#bot-reason"' in page.text and WORDS in page.text
    with reading() as db:
        assert notices.standing(db, clock.now()).is_open("bot")


def test_who_acts_on_an_old_page_is_told_that_a_colleague_was_faster(anna):
    turn_off("bot")
    page = anna.sends("/personale/drift/bot", til="ja", text="Noget andet", reason="Prøve", seen=0)
    assert page.status_code == 409
    assert "En kollega har ændret det imens" in page.text
    assert 'name="seen" value="1"' in page.text


def test_readers_and_strangers_cannot_touch_the_switches(app):
    reader = Browser(app)
    reader.signs_in("Dina")
    reader.sees("/personale/")
    assert "/personale/drift" not in reader.page.text
    assert reader.sends("/personale/drift/bot", til="ja", text=WORDS, reason="x").status_code == 403
    assert Browser(app).client.post("/personale/drift/bot", data={"til": "ja"}).status_code in (400, 401, 403)
    with reading() as db:
        assert notices.standing(db, clock.now()).is_open("bot")


# --- Citizens -------------------------------------------------------------------------------------------------------


def test_a_notice_stands_on_every_page_of_citizens_and_changes_nothing_else(citizen):
    turn_off("opslag")
    for path in ("/", "/svar", "/henvendelse", "/moede", "/status", "/brev", "/privatliv", "/findes-ikke"):
        assert WORDS in citizen.sees(path).text, path
    assert citizen.sees("/henvendelse").status_code == 200
    turn_on("opslag")
    assert WORDS not in citizen.sees("/").text


def test_the_page_says_that_the_assistant_is_off_and_how_to_go_on(citizen):
    turn_off("bot")
    page = citizen.sees("/")
    assert page.status_code == 200
    for part in ("Vejviseren svarer ikke lige nu", WORDS, "45 97 30 00", "/henvendelse", "/moede", "/svar", "112"):
        assert part in page.text, part
    assert WORDS not in citizen.sees("/svar").text


def test_only_ways_that_are_open_are_pointed_out(citizen):
    for part in ("bot", "henvendelse", "moede"):
        turn_off(part)
    said = citizen.client.post("/samtale", data={"message": "hej"}, headers={"X-Fragment": "1"}).text
    assert "Vejviseren svarer ikke lige nu" in said
    assert "45 97 30 00" in said and "/svar" in said
    assert 'href="/henvendelse"' not in said and 'href="/moede"' not in said
    lost = citizen.sees("/findes-ikke").text.split("<main")[1].split("</main")[0]
    assert 'href="/moede"' not in lost and 'href="/henvendelse"' not in lost


def test_the_chat_api_answers_503_in_danish_keeps_the_message_and_goes_on_with_the_conversation(citizen):
    turn_off("bot", ends_at=clock.now() + timedelta(hours=1))
    answer = citizen.client.post("/api/chat", json={"message": "Hvornår skal jeg klage?"})
    assert (answer.status_code, answer.content_type) == (503, "application/problem+json; charset=utf-8")
    body = answer.get_json()
    assert body["title"].startswith(f"Vejviseren svarer ikke lige nu. {WORDS} Vi regner med")
    assert "45 97 30 00" in body["title"] and "](" not in body["title"]
    again = citizen.client.post("/samtale/hent", data={"conversation": body["conversation"]}).text
    assert "Hvornår skal jeg klage?" in again
    assert "Det, du har skrevet, er gemt i samtalen." in again


def test_a_citizen_can_still_write_with_a_person_who_is_there_while_the_assistant_is_off(citizen):
    turn_off("bot")
    with session() as db, db.begin():
        live.open_chat(db, stored("Anna").id, clock.now())
    said = citizen.client.post("/samtale", data={"message": "hej"}, headers={"X-Fragment": "1"})
    assert "live:vent" in said.text
    token = said.headers["X-Conversation"]
    waits = citizen.client.post(
        "/samtale", data={"message": "live:vent", "conversation": token}, headers={"X-Fragment": "1"}
    )
    assert waits.headers["X-Live"] == "venter"


def test_nobody_begins_a_form_that_cannot_be_sent(citizen):
    turn_off("henvendelse", ends_at=clock.now() + timedelta(hours=2))
    page = citizen.sees("/henvendelse")
    assert page.status_code == 503
    assert 0 < int(page.headers["Retry-After"]) <= 7200
    assert "Du kan ikke sende en henvendelse lige nu" in page.text and WORDS in page.text
    assert "<textarea" not in page.text
    assert "/status" in page.text and 'href="/moede"' in page.text


def test_what_was_written_when_the_hand_off_went_off_is_not_lost_and_can_be_sent_later(citizen):
    given = {"submission": str(uuid.uuid4()), "story": "De svarer mig ikke", "anonymous": "ja"}
    turn_off("henvendelse")
    page = citizen.client.post("/henvendelse", data=given)
    assert page.status_code == 503
    assert "Intet er sendt" in page.text and "De svarer mig ikke" in page.text
    assert given["submission"] in page.text
    with reading() as db:
        assert db.query(Case).count() == 0
    turn_on("henvendelse")
    assert "BR-2026-" in citizen.client.post("/henvendelse", data=given).text


def test_booking_off_leaves_the_meetings_that_are_and_they_can_be_cancelled(citizen):
    code = booked()
    turn_off("moede")
    page = citizen.sees("/moede")
    assert page.status_code == 503
    assert "Du kan ikke booke eller flytte et møde lige nu" in page.text
    assert citizen.sees("/moede?slags=telefon").status_code == 503
    assert citizen.sees(f"/moede/{code}/flyt").status_code == 503
    assert citizen.client.post("/moede/find", data={"code": code}).status_code == 303
    assert citizen.sees(f"/moede/{code}").status_code == 200
    assert citizen.client.post(f"/moede/{code}/aflys").status_code == 303


def test_what_was_typed_when_booking_went_off_is_not_lost_and_the_time_is_hers_when_it_is_on_again(citizen):
    start = first_slot().start.isoformat()
    held = citizen.client.post("/moede/tid", data={"slags": "telefon", "start": start, "besoeg": str(uuid.uuid4())})
    address = held.headers["Location"]
    turn_off("moede")
    given = {
        **{"slags": "telefon", "start": start, "submission": str(uuid.uuid4()), "name": "Anna Holm"},
        **{"channel": "telefon", "value": "28 28 28 28", "subject": "Min søns skole"},
    }
    page = citizen.client.post(address, data=given)
    assert page.status_code == 503
    assert "Intet er sendt" in page.text and "Min søns skole" in page.text
    turn_on("moede")
    assert citizen.client.post(address, data=given).status_code == 303


def test_the_booking_api_answers_503_with_a_way_on_and_still_cancels(citizen):
    code, slot = booked(), first_slot()
    turn_off("moede")
    asked = {"kind": "telefon", "start": slot.start.isoformat(), "name": "A", "channel": "telefon", "value": "28282828"}
    for answer in (
        citizen.client.get("/api/appointments/slots?kind=telefon"),
        citizen.client.post("/api/appointments", json=asked),
        citizen.client.patch(f"/api/appointments/{code}", json={"start": asked["start"]}),
    ):
        assert (answer.status_code, answer.content_type) == (503, "application/problem+json; charset=utf-8")
        title = answer.get_json()["title"]
        assert title.startswith(f"Du kan ikke booke eller flytte et møde lige nu. {WORDS}")
        assert "45 97 30 00" in title and "](" not in title
        assert int(answer.headers["Retry-After"]) > 0
    assert citizen.client.get(f"/api/appointments/{code}").status_code == 200
    assert citizen.client.delete(f"/api/appointments/{code}").get_json()["status"] == "aflyst"


def test_readiness_does_not_change_because_something_is_off(citizen):
    before = citizen.client.get("/readyz").get_json()
    for part in ("bot", "henvendelse", "moede"):
        turn_off(part)
    assert citizen.client.get("/readyz").get_json() == before
