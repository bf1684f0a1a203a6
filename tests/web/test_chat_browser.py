"""The chat page in a real browser: without net, after a reload, idle, ended, copied, printed; with and without script.

Pictures are kept in var/pictures.
"""

import re

import pytest
from sqlalchemy import select

from casework.db import reading
from casework.models import Conversation, Feedback, Turn
from casework.settings import ROOT
from tests.web.pictures import keep

pytestmark = pytest.mark.once  # what the database keeps of it is tested in test_samtale.py

DEADLINE = "Jeg fik afslag på sygedagpenge i torsdags, hvornår skal jeg klage senest?"
SIZES = {"phone": (360, 740), "desktop": (1200, 900)}


@pytest.fixture(params=SIZES)
def context(request, stack, db, browser):
    db.commit()
    width, height = SIZES[request.param]
    made = browser.new_context(
        base_url=stack.url, locale="da-DK", viewport={"width": width, "height": height}, reduced_motion="reduce"
    )
    made.grant_permissions(["clipboard-read", "clipboard-write"])
    yield made
    assert made.cookies() == []
    made.close()


@pytest.fixture
def page(context):
    page = context.new_page()
    page.set_default_timeout(20_000)
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto("/")
    yield page
    assert not problems


def say(page, text, answered=True):
    count = page.locator("#samtale .vv-assistant").count()
    page.fill("#besked", text)
    page.press("#besked", "Enter")
    if answered:
        page.locator("#samtale .vv-assistant").nth(count).wait_for()
        page.locator("#samtale[aria-busy=false]").wait_for()


def said(who="citizen"):
    with reading() as db:
        return list(db.scalars(select(Turn.text).where(Turn.who == who).order_by(Turn.id)))


def picture(page, name):
    keep(page, f"chat-{page.viewport_size['width']}-{name}")


def bubbles(page):
    return page.locator("#samtale .vv-own").all_inner_texts()


def test_it_shows_that_it_thinks_and_the_message_at_once_and_never_moves_the_focus(page):
    page.route("**/samtale", lambda route: (page.wait_for_timeout(400), route.continue_()))
    page.fill("#besked", "hej")
    page.press("#besked", "Enter")
    page.locator("#tilstand").wait_for()
    assert bubbles(page) == ["hej"]
    picture(page, "taenker")
    page.locator("#samtale .vv-assistant").wait_for()
    assert page.locator("#tilstand").is_hidden()
    assert page.evaluate("document.activeElement.id") == "besked"
    assert re.match(r"Vejviseren: Hej\. .*valg", page.locator("#annoncering").inner_text(), re.S)
    assert page.locator("#annoncering p").count() == 1


def test_a_message_written_without_net_is_kept_over_a_reload_and_sent_once(page):
    say(page, "hej")
    page.route("**/samtale", lambda route: route.abort())
    say(page, "må jeg tage min søster med til mødet?", answered=False)
    page.locator(".vv-unsent").wait_for()
    assert "Der er ingen forbindelse" in page.locator(".vv-unsent").inner_text()
    assert "Ikke sendt endnu" in page.locator("#annoncering").inner_text()
    picture(page, "uden-net")
    page.reload()
    page.locator(".vv-unsent").wait_for()
    assert said() == ["hej"]
    page.unroute("**/samtale")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.locator("#samtale .vv-assistant").nth(1).wait_for()
    assert page.locator(".vv-unsent").count() == 0
    assert bubbles(page) == ["hej", "må jeg tage min søster med til mødet?"] == said()


def test_a_message_whose_answer_was_lost_is_not_heard_twice(page):
    lost = []

    def lose(route):
        if not lost:
            lost.append(route.fetch())
            route.abort()
        else:
            route.continue_()

    page.route("**/samtale", lose)
    say(page, "hej")
    assert lost and bubbles(page) == ["hej"] == said()
    assert len(said("assistant")) == page.locator("#samtale .vv-assistant").count() == 1
    say(page, "tak")
    with reading() as db:
        assert len(db.scalars(select(Conversation)).all()) == 1


