"""Answers as citizens meet them: every topic in every area, plainer on request, dates, letters, other languages."""

from __future__ import annotations

import io
import re

import pytest
import requests
from docx import Document
from icalendar import Calendar

from casework.answers import answers, klageveje
from casework.competence import grounds
from casework.letters import fields, letters
from casework.taxonomy import taxonomy
from tests.stack import Citizen

pytestmark = pytest.mark.once

TOPICS = [t for t, entry in taxonomy()["topics"].items() if entry["kind"] in ("answer", "urgent")] + ["frustration"]
NO_RULES = ("udenfor", "frustration", "fremmedsprog")  # they state no rule that could need a source
FILLER = re.compile(r"{{|{%|None|  +\S|undefined")


@pytest.fixture
def citizen(stack):
    return Citizen(stack)


def areas(topic):
    """Return the legal areas in which the answer to a topic can read differently: all, or one where it never does."""
    every = list(taxonomy()["omraader"])
    entry = answers().get(topic)
    return every if entry is None or re.search(r"omraade|\bvej\b", str(entry)) else every[:1]


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_answers_in_every_area_with_sources_and_a_way_on(stack, topic):
    for omraade in areas(topic):
        reply = Citizen(stack).says(f"emne:{topic} omraade:{omraade}")
        text = "\n".join(m["text"] for m in reply["messages"])
        assert reply["topic"] == topic
        assert text.strip() and not FILLER.search(text.replace("\n    ", "\n")), (omraade, text)
        assert "ikke et færdigt svar" not in text, omraade
        assert topic in NO_RULES or any(m["sources"] for m in reply["messages"]), omraade
        choices = [c for m in reply["messages"] for c in m["choices"]]
        assert choices or "[" in text, f"{omraade}: no way on"
        for choice in choices:
            named = re.search(r"emne:([\w.]+)", choice["value"])
            assert not named or named[1] in taxonomy()["topics"], choice


@pytest.mark.parametrize("omraade", taxonomy()["omraader"])
def test_a_complaint_goes_where_the_law_of_its_area_says(stack, omraade):
    reply = Citizen(stack).says(f"emne:klage.afgoerelse omraade:{omraade}")
    guide = klageveje()[omraade]
    assert guide["short"].strip().split("\n")[0] in reply["messages"][0]["text"]
    shown = {s["title"] for s in reply["messages"][0]["sources"]}
    assert len(shown) >= 1


def test_a_hearing_aid_and_the_neighbours_carport_are_complained_over_in_different_places(stack):
    aid = Citizen(stack).says("jeg vil klage over at jeg har fået afslag på et hjælpemiddel")
    carport = Citizen(stack).says("jeg vil klage over den byggetilladelse min nabo har fået til sin carport")
    assert (aid["omraade"], carport["omraade"]) == ("hjaelpemidler", "byggesag")
    assert "Ankestyrelsen" in aid["messages"][0]["text"]
    assert "Byggeklageenheden" in carport["messages"][0]["text"]
    assert "Byggeklageenheden" not in aid["messages"][0]["text"]


# --- Plainer, and hard words ----------------------------------------------------------------------------------------


def test_an_answer_is_said_in_plainer_words_when_asked(citizen):
    long = citizen.says("emne:sag.partshoering")["messages"][-1]
    assert "Gav det mening?" in long["text"]
    plain = citizen.presses("Forklar det enklere")["messages"][0]
    assert len(plain["text"]) < len(long["text"])
    assert answers()["sag.partshoering"]["plain"].strip().split(".")[0] in plain["text"]
    assert any(c["value"] == "emne:henvendelse.opret" for c in plain["choices"])
    assert "menneske" in citizen.says("nej")["messages"][0]["text"]


def test_no_to_the_question_whether_it_made_sense_gets_the_plain_version_and_yes_a_kind_word(citizen):
    citizen.says("emne:aktindsigt.soeg")
    assert answers()["aktindsigt.soeg"]["plain"].strip().split(".")[0] in citizen.says("nej")["messages"][0]["text"]
    citizen.says("emne:aktindsigt.soeg")
    assert "Godt" in citizen.says("ja")["messages"][0]["text"]


def test_a_plain_version_keeps_to_the_area_it_is_about(citizen):
    own = next(o for o in answers()["klage.opsaettende"]["omraader"] if "plain" in o)
    citizen.says(f"emne:klage.opsaettende omraade:{own['for'][0]}")
    plain = citizen.presses("Forklar det enklere")["messages"][0]["text"]
    assert own["plain"].strip().split(".")[0] in plain


