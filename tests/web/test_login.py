"""Signing in, staying in and getting out, as staff and those who would like to be meet it."""

import re
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import requests
from click.testing import CliRunner
from sqlalchemy import select

from casework import clock, second_factor, settings, sign_in, staff
from casework.cli import main as cli
from casework.db import session
from casework.errors import ConfigurationError
from casework.models import AccessEvent
from casework.settings import Settings
from tests.stack import Stack, free_port
from tests.web.people import (
    PASSWORD,
    Browser,
    account,
    email_of,
    phone_code,
    recovery_codes_on,
    secret_on,
    stored,
)


@pytest.fixture
def anna(db):
    return account("Anna")


@pytest.fixture
def browser(app, anna):
    return Browser(app)


@pytest.fixture
def compulsory(monkeypatch):
    """Let the second factor be compulsory, as it is in production."""
    monkeypatch.setattr(settings.current(), "totp_required", True)


def with_second_factor(name):
    """Turn the second factor on for an account; return its secret and recovery codes."""
    with session() as db, db.begin():
        person = staff.find(db, email=email_of(name))
        secret = second_factor.new_secret(person)
        codes = second_factor.confirm(db, person, phone_code(secret, -1), clock.seconds(), clock.now())
        return secret, codes


def events(kind):
    with session() as db:
        return list(db.scalars(select(AccessEvent).where(AccessEvent.kind == kind).order_by(AccessEvent.id)))


def test_the_right_password_opens_the_queue_and_is_logged(browser, anna):
    assert browser.signs_in("Anna").headers["Location"] == "/personale/"
    assert browser.is_in()
    assert [(e.staff_id, e.detail) for e in events("ind")] == [(anna, "eget login")]


def test_whatever_is_wrong_the_page_is_the_same_and_it_is_logged(app, browser, anna):
    account("Lukket")
    with session() as db, db.begin():
        staff.close(db, staff.find(db, email=email_of("Lukket")), clock.now(), by_id=None)
    pages = set()
    for name, password in (("Anna", "forkert"), ("Ukendt", PASSWORD), ("Lukket", PASSWORD), ("Lukket", "forkert")):
        answer = Browser(app).signs_in(name, password)
        assert answer.status_code == 401
        text = re.sub(r'name="csrf_token" value="[^"]+"', "", answer.text)
        pages.add(text.replace(email_of(name), "EMAIL"))
    assert len(pages) == 1
    assert [e.staff_id for e in events("afvist")][:2] == [anna, None]
    assert "ukendt@" not in str([vars(e) for e in events("afvist")])


@pytest.mark.parametrize("email", ["", "\0", "anna\0@ltk.invalid", "x" * 5000, "' or 1=1 --", "😀@ltk.invalid"])
def test_whatever_is_typed_as_an_email_is_answered_as_a_wrong_one(app, anna, email):
    browser = Browser(app)
    browser.sees("/personale/login")
    answer = browser.sends("/personale/login", email=email, password="\0" + "x" * 5000)
    assert answer.status_code == 401 and "E-mail eller adgangskode er forkert" in answer.text


def test_an_unknown_email_takes_as_long_as_a_wrong_password(app, anna):
    def seconds(name):
        browser = Browser(app)
        browser.sees("/personale/login")
        began = time.perf_counter()
        browser.sends("/personale/login", email=email_of(name), password="forkert adgangskode")
        return time.perf_counter() - began

    seconds("Anna")
    both = [(seconds("Anna"), seconds("Ukendt")) for _ in range(4)]
    known, unknown = (statistics.median(times) for times in zip(*both, strict=True))
    assert 0.5 < known / unknown < 2


def test_the_sixth_try_is_told_to_wait_even_with_the_right_password(app, browser):
    for _ in range(5):
        assert browser.signs_in("Anna", "forkert").status_code == 401
    answer = browser.signs_in("Anna")
    assert answer.status_code == 429
    assert "Vent 5 sekunder" in answer.text
    assert "Retry-After" in answer.headers
    assert not browser.is_in()


