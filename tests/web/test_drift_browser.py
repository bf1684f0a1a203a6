"""The switches in a real browser, by keyboard, and what citizens see then; on a phone and a wide screen."""

import pytest

from casework import availability, clock, notices, staff
from casework.db import reading, session
from casework.models_drift import ServiceNotice
from tests.web.pictures import SIZES, picture

pytestmark = pytest.mark.once

EMAIL, PASSWORD = "julie@ltk.invalid", "en lang og god adgangskode"


@pytest.fixture(params=SIZES)
def open_page(request, site, db, browser):
    availability.seed(db)
    staff.add_staff(db, email=EMAIL, name="Julie", role="adviser", password=PASSWORD, now=clock.now())
    db.commit()
    notices.forget()
    width, height = SIZES[request.param]
    opened = []

    def open_one():
        context = browser.new_context(
            base_url=site, locale="da-DK", viewport={"width": width, "height": height}, java_script_enabled=False
        )
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        return page

    yield open_one
    for context in opened:
        context.close()
    with session() as after, after.begin():
        after.query(ServiceNotice).delete()
    notices.forget()


def test_an_adviser_turns_parts_off_by_keyboard_and_citizens_see_why_and_how_to_go_on(open_page):
    adviser, citizen = open_page(), open_page()
    adviser.goto("/personale/login")
    adviser.fill("#email", EMAIL)
    adviser.fill("#password", PASSWORD)
    adviser.get_by_role("button", name="Log ind").click()
    folded = adviser.locator("header summary")  # on a phone
    if folded.is_visible():
        folded.click()
    adviser.get_by_role("link", name="Drift", exact=True).click()
    picture(adviser, "drift-alt-er-taendt")
    turn_off(adviser, "opslag", "Telefonerne er nede i dag. Skriv til os i stedet.", "Vis beskeden")
    citizen.goto("/svar")
    assert "Telefonerne er nede i dag" in citizen.locator("main").inner_text()
    picture(citizen, "driftsbesked")
    for part, path in (("bot", "/"), ("henvendelse", "/henvendelse"), ("moede", "/moede")):
        turn_off(adviser, part, "Vi retter en fejl.", "Sluk")
        citizen.goto(path)
        main = citizen.locator("main").inner_text()
        assert "Vi retter en fejl." in main and "45 97 30 00" in main, path
        picture(citizen, f"slukket-{part}")
    picture(adviser, "drift-alt-er-slukket")
    adviser.get_by_role("button", name="Tænd igen for: Vejviseren i chatten").click()
    with reading() as db:
        assert notices.standing(db, clock.now()).is_open("bot")
        assert {act.staff.name for act in notices.acts(db)} == {"Julie"}


def turn_off(page, part, text, button):
    """Open the part's form with the keyboard, fill it in and send it with Enter."""
    section = page.locator(f"section[aria-labelledby=del-{part}]")
    section.locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type(text)
    page.keyboard.press("Tab")
    page.keyboard.type("Prøve")
    assert page.evaluate("document.activeElement.name") == "reason"
    wanted = section.get_by_role("button", name=button).first
    for _ in range(30):
        if wanted.evaluate("e => e === document.activeElement"):
            break
        page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert section.locator(".vv-tag").inner_text() in ("Vises", "Slukket")
