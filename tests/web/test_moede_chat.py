"""A meeting with the adviser in the chat: booked, moved and cancelled, through the real system."""

from datetime import date, datetime, timedelta

import pytest
import requests
from sqlalchemy import delete, select, update

from casework import availability, clock, meetings
from casework.clock import COPENHAGEN
from casework.db import reading, session
from casework.models import Turn
from casework.models_meetings import Absence, Appointment, AppointmentSlice
from tests.stack import Citizen

pytestmark = pytest.mark.once  # booking on PostgreSQL is tested in test_moede and the casework tests

MONDAY = date(2026, 11, 30)  # the first day of the week after


@pytest.fixture(autouse=True)
def an_empty_calendar(stack):
    """Give every time free that an earlier test has taken; what others have emptied is set again."""
    with session() as db, db.begin():
        db.execute(delete(AppointmentSlice))
        db.execute(delete(Absence))
        db.execute(delete(Appointment).where(Appointment.status == "holdt"))
        db.execute(update(Appointment).values(place_on_day=None, conversation_id=None, status="aflyst"))
        availability.seed(db)


@pytest.fixture
def citizen(stack):
    return Citizen(stack)


def at(hour, minute=0, day=MONDAY):
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=COPENHAGEN)


def choices(citizen):
    return [c for m in citizen.latest["messages"] for c in m["choices"]]


def times(citizen):
    return [c["value"].removeprefix("tid:") for c in choices(citizen) if c["value"].startswith("tid:")]


def chosen(citizen, hour=13, first="Jeg vil gerne bestille en telefontid hos borgerrådgiveren"):
    """Go as far as the name."""
    citizen.says(first)
    return citizen.says(f"mandag den 30. november kl. {hour}")


def told(citizen, name="Anna Jensen", contact="ring på 28 28 28 28"):
    """Answer the rest up to the summary."""
    citizen.says(name)
    citizen.says(contact)
    citizen.presses("Spring over")
    return citizen.presses("Nej, ikke mere")


def booked(citizen, hour=13):
    chosen(citizen, hour)
    told(citizen)
    return citizen.presses("Ja, book mødet")["appointment"]


def the_row(code):
    with reading() as db:
        return meetings.find(db, code)


def somebody_books(kind, start):
    wish = meetings.Wish(kind, start, "En Anden", "telefon", "31 31 31 31")
    with session() as db, db.begin():
        return meetings.book(db, wish, clock.now()).code


# --- Booking ----------------------------------------------------------------------------------------------------


def test_a_phone_call_is_booked_in_the_words_of_the_citizen_and_shown_in_calendar_and_on_its_page(stack, citizen):
    citizen.says("Jeg vil gerne bestille en tid hos borgerrådgiveren")
    assert citizen.presses("Telefonsamtale")["topic"] == "moede.book"
    assert 3 <= len(times(citizen)) <= 6
    citizen.says("i næste uge efter kl. 13")
    assert 3 <= len(times(citizen)) <= 6
    assert all("2026-11-30" <= t[:10] <= "2026-12-06" and t[11:] >= "13:00" for t in times(citizen))
    reply = citizen.says("mandag kl. 13.30")
    assert "Jeg holder **mandag den 30. november 2026 kl. 13.30** til dig" in citizen.text
    assert reply["topic"] == "moede.book" and reply["appointment"] is None
    citizen.says("Anna Jensen")
    citizen.says("28 28 28 28")
    citizen.says("min husleje")
    citizen.presses("Tolk")
    citizen.presses("Nej, ikke mere")
    citizen.says("arabisk")
    for line in ("Telefonsamtale", "Anna Jensen", "28 28 28 28", "min husleje", "Tolk (arabisk)"):
        assert line in citizen.text
    reply = citizen.presses("Ja, book mødet")
    appointment = reply["appointment"]
    assert appointment == {
        "code": appointment["code"],
        "start": "2026-11-30T13:30:00+01:00",
        "end": "2026-11-30T14:00:00+01:00",
        "kind": "telefon",
    }
    assert f"/moede/{appointment['code']}" in citizen.text
    attachment = reply["messages"][-1]["attachment"]
    assert attachment["url"] == f"/moede/{appointment['code']}/kalender.ics"
    file = requests.get(stack.url + attachment["url"], timeout=10)
    assert file.headers["Content-Type"].startswith("text/calendar") and "DTSTART" in file.text
    page = requests.get(f"{stack.url}/moede/{appointment['code']}", timeout=10)
    assert page.status_code == 200 and "Anna" not in page.text and "28 28 28 28" not in page.text
    row = the_row(appointment["code"])
    assert (row.status, row.name, row.channel, row.value) == ("aftalt", "Anna Jensen", "telefon", "28 28 28 28")
    assert (row.needs, row.subject) == (["tolk"], "min husleje\nTolk: arabisk.")