@pytest.fixture
def two_processes(migrated, anna):
    """Two web servers on one database, as behind a load balancer."""
    servers = [Stack(port=free_port(), rasa_port=free_port(), actions_port=free_port()) for _ in range(2)]
    for server in servers:
        server.start("web")
    for server in servers:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if requests.get(f"{server.url}/healthz", timeout=2).ok:
                    break
            except requests.RequestException:
                time.sleep(0.2)
        else:
            raise AssertionError(server.log("web"))
    yield servers
    for server in servers:
        server.stop_all()


def test_of_guesses_sent_at_once_to_several_processes_one_is_heard(two_processes):
    long_ago = clock.now() - timedelta(seconds=200)  # ten failures: the wait of 160 seconds has just run out
    with session() as db, db.begin():
        key = sign_in.account_key(email_of("Anna"))
        db.add_all(AccessEvent(at=long_ago, kind="afvist", account_key=key) for _ in range(10))

    def guess(number):
        visit = requests.Session()
        url = f"{two_processes[number % 2].url}/personale/login"
        token = re.search(r'name="csrf_token" value="([^"]+)"', visit.get(url, timeout=30).text)[1]
        form = {"email": email_of("Anna"), "password": f"gæt nummer {number}", "csrf_token": token}
        return visit.post(url, data=form, timeout=30).status_code

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(guess, range(12)))
    assert sorted(answers) == [401, *[429] * 11]


def test_what_a_browser_brought_along_does_not_become_a_session(app, anna):
    planted = Browser(app)
    planted.sees("/personale/login")
    with planted.client.session_transaction() as kept:
        kept["planted"], before = "x", kept["csrf_token"]
    cookie = planted.client.get_cookie("session").value
    planted.signs_in("Anna")
    with planted.client.session_transaction() as kept:
        assert "planted" not in kept and kept.get("csrf_token") != before
    attacker = Browser(app, planted.client.environ_base["REMOTE_ADDR"])
    attacker.client.set_cookie("session", cookie)
    assert not attacker.is_in()


@pytest.mark.parametrize(
    ("target", "leads_to"),
    [
        ("/personale/svar/?q=frist", "/personale/svar/?q=frist"),
        ("https://ond.invalid/personale", "/personale/"),
        ("//ond.invalid/personale", "/personale/"),
        ("/\\ond.invalid/personale", "/personale/"),
        ("/personale\\@ond.invalid", "/personale/"),
        ("\t//ond.invalid/personale", "/personale/"),
        ("/personale.ond.invalid", "/personale/"),
        ("javascript:alert(1)//personale", "/personale/"),
        ("/", "/personale/"),
    ],
)
def test_after_signing_in_one_comes_to_the_page_one_wanted_and_never_elsewhere(app, anna, target, leads_to):
    browser = Browser(app)
    browser.client.get("/personale/login")
    answer = browser.signs_in("Anna", following="?" + urlencode({"next": target}))
    assert answer.headers["Location"] == leads_to


def test_a_stranger_comes_back_to_the_page_she_asked_for(browser):
    page = browser.sees("/personale/svar/?q=bisidder")
    assert "Log ind for at fortsætte" in page.text
    action = re.search(r'<form method="post" action="([^"]+)"', page.text)[1].replace("&amp;", "&")
    assert browser.sends(action, email=email_of("Anna"), password=PASSWORD).headers["Location"].endswith("?q=bisidder")


@pytest.mark.parametrize(
    ("past", "still_in"), [({"idle": 29}, True), ({"idle": 31}, False), ({"age": 479}, True), ({"age": 481}, False)]
)
def test_a_session_ends_after_half_an_hour_without_use_and_after_eight_hours(browser, past, still_in):
    browser.signs_in("Anna")
    browser.grows_older(**past)
    assert browser.is_in() is still_in


def test_using_the_pages_keeps_an_idle_session_alive(browser):
    browser.signs_in("Anna")
    for _ in range(3):
        browser.grows_older(idle=20)
        assert browser.is_in()


def test_somebody_whose_session_ran_out_gets_back_what_she_was_writing(browser):
    browser.signs_in("Anna")
    browser.sees("/personale/konto/")
    browser.grows_older(idle=31)
    note = "Borgeren ringede. Hun vil gerne have <b>svar</b> før jul, og jeg har lovet at følge op."
    answer = browser.sends("/personale/sager/BR-2026-AAAAA/notat", text=note, password="min hemmelige adgangskode")
    assert answer.status_code == 401
    assert "ikke gemt" in answer.text and "&lt;b&gt;svar&lt;/b&gt;" in answer.text
    assert "min hemmelige adgangskode" not in answer.text


