"""The course of a case: a citizen is told the right step, and nothing that does not hold for them."""

import re

import pytest

from casework.answers import sources
from casework.course import course, describe, drawing_alt, sources_of, step, step_for
from casework.taxonomy import taxonomy

pytestmark = pytest.mark.once

STEPS = [found["id"] for found in course()["steps"]]


def lix(text):
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)|[*_]", r"\1", text)
    words = re.findall(r"[A-Za-zÆØÅæøåé0-9-]+", plain)
    sentences = max(1, len(re.findall(r"[.!?:](?:\s|$)", plain)))
    return len(words) / sentences + 100 * sum(len(w) > 6 for w in words) / len(words)


def test_the_steps_come_in_the_order_of_a_case():
    assert STEPS == [
        "ansoegning",
        "oplysning",
        "partshoering",
        "afgoerelse",
        "klage",
        "genvurdering",
        "ankestyrelsen",
    ]
    assert [found["number"] for found in course()["steps"]] == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("topic", "here"),
    [
        ("vejvisning.ansoegning", "ansoegning"),
        ("sag.dokumentation", "oplysning"),
        ("sag.partshoering", "partshoering"),
        ("klage.frist", "afgoerelse"),
        ("klage.afgoerelse", "afgoerelse"),
        ("klage.skriv", "klage"),
        ("klage.genvurdering", "genvurdering"),
        ("bisidder.regler", None),
        ("findes.ikke", None),
        (None, None),
    ],
)
def test_a_topic_tells_which_step_a_citizen_is_at_or_nothing(topic, here):
    assert step_for(topic) == here


def test_every_topic_that_tells_a_step_is_a_topic_and_its_step_a_step():
    assert set(course()["here_by_topic"]) <= set(taxonomy()["topics"])
    assert set(course()["here_by_topic"].values()) <= set(STEPS)


@pytest.mark.parametrize("here", STEPS)
def test_the_words_say_where_one_is_what_comes_next_and_when_one_hears(here):
    text, found = describe(here), step(here)
    assert f"**{found['title']}**" in text
    assert f"trin {found['number']} af 7" in text
    assert found["you"] in text
    assert found["when"] in text
    assert f"/forloeb?trin={here}" in text
    if here == STEPS[-1]:
        assert "sidste trin" in text
        assert "Det næste trin" not in text
    else:
        following = course()["steps"][found["number"]]
        assert f"Det næste trin er {following['title'].lower()}." in text.replace("er Anke", "er anke")
        assert following["what"] in text


@pytest.mark.parametrize("here", STEPS)
def test_the_words_never_promise_that_the_course_holds_for_every_case(here):
    text = describe(here)
    assert "Ikke alle sager har alle trin" in text
    assert "Andre sager har en anden vej" in text
    assert "klagevejledningen" in text


@pytest.mark.parametrize("here", [None, "", "findes-ikke", "<script>"])
def test_without_a_known_step_all_steps_are_told_and_none_is_marked(here):
    text = describe(here)
    assert all(f"**{found['title']}**" in text for found in course()["steps"])
    assert "Du er her" not in text
    assert "script" not in text
    assert "Du er her" not in drawing_alt(here)


def test_the_words_can_be_had_without_the_link_for_the_page_that_has_the_drawing():
    assert "/forloeb" in describe("klage")
    assert "/forloeb" not in describe("klage", link=False)


def test_a_screen_reader_hears_all_steps_of_the_drawing_and_where_one_is():
    heard = drawing_alt("klage")
    assert all(found["title"] in heard and found["line"] in heard for found in course()["steps"])
    assert heard.endswith("Du er her: trin 5, Klage.")


@pytest.mark.parametrize("entry", [*course()["steps"], *course()["notes"]], ids=lambda e: e.get("id", "note"))
def test_everything_rests_on_facts_that_have_been_seen(entry):
    assert entry["sources"]
    for key in entry["sources"]:
        assert key in sources(), f"{key} is not in bot/sources"
        assert sources()[key]["confidence"] != "unverified", f"{key} must not be stated as a rule"
    assert all(shown["title"] and shown["checked"] for shown in sources_of(entry))


def test_two_facts_of_one_page_are_shown_as_one_source():
    shown = sources_of({"sources": ["klage-social-sendes-til-kommunen", "klage-social-sendes-til-kommunen"]})
    assert len(shown) == 1


@pytest.mark.parametrize("entry", course()["steps"], ids=lambda e: e["id"])
def test_a_step_is_easy_to_read_and_short_enough_for_the_drawing(entry):
    words = " ".join([entry["what"], entry["you"], entry["when"]])
    assert "§" not in words
    assert lix(words) <= 40
    assert len(entry["title"].split()) <= 2
    assert len(entry["line"]) <= 48, "two lines of the drawing have room for 48 signs"
    assert not entry["line"].endswith(".")


def test_every_deadline_of_the_citizen_points_to_the_letter():
    for entry in course()["steps"]:
        if "klagefrist" in entry["when"] or "til at klage" in entry["when"]:
            assert "Se klagevejledningen i afgørelsen" in entry["when"], entry["id"]
