"""The administrator finds, hands out and erases a person's meetings, on the page and from the command line."""

from datetime import datetime, timedelta
from zipfile import ZipFile

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from casework import availability, clock, meetings
from casework.cli import main
from casework.db import reading, session
from casework.meetings import Wish
from casework.models import Appointment
from tests.web.people import Browser, account

START = datetime(2026, 11, 19, 11, 0, tzinfo=clock.COPENHAGEN)  # the Thursday before


@pytest.fixture
def carl(app, db):
    db.commit()
    account("Carl", "administrator")
    browser = Browser(app)
    browser.signs_in("Carl")
    return browser


def book(start=START):
    with session() as db, db.begin():
        availability.seed(db)
        wish = Wish("telefon", start, "Anneke Dahl", "telefon", "22334455", subject="Mit afslag")
        return meetings.book(db, wish, start - timedelta(days=5)).id


def stored():
    with reading() as db:
        return db.scalars(select(Appointment)).one()


def test_a_meeting_is_shown_asked_about_once_more_and_erased(carl):
    number = book()
    page = carl.sends("/personale/indsigt/", contact="22 33 44 55").text
    for text in ("1 møde", "Telefonsamtale 19.11.2026 kl. 11.00, aftalt", "Anneke Dahl", "Mit afslag"):
        assert text in page
    assert stored().code not in page
    question = carl.sends("/personale/indsigt/slet", moede=str(number), reason="Bedt om det").text
    assert "Mødet 19.11.2026 kl. 11.00" in question and f'name="moede" value="{number}"' in question
    carl.sends("/personale/indsigt/slet", moede=str(number), reason="Bedt om det", sure="slet")
    assert "Det valgte er slettet." in carl.page.text
    assert stored().name is None and stored().kind == "telefon"
    assert "Der er ikke gemt noget" in carl.sends("/personale/indsigt/", contact="22334455").text


def test_a_meeting_to_come_is_not_erased_and_the_page_says_what_to_do(carl):
    number = book(START + timedelta(days=14))
    page = carl.sends("/personale/indsigt/slet", moede=str(number), reason="Bedt om det", sure="slet").text
    assert "er ikke holdt endnu. Aflys det først." in page
    assert stored().name == "Anneke Dahl"


@pytest.mark.parametrize("number", ["x", "-1", "9" * 30, ""])
def test_a_number_that_is_none_chooses_nothing(carl, number):
    page = carl.sends("/personale/indsigt/slet", moede=number, reason="Bedt om det")
    assert page.status_code == 422 and "Vælg, hvad der skal slettes" in page.text


def test_the_command_line_hands_out_and_erases_a_meeting(db, tmp_path):
    db.commit()
    book()
    done = CliRunner().invoke(main, ["person", "eksporter", "--kontakt", "22334455", "--til", str(tmp_path / "a.zip")])
    assert done.exit_code == 0 and "0 sager og 0 samtaler og 1 møde" in done.output
    with ZipFile(tmp_path / "a.zip") as archive:
        assert "Anneke Dahl" in archive.read("oplysninger.html").decode()
    wanted = ["person", "slet", "--kontakt", "22334455", "--begrundelse", "Bedt om det"]
    done = CliRunner().invoke(main, wanted, input="y\ny\n")
    assert done.exit_code == 0 and "Møde 19.11.2026, telefonsamtale" in done.output
    assert stored().name is None