def test_signing_out_makes_a_copied_cookie_worthless(app, browser):
    browser.signs_in("Anna")
    copied = browser.client.get_cookie("session").value
    thief = Browser(app, browser.client.environ_base["REMOTE_ADDR"])
    thief.client.set_cookie("session", copied)
    assert thief.is_in()
    browser.sees("/personale/konto/")
    browser.sends("/personale/log-ud")
    assert not browser.is_in() and not thief.is_in()


def test_staff_pages_are_kept_in_no_cache(browser):
    browser.signs_in("Anna")
    assert browser.client.get("/personale/").headers["Cache-Control"] == "no-store"


def test_changing_my_password_ends_my_other_sessions_and_not_this_one(app, browser):
    browser.signs_in("Anna")
    phone = Browser(app)
    phone.signs_in("Anna")
    browser.sees("/personale/konto/")
    form = {"current": PASSWORD, "password": "fire helt andre ord", "repeated": "fire helt andre ord"}
    browser.sends("/personale/konto/adgangskode", **form)
    assert "Adgangskoden er skiftet" in browser.page.text
    assert browser.is_in() and not phone.is_in()
    assert Browser(app).signs_in("Anna").status_code == 401
    assert Browser(app).signs_in("Anna", "fire helt andre ord").status_code == 302


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"current": "forkert"}, "Din nuværende adgangskode er forkert"),
        ({"password": "kort", "repeated": "kort"}, "mindst 12 tegn"),
        ({"repeated": "noget helt andet"}, "ikke ens"),
        ({"password": "adgangskode2026", "repeated": "adgangskode2026"}, "gætter først"),
    ],
)
def test_a_password_that_cannot_be_changed_says_why(browser, changed, words):
    browser.signs_in("Anna")
    browser.sees("/personale/konto/")
    form = {"current": PASSWORD, "password": "fire helt andre ord", "repeated": "fire helt andre ord", **changed}
    answer = browser.sends("/personale/konto/adgangskode", **form)
    assert answer.status_code == 422 and words in answer.text
    assert stored("Anna").stamp and browser.is_in()


def test_an_unlocked_machine_gives_five_guesses_at_the_password(browser):
    browser.signs_in("Anna")
    browser.sees("/personale/konto/")
    codes = [browser.sends("/personale/konto/adgangskode", current="gæt").status_code for _ in range(6)]
    assert codes == [422] * 5 + [429]


def test_with_the_second_factor_the_password_alone_opens_nothing(app, anna):
    secret, _ = with_second_factor("Anna")
    browser = Browser(app)
    browser.signs_in("Anna")
    assert "Skriv koden fra din app" in browser.page.text
    for path in ("/personale/", "/personale/konto/", "/personale/svar/", "/personale/login/totrin"):
        assert "Log ind" in browser.sees(path).text
    assert not browser.is_in()
    browser.signs_in("Anna")
    browser.sends("/personale/login/kode", code=phone_code(secret))
    assert browser.is_in()


def test_the_page_that_was_wanted_survives_the_second_step(app, anna):
    secret, _ = with_second_factor("Anna")
    browser = Browser(app)
    browser.signs_in("Anna", following="?next=/personale/svar/kilder")
    answer = browser.sends("/personale/login/kode", code=phone_code(secret))
    assert answer.headers["Location"] == "/personale/svar/kilder"


def test_a_code_somebody_watched_being_typed_does_not_work_again(app, anna):
    secret, _ = with_second_factor("Anna")
    code = phone_code(secret)
    first, second = Browser(app), Browser(app)
    first.signs_in("Anna")
    first.sends("/personale/login/kode", code=code)
    second.signs_in("Anna")
    answer = second.sends("/personale/login/kode", code=code)
    assert answer.status_code == 401 and "allerede brugt" in answer.text
    assert first.is_in() and not second.is_in()


def test_a_recovery_code_lets_in_once_and_tells_how_many_are_left(app, anna):
    _, codes = with_second_factor("Anna")
    browser, again = Browser(app), Browser(app)
    browser.signs_in("Anna")
    browser.sends("/personale/login/kode", code=codes[3])
    assert browser.is_in() and "Du har 9 tilbage" in browser.page.text
    again.signs_in("Anna")
    assert again.sends("/personale/login/kode", code=codes[3]).status_code == 401


