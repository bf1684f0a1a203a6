"""The page and the drawing of a case's course, as a citizen or a screen reader meets them."""

import re
from xml.etree import ElementTree

import pytest

from casework.course import course
from web import create_app

pytestmark = pytest.mark.once

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def client():
    return create_app().test_client()


def drawing(client, query=""):
    answer = client.get(f"/forloeb.svg{query}")
    assert answer.status_code == 200
    assert answer.content_type == "image/svg+xml; charset=utf-8"
    return ElementTree.fromstring(answer.get_data())


def words(svg):
    return [text.text for text in svg.iter(f"{SVG}text")]


def test_the_drawing_names_all_steps_in_real_text(client):
    said = words(drawing(client))
    for step in course()["steps"]:
        assert step["title"] in said
        assert str(step["number"]) in said
    assert "Du er her" not in said


@pytest.mark.parametrize("step", course()["steps"], ids=lambda s: s["id"])
def test_the_mark_stands_directly_above_the_step_one_is_at(client, step):
    svg = drawing(client, f"?trin={step['id']}")
    said = words(svg)
    assert said.count("Du er her") == 1
    assert said[said.index("Du er her") + 2] == step["title"]


@pytest.mark.parametrize("query", ["?trin=", "?trin=findes-ikke", "?trin=%3Cscript%3E", "?trin=klage%00", "?andet=1"])
def test_an_unknown_step_gives_the_drawing_without_a_mark(client, query):
    assert "Du er her" not in words(drawing(client, query))
    page = client.get(f"/forloeb{query}")
    assert page.status_code == 200
    assert "Du er her" not in page.text
    assert "<script" not in page.text


def test_a_screen_reader_gets_a_name_and_a_description_that_say_what_is_drawn(client):
    svg = drawing(client, "?trin=genvurdering")
    assert svg.get("role") == "img"
    parts = {part.get("id"): part.text for part in svg if part.get("id")}
    name, description = (parts[key] for key in svg.get("aria-labelledby").split())
    assert name == "En sags vej gennem kommunen"
    assert all(step["title"] in description for step in course()["steps"])
    assert "Du er her: trin 6, Genvurdering." in description


def test_the_drawing_fits_a_phone_with_text_of_sixteen_pixels(client):
    svg = drawing(client, "?trin=klage")
    assert int(svg.get("width")) <= 288
    sizes = [float(e.get("font-size")) for e in svg.iter() if e.get("font-size")]
    assert min(sizes) >= 16
    for text in svg.iter(f"{SVG}text"):
        assert int(text.get("x")) + 8.7 * len(text.text) <= 288, f"{text.text} does not fit"


def test_the_drawing_is_read_without_colours(client):
    """Whose turn it is shows in the shape, where one is in words and a thick frame."""
    svg = drawing(client, "?trin=klage")
    boxes = [rect for rect in svg.iter(f"{SVG}rect") if int(rect.get("width")) > 200 and rect.get("stroke")]
    turns = [step["turn"] for step in course()["steps"]]
    corners = {turn: {b.get("rx") for b, t in zip(boxes, turns, strict=True) if t == turn} for turn in set(turns)}
    assert len(corners["citizen"]) == len(corners["authority"]) == 1
    assert corners["citizen"] != corners["authority"]
    assert [b.get("stroke-width") for b in boxes].count("4") == 1
    assert boxes[4].get("stroke-width") == "4"


def test_nothing_in_the_drawing_is_stopped_by_the_content_security_policy(client):
    for answer in (client.get("/forloeb.svg?trin=klage"), client.get("/forloeb?trin=klage")):
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert not re.search(r"<style|style=|<script|onload=|href=\"http[^\"]*\.(css|js|woff)", answer.text)


def test_the_page_says_in_words_all_that_the_drawing_shows(client):
    page = client.get("/forloeb").text
    assert page.count("<h1") == 1
    for step in course()["steps"]:
        for key in ("title", "line", "what", "you", "when"):
            assert step[key] in page, f"{step['id']}: {key}"
    for note in course()["notes"]:
        assert note["text"] in page
    assert "Kilder" in page
    assert "45 97 30 00" in page


def test_the_page_tells_where_the_citizen_is_and_lets_them_choose_another_step(client):
    page = client.get("/forloeb?trin=klage").text
    assert "Det er trin 5 af 7." in page
    assert "Det næste trin er genvurdering." in page
    assert page.count('aria-current="step"') == 2
    for step in course()["steps"]:
        assert f'href="/forloeb?trin={step["id"]}"' in page
    assert 'href="/forloeb.svg?trin=klage"' in page


def test_every_link_of_the_page_to_ourselves_leads_somewhere(client):
    page = client.get("/forloeb?trin=klage").text
    for href in set(re.findall(r'href="(/[^"#]*)"', page)):
        assert client.get(href.replace("&amp;", "&")).status_code == 200, href
