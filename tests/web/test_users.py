"""The accounts of staff, as an administrator keeps them and others may not."""

import re

import pytest

from casework import clock, second_factor, staff
from casework.db import session
from tests.web.people import PASSWORD, Browser, account, email_of, phone_code, stored

pytestmark = pytest.mark.once


@pytest.fixture
def numbers(db):
    """Carl administers, Anna advises, Dina reads."""
    roles = {"Carl": "administrator", "Anna": "adviser", "Dina": "reader"}
    return {name: account(name, role) for name, role in roles.items()}


@pytest.fixture
def carl(app, numbers):
    browser = Browser(app)
    browser.signs_in("Carl")
    return browser


def act(browser, number, verb, **given):
    browser.sees(f"/personale/brugere/{number}")
    return browser.sends(f"/personale/brugere/{number}/{verb}", **given)


@pytest.mark.parametrize("name", ["Anna", "Dina"])
def test_only_an_administrator_sees_and_changes_accounts(app, numbers, name):
    browser = Browser(app)
    browser.signs_in(name)
    assert "/personale/brugere" not in browser.page.text
    for path in ("", "ny", str(numbers["Carl"])):
        assert browser.client.get(f"/personale/brugere/{path}").status_code == 403
    browser.sees("/personale/konto/")
    for path in ("ny", f"{numbers[name]}/rolle", f"{numbers['Carl']}/luk", f"{numbers['Carl']}/ny-adgangskode"):
        assert browser.sends(f"/personale/brugere/{path}", role="administrator").status_code in (400, 403)
        browser.sees("/personale/konto/")
    assert stored(name).role != "administrator" and stored("Carl").active


def test_a_reader_sees_cases_and_may_not_touch_them(app, numbers):
    browser = Browser(app)
    browser.signs_in("Dina")
    assert browser.is_in()
    browser.sees("/personale/konto/")
    assert browser.sends("/personale/sager/BR-2026-AAAAA/notat", text="Et notat").status_code == 403


def test_the_list_tells_role_second_factor_last_sign_in_and_whether_it_is_open(carl, numbers):
    act(carl, numbers["Dina"], "luk")
    text = carl.sees("/personale/brugere/").text
    rows = re.findall(r"<tr>\s*<td><a.*?</tr>", text, re.DOTALL)
    assert [re.search(r">(\w+)</a>", row)[1] for row in rows] == ["Anna", "Carl", "Dina"]
    assert "Aldrig" in rows[0] and "23.11.2026" in rows[1] and "(dig)" in rows[1] and "Lukket" in rows[2]


def test_a_new_colleague_gets_a_temporary_password_shown_once_and_chooses_her_own(app, carl):
    carl.sees("/personale/brugere/ny")
    page = carl.sends("/personale/brugere/ny", name="Eva", email=email_of("Eva"), role="adviser")
    password = re.search(r"<code>([a-z0-9-]+)</code>", page.text)[1]
    number = stored("Eva").id
    assert password not in carl.sees(f"/personale/brugere/{number}").text
    eva = Browser(app)
    eva.signs_in("Eva", password)
    assert "Vælg din egen adgangskode" in eva.page.text
    eva.sends("/personale/login/ny-adgangskode", password=PASSWORD, repeated=PASSWORD)
    assert eva.is_in()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"email": "anna@ltk.invalid"}, "allerede en bruger"),
        ({"email": "uden snabel"}, "kan ikke læses"),
        ({"name": " "}, "Skriv personens navn"),
        ({"role": "chef"}, "Rollen skal være"),
    ],
)
def test_an_account_that_cannot_be_made_says_why_and_keeps_what_was_typed(carl, wrong, words):
    carl.sees("/personale/brugere/ny")
    given = {"name": "Eva Holm", "email": "eva@ltk.invalid", "role": "reader", **wrong}
    page = carl.sends("/personale/brugere/ny", **given)
    assert page.status_code == 422 and words in page.text
    assert f'value="{given["email"]}"' in page.text