def test_guessing_codes_is_slowed_down_even_by_somebody_who_gives_the_password_each_time(app, anna):
    with_second_factor("Anna")
    answers = []
    for number in range(6):
        browser = Browser(app)
        answers.append(browser.signs_in("Anna").status_code)
        if answers[-1] == 302:
            browser.sends("/personale/login/kode", code=f"{number}00000")
    assert answers == [302] * 5 + [429]


def test_the_step_between_is_over_after_ten_minutes_and_when_the_password_changes(app, anna):
    secret, _ = with_second_factor("Anna")
    browser = Browser(app)
    browser.signs_in("Anna")
    with browser.client.session_transaction() as kept:
        kept["pending"] = {**kept["pending"], "at": kept["pending"]["at"] - 601}
    browser.sends("/personale/login/kode", code=phone_code(secret))
    assert not browser.is_in()
    browser.signs_in("Anna")
    with session() as db, db.begin():
        staff.new_temporary_password(db, staff.find(db, email=email_of("Anna")), clock.now(), by_id=None)
    browser.sends("/personale/login/kode", code=phone_code(secret))
    assert not browser.is_in()


def test_where_it_is_compulsory_one_sets_it_up_before_one_gets_in(app, anna, compulsory):
    browser = Browser(app)
    browser.signs_in("Anna")
    assert "Din rolle kræver totrinslogin" in browser.page.text
    assert "<svg" in browser.page.text
    assert not browser.is_in()
    browser.sees("/personale/login/totrin") if "pending" in session_of(browser) else browser.signs_in("Anna")
    secret = secret_on(browser.page)
    wrong = browser.sends("/personale/login/totrin", code="000000")
    assert wrong.status_code == 422 and secret_on(wrong) == secret
    page = browser.sends("/personale/login/totrin", code=phone_code(secret))
    assert len(recovery_codes_on(page)) == 10
    assert browser.is_in()
    assert not any(code in browser.sees("/personale/konto/").text for code in recovery_codes_on(page))


def session_of(browser):
    with browser.client.session_transaction() as kept:
        return dict(kept)


def test_the_secret_is_never_in_the_cookie(app, anna, compulsory):
    browser = Browser(app)
    browser.signs_in("Anna")
    assert secret_on(browser.page) not in str(session_of(browser))


def test_a_reader_needs_no_second_factor_and_one_who_becomes_adviser_does(app, db, compulsory):
    account("Dina", "reader")
    browser = Browser(app)
    browser.signs_in("Dina")
    assert browser.is_in()
    with session() as own, own.begin():
        staff.change_role(own, staff.find(own, email=email_of("Dina")), "adviser", clock.now(), by_id=None)
    assert not browser.is_in()
    browser.signs_in("Dina")
    assert "kræver totrinslogin" in browser.page.text


def test_a_session_from_before_it_became_compulsory_ends(browser, monkeypatch):
    browser.signs_in("Anna")
    monkeypatch.setattr(settings.current(), "totp_required", True)
    assert not browser.is_in()


def test_one_turns_it_on_oneself_makes_new_codes_and_takes_it_off_with_a_code_each_time(app, browser):
    browser.signs_in("Anna")
    secret = secret_on(browser.sees("/personale/konto/totrin"))
    other = Browser(app)
    other.signs_in("Anna")
    old = recovery_codes_on(browser.sends("/personale/konto/totrin", code=phone_code(secret, -1)))
    assert len(old) == 10 and browser.is_in() and not other.is_in()
    browser.sees("/personale/konto/")
    assert browser.sends("/personale/konto/koder", code="123").status_code == 422
    new = recovery_codes_on(browser.sends("/personale/konto/koder", code=phone_code(secret)))
    assert len(new) == 10 and not set(new) & set(old)
    browser.sees("/personale/konto/")
    assert browser.sends("/personale/konto/totrin/fjern", code=old[0]).status_code == 422
    browser.sends("/personale/konto/totrin/fjern", code=new[0])
    assert "Totrinslogin er fjernet" in browser.page.text
    assert not second_factor.enrolled(stored("Anna"))


