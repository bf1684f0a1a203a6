"""Two who sit together, in a real browser whose voices are recorded; on a phone and a wide screen.

The assistant is not running here: what it has said is put into the conversation with its own texts, and a new message
gets the answer that says so. Pictures are kept in var/pictures.
"""

import json

import pytest
import requests

from casework import clock, conversations
from casework.answers import render
from casework.db import session
from casework.intake import Intake, file_case
from casework.settings import current
from tests.web.pictures import SIZES, picture

pytestmark = pytest.mark.once

STORY = "Min nabo Svend læser mine breve fra jobcentret"
SARA, FAR = ("Sara", "da-DK", True), ("Fjern", "da-DK", False)
ENGLISH = ("George", "en-GB", True)
VOICES = """(given) => {
  window.said = []; window.cancels = 0;
  const all = given.voices.map(([name, lang, localService]) => ({ name, lang, localService }));
  let now = given.late ? [] : all;
  const speech = { getVoices: () => now, onvoiceschanged: null,
    speak(one) { window.said.push([one.text, one.voice && one.voice.name, one.lang]); window.latest = one; },
    cancel() {
      window.cancels += 1;
      sessionStorage.setItem("standset", Number(sessionStorage.getItem("standset")) + 1);
    } };
  window.tell = () => { now = all; speech.onvoiceschanged(); };
  Object.defineProperty(window, "speechSynthesis", { value: speech });
  window.SpeechSynthesisUtterance = function (text) { this.text = text; };
  window.print = () => { window.printed = (window.printed || 0) + 1; };
}"""


@pytest.fixture
def opens(site, db, browser):
    """Open the assisted page in a browser with these voices, with a conversation in which these messages were said."""
    db.commit()
    contexts = []

    def one(*messages, voices=(FAR, ENGLISH, SARA), late=False, width=1200, height=800, path="/sammen", **more):
        made = browser.new_context(
            base_url=site, locale="da-DK", viewport={"width": width, "height": height}, reduced_motion="reduce", **more
        )
        contexts.append(made)
        made.add_init_script(f"({VOICES})({json.dumps({'voices': voices, 'late': late})})")
        page = made.new_page()
        page.set_default_timeout(60_000)
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda line: page.problems.append(line.text) if "Security Policy" in line.text else None)
        page.goto(path)
        if messages:
            page.evaluate("token => sessionStorage.setItem('vejviser-samtale', token)", seeded(*messages))
            page.goto(path)
            page.locator("#samtale .vv-assistant").last.wait_for()
        return page

    yield one
    for context in contexts:
        assert context.cookies() == []
        assert all(page.problems == [] for page in context.pages if hasattr(page, "problems"))
        context.close()


def seeded(*messages):
    """Return the token of a conversation in which the citizen told STORY and the assistant said these."""
    with session() as db, db.begin():
        talk, token = conversations.start(db, clock.now())
        conversations.hear(db, talk, STORY, clock.now())
        said = [one(db, talk) if callable(one) else one for one in messages]
        conversations.say(db, talk, said, clock.now())
    return token


def receipt(db, talk):
    """File the conversation as a case; return what the citizen is told."""
    filed = file_case(
        db,
        Intake(story=STORY, anonymous=True),
        submission=talk.id,
        now=clock.now(),
        today=clock.today(),
        conversation_id=talk.id,
        code_key=current().derived_key("case-code"),
    )
    return render("henvendelse.kvittering", {"reference": filed.reference, "svardato": "mandag den 7. december 2026"})


def said(page):
    return [text for text, _, _ in page.evaluate("window.said")]


def ends(page):
    """Let what is being read come to its end."""
    page.evaluate("window.latest.onend()")


def reads_on(page):
    """Let everything that waits be read to its end."""
    for _ in range(300):
        if not page.locator("#laeser").is_visible():
            return
        ends(page)
    raise AssertionError("it reads for ever")


def say(page, text="hej"):
    count = page.locator("#samtale .vv-assistant").count()
    page.fill("#besked", text)
    page.press("#besked", "Enter")
    page.locator("#samtale .vv-assistant").nth(count).wait_for()
    page.locator("#samtale[aria-busy=false]").wait_for()


def answers_with(page, answer):
    """Let the next messages be answered with this piece of a page."""
    page.route("**/samtale?stor=ja", lambda route: route.fulfill(content_type="text/html", body=answer))


