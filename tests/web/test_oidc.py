"""Sign-in through the kommune's login, against a real provider in a process of its own."""

import os
import subprocess
import sys
import time
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from sqlalchemy import select

from casework import clock, settings, staff
from casework.db import session
from casework.models import AccessEvent
from casework.settings import ROOT, Settings
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET
from tests.stack import free_port
from tests.web.people import PASSWORD, Browser, account, email_of, stored
from web import create_app

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def provider():
    port = free_port()
    command = [sys.executable, "-m", "tests.oidc_provider", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 30
    while True:
        try:
            requests.get(f"{address}/keys", timeout=2)
            break
        except requests.RequestException:
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.1)
    yield address
    process.kill()
    process.wait()


@pytest.fixture
def configured(provider, monkeypatch):
    """Give the settings of a kommune with its own login; further ones as keyword arguments."""

    def configure(**more):
        given = {
            "VEJVISER_OIDC_ISSUER": provider,
            "VEJVISER_OIDC_CLIENT_ID": CLIENT_ID,
            "VEJVISER_OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "VEJVISER_OIDC_ROLES": "br-raadgivere=adviser; br-admin=administrator",
            **more,
        }
        monkeypatch.setattr(settings, "_current", Settings.read({**os.environ, **given}))
        return create_app()

    return configure


@pytest.fixture
def app(configured, db):
    db.commit()
    return configured()


def is_told(provider, lie="", **claims):
    """Say who is at the provider, and what it shall do wrong."""
    given = {"sub": "anna-42", "email": email_of("Anna"), "email_verified": True, "name": "Anna", **claims}
    told = {"claims": {k: v for k, v in given.items() if v is not None}, "lie": lie}
    assert requests.post(f"{provider}/who", json=told, timeout=10).ok


def goes_to_provider(browser, following=""):
    """Press the button; return the address the browser is sent to."""
    return browser.client.get(f"/personale/login/kommunen/{following}").headers["Location"]


def comes_back(browser, address):
    """Let the provider answer; return the page in our system."""
    back = requests.get(address, allow_redirects=False, timeout=10).headers["Location"]
    parts = urlsplit(back)
    browser.page = browser.client.get(f"{parts.path}?{parts.query}")
    return browser.page


def signs_in(browser, following=""):
    return comes_back(browser, goes_to_provider(browser, following))


def test_a_known_person_comes_in_with_the_role_she_has_here_and_to_the_page_she_wanted(app, provider):
    number = account("Anna", "adviser")
    is_told(provider)
    browser = Browser(app)
    assert "Log ind med kommunens login" in browser.sees("/personale/login").text
    answer = signs_in(browser, "?next=/personale/svar/kilder")
    assert answer.headers["Location"] == "/personale/svar/kilder"
    assert browser.is_in()
    with session() as db:
        event = db.scalar(select(AccessEvent).where(AccessEvent.kind == "ind"))
    assert (event.staff_id, event.detail) == (number, "kommunens login")


def test_the_request_carries_pkce_state_and_nonce_and_asks_for_no_other_return_address(app, provider):
    browser = Browser(app)
    asked = parse_qs(urlsplit(goes_to_provider(browser)).query)
    assert asked["code_challenge_method"] == ["S256"] and len(asked["code_challenge"][0]) == 43
    assert asked["response_type"] == ["code"] and asked["state"][0] and asked["nonce"][0]
    assert urlsplit(asked["redirect_uri"][0]).path == "/personale/login/kommunen/retur"


def test_a_stranger_with_a_mapped_role_gets_an_account_and_one_without_gets_words(app, provider):
    is_told(provider, roles=["noget", "br-raadgivere"])
    browser = Browser(app)
    assert signs_in(browser).status_code == 302 and browser.is_in()
    assert stored("Anna").role == "adviser"
    is_told(provider, sub="bo-7", email=email_of("Bo"), roles=["noget"])
    other = Browser(app)
    page = signs_in(other)
    assert page.status_code == 403 and "Bed en administrator om at oprette dig" in page.text
    assert not other.is_in()


def test_a_new_role_at_the_kommune_ends_the_old_session_here(app, provider):
    is_told(provider, roles="br-raadgivere")
    first, second = Browser(app), Browser(app)
    signs_in(first)
    is_told(provider, roles="br-admin")
    signs_in(second)
    assert not first.is_in()
    assert second.client.get("/personale/brugere/").status_code == 200


