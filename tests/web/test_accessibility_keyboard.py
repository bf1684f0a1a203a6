"""Without a mouse and without sight: a whole intake by the keyboard alone, and by what a screen reader is told."""

import re

import pytest
from playwright.sync_api import expect

from casework.db import reading
from casework.models import Case
from tests.web.conftest import served
from web import create_app

pytestmark = pytest.mark.once

STORY = "Jeg er blevet kastet rundt mellem tre afdelinger i et halvt år"
# What is pressed and what is written, from the story to the receipt.
STEPS = (
    ("tryk", "Gå videre"),
    ("tryk", "Jobcentret"),
    ("tryk", "Nej, ikke flere"),
    ("tryk", "Nej"),
    ("tryk", "Ja"),
    ("skriv", "De siger, det er de andre"),
    ("skriv", "At én tager ansvar"),
    ("tryk", "Nej, ikke mere"),
    ("skriv", "28 28 28 28"),
    ("skriv", "Anna Jensen"),
    ("tryk", "Ja"),
    ("tryk", "Send til borgerrådgiveren"),
)
RECEIPT = (r"BR-2026-\w{5}", r"kode", r"mandag den 7\. december 2026")

# Keeps every line the announcer is given, and every moment the focus moves by itself.
LISTEN = """() => {
    const box = document.getElementById('annoncering');
    window.heard = [];
    new MutationObserver((all) => all.forEach((m) => m.addedNodes.forEach((n) => heard.push(n.textContent))))
        .observe(box, { childList: true, subtree: true, characterData: true });
}"""
HIDDEN_TYPES = ("radio", "checkbox")  # the design system draws them, and their focus, before the label
FOCUS = "() => { const e = document.activeElement; return e.id || e.innerText || e.localName; }"


@pytest.fixture
def page(stack, db, browser):
    db.commit()
    context = browser.new_context(
        base_url=stack.url, locale="da-DK", viewport={"width": 1200, "height": 900}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto("/")
    page.evaluate(LISTEN)
    yield page
    context.close()


def tab_to(page, wanted, key="Tab"):
    """Press Tab until what is wanted has the focus, and see that the focus shows."""
    for _ in range(60):
        page.keyboard.press(key)
        if wanted.evaluate("e => e === document.activeElement"):
            seen = wanted.evaluate(
                "e => [getComputedStyle(e).outlineStyle, parseFloat(getComputedStyle(e).outlineWidth)]"
            )
            assert seen[0] != "none" and seen[1] >= 2, seen
            return
    raise AssertionError(f"{wanted} is not reached by {key}")


def answered(page, held, act, where_after):
    """Do something that is answered; the focus is where it should be at once, and still when the answer has come.

    `held` gets what the page asks for, which goes on when the focus has been seen.
    """
    count = page.locator("#samtale .vv-assistant").count()
    act()
    expect(page.locator("#samtale[aria-busy=true]")).to_have_count(1)
    before = page.evaluate(FOCUS)
    assert before == where_after
    expect(page.locator("#samtale .vv-citizen")).not_to_have_count(0)
    for _ in range(1000):
        if held:
            break
        page.wait_for_timeout(10)
    held.pop().continue_()
    page.locator("#samtale .vv-assistant").nth(count).wait_for()
    page.locator("#samtale[aria-busy=false]").wait_for()
    assert page.evaluate(FOCUS) == before


def test_a_whole_intake_is_done_with_the_keyboard_alone_and_the_focus_is_never_taken_away(page):
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUS) == "Spring til indhold"
    page.keyboard.press("Enter")
    field, held = page.locator("#besked"), []
    tab_to(page, field)
    page.route("**/samtale", lambda route: held.append(route))

    def write(text):
        page.keyboard.type(text)
        answered(page, held, lambda: page.keyboard.press("Enter"), "besked")

    write(STORY)
    for number, (how, text) in enumerate(STEPS):
        if how == "skriv":
            write(text)
            continue
        button = page.locator("#samtale").get_by_role("button", name=text, exact=True)
        tab_to(page, button, "Shift+Tab")
        key = ("Enter", "Space")[number % 2]
        answered(page, held, lambda key=key: page.keyboard.press(key), "besked")
    receipt = page.locator(".vv-assistant").last.inner_text()
    for told in RECEIPT:
        assert re.search(told, receipt, re.I), told
    with reading() as db:
        assert db.query(Case).one().reference in receipt
    tab_to(page, page.get_by_role("button", name="Afslut og slet"))
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Ja, luk den her").wait_for()
    assert page.evaluate(FOCUS) == "spoerg"
    tab_to(page, page.get_by_role("button", name="Nej, gå tilbage"))
    page.keyboard.press("Space")
    assert page.evaluate(FOCUS) == "Afslut og slet"


