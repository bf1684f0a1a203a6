"""The citizen's chat through the real system."""

import re

import pytest
import requests
from sqlalchemy import select

from casework import db as database
from casework.models import Turn
from tests.stack import Citizen


@pytest.fixture
def citizen(stack):
    return Citizen(stack)


def test_a_question_about_bisidder_gets_a_short_answer_with_its_source_and_the_day_it_was_checked(citizen):
    reply = citizen.says("Må jeg tage min søster med til mødet på jobcentret?")
    assert reply["topic"] == "bisidder.regler"
    assert citizen.text.startswith("Ja. Du må tage en person med")
    source = next(s for s in reply["messages"][0]["sources"] if s["title"] == "Forvaltningsloven § 8, stk. 1")
    assert source["url"].startswith("https://")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", source["as_of"])


def test_a_refusal_last_thursday_gets_the_date_the_sum_the_receiver_and_the_source(citizen):
    reply = citizen.says("Jeg fik afslag på sygedagpenge i torsdags, hvornår skal jeg klage senest?")
    assert (reply["topic"], reply["omraade"]) == ("klage.frist", "sygedagpenge")
    assert reply["deadline"] == {
        "kind": "klagefrist",
        "date": "2026-12-17",
        "counted_from": "2026-11-19",
        "passed": False,
    }
    assert "torsdag den 17. december 2026" in citizen.text
    assert "Du fik afgørelsen torsdag den 19. november 2026. Den dag tæller ikke med." in citizen.text
    assert "Send klagen til kommunen" in citizen.text
    assert any("Retssikkerhedsloven" in s["title"] for s in reply["messages"][0]["sources"])


def test_the_deadline_asks_for_area_and_day_when_they_are_not_told_and_then_answers(citizen):
    citizen.says("Hvornår skal jeg klage senest?")
    assert "Hvad handler afgørelsen om?" in citizen.text
    citizen.says("omraade:byggesag")
    assert "Hvilken dag fik du afgørelsen?" in citizen.text
    citizen.says("midt i oktober")
    assert "den præcise dag" in citizen.text
    reply = citizen.says("30/10")
    assert reply["deadline"]["date"] == "2026-11-27"
    assert "Byggeklageenheden" in citizen.text


def test_what_was_told_once_is_not_asked_again(citizen):
    citizen.says("Jeg fik afslag på sygedagpenge i torsdags, hvornår skal jeg klage senest?")
    reply = citizen.says("emne:klage.frist")
    assert reply["deadline"]["date"] == "2026-12-17"


def test_the_area_it_was_reckoned_with_is_said_and_can_be_changed(citizen):
    citizen.says("Jeg fik afslag på sygedagpenge i torsdags, hvornår skal jeg klage senest?")
    assert "Jeg har regnet med, at sagen handler om: Sygedagpenge" in citizen.text
    citizen.presses("Et andet område")
    assert "Hvad handler afgørelsen om?" in citizen.text
    assert citizen.says("omraade:skat")["deadline"]["date"] == "2027-02-19"
    citizen.presses("En anden afgørelse eller dato")
    assert "Hvilken dag fik du afgørelsen?" in citizen.text
    assert citizen.says("16. november")["deadline"]["counted_from"] == "2026-11-16"


def test_no_area_is_read_into_a_question_that_tells_of_none(stack):
    for question in ("Hvornår skal jeg klage senest?", "Hvad er klagefristen?", "Jeg vil gerne klage"):
        citizen = Citizen(stack)
        assert citizen.says(question)["omraade"] is None


def test_no_date_is_invented_where_the_law_has_no_fixed_deadline(citizen):
    citizen.says("emne:klage.frist omraade:udlaendinge")
    assert citizen.latest["deadline"] is None
    assert "Jeg regner ikke en dato ud her" in citizen.text


def test_a_deadline_that_has_passed_says_what_to_do(citizen):
    reply = citizen.says("emne:klage.frist omraade:sygedagpenge")
    reply = citizen.says("1. september")
    assert reply["deadline"]["passed"] is True
    assert "Klag alligevel" in citizen.text


def test_the_time_for_aktindsigt_is_seven_working_days(citizen):
    reply = citizen.says("Jeg søgte aktindsigt den 16. november, hvornår skal kommunen svare?")
    assert (reply["topic"], reply["deadline"]["date"]) == ("aktindsigt.frist", "2026-11-25")


def test_who_to_talk_to_about_a_building_permit_names_the_unit_and_how_to_reach_it(citizen):
    reply = citizen.says("Hvem skal jeg tale med om byggetilladelse?")
    assert (reply["topic"], reply["unit"]) == ("vejvisning.afdeling", "ltk.byggesag")
    assert "**Byggesag**" in citizen.text
    assert "45 97 30 00" in citizen.text


@pytest.mark.parametrize(
    ("question", "topic", "words"),
    [
        ("Jeg vil gerne klage over et afslag på hjemmehjælp", "klage.afgoerelse", "klage"),
        ("Kan jeg få lov at se papirerne i min sag?", "aktindsigt.soeg", "aktindsigt"),
        ("Hvordan giver jeg min datter digital fuldmagt?", "fuldmagt.digital", "Digital Fuldmagt"),
        ("Hvad er telefonnummeret til borgerrådgiveren?", "borgerraadgiver.kontakt", "24 75 55 52"),
        ("hej", "hilsen", "maskine"),
        ("Hvem vinder Superligaen i år?", "udenfor", "Det kan jeg ikke hjælpe med"),
    ],
)
def test_each_first_topic_is_understood_and_answered(citizen, question, topic, words):
    assert citizen.says(question)["topic"] == topic
    assert words in citizen.text


