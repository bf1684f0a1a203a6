"""The annual figures on the staff pages: chosen by year or days, read on the page, taken out as a file."""

import json
import re
from datetime import date
from html import unescape
from io import BytesIO

import pytest
from docx import Document

from casework.cases_import import take_in
from casework.db import session
from tests.casework.test_cases_import import GOOD, NOW, TODAY, file
from tests.casework.test_figures import registered
from tests.web.people import Browser, account, signed_in


@pytest.fixture(autouse=True)
def people(db):
    for center in ("CBB", "CSI", "CSO"):
        registered(db, unit=None, center=center, answered=date(2025, 3, 7))
    registered(db, date(2026, 5, 4), kind="andet")
    registered(db, date(2024, 12, 31), center="CUPB")
    db.commit()
    for name, role in (("Anna", "adviser"), ("Dina", "reader")):
        account(name, role)


def text(page):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text.split("<main")[1])).split())


def chosen(page):
    return re.search(r'<option value="(\d*)" selected>', page.text)[1]


def test_a_reader_finds_the_figures_of_this_year_in_the_menu_and_chooses_another(app):
    dina = signed_in(app, "Dina")
    assert 'href="/personale/tal/">Årstal</a>' in dina.sees("/personale/").text
    page = dina.sees("/personale/tal/")
    assert page.status_code == 200 and chosen(page) == "2026"
    assert "Årstal 2026" in text(page) and "Der kom 1 henvendelse." in text(page)
    assert re.findall(r'<option value="(\d{4})"', page.text) == ["2026", "2025", "2024"]
    other = dina.sees("/personale/tal/?aar=2025")
    assert chosen(other) == "2025" and "Der kom 3 henvendelser." in text(other)
    assert "Besvaret inden 10 arbejdsdage 3" in text(other)


def test_the_days_may_be_chosen_instead_of_a_year(app):
    page = signed_in(app, "Dina").sees("/personale/tal/?aar=&fra=2024-12-31&til=2025-03-03")
    assert "Tal for 31.12.2024 til 03.03.2025" in text(page) and "Der kom 4 henvendelser." in text(page)
    assert 'value="2024-12-31"' in page.text


def test_what_makes_no_sense_is_told_at_the_field_and_there_are_no_figures(app):
    page = signed_in(app, "Dina").sees("/personale/tal/?fra=2025-03-01&til=2025-02-01")
    assert page.status_code == 422
    assert 'href="#til"' in page.text and "Den sidste dag ligger før den første." in page.text
    assert "<table" not in page.text and 'value="2025-03-01"' in page.text
    assert signed_in(app, "Dina").sees("/personale/tal/?aar=%C2%B2").status_code == 422


def test_a_year_without_cases_says_so(app):
    page = signed_in(app, "Dina").sees("/personale/tal/?aar=2019")
    assert page.status_code == 200 and chosen(page) == "2019"
    assert "Der er ingen henvendelser i perioden." in text(page)


def test_every_table_has_its_name_its_headings_and_a_region_one_can_scroll_with_the_keyboard(app):
    page = signed_in(app, "Dina").sees("/personale/tal/?aar=2025").text
    regions = re.findall(r'<div class="vv-table-wrap[^"]*" tabindex="0" role="region" aria-label="([^"]+)">', page)
    captions = re.findall(r"<caption>([^<]+)</caption>", page)
    assert regions == captions and len(captions) > 6
    assert page.count("<table") == len(captions)
    assert not re.search(r"<th(?! scope=)[ >]", page)


def test_the_files_hold_what_the_page_shows(app):
    dina = signed_in(app, "Dina")
    links = re.findall(r'href="(/personale/tal/fil[^"]+)"', dina.sees("/personale/tal/?aar=2025").text)
    assert len(links) == 2
    word, data = (dina.client.get(unescape(link)) for link in links)
    assert json.loads(data.data)["totals"]["all"] == 3
    assert data.headers["Content-Disposition"].endswith("aarstal-2025.json")
    assert Document(BytesIO(word.data)).paragraphs[0].text == "Årstal 2025"
    assert word.headers["Content-Disposition"].endswith("aarstal-2025.docx")
    for wrong in ("form=exe&aar=2025", "form=json&aar=x", "form=json"):
        assert dina.client.get(f"/personale/tal/fil?{wrong}").status_code == 400, wrong


def test_nobody_sees_the_figures_without_signing_in(app):
    stranger = Browser(app)
    for path in ("/personale/tal/", "/personale/tal/fil?form=json&aar=2025"):
        answer = stranger.client.get(path)
        assert answer.status_code in (302, 401) and b"langsommelig" not in answer.data.lower()


def test_a_case_taken_in_from_a_file_can_be_opened_by_staff_and_says_where_it_is_from(app):
    with session() as db, db.begin():
        reference = take_in(db, file(GOOD), NOW, TODAY).reference
    anna = signed_in(app, "Anna")
    page = anna.sees(f"/personale/sager/{reference}")
    assert page.status_code == 200
    assert "sagen er taget ind fra en fil" in text(page) and "Taget ind fra en fil" in text(page)
    assert "Genåbn sagen" not in page.text
    assert reference not in anna.sees("/personale/").text
    assert anna.client.get(f"/personale/sager/{reference}/dokument").status_code == 200