def read_button(page, number=0):
    return page.locator("#samtale .vv-assistant").nth(number).locator(".vv-read")


# --- How it looks ---


@pytest.mark.parametrize("size", SIZES)
def test_the_type_is_large_the_buttons_are_big_and_nothing_is_wider_than_the_screen(opens, size):
    width, height = SIZES[size]
    page = opens(render("partsrepraesentant"), width=width, height=height)
    read_button(page).wait_for()
    picture(page, "sammen-samtale")
    read_button(page).click()
    picture(page, "sammen-laeser")
    page.get_by_role("button", name="Stop oplæsning").click()
    size_of = "e => parseFloat(getComputedStyle(e).fontSize)"
    large = [page.locator(where).first.evaluate(size_of) for where in (".vv-text p", "#besked", ".vv-intro p")]
    for button in page.locator("main .button:visible, main .vv-tools button, .vv-person-ways a:visible").all():
        assert button.bounding_box()["height"] >= 55.5, button.inner_text()
    wide = page.locator(".vv-text p").first.bounding_box()["width"] / large[0]
    assert wide <= 40
    page.get_by_role("button", name="Almindelig skrift").click()
    page.locator("#samtale .vv-text p").first.wait_for()
    small = [page.locator(where).first.evaluate(size_of) for where in (".vv-text p", "#besked", ".vv-intro p")]
    assert all(big >= 1.4 * little for big, little in zip(large, small, strict=True)), (large, small)


def test_the_first_thing_on_a_phone_is_the_telephone_and_it_stays_in_sight(opens):
    page = opens(render("partsrepraesentant"), width=360, height=740)
    ring = page.get_by_role("link", name="Ring 45 97 30 00").first
    box = ring.bounding_box()
    assert box["y"] + box["height"] <= 400 and box["height"] >= 55.5
    assert page.locator(".vv-first .vv-person-state").bounding_box()["y"] < box["y"]
    page.locator("#besked").scroll_into_view_if_needed()
    page.locator("#samtale .vv-text li").last.scroll_into_view_if_needed()
    strip = page.locator(".vv-strip a").bounding_box()
    assert 0 <= strip["y"] and strip["y"] + strip["height"] <= 740


@pytest.mark.parametrize(("width", "height"), [(320, 640), (600, 400)])  # the latter: 1200 by 800, twice as large
def test_it_fits_a_small_phone_and_a_screen_at_twice_the_size(opens, width, height):
    page = opens(render("partsrepraesentant"), width=width, height=height)
    read_button(page).click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for path in ("/svar", "/brev/bisidder", "/henvendelse", "/moede", "/status", "/privatliv"):
        page.goto(f"{path}?stor=ja")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


@pytest.mark.parametrize("size", SIZES)
def test_before_anything_is_said_it_is_calm(opens, size):
    width, height = SIZES[size]
    page = opens(width=width, height=height)
    page.locator("#oplaesning").wait_for()
    assert page.locator(".vv-helper ul").is_visible()
    picture(page, "sammen-tom")


# --- To and fro ---


def test_switching_keeps_the_conversation_of_the_tab(opens):
    page = opens(path="/")
    say(page, STORY)
    token = page.evaluate("sessionStorage.getItem('vejviser-samtale')")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="Stor skrift og oplæsning").click()
    page.locator("#samtale .vv-citizen").wait_for()
    assert page.url.endswith("/sammen") and STORY in page.locator("#samtale").inner_text()
    say(page, "og min kone")
    page.get_by_role("button", name="Almindelig skrift").click()
    page.locator("#samtale .vv-citizen").nth(1).wait_for()
    assert page.locator("#samtale .vv-own").all_inner_texts() == [STORY, "og min kone"]
    assert token and not [url for url in asked if token in url]


def test_switching_keeps_the_conversation_without_a_script_too(opens):
    page = opens(path="/", java_script_enabled=False, width=360)
    page.fill("#besked", STORY)
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("button", name="Stor skrift og oplæsning").click()
    assert STORY in page.locator("#samtale").inner_text()
    assert page.locator("noscript").first.is_visible() and not page.locator("#oplaesning").is_visible()
    picture(page, "sammen-uden-script")
    page.fill("#besked", "og min kone")
    page.get_by_role("button", name="Send", exact=True).click()
    assert page.locator(".vv-first").is_visible()
    page.get_by_role("button", name="Almindelig skrift").click()
    assert page.locator("#samtale .vv-own").all_inner_texts() == [STORY, "og min kone"]
    assert not page.locator(".vv-first").is_visible()


