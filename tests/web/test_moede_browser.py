"""Booking a meeting in a real browser: on a phone and a wide screen, with and without JavaScript, by keyboard alone.

Pictures are kept in var/pictures.
"""

import re

import pytest

from casework import availability, clock, meetings
from casework.db import reading, session
from casework.models_meetings import Appointment
from tests.web.pictures import keep
from web.limits import limiter

pytestmark = pytest.mark.once


@pytest.fixture
def calendar(db):
    """An empty calendar with the adviser's usual hours; nobody has used up the limits of the address all come from."""
    availability.seed(db)
    db.commit()
    limiter.reset()


@pytest.fixture(params=[(360, True), (360, False), (1200, True), (1200, False)], ids=lambda p: f"{p[0]}px-js-{p[1]}")
def page(request, site, calendar, browser):
    width, script = request.param
    size = {"width": width, "height": 800}
    context = browser.new_context(base_url=site, locale="da-DK", viewport=size, java_script_enabled=script)
    page = context.new_page()
    page.set_default_timeout(45_000)
    yield page
    context.close()


def picture(page, name):
    keep(page, f"moede-{page.viewport_size['width']}-{name}", full_page=True)


def fits(page):
    """Nothing is wider than the screen, and what is pressed is big enough for a thumb."""
    width = page.viewport_size["width"]
    wide = [box["x"] + box["width"] for box in boxes(page, "main *") if box["width"]]
    assert max(wide) <= width, page.url
    small = [box for box in boxes(page, "main button, main a.button") if box["width"] and box["height"] < 43.5]
    assert not small, page.url
    picture(page, re.sub(r"\W+", "-", page.locator("h1").inner_text())[:40])


def boxes(page, what):
    return page.locator(what).evaluate_all("all => all.map(e => e.getBoundingClientRect().toJSON())")


def text(page):
    return page.locator("main").inner_text()


def shows(page, words):
    """Wait until the page has these words: a click or a step back may still be under way."""
    page.locator("main").filter(has_text=words).wait_for()


def booked():
    with reading() as db:
        return [(m.kind, m.status) for m in db.query(Appointment).order_by(Appointment.id) if m.status != "holdt"]


def test_a_meeting_is_booked_moved_and_cancelled(page):
    page.goto("/")
    page.locator("main").get_by_role("link", name="book et møde").click()
    fits(page)
    page.get_by_role("button", name="Vælg tid Møde på Stadsbiblioteket").click()
    fits(page)
    page.get_by_role("button", name="Flere tider").click()
    page.get_by_role("button", name=re.compile("Torsdag den .* 11.00")).first.click()
    shows(page, "Vi holder tiden for dig i 10 minutter")
    page.get_by_role("button", name="Book tiden").click()
    page.get_by_role("link", name="Skriv dit navn.").click()
    fits(page)
    page.get_by_label("Dit navn").fill("Anna Jensen")
    page.get_by_label("Hvordan kan hun få fat i dig").select_option("e-mail")
    page.get_by_label("Dit telefonnummer, din e-mail").fill("anna@firma.invalid")
    page.get_by_label("Plads til kørestol").check(force=True)
    page.get_by_role("button", name="Jeg har brug for mere tid").click()
    shows(page, "Du har fået mere tid")
    assert page.get_by_label("Dit navn").input_value() == "Anna Jensen"
    assert page.get_by_label("Plads til kørestol").is_checked()
    page.get_by_role("button", name="Book tiden").click()
    shows(page, "Din tid er booket") and "Lyngby Hovedgade 28" in text(page)
    fits(page)
    with page.expect_download() as file:
        page.get_by_role("link", name="Læg det i din kalender").click()
    assert file.value.suggested_filename.endswith(".ics")
    page.get_by_role("link", name="Flyt eller aflys").click()
    fits(page)
    page.get_by_role("link", name="Flyt mødet").click()
    fits(page)
    page.get_by_role("button", name=re.compile("Tirsdag den .* 13.00")).first.click()
    fits(page)
    page.get_by_role("button", name="Ja, flyt mødet").click()
    shows(page, "Mødet er flyttet") and "13.00" in text(page)
    page.get_by_role("link", name="Aflys mødet").click()
    fits(page)
    page.get_by_role("button", name="Ja, aflys mødet").click()
    shows(page, "Mødet er aflyst")
    assert "Anna" not in text(page)
    assert booked() == [("bibliotek", "aflyst")]