def test_a_new_role_ends_the_sessions_and_counts_from_the_next_sign_in(app, carl, numbers):
    anna = Browser(app)
    anna.signs_in("Anna")
    act(carl, numbers["Anna"], "rolle", role="administrator")
    assert "Rollen er ændret" in carl.page.text
    assert not anna.is_in()
    anna.signs_in("Anna")
    assert anna.client.get("/personale/brugere/").status_code == 200


def test_closing_an_account_ends_its_sessions_at_once_and_keeps_it_out(app, carl, numbers):
    anna = Browser(app)
    anna.signs_in("Anna")
    act(carl, numbers["Anna"], "luk")
    assert not anna.is_in()
    assert Browser(app).signs_in("Anna").status_code == 401
    page = act(carl, numbers["Anna"], "aabn")
    password = re.search(r"<code>([a-z0-9-]+)</code>", page.text)[1]
    anna.signs_in("Anna", password)
    assert "Vælg din egen adgangskode" in anna.page.text


def test_an_administrator_can_do_nothing_to_her_own_account_here(carl, numbers):
    account("Bo", "administrator")
    assert "<form" not in carl.sees(f"/personale/brugere/{numbers['Carl']}").text.split("<main")[1]
    for verb in ("rolle", "luk", "nulstil-totrin", "ny-adgangskode"):
        act_with_token_of(carl, "/personale/konto/", numbers["Carl"], verb, role="reader")
        assert carl.is_in()
    assert stored("Carl").role == "administrator" and stored("Carl").active


def act_with_token_of(browser, page, number, verb, **given):
    browser.sees(page)
    return browser.sends(f"/personale/brugere/{number}/{verb}", **given)


def test_two_administrators_cannot_demote_each_other_until_none_is_left(app, carl, numbers):
    bo_number = account("Bo", "administrator")
    bo = Browser(app)
    bo.signs_in("Bo")
    act(carl, bo_number, "rolle", role="reader")
    assert act_status(bo, numbers["Carl"]) != 200
    assert stored("Carl").role == "administrator"


def act_status(browser, number):
    browser.sees("/personale/login")
    return browser.sends(f"/personale/brugere/{number}/rolle", role="reader").status_code


def test_a_lost_phone_is_reset_here_and_the_person_is_signed_out(app, carl, numbers):
    with session() as db, db.begin():
        person = staff.find(db, staff_id=numbers["Anna"])
        secret = second_factor.new_secret(person)
        second_factor.confirm(db, person, phone_code(secret, -1), clock.seconds(), clock.now())
    anna = Browser(app)
    anna.signs_in("Anna")
    anna.sends("/personale/login/kode", code=phone_code(secret))
    assert anna.is_in()
    act(carl, numbers["Anna"], "nulstil-totrin")
    assert "nulstillet" in carl.page.text
    assert not anna.is_in()
    anna.signs_in("Anna")
    assert anna.is_in()


def test_a_forgotten_password_is_replaced_and_everything_is_in_the_log(app, carl, numbers):
    page = act(carl, numbers["Anna"], "ny-adgangskode")
    password = re.search(r"<code>([a-z0-9-]+)</code>", page.text)[1]
    assert Browser(app).signs_in("Anna").status_code == 401
    assert Browser(app).signs_in("Anna", password).status_code == 302
    act(carl, numbers["Dina"], "rolle", role="adviser")
    log = carl.sees("/personale/log/?vis=login").text
    assert "Adgangskode ændret" in log and "reader → adviser" in log and password not in log


def test_a_long_list_is_paged(carl, db):
    with session() as own, own.begin():
        for number in range(staff.PAGE_SIZE):
            person = f"P{number:02}"
            staff.add_staff(
                own, email=f"{person}@ltk.invalid", name=person, role="reader", password=None, now=clock.now()
            )
    assert "Side 1 af 2" in carl.sees("/personale/brugere/").text
    assert "P49" in carl.sees("/personale/brugere/?page=2").text
    assert "Til den første side" in carl.sees("/personale/brugere/?page=9").text


def test_an_account_that_does_not_exist_is_a_page_with_words(carl):
    page = carl.sees("/personale/brugere/99999")
    assert page.status_code == 404 and "Brugeren findes ikke" in page.text