# --- Voices ---


def test_of_several_voices_the_danish_one_of_the_machine_reads_and_a_distant_one_never(opens):
    page = opens(render("partsrepraesentant"), late=True)
    assert not read_button(page).is_visible() and not page.locator("#ingen-stemme").is_visible()
    page.evaluate("window.tell()")
    read_button(page).click()
    reads_on(page)
    heard = page.evaluate("window.said")
    assert len(heard) > 5 and {(voice, lang) for _, voice, lang in heard} == {("Sara", "da-DK")}


@pytest.mark.parametrize("voices", [(FAR, ENGLISH), ()], ids=["only a distant one", "none"])
def test_without_a_danish_voice_there_are_no_buttons_but_a_line_that_says_what_to_do(opens, voices):
    page = opens(render("partsrepraesentant"), voices=voices)
    if not voices:
        page.evaluate("window.tell()")
    line = page.locator("#ingen-stemme")
    line.wait_for()
    assert "ingen dansk stemme" in line.inner_text() and "ring 45 97 30 00" in line.inner_text()
    assert not page.locator("#oplaesning").is_visible() and not read_button(page).is_visible()
    assert page.get_by_role("button", name="Udskriv dette svar").is_visible()


def test_a_message_in_another_language_is_read_by_its_own_voice_or_not_at_all(opens):
    english = {**render("hilsen"), "text": "You can call us. The interpreter is free.", "lang": "en", "choices": []}
    arabic = {**english, "text": "مرحبا", "lang": "ar"}
    page = opens(english, arabic)
    read_button(page, 0).click()
    assert page.evaluate("window.said") == [["You can call us. The interpreter is free.", "George", "en-GB"]]
    assert not read_button(page, 1).is_visible()


# --- What is said ---


def test_dates_numbers_and_addresses_are_said_as_danes_say_them(opens):
    page = opens()
    spoken = "async text => (await import('/static/sammen.js')).spoken(text)"
    for text, wanted in (
        ("Brevet er fra 12.01.2026.", "Brevet er fra 12. januar 2026."),
        ("Ring på 45 97 30 00", "Ring på 45, 97, 30, nul nul."),
        ("Ring 33191205", "Ring 33, 19, 12, nul 5."),
        ("Livslinien har 70 201 201.", "Livslinien har 70, 201, 201."),
        ("Ring 112, hvis du er i fare.", "Ring 1, 1, 2, hvis du er i fare."),
        ("I 2022 var der 112 sager.", "I 2022 var der 112 sager."),
        ("Svarer de ikke, så ring 1813", "Svarer de ikke, så ring 18, 13."),
        ("Åbent kl. 10.00-15.30", "Åbent klokken 10 til 15 30."),
        ("Det tager 5-10 minutter.", "Det tager 5 til 10 minutter."),
        ("Du fik 12.500 kr. den 3. maj 2026.", "Du fik 12.500 kr. den 3. maj 2026."),
        ("Se https://www.borger.dk/fuldmagt?a=1 først", "Se borger.dk først."),
        ("Skriv til os@ltk.dk", "Skriv til os snabel-a ltk.dk."),
        ("Sagen BR-2026-7K3M9 er ny.", "Sagen B, R, bindestreg, 2, 0, 2, 6, bindestreg, 7, K, 3, M, 9 er ny."),
        ("Kode: ab3de-fgh1j", "Kode: a, b, 3, d, e, bindestreg, f, g, h, 1, j."),
    ):
        assert page.evaluate(spoken, text) == wanted


def test_a_real_answer_is_said_in_pieces_with_its_numbers_and_without_addresses(opens):
    page = opens(render("borgerraadgiver.kontakt"))
    read_button(page).click()
    reads_on(page)
    heard = " ".join(said(page))
    assert "24, 75, 55, 52" in heard and "ltk.dk/borgerraadgiveren" in heard
    assert "http" not in heard and "**" not in heard and "Kilder" not in heard
    labels = page.locator("#samtale .vv-choices button").all_inner_texts()
    assert labels and said(page)[-len(labels) - 1 :] == ["I kan trykke på:", *[f"{label}." for label in labels]]


