"""The pages as people see them, in a real browser. Pictures are kept in var/pictures."""

import re

import pytest

from casework import clock, staff
from casework.db import session
from tests.web.pictures import keep

EMAIL, PASSWORD = "julie@ltk.invalid", "en lang og god adgangskode"


@pytest.fixture(scope="module")
def adviser():
    with session() as db, db.begin():
        staff.add_staff(db, email=EMAIL, name="Julie", role="adviser", password=PASSWORD, now=clock.now())


@pytest.fixture
def page(stack, browser):
    context = browser.new_context(base_url=stack.url, locale="da-DK", viewport={"width": 1100, "height": 900})
    page = context.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" and "40" not in m.text else None)
    yield page
    context.close()
    assert not problems


def say(page, text):
    count = page.locator(".vv-assistant").count()
    page.fill("#besked", text)
    page.press("#besked", "Enter")
    page.locator(".vv-assistant").nth(count).wait_for()
    page.locator("#samtale[aria-busy=false]").wait_for()


def press(page, label):
    count = page.locator(".vv-assistant").count()
    page.get_by_role("button", name=label, exact=True).click()
    page.locator(".vv-assistant").nth(count).wait_for()
    page.locator("#samtale[aria-busy=false]").wait_for()


def last(page):
    return page.locator(".vv-assistant").last.inner_text()


def test_the_page_says_at_once_that_it_is_a_machine_who_is_behind_it_and_how_to_reach_a_person(page):
    page.goto("/")
    assert page.locator("html").get_attribute("lang") == "da"
    intro = page.locator(".vv-intro").inner_text()
    assert "Du skriver med en maskine" in intro
    assert "borgerrådgiveren i Lyngby-Taarbæk Kommune" in intro
    assert "45 97 30 00" in page.get_by_role("group", name="Tal med et menneske").inner_text()
    keep(page, "1-forside")


def test_the_design_system_is_served_by_ourselves_and_nothing_is_fetched_elsewhere(page, stack):
    asked = []
    page.on("request", lambda r: asked.append(r.url))
    page.goto("/")
    assert any("/dkfds/css/" in url for url in asked)
    assert all(url.startswith((stack.url, "data:")) for url in asked)
    assert "IBM Plex Sans" in page.evaluate("getComputedStyle(document.body).fontFamily")


def test_a_citizen_gets_the_three_first_answers(page):
    page.goto("/")
    say(page, "Må jeg tage min søster med til mødet på jobcentret?")
    page.locator(".vv-sources summary").last.click()
    keep(page, "2-bisidder")
    assert "Forvaltningsloven § 8" in last(page)
    assert re.search(r"tjekket \d\d\.\d\d\.\d{4}", last(page))
    say(page, "Jeg fik afslag på sygedagpenge i torsdags, hvornår skal jeg klage senest?")
    keep(page, "3-klagefrist")
    assert "torsdag den 17. december 2026" in last(page)
    say(page, "Hvem skal jeg tale med om byggetilladelse?")
    keep(page, "4-vejvisning")
    assert "Byggesag" in last(page)


def test_the_conversation_is_there_again_after_a_reload(page):
    page.goto("/")
    say(page, "hej med dig")
    page.reload()
    page.locator(".vv-citizen").wait_for()
    assert "hej med dig" in page.locator(".vv-citizen").inner_text()
    say(page, "tak")
    assert page.locator(".vv-citizen").count() == 2


def test_an_answer_is_announced_once_with_its_sender(page):
    page.goto("/")
    say(page, "hej")
    announced = page.locator("#annoncering").inner_text()
    assert announced.startswith("Vejviseren: Hej. Jeg er en chatbot")
    assert page.evaluate("document.activeElement.id") == "besked"