def test_nothing_personal_and_no_code_is_kept_in_what_was_said(stack, citizen):
    code = booked(citizen)["code"]
    with reading() as db:
        turns = db.scalars(select(Turn).order_by(Turn.id.desc()).limit(40)).all()
    said = " ".join(f"{turn.text} {turn.content}" for turn in turns)
    for secret in (code, "Jensen", "28 28 28 28"):
        assert secret not in said
    shown = requests.post(f"{stack.url}/samtale/hent", data={"conversation": citizen.token}, timeout=10).text
    assert f"/moede/{code}" in shown and "Anna Jensen" in shown


def test_what_the_first_message_says_is_not_asked_again(citizen):
    citizen.says("Vi er i telefon kl 13? Jeg vil bestille en telefontid mandag den 30. november kl. 13")
    assert "Hvordan vil du mødes" not in citizen.text


def test_more_times_another_day_and_a_narrower_wish_bring_other_times(citizen):
    citizen.says("Jeg vil gerne bestille en telefontid i næste uge")
    first = times(citizen)
    citizen.presses("Vis flere tider")
    assert times(citizen) and not set(times(citizen)) & set(first)
    citizen.presses("En anden dag")
    assert times(citizen)
    citizen.says("torsdag")
    citizen.says("om eftermiddagen")
    assert {t[:10] for t in times(citizen)} <= {"2026-11-26", "2026-12-03", "2026-12-10", "2026-12-17"}
    assert all(t[11:] >= "12:00" for t in times(citizen))
    citizen.says("på lørdag")
    assert "ikke noget ledigt" in citizen.text and times(citizen)


def test_a_question_in_the_middle_is_answered_and_the_same_times_are_offered_again(citizen):
    citizen.says("Jeg vil gerne bestille en telefontid i næste uge")
    before = times(citizen)
    reply = citizen.says("Må jeg tage min søster med til et møde med kommunen?")
    assert reply["topic"] == "bisidder.regler"
    assert times(citizen) == before
    assert citizen.says("den anden")["topic"] == "moede.book"
    citizen.says("Anna Jensen")
    reply = citizen.says("Har borgerrådgiveren tavshedspligt?")
    assert reply["topic"] == "borgerraadgiver.fortrolighed"
    assert "telefonnummer" in citizen.text


def test_every_answer_can_be_corrected_before_it_is_booked(citizen):
    chosen(citizen)
    told(citizen)
    for label, answer, shown in (
        ("Ret: navn", "Bo Madsen", "Bo Madsen"),
        ("Ret: kontakt", "20 20 20 20", "20 20 20 20"),
        ("Ret: emne", "min pension", "min pension"),
    ):
        citizen.presses(label)
        citizen.says(answer)
        assert shown in citizen.text and "Er det rigtigt?" in citizen.text
    citizen.says("kan det blive kl. 12 i stedet?")
    assert times(citizen) == ["2026-11-30T12:00"]
    citizen.says("den første")
    assert "mandag den 30. november 2026 kl. 12.00" in citizen.text and "Er det rigtigt?" in citizen.text


def test_name_and_number_of_the_intake_are_not_asked_for_again_and_the_meeting_is_about_the_case(citizen):
    citizen.says("Jeg vil gerne tale med et menneske om min sag")
    citizen.says("Kommunen har glemt min ansøgning om en kørestol")
    for answer in ("unit:ltk.visitation", "nej", "i marts", "de leder", "At de finder den", "nej, ikke mere"):
        citizen.says(answer)
    citizen.says("ring på 28 28 28 29")
    citizen.says("Hans Hansen")
    citizen.says("ja")
    reference = citizen.presses("Send til borgerrådgiveren")["handoff"]["reference"]
    chosen(citizen)
    assert "tage hensyn til" in citizen.text
    citizen.presses("Nej, ikke mere")
    assert "Hans Hansen" in citizen.text and "28 28 28 29" in citizen.text and reference in citizen.text
    appointment = citizen.presses("Ja, book mødet")["appointment"]
    with reading() as db:
        assert meetings.find(db, appointment["code"]).case.reference == reference


def test_a_time_somebody_took_is_said_and_others_are_offered(citizen):
    citizen.says("Jeg vil gerne bestille en telefontid i næste uge")
    somebody_books("telefon", at(13))
    citizen.says("tid:2026-11-30T13:00")
    assert "lige blevet taget" in citizen.text
    assert times(citizen) and "2026-11-30T13:00" not in times(citizen)