def test_going_back_to_another_time_works(page):
    page.goto("/moede?slags=telefon")
    times = page.locator(".vm-time")
    times.nth(2).click()
    shows(page, "Book din tid")
    page.go_back()
    shows(page, "Vælg en tid")
    times.nth(3).click()
    shows(page, "Book din tid")
    page.go_back()
    shows(page, "Vælg en tid")
    times.nth(2).click()  # hers, and let go again
    shows(page, "Book din tid")
    page.reload()
    shows(page, "Vi holder tiden for dig")
    page.get_by_role("button", name="Vælg en anden tid").click()
    shows(page, "Vælg en tid")
    with reading() as db:
        assert db.query(Appointment).count() == 0


def test_who_was_too_slow_keeps_what_was_typed_and_takes_another_time(page):
    page.goto("/moede?slags=telefon")
    page.locator(".vm-time").nth(2).click()
    page.get_by_label("Dit navn").fill("Anna Jensen")
    page.get_by_label("Hvilket telefonnummer").fill("28 28 28 28")
    page.get_by_label("Hvad vil du gerne tale om?").fill("Min søns skole")
    somebody_else_takes_it()
    page.get_by_role("button", name="Book tiden").click()
    shows(page, "lige blevet taget")
    fits(page)
    assert page.get_by_label("Hvad vil du gerne tale om?").input_value() == "Min søns skole"
    page.get_by_role("radio", name=re.compile("12.00")).first.check(force=True)
    page.get_by_role("button", name="Book tiden").click()
    shows(page, "Din tid er booket")
    assert booked() == [("telefon", "aftalt")] * 2


def somebody_else_takes_it():
    with session() as db, db.begin():
        held = db.query(Appointment).one()
        kind, start = held.kind, held.start_at
        meetings.release(db, held.code, clock.now())
        meetings.book(db, meetings.Wish(kind, start, "Bo", "telefon", "29 29 29 29"), clock.now())


def test_everything_can_be_done_with_the_keyboard_alone(page):
    page.goto("/moede")
    press(page, "Bed om det Borgerrådgiveren med til dit møde med kommunen")
    tab_to(page, "day")
    page.keyboard.type("12122026")
    tab_to(page, "time")
    page.keyboard.type("0130PM")
    for name, typed in (("place", "Jobcentret, hos Bo"), ("name", "Anna Jensen")):
        tab_to(page, name)
        page.keyboard.type(typed)
    tab_to(page, "channel")
    page.keyboard.type("Telefon")
    tab_to(page, "value")
    page.keyboard.type("28 28 28 28")
    tab_to(page, "need_hoerelse")
    page.keyboard.press("Space")
    press(page, "Send til borgerrådgiveren")
    shows(page, "Det er ikke aftalt endnu"), text(page)
    press(page, "Flyt eller aflys")
    press(page, "Aflys mødet")
    press(page, "Ja, aflys mødet")
    assert booked() == [("bisidder", "aflyst")]
    page.goto("/moede")
    press(page, "Vælg tid Telefonsamtale")
    press(page, re.compile("tirs"))  # past the days in between
    press(page, re.compile("10.00"))
    shows(page, "Book din tid")


def tab_to(page, id):
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == id:
            return
    raise AssertionError(f"#{id} is not reached by the Tab key on {page.url}")


def press(page, name):
    """Go with the Tab key to what has this name, see that the focus shows there, and press Enter."""
    wanted = page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name)).first
    for _ in range(120):
        page.keyboard.press("Tab")
        if wanted.evaluate("e => e === document.activeElement"):
            assert wanted.evaluate("e => getComputedStyle(e).outlineStyle") != "none", name
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
    raise AssertionError(f"{name} is not reached by the Tab key on {page.url}")
