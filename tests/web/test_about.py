"""The pages about the assistant, the accessibility statement, and all of it on paper."""

from datetime import date

import pytest
import yaml

from casework import accessibility_statement, launch
from tests.readability import reading
from tests.web.pictures import keep
from web import about, create_app

pytestmark = pytest.mark.once

PAGES = ("/", "/hvad-kan-vejviseren", "/tilgaengelighed", "/privatliv", "/svar", "/moede", "/henvendelse")
FILLED = """
was_url: https://was.digst.dk/vejviser-ltk-dk
authority: Lyngby-Taarbæk Kommune
site: vejviser.ltk.dk
status: delvist
checked_by: selv
checked_on: 2026-03-02
written_on: 2026-03-03
revised_on: 2026-03-03
contact: {name: Webteamet, phone: "45 00 00 00", email: web@ltk.invalid}
not_met: [{what: "Kortet kan ikke bruges med tastatur.", why: byrde, instead: "Adressen står under kortet."}]
known: []
"""


TODAY = date(2026, 11, 23)


def told(statement):
    """What citizens are told, with nothing in it but this statement."""
    return launch.Content({}, {}, {}, {}, statement)


@pytest.fixture
def client(migrated):
    return create_app().test_client()


@pytest.fixture
def filled(tmp_path, monkeypatch):
    """The statement as a kommune would have filled it in."""

    def fill(**changes):
        path = tmp_path / "statement.yml"
        path.write_text(yaml.safe_dump({**yaml.safe_load(FILLED), **changes}, allow_unicode=True))
        found = accessibility_statement.statement(path)
        monkeypatch.setattr(about.accessible, "statement", lambda: found)
        return found

    return fill


def test_every_page_for_citizens_leads_to_what_it_can_privacy_and_accessibility(client):
    for path in PAGES:
        page = client.get(path).text
        for link in ("/hvad-kan-vejviseren", "/privatliv", "/tilgaengelighed"):
            assert f'href="{link}"' in page, (path, link)


def test_the_front_page_is_the_chat_and_the_other_ways_beside_it(client):
    page = client.get("/").text
    assert 'id="besked"' in page
    for link in ("/svar", "/brev", "/henvendelse", "/moede", "/forloeb", "/status"):
        assert f'href="{link}"' in page, link
        assert client.get(link).status_code == 200, link


def test_what_it_can_and_cannot_is_told_with_every_ground_of_the_statute(client):
    page = client.get("/hvad-kan-vejviseren").text
    assert "Vejviseren er en maskine" in page
    for words in (
        "Den kan ikke se din sag",
        "Den kan tage fejl",
        "Min sag er behandlet dårligt",
        "Min sag er i retten",
    ):
        assert words in page


def test_what_the_kommune_has_not_filled_in_is_said_plainly(client):
    page = client.get("/tilgaengelighed").text
    assert "Erklæringen er ikke færdig" in page and "om kravene er overholdt" in page
    assert "Derfor siger vi hverken ja eller nej her" in page
    assert client.get("/was").headers["Location"] == "/tilgaengelighed"
    assert any("mangler" in found.text for found in launch.accessibility(launch.content(), TODAY))


def test_a_filled_in_statement_reads_as_the_law_asks(client, filled):
    found = filled()
    page = client.get("/tilgaengelighed").text
    assert "ikke færdig" not in page and "Ikke udfyldt" not in page
    for words in (
        "overholder kravene delvist",
        "uforholdsmæssig stor byrde",
        "Adressen står under kortet.",
        "kommunen selv",
        "mandag den 2. marts 2026",
        "45 00 00 00",
        "web@ltk.invalid",
        "Digitaliseringsstyrelsen",
    ):
        assert words in page, words
    assert client.get("/was").headers["Location"] == "https://was.digst.dk/vejviser-ltk-dk"
    assert [f.level for f in launch.accessibility(told(found), TODAY)] == ["ok"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"status": "måske"}, "om kravene er overholdt"),
        ({"checked_on": "i går"}, "hvornår det er undersøgt"),
        ({"was_url": "javascript:alert(1)"}, "adressen på erklæringen i WAS-Tool"),
        ({"contact": "45 00 00 00"}, "telefon til dem, der retter fejl"),
        ({"not_met": []}, "hvad der ikke overholder kravene"),
    ],
)
def test_a_field_filled_in_wrongly_counts_as_empty_and_is_named(client, filled, changes, told):
    assert told in accessibility_statement.missing(filled(**changes))
    assert told in client.get("/tilgaengelighed").text


def test_a_statement_older_than_a_year_is_said_to_be_late(client, filled):
    found = filled(revised_on=date(2025, 11, 1))
    assert "mindst én gang om året. Det er ikke sket i tide." in client.get("/tilgaengelighed").text
    assert [f.level for f in launch.accessibility(told(found), TODAY)] == ["bekraeft"]


def test_the_privacy_page_tells_of_meetings(client):
    page = client.get("/privatliv").text
    for words in ("Når du booker et møde", "Linket til mødet", "sin egen kalender", "kommunens andre sider"):
        assert words in page, words


@pytest.mark.parametrize("width", [360, 1200])
def test_the_pages_fit_the_screen_and_read_easily(site, browser, width):
    context = browser.new_context(base_url=site, viewport={"width": width, "height": 800})
    page = context.new_page()
    for path in ("/", "/hvad-kan-vejviseren", "/tilgaengelighed", "/privatliv"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.locator("h1").count() == 1, path
        for link in page.locator(".vv-footer-links a").all():
            assert link.bounding_box()["height"] >= 43.5
        if path != "/":
            found = reading(" ".join(page.locator("main p, main li").all_inner_texts()))
            assert found.lix <= 40, (path, found.lix)
        keep(page, f"side-{width}-{path.strip('/') or 'forside'}", full_page=True)
    context.close()


def test_on_paper_there_is_no_menu_and_what_was_folded_can_be_read(site, browser):
    context = browser.new_context(base_url=site)
    page = context.new_page()
    page.goto("/hvad-kan-vejviseren")
    folded = page.locator(".vv-answer .vv-text").first
    assert not folded.is_visible()
    page.emulate_media(media="print")
    assert folded.is_visible()
    assert not page.locator("header .vv-brand ~ *").filter(visible=True).count()
    assert not page.locator("footer").is_visible()
    page.goto("/")
    assert not page.locator("#besked").is_visible() and page.locator(".vv-intro").is_visible()
    context.close()
