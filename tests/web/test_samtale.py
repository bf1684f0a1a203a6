"""A conversation as a whole: sent once, seen again, printed, said whether it helped, and ended."""

import re
import threading
import uuid

import pytest
import requests
from sqlalchemy import func, select, text

from casework import clock, conversations
from casework.db import reading, session
from casework.intake import Intake, file_case
from casework.models import Conversation, Feedback, Turn
from tests.stack import Citizen

STORY = "Jeg er blevet kastet rundt mellem tre afdelinger i et halvt år"
DEADLINE = "Jeg fik afslag på sygedagpenge i torsdags, hvornår skal jeg klage senest?"
INTAKE = ("Gå videre", "Jobcentret", "Nej, ikke flere", "Nej", "Ja")


@pytest.fixture
def citizen(stack, db):
    db.commit()
    return Citizen(stack)


def sends(stack, message, key, token=None):
    body = {"message": message, **({"conversation": token} if token else {})}
    answer = requests.post(f"{stack.url}/api/chat", json=body, headers={"Idempotency-Key": key}, timeout=40)
    assert answer.status_code == 200, answer.text
    return answer.json()


def posts(stack, path, token="", fragment=True, **data):
    headers = {"X-Fragment": "1"} if fragment else {}
    return requests.post(f"{stack.url}{path}", data={"conversation": token, **data}, headers=headers, timeout=30)


def said(who="citizen"):
    with reading() as db:
        return list(db.scalars(select(Turn.text).where(Turn.who == who).order_by(Turn.id)))


def test_a_message_sent_again_under_its_key_is_one_turn_with_the_same_answer(stack, citizen):
    key = str(uuid.uuid4())
    first = sends(stack, DEADLINE, key)
    assert first["deadline"]["date"] == "2026-12-17"
    answers = len(said("assistant"))
    assert sends(stack, DEADLINE, key) == first  # the first answer was lost, and with it the token
    assert sends(stack, DEADLINE, key, first["conversation"])["messages"] == first["messages"]
    assert said() == [DEADLINE] and len(said("assistant")) == answers


def test_without_a_key_or_with_one_that_can_be_guessed_every_message_is_its_own(stack, citizen):
    tokens = {sends(stack, "hej", key)["conversation"] for key in ("1", "1", "", str(uuid.UUID(int=0)))}
    assert len(tokens) == 4


