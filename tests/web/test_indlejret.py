"""The chat on other sites of the kommune: a foreign page with hostile styles, in a real browser.

The assistant is not running here, so the answer is the one that says so; what matters is that it gets through.
Pictures are kept in var/pictures.
"""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from casework.errors import ConfigurationError
from casework.settings import Settings, current
from tests.web.pictures import keep
from web import create_app

pytestmark = pytest.mark.once

MOST = 60_000  # bytes, compressed
SCRIPT = '<script src="SITE/vejviser.js" defer></script>'
ELEMENT = '<borgerraadgiver-vejviser><a href="SITE/">Spørg Vejviseren</a></borgerraadgiver-vejviser>'
BODY = """<h1>Byens side</h1><p id="tekst">Tekst <a href="#x">link</a></p><h2>Nyt</h2><button id="knap">Søg</button>
<form><input name="q"></form><div class="open close head root failed">Klasser</div>"""
HOSTILE = """<style>
html { font-size: 4px; }
body { transform: scale(.9) rotate(1deg); filter: blur(0); overflow: hidden; height: 300px; }
* { all: unset !important; color: red !important; font: 3px fantasy !important; letter-spacing: 9px !important;
    text-transform: uppercase !important; direction: rtl !important; }
button, iframe, dialog, h2, [popover], .open, .root { display: none !important; }
borgerraadgiver-vejviser { display: none !important; opacity: 0 !important; visibility: hidden !important;
    pointer-events: none !important; position: absolute !important; left: -9999px !important; clip-path: inset(50%); }
</style>"""
PAGES = {
    "/": SCRIPT + BODY + ELEMENT,
    "/uden": BODY,
    "/ond": HOSTILE + SCRIPT + BODY + ELEMENT,
    "/streng": SCRIPT + BODY + ELEMENT,
}


class Foreign(BaseHTTPRequestHandler):
    """The other site."""

    def do_GET(self):
        site = self.server.vejviser
        page = PAGES.get(self.path, "").replace("SITE", site)
        self.send_response(200 if page else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        if self.path == "/streng":
            policy = f"default-src 'none'; script-src {site}; frame-src {site}"
            self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(f"<!doctype html><html lang=da><title>Byen</title>{page}".encode() if page else b"")

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def foreign(site):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Foreign)
    server.vejviser = site
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://localhost:{server.server_port}"
    current().widget_origins = (address,)
    yield address
    current().widget_origins = ()
    server.shutdown()
    server.server_close()