def test_the_receipt_is_spelled_when_its_own_button_is_pressed_and_never_unasked(opens, site):
    page = opens(receipt)
    code = page.locator("#samtale .vv-text p", has_text="Kode:").inner_text().removeprefix("Kode: ")
    number = page.locator("#samtale .vv-text p", has_text="Nummer:").inner_text().removeprefix("Nummer: ")
    whole = requests.post(
        f"{site}/samtale/hent",
        data={"conversation": page.evaluate("sessionStorage.getItem('vejviser-samtale')")},
        timeout=30,
    )
    answer = whole.text[whole.text.index('<article class="vv-message vv-assistant') :]
    answers_with(page, answer)
    page.get_by_label("Læs nye svar op").check()
    say(page, "send den")
    reads_on(page)
    unasked = said(page)
    assert unasked[0].startswith("Tak. Din henvendelse er sendt") and "noget privat" in unasked[-1]
    read_button(page, 1).click()
    reads_on(page)
    spelled = [", ".join(sign).replace("-", "bindestreg") for sign in (number, code)]
    for one in spelled:
        assert any(one in text for text in said(page)[len(unasked) :]), one
        assert not any(one in text for text in unasked)


def test_what_the_citizen_wrote_is_not_read_out_unasked(opens, site):
    page = opens()
    quoted = seeded({**render("hilsen"), "text": f"Jeg kan tage det med.\n\n> {STORY}\n\nEr det rigtigt?"})
    summed = seeded({**render("hilsen"), "text": f"Her er det, jeg sender.\n\n**Hvad der er sket:** {STORY}"})
    page.get_by_label("Læs nye svar op").check()
    for token, first in ((quoted, "Jeg kan tage det med."), (summed, "Her er det, jeg sender.")):
        whole = requests.post(f"{site}/samtale/hent", data={"conversation": token}, timeout=30).text
        answer = whole[whole.index('<article class="vv-message vv-assistant') :]
        answers_with(page, answer)
        before = len(said(page))
        say(page, STORY)
        reads_on(page)
        heard = said(page)[before:]
        assert heard[0] == first and "noget privat" in heard[1] and len(heard) == 2


def test_new_answers_are_read_once_each_when_it_is_asked_for_and_never_before(opens):
    page = opens(render("partsrepraesentant"))
    assert not page.get_by_label("Læs nye svar op").is_checked()
    say(page)
    assert said(page) == []
    page.get_by_label("Læs nye svar op").check()
    assert said(page) == []
    say(page)
    answer = page.locator("#samtale .vv-assistant").last.locator(".vv-text")
    reads_on(page)
    heard = said(page)
    assert heard[0][:20] == answer.inner_text()[:20] and len(heard) == len(set(heard))
    page.get_by_label("Læs nye svar op").uncheck()
    say(page)
    assert said(page) == heard


# --- Stopping ---


def test_it_pauses_goes_on_with_the_same_sentence_and_stops(opens):
    page = opens(render("partsrepraesentant"))
    read_button(page).click()
    ends(page)
    second = said(page)[1]
    cancels = page.evaluate("window.cancels")
    page.get_by_role("button", name="Pause").click()
    ends(page)  # some browsers say that what was broken off has ended
    assert len(said(page)) == 2 and page.evaluate("window.cancels") == cancels + 1
    page.get_by_role("button", name="Fortsæt").click()
    assert said(page)[1:] == [second, second]
    assert page.locator(".vv-now").inner_text()[:15] == second[:15]
    page.get_by_role("button", name="Stop oplæsning").click()
    assert page.locator("#laeser").is_hidden() and page.locator(".vv-now").count() == 0
    assert read_button(page).evaluate("e => e === document.activeElement && e.textContent") == "Læs op"


def test_pressing_the_same_button_stops_and_another_one_begins_its_own(opens):
    page = opens(render("partsrepraesentant"), render("borgerraadgiver.kontakt"))
    read_button(page).click()
    assert read_button(page).inner_text() == "Stop"
    read_button(page, 1).click()
    assert (read_button(page).inner_text(), read_button(page, 1).inner_text()) == ("Læs op", "Stop")
    assert said(page)[1].startswith("Du kan skrive til borgerrådgiveren")
    read_button(page, 1).click()
    assert page.locator("#laeser").is_hidden() and len(said(page)) == 2