def test_two_messages_in_a_row_are_both_answered_in_order(page):
    page.route("**/samtale", lambda route: (page.wait_for_timeout(300), route.continue_()))
    say(page, "hej", answered=False)
    say(page, "tak", answered=False)
    page.locator("#samtale .vv-assistant").nth(1).wait_for()
    order = page.locator("#samtale article").evaluate_all("all => all.map(a => a.classList[1])")
    assert order == ["vv-citizen", "vv-assistant", "vv-citizen", "vv-assistant"]
    assert said() == ["hej", "tak"]


def test_going_to_another_page_and_back_keeps_the_conversation(page):
    say(page, "hej")
    page.goto("/svar")
    page.go_back()
    page.locator("#samtale .vv-citizen").wait_for()
    assert bubbles(page) == ["hej"] and not page.locator("#velkomst").count()


def test_the_way_to_a_person_is_in_sight_however_long_the_talk_is(page):
    for _ in range(3):
        say(page, DEADLINE)
    state = page.locator(".vv-person-state")
    assert re.search(r"Åbent nu|Lukket nu", state.inner_text())
    for box in (state.bounding_box(), page.get_by_role("link", name="Ring 45 97 30 00").bounding_box()):
        assert 0 <= box["y"] and box["y"] + box["height"] <= page.viewport_size["height"]
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    picture(page, "lang")


def test_a_date_is_copied_by_one_press(page):
    say(page, DEADLINE)
    page.get_by_role("button", name="Kopiér torsdag den 17. december 2026").click()
    page.locator(".vv-copy[data-done]").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "torsdag den 17. december 2026"
    assert "Kopieret" in page.locator("#annoncering").inner_text()
    picture(page, "kopieret")


def test_whether_it_helped_is_three_choices_and_words_if_one_likes(page):
    assert page.locator("#bagefter").is_hidden()
    say(page, "hej")
    picture(page, "bagefter")
    page.get_by_role("button", name="Delvist").click()
    page.get_by_label("Hvad manglede du?").fill("En dato")
    picture(page, "tilbagemelding")
    page.get_by_role("button", name="Send ordene").click()
    page.get_by_text("Det hjælper os").wait_for()
    with reading() as db:
        kept = db.scalars(select(Feedback)).one()
    assert (kept.verdict, kept.word) == ("delvist", "En dato")
    say(page, "tak")  # nothing was in the way


def test_ending_asks_first_and_wipes_screen_tab_and_server(page):
    say(page, "Jeg hedder Anna Jensen")
    end = page.get_by_role("button", name="Afslut og slet")
    end.click()
    page.get_by_role("heading", name="Vil du slette samtalen?").wait_for()
    picture(page, "afslut")
    page.get_by_role("button", name="Nej, gå tilbage").click()
    assert end.evaluate("e => e === document.activeElement")
    end.click()
    page.get_by_role("button", name="Ja, slet samtalen").click()
    page.locator("#samtale").get_by_text("Samtalen er slettet.").wait_for()
    picture(page, "slettet")
    assert "Samtalen er slettet" in page.locator("#annoncering").inner_text()
    assert bubbles(page) == [] == said()
    assert page.evaluate("sessionStorage.length") == 0
    page.reload()
    assert page.locator("#samtale article").count() == 0
    say(page, "hej")
    assert said() == ["hej"]


def test_an_idle_conversation_warns_first_and_then_leaves_the_screen_but_is_not_deleted(page):
    page.clock.install()
    page.goto("/")
    say(page, "Min kone må ikke se det her")
    page.clock.fast_forward("18:30")
    page.locator("#stille").wait_for()
    assert "Er du her stadig?" in page.locator("#annoncering").inner_text()
    picture(page, "stille")
    page.get_by_role("button", name="Ja, jeg er her").click()
    assert page.locator("#stille").is_hidden()
    page.clock.fast_forward("18:30")
    page.locator("#stille").wait_for()
    page.clock.fast_forward("02:00")
    page.locator("#samtale").get_by_text("fordi der var stille længe").wait_for()
    assert "Min kone" not in page.locator("main").inner_text()
    assert page.locator("#stille").is_hidden()
    assert said() == ["Min kone må ikke se det her"]
    page.reload()
    assert page.locator("#samtale article").count() == 0