def test_an_empty_message_is_told_at_its_field_in_danish_and_forgotten_when_one_writes(page):
    field = page.get_by_role("textbox", name="Skriv din besked")
    tab_to(page, page.get_by_role("button", name="Send", exact=True))
    page.keyboard.press("Enter")
    assert page.evaluate(FOCUS) == "besked"
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description("Fejl: Skriv, hvad du vil spørge om.")
    page.keyboard.type("h")
    expect(field).not_to_have_attribute("aria-invalid", "true")
    assert page.get_by_text("Skriv, hvad du vil spørge om.").is_hidden()
    assert page.locator("#samtale article").count() == 0


def test_a_whole_intake_is_told_to_a_screen_reader_each_message_once_with_its_sender(page):
    assert page.title() == "Chat – Borgerrådgiverens Vejviser"
    for landmark, name in (("banner", None), ("navigation", "Hovedmenu"), ("main", None), ("contentinfo", None)):
        expect(page.get_by_role(landmark, name=name) if name else page.get_by_role(landmark)).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_text("Spørg Vejviseren")
    main = page.get_by_role("main")
    talk = main.get_by_role("region", name="Samtale")
    log = talk.get_by_role("log", name="Beskeder")
    expect(log).to_have_attribute("aria-live", "off")
    expect(talk.get_by_role("group", name="Tal med et menneske")).to_have_count(1)
    field = talk.get_by_role("textbox", name="Skriv din besked")
    send = talk.get_by_role("button", name="Send", exact=True)

    def settle(count):
        expect(log.get_by_role("article")).to_have_count(count)
        expect(log).to_have_attribute("aria-busy", "false")

    def write(text):
        before = log.get_by_role("heading", level=2, name="Vejviseren").count()
        field.fill(text)
        send.press("Enter")
        log.get_by_role("heading", level=2, name="Vejviseren").nth(before).wait_for()
        expect(log).to_have_attribute("aria-busy", "false")

    def press(name):
        before = log.get_by_role("heading", level=2, name="Vejviseren").count()
        choices = log.get_by_role("group", name="Valg")
        expect(choices).to_have_count(1)  # only the latest message has any
        choices.get_by_role("button", name=name, exact=True).press("Enter")
        log.get_by_role("heading", level=2, name="Vejviseren").nth(before).wait_for()
        expect(log).to_have_attribute("aria-busy", "false")

    write(STORY)
    for how, text in STEPS:
        {"tryk": press, "skriv": write}[how](text)
    messages = page.locator("#samtale article").evaluate_all(
        "all => all.map(a => [a.querySelector('h2').textContent, a.querySelector('.vv-text')?.innerText.trim()])"
    )
    assert {who for who, _ in messages} == {"Du", "Vejviseren"}
    wanted = [text for who, text in messages if who == "Vejviseren"]
    heard = [line for line in page.evaluate("heard") if line.startswith("Vejviseren: ")]
    extra = r"( Der er en fil eller et link under beskeden\.)?( Der er valg at trykke på\.)?$"
    assert [re.sub(extra, "", line.removeprefix("Vejviseren: ")).strip() for line in heard] == wanted
    assert sum(line.endswith("Der er valg at trykke på.") for line in heard) >= 7
    # Nothing but the announcer speaks by itself.
    live = "[...document.querySelectorAll('[aria-live], [role=alert], [role=status], [role=log], output')]"
    assert page.evaluate(f"{live}.filter(e => e.getAttribute('aria-live') !== 'off').map(e => e.id)") == ["annoncering"]
    tree = log.aria_snapshot()
    for told in RECEIPT:
        assert re.search(told, tree, re.I), told
    assert tree.count('heading "Vejviseren" [level=2]') == len(wanted)
    with page.expect_popup() as paper:
        talk.get_by_role("button", name="Udskriv eller gem (nyt vindue)").press("Enter")
    expect(paper.value).to_have_title("Din samtale – Borgerrådgiverens Vejviser")
    expect(paper.value.get_by_role("heading", level=1)).to_have_text("Din samtale med Vejviseren")