def test_of_two_at_once_one_is_heard_and_both_get_the_answer(stack, citizen):
    key, replies = str(uuid.uuid4()), []
    threads = [threading.Thread(target=lambda: replies.append(sends(stack, "hej", key))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(replies) == 4 and all(reply == replies[0] for reply in replies)
    assert said() == ["hej"] and len(said("assistant")) == 1


def test_a_receipt_that_was_lost_comes_again_with_the_code_and_the_case_is_filed_once(stack, citizen):
    citizen.says(STORY)
    for label in INTAKE:
        citizen.presses(label)
    citizen.says("De siger, det er de andre")
    citizen.says("At én tager ansvar")
    citizen.presses("Nej, ikke mere")
    citizen.says("28 28 28 28")
    citizen.says("Anna Jensen")
    citizen.presses("Ja")
    choices = [c for m in citizen.latest["messages"] for c in m["choices"]]
    send = next(c["value"] for c in choices if c["label"].startswith("Send til"))
    key = str(uuid.uuid4())
    receipt = sends(stack, send, key, citizen.token)
    assert receipt["handoff"]["code"]
    assert sends(stack, send, key, citizen.token) == receipt


@pytest.mark.once
def test_a_message_the_assistant_could_not_answer_is_answered_when_it_is_sent_again(stack, citizen):
    key = str(uuid.uuid4())
    stack.kill("rasa")
    try:
        body = {"message": "hej"}
        answer = requests.post(f"{stack.url}/api/chat", json=body, headers={"Idempotency-Key": key}, timeout=30)
        assert answer.status_code == 503
    finally:
        stack.start("rasa")
        stack.wait_ready()
    assert sends(stack, "hej", key)["topic"] == "hilsen"
    assert said() == ["hej"]


def test_the_form_without_script_carries_a_key_and_a_double_click_is_one_message(stack, citizen):
    page = requests.get(stack.url, timeout=10).text
    key = re.search(r'name="key" value="([^"]+)"', page)[1]
    pages = [posts(stack, "/samtale", fragment=False, message="hej", key=key).text for _ in range(2)]
    assert said() == ["hej"]
    tokens = {re.search(r'name="conversation" value="([^"]+)"', one)[1] for one in pages}
    assert len(tokens) == 1
    # Going back and writing something else under the old key is heard.
    posts(stack, "/samtale", tokens.pop(), fragment=False, message="tak", key=key)
    assert said() == ["hej", "tak"]


def test_the_transcript_is_a_page_to_print_and_a_file_to_keep(stack, citizen):
    citizen.says("Må min søster Gudrun Petersen komme med til mødet på jobcentret?")
    page = posts(stack, "/samtale/udskrift", citizen.token, fragment=False)
    assert "Gudrun Petersen" in page.text and "Forvaltningsloven § 8" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    file = posts(stack, "/samtale/udskrift", citizen.token, fragment=False, gaa="tekst")
    assert file.headers["Content-Disposition"] == 'attachment; filename="samtale-2026-11-23.txt"'
    plain = file.content.decode()
    assert "Gudrun Petersen" in plain and "Vejviseren er en maskine" in plain and "Kilder:\n- " in plain
    assert "**" not in plain and "&" not in plain


def test_whether_it_helped_is_kept_with_words_masked_and_never_demanded(stack, citizen):
    citizen.says("hej")
    piece = posts(stack, "/samtale/tilbagemelding", citizen.token, verdict="delvist").text
    assert "Tak for dit svar" in piece and "<html" not in piece
    words = {"verdict": "nej", "word": "Ring 28 28 28 28"}
    page = posts(stack, "/samtale/tilbagemelding", citizen.token, fragment=False, **words)
    assert "<h1" in page.text and "Tak for dit svar" in page.text
    with reading() as db:
        kept = db.scalars(select(Feedback)).one()
    assert (kept.verdict, kept.word) == ("nej", "Ring [telefon 1]")
    assert posts(stack, "/samtale/tilbagemelding", citizen.token, verdict="måske").status_code == 422
    assert posts(stack, "/samtale/tilbagemelding", "x", verdict="ja").status_code == 404


def test_ending_asks_first_and_then_deletes_everything_in_rasa_too(stack, citizen):
    citizen.says("Jeg hedder Anna Jensen")
    assert "Vil du slette samtalen?" in posts(stack, "/samtale/afslut", citizen.token).text
    assert said() == ["Jeg hedder [navn 1]"]
    with reading() as db:
        talk = db.scalars(select(Conversation.id)).one()
        heard = db.execute(text("select count(*) from events where sender_id = :id"), {"id": talk}).scalar_one()
    assert heard > 0
    ended = posts(stack, "/samtale/slet", citizen.token)
    assert "Samtalen er slettet" in ended.text and ended.headers["X-Ended"] == "ja"
    assert ended.headers["Clear-Site-Data"] == '"cache"'
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Conversation)) == 0
        kept = db.execute(text("select count(*) from events where sender_id = :id"), {"id": talk}).scalar_one()
        assert kept == 0
    assert stack.chat("hej", citizen.token).status_code == 404
    assert "Samtalen er slettet" in posts(stack, "/samtale/slet", citizen.token, fragment=False).text


def test_a_conversation_with_a_case_is_not_deleted_and_the_citizen_is_told(stack, citizen):
    citizen.says("hej")
    with session() as db, db.begin():
        talk = conversations.find(db, citizen.token)
        receipt = file_case(
            db,
            Intake(story="Min sag", anonymous=True),
            submission="s",
            now=clock.now(),
            today=clock.today(),
            conversation_id=talk.id,
            code_key=b"0" * 32,
        )
    for path in ("/samtale/afslut", "/samtale/slet"):
        assert receipt.reference in posts(stack, path, citizen.token).text
    assert said() == ["hej"]


def test_the_way_to_a_person_says_whether_it_is_open_and_when_it_opens(stack, citizen):
    piece = requests.get(f"{stack.url}/samtale/menneske", timeout=10)
    assert re.search(r"Åbent nu, til kl\. 15|Lukket nu\. Åbner (i dag|i morgen) kl\. 10", piece.text)
    assert "45 97 30 00" in piece.text and piece.text.strip() in requests.get(stack.url, timeout=10).text.replace(
        "\r", ""
    )


def test_whoever_types_the_address_of_the_conversation_is_led_to_the_chat(stack):
    answer = requests.get(f"{stack.url}/samtale", timeout=10)
    assert answer.status_code == 200 and "Spørg Vejviseren" in answer.text


def test_dates_and_addresses_of_an_answer_can_be_copied(stack, citizen):
    citizen.says(DEADLINE)
    page = posts(stack, "/samtale/hent", citizen.token).text
    assert 'data-copy="torsdag den 17. december 2026"' in page
    citizen.says("Hvem skal jeg tale med om byggetilladelse?")
    page = posts(stack, "/samtale/hent", citizen.token).text
    assert re.search(r'data-copy="[^"]*Lyngby Torv 17, 2800 Kgs\. Lyngby"', page)