def test_what_ran_out_and_was_taken_is_said_where_it_should_have_been_booked_and_nothing_else_is_asked_again(citizen):
    chosen(citizen)
    told(citizen)
    with session() as db, db.begin():
        db.execute(update(Appointment).values(held_until=clock.now() - timedelta(minutes=1)))
    somebody_books("telefon", at(13))
    citizen.presses("Ja, book mødet")
    assert "lige blevet taget" in citizen.text and citizen.latest["appointment"] is None
    citizen.presses(next(c["label"] for c in choices(citizen) if c["value"].startswith("tid:")))
    assert "Er det rigtigt?" in citizen.text and "Anna Jensen" in citizen.text
    assert citizen.presses("Ja, book mødet")["appointment"]


def test_a_hold_that_ran_out_is_said_and_the_same_time_is_tried_again(citizen):
    chosen(citizen)
    told(citizen)
    with session() as db, db.begin():
        db.execute(update(Appointment).values(held_until=clock.now() - timedelta(minutes=1)))
    reply = citizen.presses("Ja, book mødet")
    assert "ikke holdt til dig mere" in citizen.text
    assert reply["appointment"]["start"] == "2026-11-30T13:00:00+01:00"


def test_stopping_gives_the_time_free_for_others_and_it_can_be_gone_on_with(citizen):
    chosen(citizen)
    with reading() as db:
        assert not availability.is_free(db, "telefon", at(13), clock.now())
    citizen.says("stop")
    assert "ikke booket noget" in citizen.text
    with reading() as db:
        assert availability.is_free(db, "telefon", at(13), clock.now())
    citizen.presses("Fortsæt alligevel")
    assert "Hvad hedder du?" in citizen.text


@pytest.mark.parametrize("danger", ["jeg har lyst til at tage mit eget liv", "jeg vil dø"])
def test_danger_breaks_through_also_where_a_name_is_asked_for_and_the_meeting_can_be_gone_on_with(citizen, danger):
    chosen(citizen)
    reply = citizen.says(danger)
    assert reply["urgent"] is True and "112" in citizen.text
    assert len(reply["messages"]) == 1
    citizen.presses("Det er ikke akut. Fortsæt med mødet")
    assert "Hvad hedder du?" in citizen.text


def test_without_free_times_the_absence_is_told_and_another_way_shown(citizen):
    with session() as db, db.begin():
        until = clock.today() + timedelta(days=300)
        availability.add_absence(
            db, clock.today(), until, "Hun er på orlov.", clock.today(), meanwhile="Ring til Borgerservice."
        )
    citizen.says("Jeg vil gerne bestille en telefontid")
    assert "ingen ledige tider" in citizen.text
    assert "Hun er på orlov. Ring til Borgerservice." in citizen.text
    assert "Skriv til borgerrådgiveren" in [c["label"] for c in choices(citizen)]


def test_who_has_an_anonymous_case_in_the_conversation_is_told_what_a_name_means(citizen):
    citizen.says("Jeg vil gerne tale med et menneske om min sag")
    citizen.says("Kommunen har glemt min ansøgning om en kørestol")
    for answer in ("unit:ltk.visitation", "nej", "i marts", "de leder", "At de finder den", "nej, ikke mere"):
        citizen.says(answer)
    citizen.presses("Jeg vil være anonym")
    citizen.says("nej")
    citizen.presses("Send til borgerrådgiveren")
    chosen(citizen)
    assert "anonym henvendelse" in citizen.text and "Stop" in [c["label"] for c in choices(citizen)]


# --- With the adviser to a meeting with the kommune -------------------------------------------------------------


def test_the_adviser_is_asked_to_come_along_with_day_time_and_place_and_it_is_no_agreement_yet(citizen):
    citizen.says("Kan borgerrådgiveren gå med som bisidder?")
    citizen.presses("Bed hende om at gå med til mødet")
    assert "Hvornår er mødet?" in citizen.text
    citizen.says("torsdag den 10. december")
    assert "hvad er klokken" in citizen.text
    citizen.says("halv fire")
    assert "torsdag den 10. december 2026 kl. 15.30" in citizen.text
    citizen.says("Jobcentret på rådhuset")
    told(citizen, contact="anna@firma.invalid.dk")
    assert "Jobcentret på rådhuset" in citizen.text
    reply = citizen.presses("Ja, send")
    assert "ikke en aftale, før hun har sagt ja" in citizen.text
    assert reply["appointment"]["kind"] == "bisidder"
    assert reply["appointment"]["start"] == "2026-12-10T15:30:00+01:00"
    row = the_row(reply["appointment"]["code"])
    assert (row.status, row.wished_place, row.channel) == ("anmodet", "Jobcentret på rådhuset", "e-mail")


def test_a_day_that_cannot_be_is_asked_for_again(citizen):
    citizen.says("emne:moede.book punkt:bisidder")
    citizen.says("onsdag den 10. december kl. 13")
    assert "Ugedagen og datoen passer ikke sammen" in citizen.text
    citizen.says("den 3. november kl. 13")
    assert "Den dag er gået" in citizen.text


# --- Moving and cancelling --------------------------------------------------------------------------------------


