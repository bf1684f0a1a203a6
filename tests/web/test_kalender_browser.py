"""The adviser's calendar in a real browser, by keyboard alone. Pictures are kept in var/pictures."""

from datetime import datetime, timedelta

import pytest

from casework import availability
from casework.db import session
from casework.models import Appointment
from tests.conftest import TODAY
from tests.web.people import PASSWORD, account, email_of
from tests.web.pictures import keep
from tests.web.test_kalender import asked_for, at, booked

pytestmark = pytest.mark.once

TUESDAY = TODAY + timedelta(days=1)


@pytest.fixture
def page(db, site, browser):
    availability.seed(db)
    db.commit()
    account("Julie")
    context = browser.new_context(base_url=site, locale="da-DK", viewport={"width": 1200, "height": 900})
    page = context.new_page()
    page.goto("/personale/login")
    page.fill("#email", email_of("Julie"))
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Sager").first.wait_for()
    yield page
    context.close()


def tab_to(page, selector):
    """Press Tab until what `selector` names has the focus."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"Tab never reaches {selector}")


def now_is(number, status):
    """Return whether a meeting stands so in the database."""
    with session() as db:
        return db.get(Appointment, number).status == status


def test_a_request_is_found_and_answered_without_a_mouse(page):
    number = asked_for()
    tab_to(page, "a[href='/personale/kalender/']")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="1 anmodning venter på svar").wait_for()
    tab_to(page, f".vk-waiting a[href$='/moede/{number}']")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Sig ja til mødet").wait_for()
    tab_to(page, "#ja-place")
    page.keyboard.type("Bredebo plejecenter")
    page.keyboard.press("Enter")
    page.get_by_text("Du har sagt ja. Mødet er aftalt.").wait_for()
    assert now_is(number, "aftalt")


def test_a_meeting_is_moved_to_a_free_time_without_a_mouse(page):
    number = booked()
    page.goto(f"/personale/kalender/moede/{number}")
    tab_to(page, "#flyt")
    page.keyboard.press("Enter")
    tab_to(page, "input[name=start]")
    page.keyboard.press("ArrowDown")
    chosen = datetime.fromisoformat(page.evaluate("document.activeElement.value"))
    page.keyboard.press("Enter")
    page.get_by_text("Mødet er flyttet.").wait_for()
    with session() as db:
        assert db.get(Appointment, number).start_at == chosen != at(TUESDAY, 10)
    assert page.get_by_role("heading", level=1).count() == 1


def test_the_calendar_fits_a_phone_and_its_table_stays_a_table(page):
    booked()
    page.set_viewport_size({"width": 320, "height": 700})
    for path in ("", f"?vis=dag&dato={TUESDAY}", "?vis=liste", "moede/1", "ny", "indstillinger/telefon", "fravaer"):
        page.goto(f"/personale/kalender/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        unlabelled = "[...document.querySelectorAll('main input:not([type=hidden]), main select, main textarea')]"
        assert page.evaluate(f"{unlabelled}.filter(e => !e.labels.length).map(e => e.name)") == [], path
    page.goto(f"/personale/kalender/?vis=dag&dato={TUESDAY}")
    assert page.get_by_role("row").count() == 2
    assert page.get_by_role("columnheader").count() == 5
    keep(page, "kalender-telefon")
