"""When a part is down the citizen gets words, a phone number and the form; nothing written is lost."""

import signal
import sqlite3
import threading
import time
import uuid

import pytest
import requests

from casework import clock, conversations, own_case
from casework.db import reading, session
from casework.intake import Intake, file_case
from casework.settings import current
from tests.stack import Citizen

STORY = "Jeg er blevet kastet rundt mellem tre afdelinger i et halvt år"


@pytest.fixture
def citizen(stack):
    yield Citizen(stack)
    for name in ("rasa", "actions"):
        if stack.processes[name].poll() is not None:
            stack.start(name)
    stack.wait_ready()


def page_offers_a_way_on(stack, citizen):
    answer = requests.post(
        f"{stack.url}/samtale",
        data={"message": "hej", "conversation": citizen.token or ""},
        headers={"X-Fragment": "1"},
        timeout=30,
    )
    assert "45 97 30 00" in answer.text
    assert "/henvendelse" in answer.text


def file_by_form(stack, submission=None):
    return requests.post(
        f"{stack.url}/henvendelse",
        data={"submission": submission or str(uuid.uuid4()), "story": "De svarer ikke", "anonymous": "ja"},
        timeout=20,
    )


def test_rasa_down_gives_words_and_the_form_and_the_intake_goes_on_afterwards(stack, citizen):
    citizen.says(STORY)
    citizen.presses("Gå videre")
    citizen.presses("Skole")
    stack.kill("rasa")
    answer = stack.chat("nej", citizen.token)
    assert answer.status_code == 503
    assert "45 97 30 00" in answer.json()["title"]
    assert answer.json()["conversation"] == citizen.token
    page_offers_a_way_on(stack, citizen)
    assert requests.get(f"{stack.url}/readyz", timeout=10).json()["parts"]["model"] == "down"
    assert file_by_form(stack).status_code == 200
    stack.start("rasa")
    stack.wait_ready()
    citizen.says("nej")
    assert "Har du fået en afgørelse" in citizen.text


def test_the_action_server_down_in_the_middle_of_the_intake_loses_no_answer(stack, citizen):
    citizen.says(STORY)
    citizen.presses("Gå videre")
    citizen.presses("Skole")
    stack.kill("actions")
    citizen.says("nej")
    assert "Dine svar er ikke gået tabt" in citizen.text
    assert "45 97 30 00" in citizen.text
    stack.start("actions")
    stack.wait_ready()
    citizen.says("nej")
    assert "Har du fået en afgørelse" in citizen.text


def test_the_action_server_down_at_the_start_of_a_dialogue_says_so(stack, citizen):
    stack.kill("actions")
    citizen.says(STORY)
    assert "Noget gik galt hos os" in citizen.text
    citizen.says("Hvornår skal jeg klage senest?")
    assert "45 97 30 00" in citizen.text


def test_a_rasa_that_hangs_is_given_up_after_the_set_time(stack, citizen):
    citizen.says("hej")
    stack.signal("rasa", signal.SIGSTOP)
    try:
        started = time.monotonic()
        answer = stack.chat("hej", citizen.token)
        assert answer.status_code == 503
        assert time.monotonic() - started < 20
    finally:
        stack.signal("rasa", signal.SIGCONT)
    stack.wait_ready()
    assert citizen.says("hej")["topic"] == "hilsen"


def test_the_web_server_killed_between_two_answers_loses_nothing(stack, citizen):
    citizen.says(STORY)
    citizen.presses("Gå videre")
    stack.kill("web")
    stack.start("web")
    stack.wait_ready()
    citizen.says("unit:ltk.skole")
    assert "Er andre afdelinger også med" in citizen.text


def test_every_part_killed_in_turn_loses_nothing_that_was_answered_and_the_case_is_whole(stack, citizen):
    citizen.says(STORY)
    citizen.presses("Gå videre")
    citizen.presses("Jobcentret")
    answers = {
        "actions": ("nej", "nej", "ja"),
        "rasa": ("de siger, det er de andre", "at én tager ansvar"),
        "web": ("nej, ikke mere", "28 28 28 28", "Anna Holm", "ja"),
    }
    for part, said in answers.items():
        stack.kill(part)
        stack.start(part)
        stack.wait_ready()
        for answer in said:
            citizen.says(answer)
    told = (
        "kastet rundt",
        "Jobcenter",
        "de siger, det er de andre",
        "at én tager ansvar",
        "28 28 28 28, Anna Holm",
    )
    assert [words for words in told if words not in citizen.text] == []
    sent = citizen.presses("Send til borgerrådgiveren")["handoff"]
    assert sent["reference"]


def test_the_same_confirmation_sent_again_after_a_crash_gives_the_same_case(stack, citizen):
    """The action server dies when the case is stored but Rasa does not know it: the citizen presses again."""
    citizen.says(STORY)
    for answer in ("gå videre", "unit:ltk.jobcenter", "nej, ikke flere", "nej", "ja", "ja, to gange", "ro"):
        citizen.says(answer)
    for answer in ("nej, ikke mere", "28 28 28 28", "Anna Holm", "ja"):
        citizen.says(answer)
    with session() as db, db.begin():
        conversation = conversations.find(db, citizen.token)
        stored = file_case(
            db,
            Intake(story=STORY, contact_channel="telefon", contact_value="28 28 28 28"),
            submission=f"{conversation.id}:0",
            now=clock.now(),
            today=clock.today(),
            conversation_id=conversation.id,
            code_key=current().derived_key("case-code"),
        )
    assert citizen.presses("Send til borgerrådgiveren")["handoff"]["reference"] == stored.reference
    with reading() as db:
        assert len(own_case.of_conversation(db, conversation.id)) == 1


def test_a_locked_database_gives_words_and_works_again_when_it_is_free(stack, citizen):
    citizen.says("hej")
    release = hold_the_database()
    try:
        answer = stack.chat("hej", citizen.token)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert "45 97 30 00" in answer.json()["title"]
    finally:
        release()
    assert citizen.says("hej")["topic"] == "hilsen"


def hold_the_database():
    """Take the database for ourselves; return what lets it go."""
    url = current().database_url
    if url.startswith("sqlite"):
        other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False)
        other.execute("BEGIN EXCLUSIVE")
        return lambda: (other.execute("ROLLBACK"), other.close())
    import psycopg2

    other = psycopg2.connect(url)
    other.cursor().execute("LOCK TABLE conversations IN ACCESS EXCLUSIVE MODE")
    return lambda: (other.rollback(), other.close())


def test_the_same_form_sent_ten_times_at_once_is_one_case(stack):
    submission, references = str(uuid.uuid4()), []

    def send():
        answer = file_by_form(stack, submission)
        references.append(answer.text.split("<dt>Nummer</dt><dd>")[1][:13])

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(references) == 10
    assert len(set(references)) == 1
