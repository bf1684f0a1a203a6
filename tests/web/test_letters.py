"""The letter pages: filled in, corrected, taken along, and nothing left behind."""

import itertools
import re
from datetime import timedelta
from html import unescape
from io import BytesIO

import pytest
from docx import Document
from sqlalchemy import inspect, text

from casework import clock, conversations, letters
from casework.db import reading, session

FORM = {
    "modtager": "Jobcentret",
    "dato": "2026-11-03",
    "sag": "afslag på fleksjob",
    "tekst": "Det er forkert.\r\nJeg er syg.\r\n\r\nSe papirerne.",
    "oenske": "Jeg vil have et fleksjob.",
    "navn": "Anna Jensen",
}
OWN = "Det er forkert.\nJeg er syg.\n\nSe papirerne."
_addresses = (f"10.0.{a}.{b}" for a, b in itertools.product(range(256), range(256)))


@pytest.fixture
def client(app):
    """A citizen with an address of her own, so that no other test's limit hits her."""
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = next(_addresses)
    return client


@pytest.fixture
def draft(db):
    return kept({**FORM, "navn": "[navn 1]"}, said="Jeg hedder Anna Jensen")


def kept(given, *, said="hej", at=None):
    """Say something in the chat, keep a complaint there and return the token of the draft."""
    at = at or clock.now()
    with session() as chat, chat.begin():
        conversation, _ = conversations.start(chat, at)
        conversations.hear(chat, conversation, said, at)
        return letters.keep(chat, conversation.id, "klage", given, at)


def page(answer):
    return unescape(answer.get_data(as_text=True))


def counts():
    """Return how many rows every table holds, ours and those of others."""
    with reading() as db:
        names = inspect(db.connection()).get_table_names()
        return {name: db.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one() for name in names}


def test_all_letters_are_on_one_page_and_in_the_menu(client):
    listed = page(client.get("/brev"))
    for kind, entry in letters.letters().items():
        assert entry["title"] in listed and entry["about"] in listed
        assert f'href="/brev/{kind.replace("_", "-")}"' in listed
    assert '<a href="/brev">Skriv et brev</a>' in page(client.get("/"))


@pytest.mark.parametrize("kind", letters.letters())
def test_every_form_labels_every_field_and_has_one_heading(client, kind):
    for path in (kind, kind.replace("_", "-")):
        answer = client.get(f"/brev/{path}")
        assert answer.status_code == 200
    shown = page(answer)
    assert shown.count("<h1") == 1
    for field in letters.fields(kind):
        assert f'<label class="form-label" for="{field["id"]}">{field["question"]}' in shown
        assert f'id="{field["id"]}-hjaelp">{field["help"]}' in shown
    assert 'autocomplete="off"' in shown


def test_the_finished_letter_shows_the_citizens_words_with_their_line_breaks(client):
    answer = client.post("/brev/klage", data=FORM)
    shown = page(answer)
    assert answer.status_code == 200
    assert "<p>Det er forkert.\nJeg er syg.</p>" in shown
    assert "Jeg klager over afgørelsen af 3. november 2026. Det drejer sig om: afslag på fleksjob." in shown
    assert "Til Jobcentret" in shown and "23. november 2026" in shown
    assert "Se klagevejledningen til sidst i afgørelsen." in shown
    assert "Retssikkerhedsloven" in shown


def test_the_letter_can_be_corrected_with_everything_still_filled_in(client):
    shown = page(client.post("/brev/klage", data=FORM))
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown))
    assert {k: v.replace("\r", "") for k, v in hidden.items()} == {**FORM, "tekst": OWN}
    form = page(client.post("/brev/klage", data={**hidden, "gaa": "ret"}))
    assert f"\n{OWN}</textarea>" in form
    assert 'value="2026-11-03"' in form
    assert 'value="Anna Jensen"' in form


def test_the_word_file_holds_the_letter(client):
    answer = client.post("/brev/klage-kort", data={**FORM, "gaa": "word"})
    assert answer.mimetype == "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    assert answer.headers["Content-Disposition"] == "attachment; filename=klage-kort-2026-11-23.docx"
    written = [p.text for p in Document(BytesIO(answer.data)).paragraphs]
    assert "Til Jobcentret" in written and "Anna Jensen" in written


def test_what_is_missing_is_said_beside_the_field_and_on_top_and_the_rest_is_kept(client):
    answer = client.post("/brev/klage", data={**FORM, "sag": " ", "dato": "engang"})
    shown = page(answer)
    assert answer.status_code == 422
    assert "<title>Fejl: " in shown
    for field, says in (("sag", "Svar på spørgsmålet “Hvad handler afgørelsen om?”"), ("dato", "Vi kan ikke læse")):
        assert f'<a href="#{field}">{says}' in shown
        assert re.search(rf'id="{field}-fejl">.*{re.escape(says[:20])}', shown)
        assert re.search(rf'id="{field}"[^>]*aria-describedby="{field}-hjaelp {field}-fejl" aria-invalid="true"', shown)
    assert f"\n{OWN}</textarea>" in shown
    assert 'value="Jobcentret"' in shown


def test_a_word_file_of_an_unfinished_letter_leads_back_to_the_form(client):
    answer = client.post("/brev/klage", data={"gaa": "word"})
    assert answer.status_code == 422
    assert "Ret de her ting, så er brevet klar" in page(answer)