def test_who_comes_back_to_the_page_too_late_does_not_see_it(page):
    page.clock.install()
    page.goto("/")
    say(page, "Min kone må ikke se det her")
    page.goto("/svar")
    page.clock.fast_forward("25:00")
    page.goto("/")
    page.locator("#samtale").get_by_text("fordi der var stille længe").wait_for()
    assert bubbles(page) == []


def test_the_transcript_opens_beside_the_chat_and_can_be_saved(page, context):
    say(page, "Må jeg tage min søster med til mødet på jobcentret?")
    with context.expect_page() as opened:
        page.get_by_role("button", name="Udskriv eller gem").click()
    paper = opened.value
    paper.get_by_role("heading", name="Din samtale med Vejviseren").wait_for()
    assert paper.url.endswith("/samtale/udskrift")
    assert "Forvaltningsloven § 8" in paper.locator("main").inner_text()
    paper.set_viewport_size(page.viewport_size)
    picture(paper, "udskrift")
    with paper.expect_download() as got:
        paper.get_by_role("button", name="Hent som tekstfil").click()
    assert got.value.suggested_filename == "samtale-2026-11-23.txt"


def test_without_script_the_same_is_plain_pages(stack, db, browser):
    db.commit()
    context = browser.new_context(base_url=stack.url, viewport={"width": 360, "height": 740}, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.fill("#besked", DEADLINE)
    page.get_by_role("button", name="Send", exact=True).click()
    assert "torsdag den 17. december 2026" in page.locator(".vv-assistant").last.inner_text()
    assert page.get_by_role("button", name="Kopiér").count() == 0
    keep(page, "chat-360-uden-script", full_page=True)
    page.reload()
    assert said() == [DEADLINE]
    page.get_by_role("button", name="Nej, det fik jeg ikke").click()
    assert "Tak for dit svar" in page.locator("#hjalp").inner_text()
    page.get_by_role("button", name="Afslut og slet").click()
    page.get_by_role("button", name="Nej, gå tilbage").click()
    assert page.locator(".vv-citizen").count() == 1
    page.get_by_role("button", name="Afslut og slet").click()
    keep(page, "chat-360-afslut-uden-script")
    page.get_by_role("button", name="Ja, slet samtalen").click()
    assert "Samtalen er slettet" in page.locator("main").inner_text()
    assert said() == []
    page.get_by_role("link", name="Begynd en ny samtale").click()
    assert page.locator("#besked").is_visible()
    context.close()


def test_scripts_and_styles_of_the_chat_are_small():
    static = ROOT / "web" / "static"
    own = [*static.glob("chat*.js"), static / "chat.css"]
    assert sum(path.stat().st_size for path in own) < 30_000


def test_the_first_thing_one_sees_is_what_one_can_ask_and_it_goes_when_one_has(page):
    welcome = page.locator("#velkomst")
    assert "med dine egne ord" in welcome.inner_text()
    welcome.get_by_role("button", name="Hvornår skal jeg klage senest?").click()
    page.locator("#samtale .vv-assistant").first.wait_for()
    page.locator("#samtale[aria-busy=false]").wait_for()
    assert page.locator("#samtale .vv-citizen .vv-own").all_inner_texts() == ["Hvornår skal jeg klage senest?"]
    assert not welcome.count()


def test_on_a_phone_the_menu_is_folded_and_the_field_is_on_the_first_screen(page):
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/")
    link = page.get_by_role("navigation", name="Hovedmenu").get_by_role("link", name="Skriv et brev")
    assert not link.count()
    box = page.locator("#besked").bounding_box()
    assert box["y"] + box["height"] <= 740
    page.locator("summary", has_text="Menu").focus()
    page.keyboard.press("Enter")
    link.click()
    page.wait_for_url("**/brev")
