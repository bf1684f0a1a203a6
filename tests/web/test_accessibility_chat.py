"""Every state of the chat, on its own page and in the widget's frame: held to WCAG 2.2 AA, and kept as a picture on a
phone and a wide screen for people to look at."""

import re

import pytest

from casework import clock, conversations, live, staff
from casework.cases import Actor
from casework.db import session
from tests.web.chatting import press, say, settled
from tests.web.looks import sound
from tests.web.pictures import pictures

pytestmark = pytest.mark.once

SENDING = re.compile(r"/samtale(\?|$)")
STORY = "Jeg er blevet kastet rundt mellem tre afdelinger i et halvt år"


@pytest.fixture(params=["/", "/indlejret"], ids=["siden", "rammen"])
def page(request, stack, browser):
    context = browser.new_context(
        base_url=stack.url, locale="da-DK", viewport={"width": 1200, "height": 900}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(request.param)
    yield page
    context.close()


@pytest.fixture
def adviser(stack, db):
    """Somebody who has opened her chat."""
    made = staff.add_staff(
        db, email="a@ltk.invalid", name="Julie", role="adviser", password="lampe violin gryde torden", now=clock.now()
    )
    live.open_chat(db, made.id, clock.now())
    db.commit()
    return Actor("Julie", "adviser", staff_id=made.id)


def state(page, name, **how):
    """Keep pictures of the chat as it stands, and hold it to the rules; `how` as `looks.wrong_with` has it."""
    pictures(page, f"{'ramme' if '/indlejret' in page.url else 'chat'}-{name}")
    sound(page, name, **how)


def test_empty_thinking_answered_asking_back_urgent_and_in_another_language(page):
    state(page, "tom")
    held = []
    page.route(SENDING, lambda route: held.append(route))
    page.fill("#besked", "Jeg fik afslag på sygedagpenge i torsdags, hvornår skal jeg klage senest?")
    page.press("#besked", "Enter")
    page.locator("#tilstand").wait_for(state="visible")
    state(page, "taenker")
    held[0].continue_()
    page.unroute(SENDING)
    settled(page, 0)
    state(page, "frist", unfold=False)
    page.locator(".vv-sources summary").last.click()
    state(page, "frist-kilder")
    say(page, "noget")
    state(page, "usikker")
    say(page, "Hello, can I speak to someone about my case in English please?")
    say(page, "Jeg vil tage mit eget liv")
    state(page, "akut")


def test_an_intake_its_receipt_the_question_before_it_is_closed_and_closed(page):
    say(page, STORY)
    state(page, "henvendelse-begyndt")
    for label in ("Gå videre", "Jobcentret", "Nej, ikke flere", "Nej", "Ja"):
        press(page, label)
    for text in ("De siger, det er de andre", "At én tager ansvar"):
        say(page, text)
    state(page, "henvendelse-valg")
    press(page, "Nej, ikke mere")
    for text in ("28 28 28 28", "Anna Jensen"):
        say(page, text)
    press(page, "Ja")
    state(page, "henvendelse-laes-igennem")
    press(page, "Send til borgerrådgiveren")
    state(page, "henvendelse-kvittering")
    page.locator("#hjalp").get_by_role("button", name="Delvist").click()
    page.locator("#ord").wait_for()
    page.get_by_role("button", name="Afslut og slet").click()
    sure = page.get_by_role("button", name="Ja, luk den her")
    sure.wait_for()
    state(page, "afslut-spoerger")
    sure.click()
    page.get_by_text("Samtalen er lukket på denne skærm.").first.wait_for()
    state(page, "afslut-lukket")


def test_not_sent_and_nothing_written(page):
    page.locator("#skriv button[type=submit]").last.click()
    page.locator("#besked-fejl").wait_for()
    state(page, "tom-besked")
    page.route(SENDING, lambda route: route.abort())
    page.fill("#besked", "Hvornår skal jeg klage senest?")
    page.press("#besked", "Enter")
    page.locator("#samtale .vv-unsent").wait_for()
    state(page, "uden-net")


def test_quiet_for_long_and_closed_because_of_it(page):
    page.clock.install()
    page.reload()
    say(page, "hej")
    page.clock.fast_forward("18:30")
    page.locator("#stille").wait_for()
    state(page, "stille", focus=False)  # any key says that one is here
    assert page.locator("#stille").is_visible()
    page.clock.fast_forward("25:00")
    page.locator("#samtale").get_by_text("fordi der var stille længe").wait_for()
    state(page, "stille-lukket")


def test_a_person_writes(page, adviser):
    page.reload()
    say(page, "Jeg vil tale med et menneske")
    state(page, "menneske-tilbudt")
    press(page, "Skriv med borgerrådgiveren nu")
    state(page, "menneske-venter")
    token = page.locator("#skriv input[name=conversation]").input_value()
    with session() as db, db.begin():
        conversation_id = conversations.find(db, token).id
        live.join(db, conversation_id, adviser, clock.now())
        live.say(db, conversation_id, "Hej, jeg hedder Julie. Hvad kan jeg hjælpe med?", adviser, clock.now())
    page.locator("#samtale .vv-staff").wait_for()
    state(page, "menneske-svarer")
