"""The pages where staff review conversations, as each role meets them without script."""

import re
from datetime import timedelta

import pytest
import yaml
from sqlalchemy import select

from casework import clock, conversations, review
from casework.db import session
from casework.models import Conversation, ConversationRead, TurnMark
from tests.web.people import account, signed_in


@pytest.fixture(autouse=True)
def people(db):
    db.commit()
    for name, role in (("Anna", "adviser"), ("Bo", "adviser"), ("Dina", "reader")):
        account(name, role)


@pytest.fixture
def anna(app):
    return signed_in(app, "Anna")


def talk(text="Hvornår skal Søren Madsen klage? Ring 22 33 44 55", topic="klage.frist", confidence=0.6, days_ago=0):
    when = clock.now() - timedelta(days=days_ago)
    with session() as db, db.begin():
        conversation, _ = conversations.start(db, when)
        turn = conversations.hear(db, conversation, text, when)
        conversations.note_understanding(db, turn.id, topic, confidence)
        conversations.say(db, conversation, [{"text": "Et **svar**."}], when)
        return conversation.id


def marks():
    with session() as db:
        return [(m.verdict, m.topic, m.about) for m in db.scalars(select(TurnMark).order_by(TurnMark.id))]


def judge(browser, conversation_id, verdict, topic="", about="", query="", **more):
    browser.sees(f"/personale/samtaler/{conversation_id}{query}")
    given = {"linje": "1", "v-1": verdict, "t-1": topic, "a-1": about, **more}
    return browser.sends(f"/personale/samtaler/{conversation_id}/vurder{query}", **given)


def test_a_stranger_is_sent_to_the_sign_in_page(app):
    assert "/personale/login" in app.test_client().get("/personale/samtaler/").headers["Location"]


def test_the_list_shows_no_word_of_a_conversation_and_reading_one_is_logged_and_masked(anna):
    conversation_id = talk()
    page = anna.sees("/personale/samtaler/").text
    assert conversation_id in page and "skal" not in re.search(r"<tbody>.*</tbody>", page, re.S)[0].lower()
    with session() as db:
        assert db.scalars(select(ConversationRead)).all() == []
    page = anna.sees(f"/personale/samtaler/{conversation_id}").text
    assert "Madsen" not in page and "22 33 44 55" not in page and "[telefon 1]" in page
    assert "klage.frist), 60 % sikker" in page
    with session() as db:
        readers = [read.staff.name for read in db.scalars(select(ConversationRead))]
    assert readers == ["Anna"]


def test_nobody_yet_is_said_in_words_with_a_way_on(anna):
    assert "Der er ingen samtaler, der passer." in anna.sees("/personale/samtaler/").text
    assert "Ryd filtre" in anna.sees("/personale/samtaler/?unsure=ja").text
    assert "Endnu er ingen linje vurderet af to" in anna.sees("/personale/samtaler/enighed").text
    assert "Der er intet nyt at eksportere" in anna.sees("/personale/samtaler/eksport").text


def test_a_long_list_is_paged_and_keeps_its_filters(anna):
    for number in range(review.PAGE_SIZE + 3):
        talk(days_ago=number)
    page = anna.sees("/personale/samtaler/?low=ja").text
    assert "53 samtaler, side 1 af 2" in page
    following = re.search(r'href="([^"]+page=2[^"]*)"', page)[1].replace("&amp;", "&")
    assert "low=ja" in following
    assert anna.sees(following).text.count("/personale/samtaler/") >= 3
    assert anna.sees("/personale/samtaler/?page=999").status_code == 200


def test_a_sample_gets_a_key_that_stands_in_the_address_and_on_the_page(anna):
    for number in range(12):
        talk(days_ago=number)
    answer = anna.client.get("/personale/samtaler/?sample=4")
    key = re.search(r"seed=(\d+)", answer.headers["Location"])[1]
    pages = [anna.sees(f"/personale/samtaler/?sample=4&seed={key}").text for _ in range(2)]
    assert f"stikprøve med nøglen {key}" in pages[0]
    shown = [re.findall(r"samtaler/([0-9a-f-]{36})", page) for page in pages]
    assert shown[0] == shown[1] and len(shown[0]) == 4


@pytest.mark.parametrize("query", ["since=i+g%C3%A5r", "sample=mange", "sample=0", "since=2026-11-20&until=2026-11-01"])
def test_a_filter_that_cannot_be_read_is_told_and_no_error(anna, query):
    page = anna.sees(f"/personale/samtaler/?{query}")
    assert page.status_code == 422 and "Ret dette i filtret" in page.text