def test_from_kastebold_to_a_closed_case(page, adviser):
    page.goto("/")
    say(page, "Jeg er blevet kastet rundt mellem tre afdelinger i et halvt år")
    press(page, "Gå videre")
    press(page, "Jobcentret")
    press(page, "Nej, ikke flere")
    press(page, "Nej")
    press(page, "Ja")
    say(page, "De siger, det er de andre")
    say(page, "At én tager ansvar")
    press(page, "Nej, ikke mere")
    say(page, "28 28 28 28")
    say(page, "Anna Jensen")
    press(page, "Ja")
    keep(page, "5-bekraeft")
    press(page, "Send til borgerrådgiveren")
    keep(page, "6-kvittering")
    reference = re.search(r"BR-2026-\w{5}", last(page))[0]

    page.goto("/personale")
    page.fill("#email", EMAIL)
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Log ind").click()
    page.get_by_role("link", name=reference).wait_for()
    keep(page, "7-koe")
    page.get_by_role("link", name=reference).click()
    body = page.locator("main").inner_text()
    assert "At én tager ansvar" in body
    assert "Anna Jensen, 28 28 28 28" in body
    assert "sag.helhed" in body
    page.get_by_role("button", name="Tag sagen").click()
    page.get_by_text("Du har taget sagen.").wait_for()
    page.fill("#text", "Ringet til jobcentret.")
    page.get_by_role("button", name="Gem notat").click()
    page.get_by_text("Notatet er gemt.").wait_for()
    page.select_option("#cause", label="Manglende helhedsorientering og koordinering")
    page.select_option("#handling", label="Dialog med afdeling")
    keep(page, "8-sag", full_page=True)
    page.get_by_role("button", name="Afslut sagen").click()
    page.get_by_text("Sagen er afsluttet.").wait_for()
    page.goto("/personale/")
    assert page.get_by_role("link", name=reference).count() == 0
    page.goto("/personale/?status=alle")
    assert page.get_by_role("link", name=reference).count() == 1


def test_the_staff_pages_need_a_login_and_a_wrong_one_is_refused(page, adviser):
    page.goto("/personale/")
    assert "/personale/login" in page.url
    page.fill("#email", EMAIL)
    page.fill("#password", "forkert adgangskode")
    page.get_by_role("button", name="Log ind").click()
    assert "E-mail eller adgangskode er forkert." in page.locator("main").inner_text()


def test_the_same_chat_works_without_javascript(stack, browser):
    context = browser.new_context(base_url=stack.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.fill("#besked", "Må jeg tage min søster med til mødet på jobcentret?")
    page.get_by_role("button", name="Send", exact=True).click()
    assert "Ja. Du må tage en person med" in page.locator(".vv-assistant").last.inner_text()
    page.fill("#besked", "hej")
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("button", name="Jeg vil klage").click()
    assert page.locator(".vv-citizen").count() == 3
    assert "Jeg vil klage" in page.locator(".vv-citizen").last.inner_text()
    context.close()


def test_the_form_works_on_a_phone_without_the_assistant(stack, browser):
    context = browser.new_context(base_url=stack.url, viewport={"width": 320, "height": 700}, java_script_enabled=False)
    page = context.new_page()
    page.goto("/henvendelse")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.fill("#story", "Jeg får ikke svar. Mit cpr er 010203-1234.")
    page.fill("#contact_value", "28 28 28 28")
    page.fill("#decision_date", "2026-11-03")
    page.select_option("#omraade", "sygedagpenge")
    page.get_by_role("button", name="Send til borgerrådgiveren").click()
    receipt = page.locator("main").inner_text()
    assert re.search(r"BR-2026-\w{5}", receipt)
    assert "mandag den 7. december 2026" in receipt
    assert "tirsdag den 1. december 2026" in receipt
    context.close()


def test_the_chat_fits_a_phone(stack, browser):
    context = browser.new_context(base_url=stack.url, viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto("/")
    say(page, "hvornår skal jeg klage senest")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    keep(page, "9-telefon")
    for box in page.locator(".vv-choices button").all():
        assert box.bounding_box()["height"] >= 44
    context.close()
