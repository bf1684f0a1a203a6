"""Every state of the chat on a phone and a wide screen, kept as pictures; nothing is wider than the screen.

The other browser tests keep pictures of their pages in the same folder: meetings, widget, what is off, staff.
"""

import pytest

from casework import clock, conversations, live, staff
from casework.cases import Actor
from casework.db import session
from tests.web.chatting import press, say, settled
from tests.web.pictures import SIZES, picture

pytestmark = pytest.mark.once

STORY = "Jeg er blevet kastet rundt mellem tre afdelinger i et halvt år"


@pytest.fixture(params=SIZES)
def page(request, stack, browser):
    width, height = SIZES[request.param]
    context = browser.new_context(base_url=stack.url, locale="da-DK", viewport={"width": width, "height": height})
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto("/")
    yield page
    context.close()


@pytest.fixture(scope="module")
def julie(stack):
    with session() as db, db.begin():
        made = staff.add_staff(
            db,
            email="billede@ltk.invalid",
            name="Julie",
            role="adviser",
            password="lampe violin gryde torden",
            now=clock.now(),
        )
        return Actor("Julie", "adviser", staff_id=made.id)


@pytest.fixture
def adviser(julie):
    """Somebody who has opened her chat."""
    with session() as db, db.begin():
        live.open_chat(db, julie.staff_id, clock.now())
    yield julie
    with session() as db, db.begin():
        live.close_chat(db, julie.staff_id)


def test_empty_thinking_answered_and_asking_back(page):
    picture(page, "chat-tom")
    held = []
    page.route("**/samtale", lambda route: held.append(route))
    page.fill("#besked", "Må jeg tage min søster med til mødet på jobcentret?")
    page.press("#besked", "Enter")
    page.locator("#tilstand").wait_for(state="visible")
    picture(page, "chat-taenker")
    held[0].continue_()
    page.unroute("**/samtale")
    settled(page, 0)
    page.locator(".vv-sources summary").last.click()
    picture(page, "chat-svar-med-kilder")
    say(page, "Jeg fik afslag på sygedagpenge i torsdags, hvornår skal jeg klage senest?")
    picture(page, "chat-frist")
    say(page, "noget")
    picture(page, "chat-usikker")
    say(page, "Jeg vil tage mit eget liv")
    picture(page, "chat-akut")


def test_an_intake_from_its_first_question_to_the_closed_conversation(page):
    say(page, STORY)
    picture(page, "henvendelse-begyndt")
    for label in ("Gå videre", "Jobcentret", "Nej, ikke flere", "Nej", "Ja"):
        press(page, label)
    for text in ("De siger, det er de andre", "At én tager ansvar"):
        say(page, text)
    picture(page, "henvendelse-valg")
    press(page, "Nej, ikke mere")
    for text in ("28 28 28 28", "Anna Jensen"):
        say(page, text)
    press(page, "Ja")
    picture(page, "henvendelse-laes-igennem")
    press(page, "Send til borgerrådgiveren")
    picture(page, "henvendelse-kvittering")
    page.locator("#hjalp").get_by_role("button", name="Delvist").click()
    page.locator("#ord").wait_for()
    picture(page, "fik-du-svar")
    with page.expect_popup() as paper:
        page.get_by_role("button", name="Udskriv eller gem").click()
    paper.value.get_by_role("heading", name="Din samtale").wait_for()
    picture(paper.value, "udskrift")
    page.get_by_role("button", name="Afslut og slet").click()
    sure = page.get_by_role("button", name="Ja, luk den her")
    sure.wait_for()
    picture(page, "afslut-spoerger")
    sure.click()
    page.get_by_text("Samtalen er lukket på denne skærm.").first.wait_for()
    picture(page, "afslut-lukket")


def test_a_message_that_could_not_be_sent(page):
    page.route("**/samtale", lambda route: route.abort())
    page.fill("#besked", "Hvornår skal jeg klage senest?")
    page.press("#besked", "Enter")
    page.locator("#samtale .vv-unsent").wait_for()
    picture(page, "uden-net")


def test_a_person_who_answers_in_the_chat(page, adviser):
    say(page, "Jeg vil tale med et menneske")
    picture(page, "menneske-tilbudt")
    press(page, "Skriv med borgerrådgiveren nu")
    picture(page, "menneske-venter")
    token = page.locator("#skriv input[name=conversation]").input_value()
    with session() as db, db.begin():
        conversation_id = conversations.find(db, token).id
        live.join(db, conversation_id, adviser, clock.now())
        live.say(db, conversation_id, "Hej, jeg hedder Julie. Hvad kan jeg hjælpe med?", adviser, clock.now())
    page.locator("#samtale .vv-staff").wait_for()
    picture(page, "menneske-svarer")


def test_a_form_with_mistakes(page):
    page.goto("/henvendelse")
    picture(page, "kontaktside")
    page.get_by_role("button", name="Send til borgerrådgiveren").click()
    page.locator(".alert-error").wait_for()
    picture(page, "kontaktside-fejl")