def test_complaints_differ_where_the_law_differs(stack):
    def guide(omraade):
        citizen = Citizen(stack)
        citizen.says(f"emne:klage.afgoerelse omraade:{omraade}")
        return citizen.text

    assert "Ankestyrelsen" in guide("hjaelpemidler")
    assert "Byggeklageenheden" in guide("byggesag")
    assert "Skatteankestyrelsen" in guide("skat")


def test_a_misunderstood_area_can_be_changed_in_the_complaint_guide(citizen):
    citizen.says("Jeg vil gerne klage over et afslag på hjemmehjælp")
    assert "sagen handler om: Hjemmehjælp" in citizen.text
    reply = citizen.presses("Et andet område")
    assert reply["omraade"] is None
    assert "Vælg herunder, hvad sagen handler om" in citizen.text
    citizen.presses("Byggetilladelse, nabohøring")
    assert "Byggeklageenheden" in citizen.text


def test_when_unsure_the_assistant_says_so_and_asks_with_choices(citizen):
    for vague in ("papir", "brev fra kommunen om noget", "hvad så nu", "noget"):
        reply = citizen.says(vague)
        assert reply["topic"] is None, vague
        if reply["candidates"]:
            break
    assert 1 <= len(reply["candidates"]) <= 3
    assert "ikke sikker" in citizen.text
    assert [c["value"] for c in reply["messages"][0]["choices"][: len(reply["candidates"])]] == [
        f"emne:{topic}" for topic in reply["candidates"]
    ]
    assert any(c["value"] == "emne:henvendelse.opret" for c in reply["messages"][-1]["choices"])


def test_what_says_nothing_is_not_guessed_at(citizen):
    for nothing in ("?", "...", "12", "🙂"):
        reply = citizen.says(nothing)
        assert (reply["topic"], reply["candidates"]) == (None, [])
        assert "Det forstod jeg ikke" in citizen.text
        assert any(c["value"] == "emne:henvendelse.opret" for c in reply["messages"][-1]["choices"])


def test_danger_comes_first_with_the_numbers(citizen):
    reply = citizen.says("jeg kan ikke mere, jeg vil dø")
    assert reply["urgent"] is True
    assert citizen.text.index("112") < 60
    assert "70 201 201" in citizen.text


def test_a_choice_is_pressed_by_sending_its_value_and_the_transcript_shows_its_label(stack, citizen):
    citizen.says("hej")
    assert citizen.presses("Jeg vil klage")["topic"] == "klage.afgoerelse"
    page = requests.post(f"{stack.url}/samtale/hent", data={"conversation": citizen.token}, timeout=10).text
    assert '<p class="vv-own">Jeg vil klage</p>' in page


def test_nobody_reads_or_continues_a_conversation_without_its_token(stack, citizen):
    citizen.says("hej")
    for token in ("x", citizen.token[:-1], citizen.token + "A", "' OR 1=1 --"):
        assert stack.chat("hej", token).status_code == 404
        answer = requests.post(f"{stack.url}/samtale/hent", data={"conversation": token}, timeout=10)
        assert answer.status_code == 404


def test_the_api_is_described(stack):
    described = requests.get(f"{stack.url}/api/openapi.json", timeout=10).json()
    assert {"/api/chat", "/api/staff/cases"} <= set(described["paths"])


def test_of_two_questions_the_first_is_answered_and_the_second_is_a_button(citizen):
    reply = citizen.says("Hvordan giver jeg min søn digital fuldmagt? Og kan jeg få lov at se papirerne i min sag?")
    assert reply["topic"] == "fuldmagt.digital"
    choices = [c for m in reply["messages"] for c in m["choices"]]
    second = next(c for c in choices if c["label"].startswith("Du spurgte også:"))
    assert second["value"] == "emne:aktindsigt.soeg"
    assert citizen.presses(second["label"])["topic"] == "aktindsigt.soeg"


def test_and_by_when_after_a_talk_about_sygedagpenge_is_the_deadline_in_that_area(citizen):
    citizen.says("Jeg er uenig i, at mine sygedagpenge er stoppet. Hvordan klager jeg?")
    reply = citizen.says("og hvornår senest?")
    assert (reply["topic"], reply["omraade"]) == ("klage.frist", "sygedagpenge")
    assert "Hvilken dag fik du afgørelsen?" in citizen.text


def test_what_about_my_mother_keeps_the_topic(citizen):
    citizen.says("Må jeg tage min søster med til mødet på jobcentret?")
    assert citizen.says("hvad med min mor?")["topic"] == "bisidder.regler"


def test_small_talk_in_between_does_not_break_the_thread(citizen):
    citizen.says("Jeg er uenig i, at mine sygedagpenge er stoppet. Hvordan klager jeg?")
    citizen.says("tak")
    assert citizen.says("og hvornår senest?")["topic"] == "klage.frist"


def test_a_name_in_a_message_is_masked_in_what_is_stored_and_shown_to_its_writer(citizen, stack):
    citizen.says("Kan Gudrun Petersen komme med som bisidder til mødet?")
    assert citizen.latest["topic"] == "bisidder.regler"
    page = requests.post(f"{stack.url}/samtale/hent", data={"conversation": citizen.token}, timeout=10).text
    assert "Gudrun Petersen" in page
    with database.reading() as db:
        stored = " ".join(turn.text for turn in db.scalars(select(Turn)))
    assert "[navn 1]" in stored and "Gudrun" not in stored