def test_a_hard_word_is_explained_the_first_time_only(citizen):
    first = citizen.says("emne:klage.genvurdering omraade:social")
    explained = set(re.findall(r"^- \*([^*]+):\*", "\n".join(m["text"] for m in first["messages"]), re.M))
    again = citizen.says("emne:klage.genvurdering omraade:social")
    assert explained
    assert not explained & set(re.findall(r"^- \*([^*]+):\*", again["messages"][-1]["text"], re.M))


# --- Dates ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("topic", "said", "day", "kind"),
    [
        ("klage.genvurdering", "jeg klagede den 2. november", "2026-11-30", "genvurdering"),
        ("aktindsigt.egne_data", "3. november", "2026-12-03", "egne_data"),
        ("klage.ombudsmand", "10. marts 2026", "2027-03-10", "ombudsmand_aar"),
        ("borgerraadgiver.kan", "den 12. januar 2026", "2027-01-12", "borgerraadgiver_aar"),
        ("borgerraadgiver.svartid", "i torsdags", "2026-12-03", "svarfrist"),
        ("sag.partshoering", "senest den 10. december", "2026-12-10", "partshoering"),
    ],
)
def test_each_further_deadline_is_asked_for_and_worked_out(citizen, topic, said, day, kind):
    asked = citizen.says(f"emne:{topic} dato:regn")
    assert asked["topic"] == topic
    assert asked["deadline"] is None and "?" in citizen.text
    told = citizen.says(said)
    assert told["deadline"]["date"] == day and told["deadline"]["kind"] == kind
    assert told["topic"] == topic
    assert re.search(r"Sådan er .*:\n- ", citizen.text)


def test_a_date_in_the_question_itself_is_worked_out_at_once(citizen):
    reply = citizen.says("jeg klagede til kommunen d. 2. november, hvornår skal de have set på min klage igen")
    assert reply["topic"] == "klage.genvurdering"
    assert reply["deadline"]["date"] == "2026-11-30"


def test_the_date_can_be_saved_in_a_calendar(citizen, stack):
    citizen.says("emne:klage.frist omraade:sygedagpenge")
    attachment = citizen.says("3. november")["messages"][-1]["attachment"]
    assert attachment["type"] == "text/calendar"
    file = requests.get(stack.url + attachment["url"], timeout=10)
    event = Calendar.from_ical(file.content).walk("VEVENT")[0]
    assert event["DTSTART"].dt.isoformat() == "2026-12-01"


def test_who_does_not_know_when_the_letter_came_is_counted_from_its_date(citizen):
    citizen.says("emne:klage.frist omraade:sygedagpenge")
    assert "dateret" in citizen.says("det ved jeg ikke")["messages"][0]["text"] or "dato" in citizen.text
    told = citizen.says("3. november")
    assert told["deadline"]["date"] == "2026-12-01"
    assert "Brevet er dateret" in citizen.text


def test_who_knows_neither_is_told_to_complain_now(citizen):
    citizen.says("emne:klage.frist omraade:sygedagpenge")
    citizen.says("det husker jeg ikke")
    told = citizen.says("ved ikke")
    assert told["deadline"] is None
    assert "i dag" in citizen.text


def test_a_late_case_is_held_against_good_practice_and_a_reminder_is_offered(citizen):
    citizen.says("emne:klage.sagsbehandlingstid dato:regn")
    citizen.says("hjælp til rengøring")
    told = citizen.says("den 20. august")
    assert told["deadline"] == {
        "kind": "kvittering",
        "date": "2026-09-21",
        "counted_from": "2026-08-20",
        "passed": True,
    }
    assert "13 uger" in citizen.text and "hjælp til rengøring" in citizen.text
    assert any("brev:rykker" in c["value"] for m in told["messages"] for c in m["choices"])


def test_danger_breaks_through_while_a_date_is_asked_for(citizen):
    citizen.says("emne:klage.genvurdering dato:regn")
    assert citizen.says("jeg orker ikke at leve mere")["urgent"]
    assert "2. november" not in citizen.text


# --- Letters --------------------------------------------------------------------------------------------------------

SAID = {
    "modtager": "Voksenafdelingen",
    "sag": "min bostøtte",
    "tekst": "Jeg er blevet sværere syg siden sidst, og det står ikke i brevet.",
    "oenske": "Jeg vil have bostøtten tilbage.",
    "navn": "Inger Holm",
}


def write(citizen, kind):
    reply = citizen.says(f"emne:klage.skriv brev:{kind}")
    for _ in range(12):
        if any(m.get("attachment") for m in reply["messages"]):
            return reply
        field = next(f for f in fields(kind) if f["question"] in citizen.text)
        text = (
            "10. november" if field.get("date") else SAID.get(field["id"], "Det fortæller jeg her med mine egne ord.")
        )
        reply = citizen.says(text)
    raise AssertionError(citizen.text)


