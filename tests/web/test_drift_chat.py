"""Something is turned off in the middle of a dialogue: the citizen is told, nothing is lost, and she goes on later."""

import pytest
import requests

from casework import availability, clock, notices, staff
from casework.cases import Actor
from casework.db import reading, session
from casework.models import Case, Turn
from casework.models_drift import ServiceNotice
from casework.models_meetings import Appointment
from tests.stack import Citizen

STORY = "Jeg er blevet kastet rundt mellem tre afdelinger i et halvt år"
WORDS = "Vi retter en fejl."


@pytest.fixture(scope="module")
def switch(stack):
    """Turn a part off or on again, as a colleague in another process does."""
    with session() as db, db.begin():
        availability.seed(db)
        made = staff.add_staff(
            db, email="vagt@ltk.invalid", name="Vagt", role="adviser", password="lampe violin gryde torden",
            now=clock.now(),
        )  # fmt: skip
        actor = Actor("Vagt", "adviser", staff_id=made.id)

    def turn(part, off):
        with session() as db, db.begin():
            if off:
                notices.put(db, part, actor, clock.now(), text=WORDS, reason="Prøve")
            else:
                notices.end(db, part, actor, clock.now())

    return turn


@pytest.fixture
def citizen(stack, switch):
    yield Citizen(stack)
    with session() as db, db.begin():
        db.query(ServiceNotice).delete()


def cases():
    with reading() as db:
        return db.query(Case).count()


def booked():
    with reading() as db:
        return db.query(Appointment).filter(Appointment.status == "aftalt").count()


def test_the_hand_off_goes_off_in_the_middle_and_every_answer_is_there_when_it_is_on_again(citizen, switch):
    before = cases()
    citizen.says(STORY)
    citizen.presses("Gå videre")
    switch("henvendelse", True)
    citizen.presses("Jobcentret")
    assert f"Du kan ikke sende en henvendelse lige nu.** {WORDS}" in citizen.text
    assert "Dine svar er ikke gået tabt" in citizen.text
    assert "45 97 30 00" in citizen.text and "/moede" in citizen.text
    citizen.says("Må jeg tage min søster med til mødet på jobcentret?")
    assert citizen.text.startswith("Ja. Du må tage en person med")
    citizen.says("emne:henvendelse.opret")
    assert "Du kan ikke sende en henvendelse lige nu" in citizen.text
    switch("henvendelse", False)
    citizen.presses("Fortsæt henvendelsen")
    assert "Er andre afdelinger også med" in citizen.text  # the answer given when it was turned off was taken
    for answer in ("nej, ikke flere", "nej", "ja", "ja, to gange", "ro"):
        citizen.says(answer)
    for answer in ("nej, ikke mere", "28 28 28 28", "Anna Holm", "ja"):
        citizen.says(answer)
    switch("henvendelse", True)
    citizen.presses("Send til borgerrådgiveren")
    assert citizen.latest["handoff"] is None
    assert "intet er sendt" in citizen.text
    assert cases() == before
    switch("henvendelse", False)
    citizen.presses("Fortsæt henvendelsen")
    for told in ("kastet rundt", "Jobcenter", "28 28 28 28, Anna Holm"):
        assert told in citizen.text
    assert citizen.presses("Send til borgerrådgiveren")["handoff"]["reference"]
    switch("henvendelse", True)
    citizen.says("emne:henvendelse.opret")
    assert "Det samme emne" in str(citizen.latest["messages"])  # more to a case she has can still be sent
    citizen.presses("Et nyt emne: send en ny henvendelse")
    assert "Du kan ikke sende en henvendelse lige nu" in citizen.text
    assert cases() == before + 1


def test_the_hand_off_that_is_off_from_the_start_promises_nothing(citizen, switch):
    switch("henvendelse", True)
    citizen.says(STORY)
    assert "Du kan ikke sende en henvendelse lige nu" in citizen.text
    assert "Dine svar" not in citizen.text
    switch("henvendelse", False)
    citizen.says("emne:henvendelse.opret")
    assert "kastet rundt" in citizen.text  # what she told is offered as her story all the same


def test_danger_is_heard_although_the_hand_off_is_off(citizen, switch):
    citizen.says(STORY)
    switch("henvendelse", True)
    assert citizen.says("Jeg vil tage mit eget liv")["urgent"]


def test_booking_goes_off_in_the_middle_and_her_time_is_booked_when_it_is_on_again(citizen, switch):
    before = booked()
    citizen.says("Jeg vil gerne bestille en telefontid hos borgerrådgiveren")
    first = citizen.latest["messages"][-1]["choices"][0]["value"]
    citizen.says(first)
    citizen.says("Anna Holm")
    switch("moede", True)
    citizen.says("28 28 28 28")
    assert f"Du kan ikke booke eller flytte et møde lige nu.** {WORDS}" in citizen.text
    assert "Dine svar er ikke gået tabt" in citizen.text
    switch("moede", False)
    citizen.presses("Fortsæt med mødet")
    for _ in range(5):
        labels = {c["label"]: c["value"] for c in citizen.latest["messages"][-1]["choices"]}
        wanted = next((labels[name] for name in labels if name.startswith(("Nej", "Spring", "Gå videre"))), None)
        if any("Book" in name or "Ja" in name for name in labels) or wanted is None:
            break
        citizen.says(wanted)
    assert "Anna Holm" in citizen.text and "28 28 28 28" in citizen.text
    switch("moede", True)
    citizen.says("ja")
    assert "intet er booket" in citizen.text
    assert booked() == before
    switch("moede", False)
    citizen.presses("Fortsæt med mødet")
    assert citizen.says("ja")["appointment"]["kind"] == "telefon"
    switch("moede", True)
    citizen.says("Jeg vil aflyse mit møde")
    citizen.says("ja")
    assert booked() == before


def test_the_assistant_is_off_in_the_middle_of_a_dialogue_and_goes_on_where_it_was(stack, citizen, switch):
    citizen.says("Hvornår skal jeg klage senest?")
    citizen.says("omraade:byggesag")
    switch("bot", True)
    answer = stack.chat("30/10", citizen.token)
    assert answer.status_code == 503
    assert WORDS in answer.json()["title"]
    assert requests.get(f"{stack.url}/readyz", timeout=10).status_code == 200
    switch("bot", False)
    assert citizen.says("30/10")["deadline"]["date"] == "2026-11-27"


def test_a_name_said_while_the_assistant_is_off_is_kept_as_a_name(stack, citizen, switch):
    citizen.says(STORY)
    for answer in ("gå videre", "unit:ltk.jobcenter", "nej, ikke flere", "nej", "ja", "ja, to gange", "ro"):
        citizen.says(answer)
    for answer in ("nej, ikke mere", "28 28 28 28"):
        citizen.says(answer)
    switch("bot", True)
    stack.chat("Kvikke Bumlefod", citizen.token)
    stack.chat("Kvikke Bumlefod", citizen.token)
    switch("bot", False)
    citizen.says("Kvikke Bumlefod")
    with reading() as db:
        assert not db.query(Turn).filter(Turn.text.contains("Bumlefod")).count()
