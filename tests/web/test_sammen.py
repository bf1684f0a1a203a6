"""The assisted mode without a browser: what is first, what goes along to where, and what never does."""

import gzip
import re

import pytest

from casework.models_meetings import Appointment
from casework.settings import ROOT
from tests.readability import reading
from web import moede

pytestmark = pytest.mark.once

LARGE = "sammen.css"
MOST = 4_500  # bytes, compressed: all that the assisted mode adds to a page
PAGES = ("/", "/svar", "/brev", "/brev/bisidder", "/forloeb", "/henvendelse", "/moede", "/status", "/privatliv")
PAGES += ("/hvad-kan-vejviseren", "/tilgaengelighed")


@pytest.fixture
def client(app, db):
    db.commit()
    return app.test_client()


def token_in(page):
    return re.search(r'name="conversation" value="([^"]*)"', page)[1]


def form_in(page, words):
    """Return where the form leads whose button says these words."""
    forms = re.findall(r"<form.*?</form>", page, re.S)
    form = next(one for one in forms if words in one)
    return re.search(r'action="([^"]+)"', form)[1].replace("&amp;", "&")


def begun(client):
    """Return the page of a conversation of one message, in ordinary type."""
    return client.post("/samtale", data={"message": "min egen sag"}).text


def addresses(page):
    return re.findall(r'(?:href|action|src|data-\w+)="([^"]*)"', page)


def test_the_telephone_is_the_first_thing_on_the_page_with_whether_it_is_open(client):
    page = client.get("/sammen").text
    top = page[page.index("<main") : page.index("<h1")]
    assert re.search(r'href="tel:\+4545973000">Ring 45 97 30 00<', top)
    assert re.search(r'href="tel:\+4524755552">Ring 24 75 55 52<', top)
    assert "Det er ikke bekræftet siden" in top and "ikke bekræftet af kommunen endnu" in top
    assert re.search(r"Åbent nu, til kl|Lukket nu", top)
    assert page.count('id="menneske"') == 1


def test_the_helper_is_told_whose_conversation_it_is_and_where_authority_is_told_of(client):
    page = client.get("/sammen").text
    told = page[page.index("vv-helper") : page.index("</details>")]
    for words in (
        "Borgeren bestemmer",
        "Det er borgerens samtale",
        "Svar ikke selv",
        "Skriv ikke cpr",
        "Afslut og slet",
    ):
        assert words in told, words
    links = [one.replace("&amp;", "&") for one in re.findall(r'href="([^"]+)"', told)]
    assert len(links) == 2
    first = client.get(links[0]).text.partition("<main")[2]
    assert "Skriv en fuldmagt" in re.search(r"<details.*?</details>", first, re.S)[0]
    assert "Jeg tager en bisidder med" in client.get(links[1]).text


def test_the_words_are_easy_to_read(client):
    page = client.get("/sammen").text
    told = page[page.index("vv-helper") : page.index("</details>")]
    found = reading(re.sub(r"<[^>]+>", " ", re.sub(r"</(li|p)>", "\n", told.split(">", 1)[1])))
    assert found.words > 50 and found.lix <= 35


def test_without_a_script_the_conversation_goes_along_to_large_type_and_back(client):
    page = begun(client)
    token = token_in(page)
    assert token and LARGE not in page
    there = client.post(form_in(page, "Stor skrift og oplæsning"), data={"conversation": token}).text
    assert LARGE in there and "min egen sag" in there and token_in(there) == token
    said = client.post(form_in(there, 'id="besked"'), data={"conversation": token, "message": "mere om den"}).text
    assert LARGE in said and "min egen sag" in said and "mere om den" in said
    back = client.post(form_in(said, "Almindelig skrift"), data={"conversation": token}).text
    assert LARGE not in back and "mere om den" in back and token_in(back) == token


def test_before_anything_is_said_one_can_go_there_and_back_too(client):
    there = client.post("/sammen", data={"conversation": ""})
    back = client.post(form_in(there.text, "Almindelig skrift"), data={"conversation": ""})
    assert (there.status_code, back.status_code) == (200, 200)
    assert client.get("/sammen/almindelig").headers["Location"] == "/"


def test_no_address_holds_the_conversation(client):
    page = begun(client)
    token = token_in(page)
    there = client.post("/sammen", data={"conversation": token})
    for one in (page, there.text):
        assert not [address for address in addresses(one) if token in address]
    assert "Set-Cookie" not in there.headers


@pytest.mark.parametrize("path", PAGES)
def test_large_type_follows_to_the_pages_of_citizens(client, path):
    assert LARGE not in client.get(path).text
    page = client.get(f"{path}?stor=ja").text
    assert LARGE in page
    for where in ("/svar", "/brev", "/henvendelse", "/moede", "/status", "/privatliv"):
        assert f'href="{where}?stor=ja"' in page, (path, where)
    assert 'class="vv-brand" href="/sammen"' in page


def test_a_search_and_an_answer_that_leads_on_stay_in_large_type(client):
    assert 'name="stor" value="ja"' in client.get("/svar?stor=ja").text
    assert 'name="stor"' not in client.get("/svar").text
    assert client.get("/samtale?stor=ja").headers["Location"] == "/?stor=ja"


def test_the_transcript_and_the_last_question_are_in_large_type_too(client):
    page = begun(client)
    data = {"conversation": token_in(page)}
    there = client.post("/sammen", data=data).text
    for words in ("Udskriv eller gem", "Afslut og slet"):
        assert LARGE in client.post(form_in(there, words), data=data).text, words
        assert LARGE not in client.post(form_in(page, words), data=data).text, words


def test_links_that_stand_in_answers_lead_on_in_large_type(client):
    for path, wanted in (("/svar?stor=ja", "/status?stor=ja"), ("/svar", "/status")):
        answers = client.get(path).text.split("<h1>")[1].split("<footer")[0]
        assert set(re.findall(r'href="(/status[^"]*)"', answers)) == {wanted}


def test_staff_pages_and_the_frame_of_other_sites_are_as_they_were(client):
    for path in ("/personale/login?stor=ja", "/indlejret?stor=ja", "/?stor=ja&indlejret=ja"):
        assert LARGE not in client.get(path).text, path
    assert "/sammen" not in client.get("/indlejret").text


def test_the_address_of_a_meeting_that_is_written_down_is_the_short_one(app):
    with app.test_request_context("/moede/abc/kvittering?stor=ja"):
        assert moede._address(Appointment(code="abc")).endswith("/moede/abc")


def test_the_front_page_and_the_page_of_what_it_can_lead_there(client):
    for path in ("/", "/hvad-kan-vejviseren"):
        assert 'href="/sammen"' in client.get(path).text, path


def test_talking_together_takes_longer_before_the_screen_is_cleared(client):
    page = client.get("/sammen").text
    assert 'data-idle="30" data-warn="3"' in page and "Om 3 minutter lukker" in page
    assert 'data-idle="20" data-warn="2"' in client.get("/").text


def test_an_ordinary_page_loads_none_of_it_and_all_of_it_is_small(client):
    assert not [one for one in addresses(client.get("/").text) if "/static/sammen" in one]
    files = list((ROOT / "web" / "static").glob("sammen*"))
    assert len(files) == 2
    assert sum(len(gzip.compress(one.read_bytes(), 9)) for one in files) <= MOST