def test_a_cpr_number_is_taken_out_and_the_citizen_is_told(client):
    shown = page(client.post("/brev/klage", data={**FORM, "tekst": "Mit cpr er 010203-1234."}))
    assert "010203" not in shown
    assert "ligner et cpr-nummer" in shown
    assert "ligner et cpr-nummer" not in page(client.post("/brev/klage", data=FORM))
    form = page(client.post("/brev/klage", data={"tekst": "Mit cpr er 010203-1234."}))
    assert "010203" not in form


def test_markup_and_templates_are_shown_as_text(client):
    answer = client.post("/brev/klage", data={**FORM, "tekst": '<script>alert(1)</script> {{ 7 * 7 }} "><b>'})
    raw = answer.get_data(as_text=True)
    assert "<script>alert" not in raw and '"><b>' not in raw
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7 * 7 }}" in raw


def test_area_unit_and_date_may_come_along_and_nothing_personal(client):
    form = page(client.get("/brev/klage?omraade=byggesag&dato=2026-11-03&navn=Anna+Jensen&tekst=hemmeligt&sag=rygning"))
    assert re.search(r'id="modtager"[^>]*value="Byggeklageenheden', form)
    assert 'value="2026-11-03"' in form
    for personal in ("Anna Jensen", "hemmeligt", "rygning"):
        assert personal not in form
    assert "Klager om: Byggetilladelse" in form and "Nævnenes Hus" in form
    shown = page(client.post("/brev/klage", data={**FORM, "omraade": "byggesag"}))
    assert "Klager om: Byggetilladelse" in shown
    assert 'name="omraade" value="byggesag"' in shown
    assert 'value="3. august 2026"' in page(client.get("/brev/rykker?unit=ltk.jobcenter&dato=2026-08-03"))
    assert re.search(r'id="afdeling"[^>]*value="Jobcentret', page(client.get("/brev/samtykke?unit=ltk.jobcenter")))


@pytest.mark.parametrize("query", ["omraade=%3Cb%3E&unit=x&dato=y", "dato=2027-01-01", "omraade=&unit=&dato="])
def test_what_cannot_come_along_is_left_out(client, query):
    answer = client.get(f"/brev/klage?{query}")
    assert answer.status_code == 200
    assert re.search(r'id="modtager"[^>]*value=""', page(answer))
    assert re.search(r'id="dato"[^>]*value=""', page(answer))


@pytest.mark.parametrize("path", ["/brev/kontrakt", "/brev/_fields", "/brev/udkast/findes-ikke", "/brev/udkast/x.docx"])
def test_what_does_not_exist_is_404_with_a_way_on(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "findes ikke" in page(answer) and "skrive til borgerrådgiveren" in page(answer)
    assert answer.headers["Cache-Control"] == "no-store"


def test_using_the_pages_leaves_nothing_in_the_database(db, client):
    before = counts()
    for more in ({}, {"gaa": "ret"}, {"gaa": "word"}, {"sag": ""}):
        client.post("/brev/klage", data={**FORM, **more})
    assert counts() == before
    assert "letters" in before


def test_no_page_with_content_is_cached(client, draft):
    for answer in (
        client.get("/brev/klage"),
        client.post("/brev/klage", data=FORM),
        client.post("/brev/klage", data={}),
        client.post("/brev/klage", data={**FORM, "gaa": "word"}),
        client.get(f"/brev/udkast/{draft}"),
        client.get(f"/brev/udkast/{draft}.docx"),
    ):
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers


def test_a_draft_of_the_chat_is_a_page_with_the_same_tools(client, draft):
    answer = client.get(f"/brev/udkast/{draft}")
    shown = page(answer)
    assert answer.status_code == 200
    assert "<p>Anna Jensen</p>" in shown and "[navn" not in shown
    assert "<p>Det er forkert.\nJeg er syg.</p>" in shown
    assert "Hent som Word" in shown and ">Ret</button>" in shown
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown))
    assert 'value="Anna Jensen"' in page(client.post("/brev/klage", data={**hidden, "gaa": "ret"}))


def test_a_draft_of_the_chat_is_a_word_file(client, draft):
    answer = client.get(f"/brev/udkast/{draft}.docx")
    assert "Anna Jensen" in [p.text for p in Document(BytesIO(answer.data)).paragraphs]


def test_an_unfinished_draft_opens_as_a_form_that_says_what_is_missing(db, client):
    token = kept({"sag": "afslag på fleksjob"})
    shown = page(client.get(f"/brev/udkast/{token}"))
    assert 'value="afslag på fleksjob"' in shown
    assert "Svar på spørgsmålet “Hvem skal have klagen?”" in shown
    assert client.get(f"/brev/udkast/{token}.docx").status_code == 422


def test_a_draft_is_gone_when_the_talk_has_been_quiet_for_a_day(db, client):
    token = kept(FORM, at=clock.now() - timedelta(hours=25))
    answer = client.get(f"/brev/udkast/{token}")
    assert answer.status_code == 404
    assert "Skriv brevet igen" in page(answer)
    assert counts()["letters"] == 0


def test_writing_very_often_is_limited(client):
    statuses = [client.post("/brev/klage", data={}).status_code for _ in range(25)]
    assert statuses[0] == 422
    assert statuses[-1] == 429
