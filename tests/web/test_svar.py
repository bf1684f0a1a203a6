"""The page with all answers, which works without the assistant and without a script."""

import pytest
import requests

from casework.search import search, searchable


def page(stack, **query):
    answer = requests.get(f"{stack.url}/svar", params=query, timeout=10)
    assert answer.status_code == 200
    return answer.text


def test_all_answers_stand_on_one_page_with_their_sources(stack):
    text = page(stack)
    assert "Må jeg tage en med til et møde?" in text
    assert "Hvornår skal jeg klage senest?" in text
    assert "Kilder:" in text


def test_a_search_shows_the_best_answer_first_and_open(stack):
    text = page(stack, q="fuldmagt til min mor")
    first = text.index('<details class="vv-answer" open>')
    assert "Fuldmagt" in text[first : first + 200]


def test_a_search_that_finds_nothing_says_so_and_shows_the_way_on(stack):
    text = page(stack, q="xyzzy")
    assert "Ingen svar passer" in text
    assert "skriv til borgerrådgiveren" in text
    assert "45 97 30 00" in text


def test_what_is_searched_for_cannot_break_the_page(stack):
    text = page(stack, q="<script>alert(1)</script>")
    assert "<script>alert" not in text


def test_the_chat_offers_the_search_when_it_is_far_from_understanding(stack):
    reply = stack.chat("12345 ?").json()
    assert (reply["topic"], reply["candidates"]) == (None, [])
    said = reply["messages"][0]["text"]
    assert "(/svar?q=" in said
    assert "45 97 30 00" in said
    assert any(c["value"] == "emne:henvendelse.opret" for c in reply["messages"][0]["choices"])


@pytest.mark.parametrize(
    ("words", "topic"),
    [
        ("bisidder", "bisidder.regler"),
        ("aktindsigt svar hvornår", "aktindsigt.frist"),
        ("telefonnummer til borgerrådgiveren", "borgerraadgiver.kontakt"),
    ],
)
def test_the_right_answer_is_among_the_first_three(words, topic):
    assert topic in search(words)[:3]


def test_common_words_alone_find_nothing():
    assert search("jeg og du er at have") == []
    assert len(searchable()) >= 12