@pytest.mark.parametrize("lie", ["nonce", "issuer", "audience", "expired", "signature", "unsigned", "none"])
def test_a_token_that_is_not_what_it_should_be_lets_nobody_in(app, provider, lie):
    account("Anna")
    is_told(provider, lie)
    browser = Browser(app)
    page = signs_in(browser)
    assert page.status_code == 403 and "kunne ikke bekræftes" in page.text
    assert not browser.is_in()
    with session() as db:
        assert db.scalar(select(AccessEvent.detail).where(AccessEvent.kind == "afvist")) == "kommunens login"
    is_told(provider)
    assert signs_in(browser).status_code == 302 and browser.is_in()


def test_metadata_of_another_issuer_is_not_believed(app, provider):
    is_told(provider, "metadata")
    page = Browser(app).sees("/personale/login/kommunen/")
    assert page.status_code == 403 and "kunne ikke bekræftes" in page.text


def test_an_answer_somebody_else_began_is_refused(app, provider):
    account("Anna")
    is_told(provider)
    attacker, victim = Browser(app), Browser(app)
    address = goes_to_provider(attacker)
    goes_to_provider(victim)
    page = comes_back(victim, address)
    assert page.status_code == 403 and not victim.is_in()


def test_an_answer_works_once(app, provider):
    account("Anna")
    is_told(provider)
    browser = Browser(app)
    back = urlsplit(requests.get(goes_to_provider(browser), allow_redirects=False, timeout=10).headers["Location"])
    with browser.client.session_transaction() as kept:
        before = dict(kept)
    assert browser.client.get(f"{back.path}?{back.query}").status_code == 302
    again = Browser(app, browser.client.environ_base["REMOTE_ADDR"])
    with again.client.session_transaction() as kept:
        kept.update(before)
    assert again.client.get(f"{back.path}?{back.query}").status_code == 403


def test_what_the_browser_brought_along_does_not_become_the_session(app, provider):
    account("Anna")
    is_told(provider)
    browser = Browser(app)
    with browser.client.session_transaction() as kept:
        kept["planted"] = "x"
    signs_in(browser)
    with browser.client.session_transaction() as kept:
        assert "planted" not in kept and kept["_user_id"]


@pytest.mark.parametrize("target", ["https://ond.invalid/", "//ond.invalid/personale", "/\\ond.invalid"])
def test_it_leads_to_no_other_site(app, provider, target):
    account("Anna")
    is_told(provider)
    assert signs_in(Browser(app), f"?next={target}").headers["Location"] == "/personale/"


def test_an_email_the_provider_does_not_vouch_for_takes_over_no_account(app, provider):
    account("Anna", "administrator")
    is_told(provider, email_verified=False, roles="br-raadgivere")
    browser = Browser(app)
    assert signs_in(browser).status_code == 403 and not browser.is_in()


def test_a_closed_account_and_the_demo_account_stay_out(app, provider):
    with session() as db, db.begin():
        staff.close(db, staff.find(db, staff_id=account("Anna")), clock.now(), by_id=None)
    is_told(provider, roles="br-admin")
    assert signs_in(Browser(app)).status_code == 403
    account("Demo", "administrator", demo=True)
    is_told(provider, sub="demo", email=email_of("Demo"))
    assert signs_in(Browser(app)).status_code == 403


def test_somebody_who_cancels_is_told_and_can_try_again(app):
    page = Browser(app).sees("/personale/login/kommunen/retur?error=access_denied&error_description=<script>")
    assert page.status_code == 401 and "blev afbrudt" in page.text and "<script>" not in page.text
    assert "/personale/login/kommunen/" in page.text


def test_a_provider_that_does_not_answer_is_said_in_words(configured, db):
    db.commit()
    app = configured(VEJVISER_OIDC_ISSUER=f"http://127.0.0.1:{free_port()}")
    page = Browser(app).sees("/personale/login/kommunen/")
    assert page.status_code == 503 and "svarer ikke lige nu" in page.text
    assert "Adgangskode" in page.text  # one's own password still works


def test_where_only_the_kommunes_login_counts_there_is_no_password_field(configured, db, provider):
    account("Anna")
    app = configured(VEJVISER_LOCAL_LOGIN="false")
    is_told(provider)
    browser = Browser(app)
    assert "password" not in browser.sees("/personale/login").text
    signs_in(browser)
    assert browser.is_in()
    account_page = browser.sees("/personale/konto/").text
    assert "hører til dér" in account_page and 'type="password"' not in account_page
    stranger = Browser(app)
    stranger.page = browser.page
    assert stranger.sends("/personale/login", email=email_of("Anna"), password=PASSWORD).status_code in (400, 403)


def test_without_the_setting_there_is_no_such_page(migrated):
    browser = Browser(create_app())
    assert browser.client.get("/personale/login/kommunen/").status_code == 404
    assert browser.client.get("/personale/login/kommunen/retur?code=x&state=y").status_code == 404