def test_an_answer_in_another_language_is_marked_as_such_on_the_page_and_when_it_is_read_aloud(page):
    page.fill("#besked", "Hello, can I speak to someone about my case in English please?")
    page.press("#besked", "Enter")
    answer = page.locator("#samtale .vv-assistant .vv-text").first
    answer.wait_for()
    assert answer.get_attribute("lang") == "en"
    page.locator("#samtale[aria-busy=false]").wait_for()
    assert page.locator("#annoncering span").first.get_attribute("lang") == "en"
    assert page.locator("html").get_attribute("lang") == "da"


# --- The form without the assistant and without script ------------------------------------------------------------


@pytest.fixture
def plain(migrated, db, browser):
    """The form in a browser without script."""
    db.commit()
    with served(create_app()) as url:
        context = browser.new_context(base_url=url, locale="da-DK", java_script_enabled=False)
        page = context.new_page()
        page.set_default_timeout(30_000)
        yield page
        context.close()


def go(page, key):
    with page.expect_navigation():
        page.keyboard.press(key)


def test_the_form_is_filled_in_by_keyboard_without_script_after_a_mistake_that_is_told_where_it_is(plain):
    page = plain
    page.goto("/henvendelse")
    expect(page).to_have_title(re.compile("^Skriv til borgerrådgiveren"))
    tab_to(page, page.get_by_role("button", name="Send til borgerrådgiveren"))
    go(page, "Enter")
    expect(page).to_have_title(re.compile("^Fejl: "))
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("Ret de her ting, og send igen")
    expect(summary).to_be_focused()
    story = page.get_by_role("textbox", name="Fortæl med dine egne ord")
    told = summary.get_by_role("link").first
    expect(story).to_have_attribute("aria-invalid", "true")
    expect(story).to_have_accessible_description(re.compile(re.escape(told.inner_text())))
    page.keyboard.press("Tab")
    expect(told).to_be_focused()
    page.keyboard.press("Enter")
    expect(story).to_be_focused()
    page.keyboard.type("Jeg får ikke svar fra jobcentret.")
    tab_to(page, page.get_by_role("radio", name="Ja, det sker stadig"))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_role("checkbox", name="Borgerrådgiveren må tale med afdelingen"))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_label("Dit navn"))
    page.keyboard.type("Anna Jensen")
    tab_to(page, page.get_by_label("Dit telefonnummer, din e-mail eller din adresse"))
    page.keyboard.type("28 28 28 28")
    tab_to(page, page.get_by_role("button", name="Se det igennem"))
    go(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    tab_to(page, page.get_by_role("button", name="Send til borgerrådgiveren"))
    go(page, "Enter")
    receipt = page.get_by_role("main").inner_text()
    for wanted in (r"BR-2026-\w{5}", r"Kode", r"mandag den 7\. december 2026"):
        assert re.search(wanted, receipt), wanted
    with reading() as db:
        assert db.query(Case).one().consent_forward
