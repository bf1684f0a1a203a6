"""The log on the staff pages, and that every way to read a case leaves its line."""

import csv
import io

import pytest

from casework import audit, clock, staff
from casework.db import session
from casework.intake import Intake, file_case
from casework.settings import current
from tests.web.people import Browser, account


@pytest.fixture
def reference(db):
    intake = Intake(
        story="Jeg har ikke fået svar.",
        topic="henvendelse.opret",
        contact_name="Grethe",
        contact_channel="telefon",
        contact_value="45 97 30 00",
    )
    key = current().derived_key("case-code")
    filed = file_case(db, intake, submission="form:1", now=clock.now(), today=clock.today(), code_key=key)
    db.commit()
    return filed.reference


@pytest.fixture
def carl(app, reference):
    account("Carl", "administrator")
    browser = Browser(app)
    browser.signs_in("Carl")
    return browser


@pytest.fixture
def anna(app, reference):
    number = account("Anna")
    browser = Browser(app)
    browser.signs_in("Anna")
    browser.number = number
    return browser


def read_by(reference):
    with session() as db:
        found, _ = audit.lines(db, audit.Filters(reference=reference))
        return [(line.who, line.access) for line in found if line.kind in audit.READINGS]


def test_opening_a_case_is_logged_with_the_name(anna, reference):
    anna.sees(f"/personale/sager/{reference}")
    assert read_by(reference) == [("Anna", "Login")]


@pytest.mark.parametrize("path", ["", "/{reference}"])
def test_the_api_logs_each_case_it_hands_out_in_a_list_too(app, reference, path):
    with session() as db, db.begin():
        token = staff.create_token(db, name="journal", role="reader", now=clock.now())
    headers = {"Authorization": f"Bearer {token}"}
    answer = app.test_client().get("/api/staff/cases" + path.format(reference=reference), headers=headers)
    assert answer.status_code == 200 and "45 97 30 00" in answer.text
    assert read_by(reference) == [("journal", "API-nøgle")]


def test_the_log_shows_who_saw_which_case_and_narrows_to_one_person(carl, anna, reference):
    anna.sees(f"/personale/sager/{reference}")
    carl.sees(f"/personale/sager/{reference}")
    page = carl.sees("/personale/log/").text
    assert page.count(f">{reference}</a>") == 3  # two readings, and that it was filed
    only_anna = carl.sees(f"/personale/log/?hvem=p{anna.number}").text
    assert only_anna.count(f">{reference}</a>") == 1
    assert "Der er intet i loggen" in carl.sees("/personale/log/?til=2026-11-01").text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("fra=i-går", "Datoen kan ikke læses"),
        ("fra=2026-11-20&til=2026-11-10", "slutter, før den begynder"),
        ("hvem=p1%20or%201=1", "Vælg en person"),
        ("sag=BR%00", "intet i loggen"),
        ("page=999999", "intet i loggen"),
    ],
)
def test_a_filter_that_cannot_be_read_says_so(carl, query, words):
    page = carl.sees(f"/personale/log/?{query}")
    assert page.status_code in (200, 422) and words in page.text


def test_sign_ins_and_refusals_stand_in_the_log_without_what_strangers_typed(app, carl, anna):
    Browser(app).signs_in("Anna", "forkert")
    Browser(app).signs_in("En Fremmed", "forkert")
    page = carl.sees("/personale/log/?vis=login").text
    assert page.count("Login afvist") == 2 and "Logget ind" in page and "Ukendt" in page
    assert "fremmed" not in page
    only_anna = carl.sees(f"/personale/log/?vis=login&hvem=p{anna.number}").text
    assert only_anna.count("Login afvist") == 1


def test_the_list_for_a_citizen_is_a_file_and_making_it_is_in_the_log(carl, anna, reference):
    anna.sees(f"/personale/sager/{reference}")
    answer = carl.client.get(f"/personale/log/udtraek?sag={reference.lower()}&omfang=kontakt")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert reference in answer.headers["Content-Disposition"] and answer.headers["Cache-Control"] == "no-store"
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert [(row[1], row[2], row[3]) for row in rows[1:]] == [
        (reference, "Oprettet", "Borgeren eller systemet"),
        (reference, "Set", "Anna"),
    ]
    assert f"{reference} (alle sager fra samme borger)" in carl.sees("/personale/log/?vis=login").text


@pytest.mark.parametrize(
    ("query", "status"), [("sag=BR-2026-XXXXX", 404), ("sag=", 404), ("sag=%00", 404), ("sag={}&omfang=alt", 422)]
)
def test_a_list_that_cannot_be_made_says_why(carl, reference, query, status):
    page = carl.sees(f"/personale/log/udtraek?{query.format(reference)}")
    assert page.status_code == status and "alert-error" in page.text


@pytest.mark.parametrize("role", ["reader", "adviser"])
def test_only_an_administrator_reads_the_log(app, reference, role):
    account("Eva", role)
    browser = Browser(app)
    browser.signs_in("Eva")
    for path in ("", f"udtraek?sag={reference}"):
        assert browser.client.get(f"/personale/log/{path}").status_code == 403