def test_a_line_is_judged_by_typing_a_topic_and_the_next_conversation_follows(anna):
    newest, older = talk(), talk(days_ago=1)
    judge(anna, newest, "forkert", topic="klage.for_sent", query="?low=ja", videre="ja")
    assert marks() == [("forkert", "klage.for_sent", "")]
    assert f"/personale/samtaler/{older}/vurder?low=ja" in anna.page.text
    judge(anna, older, "rigtig", query="?low=ja", videre="ja")
    assert "Det var den sidste samtale i udvalget." in anna.page.text


def test_a_mistake_comes_back_with_what_was_typed_and_a_link_to_its_line(anna):
    conversation_id = talk()
    answer = judge(anna, conversation_id, "forkert", topic="noget med frister")
    assert answer.status_code == 422
    assert 'href="#linje-1"' in answer.text and 'value="noget med frister"' in answer.text
    assert "Vælg det rigtige emne på listen." in answer.text
    assert marks() == []


def test_a_reader_looks_but_cannot_judge_mark_as_test_or_export(app):
    conversation_id = talk()
    dina = signed_in(app, "Dina")
    page = dina.sees(f"/personale/samtaler/{conversation_id}").text
    assert "Gem vurderinger" not in page and "Det er en prøve" not in page
    for path in ("vurder", "proeve"):
        assert dina.sends(f"/personale/samtaler/{conversation_id}/{path}", til="ja").status_code == 403
        dina.sees("/personale/samtaler/")
    assert dina.sees("/personale/samtaler/eksport").status_code == 403
    assert marks() == []


def test_the_mark_of_the_other_is_seen_first_when_one_has_judged_oneself(app, anna):
    conversation_id = talk()
    judge(anna, conversation_id, "mangler", about="spurgte om en bus")
    bo = signed_in(app, "Bo")
    assert "spurgte om en bus" not in bo.sees(f"/personale/samtaler/{conversation_id}").text
    judge(bo, conversation_id, "rigtig")
    assert "Anna: Emnet mangler, spurgte om en bus" in bo.page.text
    page = bo.sees("/personale/samtaler/enighed").text
    assert "<td>11.2026</td><td>1</td><td>0 (0 %)</td>" in page and '<svg xmlns="http://www.w3.org/2000/svg"' in page


def test_a_test_conversation_leaves_the_list_and_comes_back(anna):
    conversation_id = talk()
    anna.sees(f"/personale/samtaler/{conversation_id}")
    anna.sends(f"/personale/samtaler/{conversation_id}/proeve", til="ja")
    assert "tælles ikke med nogen steder" in anna.page.text and "Gem vurderinger" not in anna.page.text
    assert conversation_id not in anna.sees("/personale/samtaler/").text
    assert conversation_id in anna.sees("/personale/samtaler/?test=ja").text
    anna.sees(f"/personale/samtaler/{conversation_id}")
    anna.sends(f"/personale/samtaler/{conversation_id}/proeve", til="nej")
    assert conversation_id in anna.sees("/personale/samtaler/").text


def test_only_signed_in_staff_can_say_with_a_header_that_they_are_trying(app, anna):
    header = {"X-Vejviser-Proeve": "ja"}
    for client, test in ((app.test_client(), False), (signed_in(app, "Dina").client, False), (anna.client, True)):
        client.post(
            "/api/chat", json={"message": "hej"}, headers=header
        )  # the assistant is down: it is kept all the same
        with session() as db:
            latest = db.scalars(select(Conversation).order_by(Conversation.created_at.desc())).first()
            assert latest.test is test


def test_the_lines_are_handed_over_once_as_a_file(anna):
    judge(anna, talk("må min plugh komme for sent med en xyzzy"), "rigtig")
    assert "<li>1 nye linje</li>" in anna.sees("/personale/samtaler/eksport").text
    answer = anna.sends("/personale/samtaler/eksport/hent")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert yaml.safe_load(answer.text)["nlu"][0]["intent"] == "klage.frist"
    assert "Der er intet nyt at eksportere" in anna.sees("/personale/samtaler/eksport").text


def test_an_address_to_nothing_is_not_found(anna):
    assert anna.sees("/personale/samtaler/00000000-0000-0000-0000-000000000000").status_code == 404
    assert anna.sees("/personale/samtaler/noget").status_code == 404
