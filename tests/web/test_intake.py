"""A tangled case: from the citizen's first sentence to the adviser's queue, through the real system."""

import re

import pytest
import requests
from sqlalchemy import text

from casework import clock, staff
from casework.db import reading, session
from tests.stack import Citizen

STORY = "Jeg er blevet kastet rundt mellem tre afdelinger i et halvt år"


@pytest.fixture
def citizen(stack):
    return Citizen(stack)


@pytest.fixture
def token(stack):
    with session() as db, db.begin():
        return staff.create_token(db, name="prøve", role="reader", now=clock.now())


def get(stack, token, path):
    return requests.get(f"{stack.url}/api/staff/{path}", headers={"Authorization": f"Bearer {token}"}, timeout=10)


def answer_all(citizen):
    """Answer every question up to the summary."""
    if citizen.latest.get("topic") != "sag.helhed":
        citizen.says(STORY)
    citizen.presses("Gå videre")
    citizen.presses("Jobcentret")
    citizen.says("ja")
    citizen.says("3. november")
    citizen.says("De siger, det er de andre")
    citizen.says("At én tager ansvar")
    citizen.says("ring på 28 28 28 28")
    citizen.says("Anna Jensen")
    return citizen.presses("Ja")


def test_being_sent_around_leads_to_the_intake_and_ends_in_a_receipt_and_a_case(stack, citizen, token):
    assert citizen.says(STORY)["topic"] == "sag.helhed"
    answer_all(citizen)
    assert STORY in citizen.text
    assert "28 28 28 28, Anna Jensen" in citizen.text
    receipt = citizen.presses("Send til borgerrådgiveren")["handoff"]
    assert re.fullmatch(r"BR-2026-[2-9A-Z]{5}", receipt["reference"])
    assert receipt["respond_by"] == "2026-12-07"
    assert receipt["code"] in citizen.text
    case = get(stack, token, f"cases/{receipt['reference']}").json()
    assert case["status"] == "ny"
    assert case["unit"] == "ltk.jobcenter"
    assert case["story"].startswith(STORY)
    assert case["wish"] == "At én tager ansvar"
    assert case["prior_dialogue"] == "De siger, det er de andre"
    assert case["contact"] == {"name": "Anna Jensen", "channel": "telefon", "value": "ring på 28 28 28 28"}
    assert case["consent_forward"] is True
    assert case["transcript"][0]["text"] == STORY
    assert case["transcript"][0]["topic"] == "sag.helhed"
    status = requests.post(
        f"{stack.url}/status", data={"reference": receipt["reference"], "code": receipt["code"]}, timeout=10
    )
    assert "mandag den 7. december 2026" in status.text


def test_a_question_in_the_middle_is_answered_and_the_intake_goes_on_where_it_was(citizen):
    citizen.says(STORY)
    citizen.presses("Gå videre")
    reply = citizen.says("Må jeg tage min bror med til mødet?")
    assert reply["topic"] == "bisidder.regler"
    assert len(reply["messages"]) == 2
    assert reply["messages"][0]["text"].startswith("Ja. Du må tage en person med")
    assert "Hvilken afdeling" in reply["messages"][1]["text"]
    assert citizen.presses("Skole")["topic"] == "henvendelse.opret"
    assert "Har du fået en afgørelse" in citizen.text


def test_every_answer_can_be_corrected_before_it_is_sent(citizen):
    answer_all(citizen)
    for label, question, answer in (
        ("Ret: navn", "Hvad hedder du?", "Bo Madsen"),
        ("Ret: ønske", "Hvad vil du gerne have ud af det?", "At sagen flyttes"),
        ("Ret: kontakt", "Hvordan kan borgerrådgiveren få fat i dig?", "bo@firma.invalid.dk"),
        ("Ret: samtykke", "Må borgerrådgiveren tale med afdelingen", "nej"),
    ):
        citizen.presses(label)
        assert question in citizen.text
        citizen.says(answer)
        assert "Her er det, jeg sender" in citizen.text
    assert "bo@firma.invalid.dk, Bo Madsen" in citizen.text
    assert "At sagen flyttes" in citizen.text
    assert "**Må tale med afdelingen:** nej" in citizen.text