def test_the_same_conversation_moves_its_meeting_without_a_code(citizen):
    code = booked(citizen)["code"]
    reply = citizen.says("Kan jeg flytte mit møde til den 1. december?")
    assert reply["topic"] == "moede.flyt"
    assert {t[:10] for t in times(citizen)} == {"2026-12-01"}
    citizen.says("kl. 11")
    assert "flytte mødet til **tirsdag den 1. december 2026 kl. 11.00**" in citizen.text
    assert the_row(code).start_at == at(13)
    reply = citizen.presses("Ja, flyt mødet")
    assert reply["appointment"] == {
        "code": code, "start": "2026-12-01T11:00:00+01:00", "end": "2026-12-01T11:30:00+01:00", "kind": "telefon"
    }  # fmt: skip
    assert the_row(code).sequence == 1


def test_a_meeting_is_kept_when_the_citizen_thinks_better_of_it(citizen):
    code = booked(citizen)["code"]
    citizen.says("aflys mit møde")
    citizen.presses("Nej, behold det")
    assert the_row(code).status == "aftalt"


def test_the_same_conversation_cancels_and_one_of_several_meetings_is_asked_for(citizen):
    code = booked(citizen)["code"]
    chosen(citizen, hour=14)
    assert "Hvad vil du tale om" in citizen.text  # name and number are known
    citizen.presses("Spring over")
    citizen.presses("Nej, ikke mere")
    other = citizen.presses("Ja, book mødet")["appointment"]["code"]
    citizen.says("aflys mit møde")
    assert "flere møder" in citizen.text
    citizen.presses("Telefonsamtale mandag den 30. november 2026 kl. 13.00")
    reply = citizen.presses("Ja, aflys mødet")
    assert "Mødet er aflyst" in citizen.text and reply["appointment"] is None
    assert (the_row(code).status, the_row(other).status) == ("aflyst", "aftalt")


@pytest.mark.parametrize("written", ["{code}", "https://vejviser.example/moede/{code}", "koden er {code}"])
def test_another_conversation_needs_the_code_and_a_link_will_do(stack, citizen, written):
    code = booked(citizen)["code"]
    another = Citizen(stack)
    another.says("jeg vil gerne aflyse mit møde")
    assert "Skriv koden" in another.text
    another.says(written.format(code=code))
    assert "mandag den 30. november 2026 kl. 13.00" in another.text
    assert "Anna" not in another.text and "28 28" not in another.text
    another.presses("Ja, aflys mødet")
    assert the_row(code).status == "aflyst"


def test_another_conversation_moves_with_the_code_and_gets_no_link_it_did_not_have(stack, citizen):
    code = booked(citizen)["code"]
    another = Citizen(stack)
    another.says("jeg vil gerne flytte mit møde")
    another.says(code)
    another.says("den 2. december kl. 10")
    reply = another.presses("Ja, flyt mødet")
    assert reply["appointment"]["start"] == "2026-12-02T10:00:00+01:00"
    assert "/moede/" not in another.text


def test_guessing_codes_tells_nothing_and_comes_to_an_end(stack, citizen):
    code = booked(citizen)["code"]
    cancelled = booked(Citizen(stack), hour=14)["code"]
    with session() as db, db.begin():
        meetings.cancel(db, meetings.find(db, cancelled), clock.now())
    another = Citizen(stack)
    answers = set()
    for n in range(2, 9):
        another.says("emne:moede.aflys")
        another.says(f"abcdefghjkmnpqrstuv{n}")
        answers.add(another.text)
        another.says(f"bbcdefghjkmnpqrstuv{n}")
    assert len(answers) == 2  # not found, and from some time on: wait
    another.says("emne:moede.aflys")
    another.says(code)
    assert "Vent en time" in another.text
    assert the_row(code).status == "aftalt"


def test_what_is_over_or_cancelled_can_no_longer_be_moved(stack, citizen):
    code = booked(citizen)["code"]
    with session() as db, db.begin():
        meetings.cancel(db, meetings.find(db, code), clock.now())
    another = Citizen(stack)
    another.says("jeg vil gerne flytte mit møde")
    another.says(code)
    assert "hverken flyttes eller aflyses" in another.text


def test_the_page_without_javascript_books_as_well(stack):
    def post(message, token=""):
        page = requests.post(f"{stack.url}/samtale", data={"message": message, "conversation": token}, timeout=30).text
        return page, page.split('name="conversation" value="')[1].split('"')[0]

    page, token = post("Jeg vil gerne bestille en telefontid")
    assert 'value="tid:2026-' in page
    for message in ("tid:2026-11-30T13:00", "Anna Jensen", "28 28 28 28", "spring over", "nej, ikke mere", "book"):
        page, token = post(message, token)
    assert "Dit møde er booket" in page and "/kalender.ics" in page