@pytest.fixture(params=[360, 1200], ids=lambda width: f"{width}px")
def page(request, foreign, browser):
    context = browser.new_context(
        base_url=foreign,
        locale="da-DK",
        viewport={"width": request.param, "height": 760},
        has_touch=request.param < 500,
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield page
    context.close()


def picture(page, name):
    keep(page, f"widget-{page.viewport_size['width']}-{name}")


def opened(page):
    page.get_by_role("button", name="Spørg Vejviseren").click()
    frame = page.frame_locator("borgerraadgiver-vejviser iframe")
    frame.locator("#besked").wait_for()
    return frame


@pytest.mark.parametrize("where", ["/", "/ond", "/streng"])
def test_the_chat_opens_and_answers_on_a_foreign_page_whatever_its_styles(page, where):
    page.goto(where)
    button = page.get_by_role("button", name="Spørg Vejviseren")
    box, size = button.bounding_box(), page.viewport_size
    assert (
        box["height"] >= 44 and box["x"] + box["width"] <= size["width"] and box["y"] + box["height"] <= size["height"]
    )
    look = button.evaluate("b => { const s = getComputedStyle(b); return [s.color, s.fontSize, s.textTransform] }")
    assert look == ["rgb(255, 255, 255)", "16px", "none"]
    picture(page, f"knap-{where.strip('/') or 'almindelig'}")
    frame = opened(page)
    assert "Du skriver med en maskine" in frame.locator("main").inner_text()
    dialog = page.get_by_role("dialog", name="Vejviseren")
    panel = dialog.bounding_box()
    whole = (0, 0, size["width"], size["height"])
    assert ((panel["x"], panel["y"], panel["width"], panel["height"]) == whole) == (size["width"] < 500)
    assert frame.locator("html").evaluate("e => e.scrollWidth <= e.clientWidth")
    frame.locator("#besked").fill("Må jeg tage min søster med?")
    frame.get_by_role("button", name="Send", exact=True).click()
    frame.locator(".vv-assistant").last.wait_for()
    assert "Må jeg tage min søster med?" in frame.locator(".vv-citizen").inner_text()
    picture(page, f"aaben-{where.strip('/') or 'almindelig'}")


def test_escape_closes_it_from_inside_and_outside_and_the_focus_comes_back_to_the_button(page):
    page.goto("/")
    page.keyboard.press("Tab")
    for _ in range(6):
        if page.evaluate("document.activeElement.localName") == "borgerraadgiver-vejviser":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert focused(page) == "close"
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    back_at_the_button(page)
    frame = opened(page)
    frame.locator("#besked").fill("halvt skrevet")
    frame.locator("#besked").press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    back_at_the_button(page)
    page.keyboard.press("Enter")
    assert frame.locator("#besked").input_value() == "halvt skrevet"
    page.get_by_role("button", name="Luk chatten").click()
    back_at_the_button(page)


def back_at_the_button(page):
    """The focus comes back a moment after the panel is gone."""
    page.wait_for_function(
        "document.querySelector('borgerraadgiver-vejviser').shadowRoot.activeElement?.className === 'open'"
    )


def focused(page):
    return page.evaluate("document.querySelector('borgerraadgiver-vejviser').shadowRoot.activeElement?.className")


def test_on_a_phone_the_page_behind_is_out_of_reach_and_on_a_wide_screen_both_can_be_used(page):
    page.goto("/")
    opened(page)
    page.keyboard.press("Tab")
    reached = page.evaluate("(document.getElementById('knap').focus(), document.activeElement.id)")
    assert reached == ("" if page.viewport_size["width"] < 500 else "knap")


def test_nothing_is_fetched_before_it_is_opened_nothing_from_elsewhere_and_no_cookie_is_set(page, site, foreign):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/", wait_until="networkidle")
    assert [url for url in asked if not url.startswith(foreign)] == [f"{site}/vejviser.js"]
    frame = opened(page)
    frame.locator("#besked").fill("hej")
    frame.get_by_role("button", name="Send", exact=True).click()
    frame.locator(".vv-assistant").last.wait_for()
    assert all(url.startswith((site, foreign, "data:")) for url in asked)
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_all_of_it_weighs_less_than_sixty_kilobytes_besides_the_design_system(page, site):
    whole, heads = {}, {}  # bytes on the wire, and the part of them that is headers
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.responseReceived", lambda e: heads.update({e["requestId"]: e["response"]}))
    network.on("Network.loadingFinished", lambda e: whole.update({e["requestId"]: e["encodedDataLength"]}))
    page.goto(f"{site}/indlejret", wait_until="networkidle")  # by itself: what a frame fetches is told to no parent
    page.goto(f"{site}/vejviser.js", wait_until="networkidle")
    found = {heads[k]["url"]: size - heads[k]["encodedDataLength"] for k, size in whole.items() if k in heads}
    assert len(found) >= 6, found
    heavy = {url: size for url, size in found.items() if not url.endswith(("dkfds.min.css", "favicon.ico"))}
    assert sum(heavy.values()) < MOST, sorted(heavy.items())


def test_no_style_leaks_out_onto_the_page(page):
    read = """() => [...document.body.querySelectorAll(':not(borgerraadgiver-vejviser, borgerraadgiver-vejviser *)')]
        .filter(e => e.localName !== 'script').map(e => e.localName + JSON.stringify([...getComputedStyle(e)]
        .map(name => getComputedStyle(e)[name])))"""
    page.goto("/uden")
    before = page.evaluate(read)
    page.goto("/")
    page.get_by_role("button", name="Spørg Vejviseren").wait_for()
    assert page.evaluate(read) == before
    opened(page)
    assert page.evaluate(read) == before
    assert page.evaluate("document.styleSheets.length + document.adoptedStyleSheets.length") == 0


def test_links_in_the_frame_open_in_a_window_of_their_own(page):
    page.goto("/")
    frame = opened(page)
    with page.context.expect_page() as fresh:
        frame.get_by_role("link", name="Dine oplysninger").click()
    assert "Sådan passer vi på dine oplysninger" in fresh.value.locator("h1").inner_text()


def test_a_site_that_is_not_on_the_list_gets_a_link_instead_of_a_grey_hole(page, foreign):
    current().widget_origins = ("https://www.ltk.dk",)
    try:
        page.goto("/")
        page.get_by_role("button", name="Spørg Vejviseren").click()
        page.get_by_role("link", name="Åbn chatten på sin egen side").wait_for()
        picture(page, "ikke-tilladt")
    finally:
        current().widget_origins = (foreign,)


def test_without_a_script_the_element_is_a_link_to_the_whole_page(foreign, site, browser):
    context = browser.new_context(base_url=foreign, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    assert page.get_by_role("link", name="Spørg Vejviseren").get_attribute("href") == f"{site}/"
    context.close()


@pytest.fixture
def client(foreign):
    return create_app().test_client()


def test_only_the_chat_and_only_by_the_listed_sites_may_be_framed(client, foreign):
    inside = client.get("/indlejret")
    assert f"frame-ancestors {foreign};" in inside.headers["Content-Security-Policy"] + ";"
    assert "X-Frame-Options" not in inside.headers
    for path in ("/", "/privatliv", "/henvendelse", "/personale/login", "/personale/login?indlejret=ja"):
        answer = client.get(path)
        assert answer.headers["X-Frame-Options"] == "DENY", path
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"], path


def test_in_the_frame_without_a_script_the_conversation_stays_in_the_frame(client):
    page = client.get("/indlejret").text
    action = re.search(r'id="skriv"[^>]* action="([^"]+)"', page)[1].replace("&amp;", "&")
    answer = client.post(action, data={"message": "hej", "conversation": ""})
    assert "X-Frame-Options" not in answer.headers
    assert "vv-embedded" in answer.text and "vv-header" not in answer.text
    assert "hej" in answer.text
    assert client.post("/samtale", data={"message": "hej"}).headers["X-Frame-Options"] == "DENY"


def test_without_a_list_nobody_may_frame_the_chat(client, foreign):
    current().widget_origins = ()
    try:
        assert client.get("/indlejret").headers["X-Frame-Options"] == "DENY"
    finally:
        current().widget_origins = (foreign,)


@pytest.mark.parametrize(
    "wrong",
    ["www.ltk.dk", "https://www.ltk.dk/side", "https://a.dk; script-src *", "*", "https://bruger@a.dk", "ftp://a.dk"],
)
def test_an_origin_that_is_not_one_is_refused_at_start(wrong):
    with pytest.raises(ConfigurationError, match="VEJVISER_WIDGET_ORIGINS"):
        Settings.read({"VEJVISER_WIDGET_ORIGINS": wrong})


def test_origins_are_listed_with_commas_and_production_wants_https():
    found = Settings.read({"VEJVISER_WIDGET_ORIGINS": "https://www.ltk.dk/, http://localhost:8001"})
    assert found.widget_origins == ("https://www.ltk.dk", "http://localhost:8001")
    safe = {"VEJVISER_ENV": "production", "VEJVISER_SECRET_KEY": "k3Jx9-aaQ7zz_Lm28vBnc0PqRst56WyU"}
    with pytest.raises(ConfigurationError, match="VEJVISER_WIDGET_ORIGINS"):
        Settings.read({**safe, "VEJVISER_WIDGET_ORIGINS": "http://www.ltk.dk"})


def test_styles_and_scripts_are_sent_compressed_and_still_known_the_next_time(client):
    for path in ("/static/vejviser.css", "/dkfds/css/dkfds.min.css", "/vejviser.js"):
        answer = client.get(path, headers={"Accept-Encoding": "gzip"})
        assert answer.headers["Content-Encoding"] == "gzip" and "Accept-Encoding" in answer.headers["Vary"], path
        again = client.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304, path
        assert "Content-Encoding" not in client.get(path).headers, path
    for path in ("/", "/indlejret"):
        assert client.get(path, headers={"Accept-Encoding": "gzip"}).headers["Content-Encoding"] == "gzip"
    talk = client.post("/samtale", data={"message": "hej"}, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in talk.headers
