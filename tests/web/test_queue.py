"""The queue as staff meet it in the browser: filters, search, saved views, pages and the list as a file."""

import csv
import io
import re
from datetime import date
from html import unescape
from itertools import count

import openpyxl
import pytest
from sqlalchemy import select

from casework import cases, clock, exports, queue, staff
from casework.db import reading, session
from casework.models import CaseExport, CaseRead
from tests.casework.test_cases import CLOSING, create_case
from tests.web.people import SignedIn

pytestmark = pytest.mark.usefixtures("people")


class Person(SignedIn):
    """A signed-in person's browser on the queue."""

    def __init__(self, app, name):
        super().__init__(app, name)
        self.lists()

    def lists(self, status=200, **filters):
        self.page = self.client.get("/personale/", query_string=filters)
        assert self.page.status_code == status, self.page.text
        return self.text

    @property
    def text(self):
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.page.text)).split())

    @property
    def references(self):
        return re.findall(r"<a href=\"/personale/sager/[^\"]+\">(BR-[\w-]+)</a>", self.page.text)

    def follows(self, label):
        address = re.search(rf'href="([^"]+)"[^>]*>{label}', self.page.text)[1]
        self.page = self.client.get(unescape(address))
        assert self.page.status_code == 200


@pytest.fixture
def anna(app):
    return Person(app, "Anna")


@pytest.fixture
def filed():
    """File a case and return its reference."""
    numbers = count(1)

    def file(**changes):
        with session() as db, db.begin():
            return create_case(db, next(numbers), **changes)

    return file


def test_the_queue_shows_what_expires_why_how_old_and_that_it_is_unread_in_words(anna, filed):
    reference = filed(story="Jeg mangler hjælp", omraade="sygedagpenge", decision_date=date(2026, 10, 27))
    text = anna.lists()
    for words in (reference, "24.11.2026", "Klagefrist, i morgen", "Klagefristen udløber i morgen.", "Akut", "I dag"):
        assert words in text, words
    assert "● Ulæst" in text
    assert "1 ulæst" in text
    anna.client.get(f"/personale/sager/{reference}")
    assert "Ulæst" not in anna.lists()
    assert "ingen ulæste" in anna.text


def test_two_people_have_their_own_unread(app, anna, filed):
    filed()
    bo = Person(app, "Bo")
    anna.client.get(f"/personale/sager/{bo.references[0]}")
    anna.lists(unread="ja")
    bo.lists(unread="ja")
    assert (anna.references, len(bo.references)) == ([], 1)


def test_a_search_marks_the_words_and_escapes_the_rest(anna, filed):
    filed(story="Min <b>kørestol</b> er væk & borte")
    anna.lists(q="kørestolen")
    assert "&lt;b&gt;<mark>kørestol</mark>&lt;/b&gt;" in anna.page.text
    assert 'value="kørestolen"' in anna.page.text


@pytest.mark.parametrize("typed", ['"', "AND OR (", "%", "\0", "a" * 200, "<script>", "{{ 7*7 }}"])
def test_whatever_is_typed_in_the_search_ends_in_a_page_with_a_way_on(anna, filed, typed):
    filed(story="Intet særligt")
    anna.lists(q=typed)
    assert "<script>" not in anna.page.text
    assert "Vis alle åbne sager" in anna.text or anna.references


def test_an_empty_queue_and_an_empty_search_say_so_and_where_to_go(anna, filed):
    assert "Der er ingen åbne sager." in anna.lists()
    filed()
    text = anna.lists(q="giraf")
    assert "Der er ingen sager, der passer." in text
    anna.follows("Søg også i lukkede sager")
    anna.lists(q="giraf")
    anna.follows("Vis alle åbne sager")
    assert len(anna.references) == 1


def test_filters_that_cannot_be_read_are_told_beside_their_field_and_no_list_is_shown(anna, filed):
    filed()
    text = anna.lists(status=422, since="2026-11-23", until="2026-11-01", unit="vrøvl", q="rampe")
    assert "Perioden slutter, før den begynder." in text
    assert "Vælg en af mulighederne på listen." in text
    assert 'aria-describedby="until-fejl"' in anna.page.text
    assert "<title>Fejl: Sager" in anna.page.text
    assert 'value="rampe"' in anna.page.text
    assert anna.references == []
    anna.follows("Vis alle åbne sager")
    assert len(anna.references) == 1


def test_a_view_is_saved_used_and_deleted_and_belongs_to_one_person(app, anna, filed):
    byg = filed(unit="ltk.byggesag")
    filed(unit="ltk.jobcenter")
    anna.lists(unit="ltk.byggesag")
    assert anna.sends("/personale/visninger", name="Byggeri", unit="ltk.byggesag").status_code == 302
    anna.lists()
    anna.follows("Byggeri")
    assert anna.references == [byg]
    assert 'aria-current="true">Byggeri' in anna.page.text
    bo = Person(app, "Bo")
    assert "Byggeri" not in bo.lists()
    number = re.search(r"/personale/visninger/(\d+)/slet", anna.page.text)[1]
    bo.sends(f"/personale/visninger/{number}/slet")
    assert "findes ikke længere" in bo.lists()
    anna.sends(f"/personale/visninger/{number}/slet")
    assert "Visningen er slettet." in anna.lists()


