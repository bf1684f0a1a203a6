"""A citizen who waits is answered by a person in the same chat."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests

from casework import clock, conversations, live, review
from casework.cases import Actor
from casework.db import session
from casework.models import Conversation
from tests.stack import Citizen
from tests.web.people import Browser, account


@pytest.fixture
def adviser(app, db, stack):
    db.commit()
    account("Julie")
    browser = Browser(app)
    browser.signs_in("Julie")
    return browser


@pytest.fixture
def citizen(stack):
    return Citizen(stack)


def opens(adviser):
    adviser.sees("/personale/chat/")
    adviser.sends("/personale/chat/aaben")


def conversation_of(citizen):
    with session() as db:
        return db.query(Conversation).order_by(Conversation.created_at.desc()).first().id


def takes(adviser, citizen):
    opens(adviser)
    citizen.says("jeg vil gerne tale med et menneske")
    citizen.presses("Skriv med borgerrådgiveren nu")
    key = conversation_of(citizen)
    adviser.sees("/personale/chat/")
    adviser.sends(f"/personale/chat/{key}/tag")
    return key


def news(stack, citizen, after=0):
    answer = requests.post(f"{stack.url}/samtale/nyt", data={"conversation": citizen.token, "efter": after}, timeout=10)
    assert answer.status_code == 200
    return answer


def test_writing_with_a_person_is_offered_only_while_somebody_is_there(adviser, citizen, stack):
    labels = [c["label"] for m in citizen.says("jeg vil tale med et menneske")["messages"] for c in m["choices"]]
    assert "Skriv med borgerrådgiveren nu" not in labels
    opens(adviser)
    other = Citizen(stack)
    labels = [c["label"] for m in other.says("jeg vil tale med et menneske")["messages"] for c in m["choices"]]
    assert "Skriv med borgerrådgiveren nu" in labels


def test_while_a_person_writes_the_assistant_is_silent_and_the_citizen_sees_who_it_is(adviser, citizen, stack):
    key = takes(adviser, citizen)
    begun = news(stack, citizen)
    assert begun.headers["X-Live"] == "person"
    assert "Julie" in begun.text and "fra borgerrådgiveren skriver med dig" in begun.text
    assert citizen.says("hvornår udløber min klagefrist?")["messages"] == []
    adviser.sees(f"/personale/chat/{key}")
    assert "hvornår udløber min klagefrist?" in adviser.page.text
    adviser.sends(f"/personale/chat/{key}/skriv", text="Hej. Hvilken dag fik du brevet?")
    told = news(stack, citizen, int(begun.headers["X-Turn"]))
    assert "Hvilken dag fik du brevet?" in told.text
    assert "Julie (borgerrådgiveren)" in told.text


def test_given_back_the_assistant_answers_again_and_says_so(adviser, citizen, stack):
    key = takes(adviser, citizen)
    adviser.sees(f"/personale/chat/{key}")
    adviser.sends(f"/personale/chat/{key}/giv-tilbage")
    assert "maskine" in news(stack, citizen).text
    assert citizen.says("må jeg tage en bisidder med?")["topic"] == "bisidder.regler"


def test_a_person_who_goes_quiet_does_not_leave_the_citizen_alone(adviser, citizen, stack):
    key = takes(adviser, citizen)
    with session() as db, db.begin():
        live.find(db, key).staff_at = clock.now() - timedelta(minutes=11)
    reply = citizen.says("må jeg tage en bisidder med?")
    assert reply["topic"] == "bisidder.regler"
    assert "svarer ikke lige nu" in news(stack, citizen).text


def test_of_two_who_take_the_same_conversation_one_wins_and_the_other_is_told(adviser, citizen, app):
    key = takes(adviser, citizen)
    account("Bo")
    bo = Browser(app)
    bo.signs_in("Bo")
    bo.sees("/personale/chat/")
    bo.sends(f"/personale/chat/{key}/tag")
    assert "Julie skriver allerede med borgeren" in bo.page.text
    bo.sends(f"/personale/chat/{key}/skriv", text="Jeg blander mig.")
    assert "Det er Julie, der skriver med borgeren" in bo.page.text


def test_what_staff_write_is_masked_in_the_transcript_and_whole_for_the_citizen(adviser, citizen, stack):
    key = takes(adviser, citizen)
    adviser.sees(f"/personale/chat/{key}")
    adviser.sends(f"/personale/chat/{key}/skriv", text="Ring til mig på 24 75 55 52.")
    assert "[telefon 1]" in adviser.page.text and "24 75 55 52" not in adviser.page.text
    assert "24 75 55 52" in news(stack, citizen).text


def test_a_citizen_may_stop_waiting(adviser, citizen, stack):
    opens(adviser)
    citizen.says("jeg vil tale med et menneske")
    citizen.presses("Skriv med borgerrådgiveren nu")
    assert news(stack, citizen).headers["X-Live"] == "venter"
    citizen.presses("Jeg vil ikke vente")
    assert news(stack, citizen).headers["X-Live"] == ""
    with session() as db:
        assert live.waiting(db, clock.now()) == []


@pytest.fixture
def conversation(db):
    """The number of a conversation that waits for a person; nothing of it needs the running system."""
    made, _ = conversations.start(db, clock.now())
    conversations.hear(db, made, "Må jeg tale med nogen?", clock.now())
    live.wait(db, made, clock.now())
    db.commit()
    return made.id


def reads(key):
    with session() as db:
        return [r.staff.name for r in review.reads_of(db, key)]


def julie_at_work(app):
    account("Julie")
    julie = Browser(app)
    julie.signs_in("Julie")
    return julie


def test_who_opens_a_conversation_is_logged_once_for_each_opening_and_not_each_time_the_page_asks_for_news(
    app, conversation
):
    julie, page = julie_at_work(app), f"/personale/chat/{conversation}"
    for openings in (1, 2):
        assert "Må jeg tale med nogen?" in julie.sees(page).text
        for _ in range(3):
            assert julie.client.get(f"{page}/nyt").status_code == 200
        assert reads(conversation) == ["Julie"] * openings


def test_who_writes_in_a_conversation_has_opened_it_once_until_she_has_been_away(app, conversation):
    julie, page = julie_at_work(app), f"/personale/chat/{conversation}"
    julie.sees("/personale/chat/")
    julie.sends(f"{page}/tag")
    for text in ("Hej.", "Hvilken dag fik du brevet?"):
        julie.sends(f"{page}/skriv", text=text)
    assert reads(conversation) == ["Julie"]
    with session() as db, db.begin():
        for read in review.reads_of(db, conversation):
            read.at -= timedelta(minutes=11)
    julie.sees(page)
    assert reads(conversation) == ["Julie", "Julie"]


def test_nobody_reads_a_conversation_without_having_opened_it(app, conversation):
    julie = julie_at_work(app)
    assert julie.client.get(f"/personale/chat/{conversation}/nyt").status_code == 404
    assert reads(conversation) == []


def test_a_reader_cannot_write_with_citizens(app, db):
    db.commit()
    account("Rie", role="reader")
    rie = Browser(app)
    rie.signs_in("Rie")
    assert rie.client.get("/personale/chat/").status_code == 403


def test_an_open_chat_closes_by_itself_when_nobody_looks(db):
    db.commit()
    number = account("Julie")
    with session() as later, later.begin():
        live.open_chat(later, number, clock.now())
        assert live.somebody_is_there(later, clock.now())
        assert not live.somebody_is_there(later, clock.now() + timedelta(minutes=31))
        assert not live.is_open(later, number, clock.now() + timedelta(minutes=31))


def test_nobody_writes_in_a_conversation_that_was_given_back(adviser, citizen):
    key = takes(adviser, citizen)
    adviser.sends(f"/personale/chat/{key}/giv-tilbage")
    with session() as db, pytest.raises(Exception, match="givet tilbage"):
        live.say(db, key, "hej", Actor("Julie", "adviser", staff_id=1), clock.now())