def test_the_intake_can_be_left_and_resumed_without_asking_again(citizen):
    citizen.says(STORY)
    citizen.presses("Gå videre")
    citizen.presses("Skole")
    citizen.says("stop")
    assert "Intet er sendt" in citizen.text
    citizen.presses("Fortsæt henvendelsen")
    assert "Har du fået en afgørelse" in citizen.text


def test_an_urgent_message_breaks_through_and_nothing_is_asked_about_the_case(citizen):
    citizen.says(STORY)
    reply = citizen.says("jeg har lyst til at tage mit eget liv")
    assert reply["urgent"] is True
    assert len(reply["messages"]) == 1
    assert "112" in citizen.text


def test_dont_know_is_an_answer_and_no_cry_for_help(citizen):
    citizen.says(STORY)
    citizen.presses("Gå videre")
    assert citizen.presses("Ved ikke")["urgent"] is False
    assert "Har du fået en afgørelse" in citizen.text


def test_anonymous_is_possible_and_asks_no_name(citizen):
    citizen.says("Jeg vil gerne tale med et menneske om min sag")
    citizen.says("Kommunen har glemt min ansøgning om en kørestol")
    citizen.says("unit:ltk.visitation") if "Hvilken afdeling" in citizen.text else None
    citizen.says("nej")
    citizen.says("nej, ikke endnu")
    citizen.says("At de finder den")
    citizen.presses("Jeg vil være anonym")
    citizen.says("nej")
    assert "Her er det, jeg sender" in citizen.text
    assert "anonym" in citizen.presses("Send til borgerrådgiveren")["messages"][0]["text"]


def test_sending_twice_makes_one_case(citizen):
    answer_all(citizen)
    first = citizen.presses("Send til borgerrådgiveren")["handoff"]
    assert citizen.says("send")["handoff"] is None
    assert first["reference"]
    with reading() as db:
        count = db.execute(text("SELECT count(*) FROM cases WHERE reference = :r"), {"r": first["reference"]})
        assert count.scalar_one() == 1


def test_no_personal_data_reach_rasa_the_transcript_or_the_logs(stack, citizen):
    Citizen(stack).says("Mit cpr er 130575-4321, ring på 61 23 45 67 eller skriv til kim.holm@firma.invalid.dk")
    answer_all(citizen)
    citizen.presses("Send til borgerrådgiveren")
    with reading() as db:
        events = " ".join(db.execute(text("SELECT data FROM events WHERE sender_id IS NOT NULL")).scalars())
        turns = " ".join(db.execute(text("SELECT text FROM turns")).scalars())
    logs = "".join(stack.log(name) for name in ("rasa", "actions", "web"))
    for secret in ("130575", "5-4321", "61 23 45 67", "kim.holm", "28 28 28 28", "Anna Jensen"):
        assert secret not in events, secret
        assert secret not in turns, secret
        assert secret not in logs, secret
    assert "[telefon 1]" in turns


def test_the_secret_code_is_stored_nowhere_in_the_clear(citizen):
    answer_all(citizen)
    code = citizen.presses("Send til borgerrådgiveren")["handoff"]["code"]
    with reading() as db:
        for table, column in (("events", "data"), ("turns", "text"), ("cases", "code_hash")):
            assert code not in " ".join(db.execute(text(f"SELECT {column} FROM {table}")).scalars())


def test_the_staff_api_needs_a_token_and_logs_who_read(stack, citizen, token):
    answer_all(citizen)
    reference = citizen.presses("Send til borgerrådgiveren")["handoff"]["reference"]
    assert requests.get(f"{stack.url}/api/staff/cases", timeout=10).status_code == 401
    assert get(stack, "vv_forkert", "cases").status_code == 403
    listed = get(stack, token, f"cases?q={reference}").json()
    assert [c["reference"] for c in listed["cases"]] == [reference]
    get(stack, token, f"cases/{reference}")
    with reading() as db:
        reads = db.execute(
            text("SELECT count(*) FROM case_reads r JOIN cases c ON c.id = r.case_id WHERE c.reference = :r"),
            {"r": reference},
        )
        assert reads.scalar_one() == 1
    assert get(stack, token, "cases/BR-2026-AAAAA").status_code == 404