def test_a_view_that_cannot_be_saved_keeps_the_list_and_says_why(anna, filed):
    filed()
    anna.page = anna.sends("/personale/visninger", name=" ", status="alle")
    assert anna.page.status_code == 422
    assert "Giv visningen et navn." in anna.text
    assert len(anna.references) == 1


def test_a_long_list_is_turned_page_by_page_and_says_how_many(anna, filed, monkeypatch):
    monkeypatch.setattr(queue, "PAGE_SIZE", 2)
    monkeypatch.setattr(queue, "COUNTED", 4)
    everything = [filed() for _ in range(5)]
    anna.lists()
    assert "Over 1.000 sager" in anna.text
    seen = list(anna.references)
    for _ in range(2):
        anna.follows("Næste")
        seen += anna.references
    assert seen == everything
    anna.follows("Forrige")
    assert anna.references == everything[2:4]
    anna.follows("Første side")
    assert anna.references == everything[:2]


def test_the_list_is_taken_out_as_csv_and_as_a_workbook(anna, filed):
    byg = filed(unit="ltk.byggesag", story="Rampe; med semikolon")
    filed(unit="ltk.jobcenter")
    answer = anna.sends("/personale/eksport", form="csv", unit="ltk.byggesag")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="sager-2026-11-23.csv"'
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert [(row["Nummer"], row["Afdeling"]) for row in rows] == [(byg, "Byggesag")]
    answer = anna.sends("/personale/eksport", form="xlsx", unit="ltk.byggesag")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == [byg]
    with reading() as db:
        assert [(e.form, e.filters, e.count) for e in db.scalars(select(CaseExport).order_by(CaseExport.id))] == [
            ("csv", {"unit": "ltk.byggesag"}, 1),
            ("xlsx", {"unit": "ltk.byggesag"}, 1),
        ]


def test_an_adviser_and_an_administrator_may_take_the_list_out_and_a_reader_may_not(app, filed):
    filed()
    for name, status, offered in (("Anna", 200, True), ("Carl", 200, True), ("Dina", 403, False)):
        person = Person(app, name)
        assert ("Hent listen som fil" in person.text) is offered, name
        assert person.sends("/personale/eksport", form="csv").status_code == status, name


def test_a_file_needs_readable_filters_and_a_known_form(anna):
    assert anna.sends("/personale/eksport", form="exe").status_code == 400
    assert anna.sends("/personale/eksport", form="csv", status="vrøvl").status_code == 422
    assert anna.client.post("/personale/eksport", data={"form": "csv"}).status_code == 400  # no csrf token
    with reading() as db:
        assert db.scalars(select(CaseExport)).all() == []


def test_a_list_too_long_for_a_workbook_is_offered_as_csv(anna, filed, monkeypatch):
    monkeypatch.setattr(exports, "MAX_XLSX", 1)
    filed(), filed()
    anna.page = anna.sends("/personale/eksport", form="xlsx")
    assert anna.page.status_code == 422
    assert "Hent den som CSV" in anna.text
    assert len(anna.references) == 2
    assert anna.sends("/personale/eksport", form="csv").status_code == 200
    with reading() as db:
        assert [e.form for e in db.scalars(select(CaseExport))] == ["csv"]


def test_nobody_sees_the_queue_without_signing_in(app):
    browser = app.test_client()
    assert browser.get("/personale/").status_code == 302
    assert browser.post("/personale/eksport", data={"form": "csv"}).status_code in (302, 400)


def test_the_staff_api_keeps_its_filters_pages_and_search_and_logs_what_was_read(app, filed, people):
    byg, job = filed(unit="ltk.byggesag", story="En kørestol"), filed(unit="ltk.jobcenter")
    with session() as db, db.begin():
        token = staff.create_token(db, name="prøve", role="reader", now=clock.now())
        julie = db.scalar(select(staff.Staff).where(staff.Staff.name == "Anna"))
        actor = cases.Actor("Anna", "adviser", staff_id=julie.id)
        cases.take(db, job, actor, clock.now())
        cases.close(db, job, actor, clock.now(), **CLOSING)

    def get(**given):
        return app.test_client().get(
            "/api/staff/cases", query_string=given, headers={"Authorization": f"Bearer {token}"}
        )

    def references(**given):
        return [c["reference"] for c in get(**given).json["cases"]]

    assert get().json["total"] == 2
    assert references() == [byg, job]
    assert references(status="afsluttet") == [job]
    assert references(unit="ltk.byggesag", priority="normal") == [byg]
    assert references(q="kørestolen") == [byg]
    assert references(q=job) == [job]
    assert references(q=byg, unit="ltk.jobcenter") == []
    assert references(page=2) == []
    wrong = get(status="vrøvl")
    assert (wrong.status_code, wrong.content_type) == (422, "application/problem+json; charset=utf-8")
    with reading() as db:
        assert len(db.scalars(select(CaseRead.id).where(CaseRead.token_id.is_not(None))).all()) == 8