@pytest.mark.parametrize("kind", letters())
def test_every_letter_is_written_step_by_step_and_can_be_opened_in_word(citizen, stack, kind):
    reply = write(citizen, kind)
    assert reply["topic"] == "klage.skriv"
    attachment = next(m["attachment"] for m in reply["messages"] if m.get("attachment"))
    file = requests.get(stack.url + attachment["url"], timeout=10)
    text = "\n".join(p.text for p in Document(io.BytesIO(file.content)).paragraphs)
    assert "Inger Holm" in text and "[navn" not in text
    assert "Inger Holm" in citizen.text


def test_a_letter_can_be_corrected_in_the_chat(citizen, stack):
    write(citizen, "klage")
    choice = next(c for m in citizen.latest["messages"] for c in m["choices"] if c["value"].endswith("ret_tekst"))
    citizen.says(choice["value"])
    reply = citizen.says("Jeg har fået en ny erklæring fra min læge, som I ikke har set på.")
    attachment = next(m["attachment"] for m in reply["messages"] if m.get("attachment"))
    page = requests.get(stack.url + attachment["url"].removesuffix(".docx"), timeout=10)
    assert "ny erklæring fra min læge" in page.text
    assert SAID["tekst"] not in page.text


def test_a_letter_knows_what_the_conversation_has_told(citizen):
    citizen.says("emne:klage.frist omraade:byggesag")
    citizen.says("10. november")
    citizen.says("emne:klage.skriv brev:klage")
    assert "Hvem skal have brevet" not in citizen.text


def test_a_question_in_the_middle_of_a_letter_is_answered_and_the_letter_goes_on(citizen):
    citizen.says("emne:klage.skriv brev:aktindsigt")
    before = citizen.text
    citizen.says("må jeg tage en bisidder med til et møde?")
    assert "bisidder" in citizen.latest["messages"][0]["text"]
    asked = next(f["question"] for f in fields("aktindsigt") if f["question"] in before)
    assert asked in citizen.text


def test_danger_breaks_through_a_letter(citizen):
    citizen.says("emne:klage.skriv brev:klage")
    assert citizen.says("min mand slår mig")["urgent"]


# --- Competence, and other languages ----------------------------------------------------------------------------------


@pytest.mark.parametrize("point", [g for g in grounds() if g["within"] != "yes"], ids=lambda g: g["id"])
def test_what_the_adviser_cannot_take_says_who_can_by_when_and_what_to_attach(citizen, point):
    citizen.says("emne:borgerraadgiver.kan")
    reply = citizen.presses(point["label"])
    text = reply["messages"][0]["text"]
    assert reply["topic"] == "borgerraadgiver.kan"
    assert point["who"].strip() in text and point["by_when"].strip() in text
    assert all(thing.strip() in text for thing in point["attach"])
    assert reply["messages"][0]["sources"]


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("I do not understand the letter from the municipality, can you help me in English?", "interpreter"),
        ("Я не розумію листа з муніципалітету, допоможіть мені будь ласка", "перекладач"),
        ("لا أفهم الرسالة من البلدية، هل يمكنك مساعدتي", "مترجم"),
        ("Nie rozumiem listu z gminy, czy możesz mi pomóc", "tłumacz"),
        ("Ich verstehe den Brief von der Gemeinde nicht, können Sie mir helfen", "Dolmetscher"),
    ],
    ids=["en", "uk", "ar", "pl", "de"],
)
def test_a_foreign_language_gets_a_short_reply_in_it_with_phone_and_interpreter(citizen, said, word):
    reply = citizen.says(said)
    assert reply["topic"] == "fremmedsprog"
    text = reply["messages"][0]["text"]
    assert word.lower()[:9] in text.lower()
    assert "45 97 30 00" in text


def test_a_choice_typed_out_is_the_choice(citizen):
    citizen.says("emne:borgerraadgiver.kan")
    point = next(g for g in grounds() if g["id"] == "aeldre_end_et_aar")
    assert point["who"].strip() in citizen.says(point["label"].lower() + ".")["messages"][0]["text"]


def test_any_other_language_is_answered_in_danish_and_english(citizen):
    reply = citizen.says("Belediyeden gelen mektubu anlamıyorum, bana yardım eder misiniz")
    assert reply["topic"] == "fremmedsprog"
    assert "Danish" in reply["messages"][0]["text"] or "municipality" in reply["messages"][0]["text"]