def test_reading_stops_when_the_conversation_is_wiped_and_the_next_one_is_not_read(opens):
    page = opens(render("partsrepraesentant"))
    page.get_by_label("Læs nye svar op").check()
    read_button(page).click()
    before = page.evaluate("window.cancels")
    page.get_by_role("button", name="Afslut og slet").click()
    page.get_by_role("button", name="Ja, slet samtalen").click()
    page.locator("#samtale").get_by_text("Samtalen er slettet").wait_for()
    assert page.evaluate("window.cancels") > before and page.locator("#laeser").is_hidden()
    assert not page.get_by_label("Læs nye svar op").is_checked() and len(said(page)) == 1


def test_reading_stops_when_the_screen_is_cleared_after_half_an_hour_and_not_before(opens):
    page = opens(path="/svar")
    page.clock.install()
    page.evaluate("token => sessionStorage.setItem('vejviser-samtale', token)", seeded(render("partsrepraesentant")))
    page.goto("/sammen")
    read_button(page).click()
    page.clock.fast_forward("26:00")
    assert page.locator("#stille").is_hidden() and page.locator("#laeser").is_visible()
    page.clock.fast_forward("01:30")
    page.locator("#stille").wait_for()
    assert "Om 3 minutter" in page.locator("#stille").inner_text()
    before = page.evaluate("window.cancels")
    page.clock.fast_forward("03:00")
    page.locator("#samtale").get_by_text("fordi der var stille længe").wait_for()
    assert page.evaluate("window.cancels") > before and page.locator("#laeser").is_hidden()


def test_reading_stops_when_the_page_is_hidden_or_left(opens):
    page = opens(render("partsrepraesentant"))
    read_button(page).click()
    before = page.evaluate("window.cancels")
    page.evaluate("""() => { Object.defineProperty(document, 'hidden', { value: true, configurable: true });
        document.dispatchEvent(new Event('visibilitychange')); }""")
    assert page.evaluate("window.cancels") == before + 1 and page.locator("#laeser").is_hidden()
    page.evaluate("Object.defineProperty(document, 'hidden', { value: false })")
    read_button(page).click()
    count = page.evaluate("Number(sessionStorage.getItem('standset'))")
    page.goto("/svar")
    assert page.evaluate("Number(sessionStorage.getItem('standset'))") > count


# --- On paper ---


def test_one_answer_is_printed_alone_with_its_sources_their_dates_and_the_telephone(opens):
    page = opens(render("partsrepraesentant"), render("borgerraadgiver.kontakt"))
    first, second = page.locator("#samtale .vv-assistant").all()
    first.get_by_role("button", name="Udskriv dette svar").click()
    assert page.evaluate("window.printed") == 1
    page.emulate_media(media="print")
    assert first.is_visible() and not second.is_visible()
    rest = (".vv-citizen", "h1", ".vv-first", ".vv-helper", ".vv-aloud", ".vv-strip", "#skriv", "#bagefter", "footer")
    for hidden in rest:
        assert not page.locator(hidden).first.is_visible(), hidden
    assert first.locator(".vv-sources li").first.is_visible()
    assert "tjekket 22.11.2026" in first.locator(".vv-sources").inner_text()
    sheet = page.locator(".vv-sheet")
    assert "mandag den 23. november 2026" in sheet.inner_text() and "45 97 30 00" in sheet.inner_text()
    picture(page, "sammen-papir")
    page.emulate_media(media="screen")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert second.is_visible() and not sheet.is_visible() and not first.locator(".vv-sources li").first.is_visible()


def test_the_whole_conversation_is_printed_in_large_type(opens):
    page = opens(render("partsrepraesentant"))
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Udskriv eller gem").click()
    paper = opened.value
    paper.get_by_role("button", name="Udskriv", exact=True).click()
    assert paper.evaluate("window.printed") == 1
    assert STORY in paper.locator("main").inner_text()
    paper.emulate_media(media="print")
    points = paper.locator(".vv-text p").first.evaluate("e => parseFloat(getComputedStyle(e).fontSize) * 72 / 96")
    assert points >= 15