def test_a_temporary_password_is_changed_before_one_gets_in(app, anna):
    with session() as db, db.begin():
        temporary = staff.new_temporary_password(db, staff.find(db, email=email_of("Anna")), clock.now(), by_id=None)
    browser = Browser(app)
    browser.signs_in("Anna", temporary)
    assert "Vælg din egen adgangskode" in browser.page.text and not browser.is_in()
    browser.signs_in("Anna", temporary)
    assert browser.sends("/personale/login/ny-adgangskode", password=temporary, repeated=temporary).status_code == 422
    browser.sends("/personale/login/ny-adgangskode", password="fire helt andre ord", repeated="fire helt andre ord")
    assert browser.is_in()
    assert Browser(app).signs_in("Anna", temporary).status_code == 401


def test_a_form_without_its_token_is_refused(app, browser):
    browser.signs_in("Anna")
    assert browser.client.post("/personale/log-ud").status_code == 400
    assert browser.is_in()
    assert Browser(app).client.post("/personale/login", data={"email": "x", "password": "y"}).status_code == 400


@pytest.mark.parametrize("path", ["kode", "totrin", "ny-adgangskode"])
def test_a_step_out_of_turn_leads_back_to_the_start(app, db, path):
    browser = Browser(app)
    assert "Log ind igen" in browser.sees(f"/personale/login/{path}").text
    browser.sees("/personale/login")
    browser.sends(
        f"/personale/login/{path}", code="123456", password="fire helt andre ord", repeated="fire helt andre ord"
    )
    assert not browser.is_in()


def test_with_own_passwords_switched_off_the_right_one_opens_nothing(browser, monkeypatch):
    browser.signs_in("Anna")
    monkeypatch.setattr(settings.current(), "local_login", False)
    assert not browser.is_in()
    browser.sees("/personale/login")
    assert "Adgangskode" not in browser.page.text
    assert browser.sends("/personale/login", email=email_of("Anna"), password=PASSWORD).status_code in (400, 403)


def command(*args):
    return CliRunner().invoke(cli, ["staff", *args])


def test_the_command_line_keeps_accounts(anna):
    with_second_factor("Anna")
    made = command("add", "--email", "bo@ltk.invalid", "--name", "Bo", "--role", "reader", "--password", PASSWORD)
    assert made.exit_code == 0, made.output
    listed = command("list").output
    assert "anna@ltk.invalid\tAnna\tBorgerrådgiver\tåben\ttotrin" in listed and "Bo\tLæser" in listed
    assert "fjernet" in command("reset-totp", "--email", "anna@ltk.invalid").output
    assert not second_factor.enrolled(stored("Anna"))
    temporary = command("new-password", "--email", "anna@ltk.invalid").output.strip()
    assert stored("Anna").must_change_password and len(temporary) >= 12
    assert command("close", "--email", "Anna@ltk.invalid").exit_code == 0
    assert not stored("Anna").active
    unknown = command("close", "--email", "ingen@ltk.invalid")
    assert unknown.exit_code == 1 and "ingen bruger med den e-mailadresse" in unknown.output


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"VEJVISER_TOTP": "ja"}, "VEJVISER_TOTP"),
        ({"VEJVISER_SESSION_IDLE": "0"}, "VEJVISER_SESSION_IDLE"),
        ({"VEJVISER_LOCAL_LOGIN": "false"}, "VEJVISER_LOCAL_LOGIN"),
        ({"VEJVISER_OIDC_ISSUER": "https://login.invalid"}, "VEJVISER_OIDC_CLIENT_ID"),
        ({"VEJVISER_OIDC_ROLES": "gruppe=chef"}, "VEJVISER_OIDC_ROLES"),
        (
            {
                "VEJVISER_OIDC_ISSUER": "ftp://login.invalid",
                "VEJVISER_OIDC_CLIENT_ID": "x",
                "VEJVISER_OIDC_CLIENT_SECRET": "y",
            },
            "VEJVISER_OIDC_ISSUER",
        ),
    ],
)
def test_a_setting_of_signing_in_that_cannot_be_used_is_named_at_start(wrong, named):
    with pytest.raises(ConfigurationError, match=named):
        Settings.read(wrong)
