"""Every page, citizens' and staff's, held to WCAG 2.2 AA in a real browser. The chat's states are in the next file."""

import re

import pytest
from flask import template_rendered

from casework.settings import ROOT
from tests.conftest import _empty as empty
from tests.web.axe import findings
from tests.web.conftest import served
from tests.web.every_page import CITIZENS, NO_PAGES, STAFF, Office
from tests.web.looks import sound, wrong_with
from tests.web.pictures import pictures
from web import create_app

pytestmark = pytest.mark.once

PICTURED = ("henvendelse", "henvendelse med fejl")  # the other files keep pictures of the rest
TEMPLATES = ROOT / "web" / "templates"


@pytest.fixture(scope="module")
def office(migrated):
    empty()
    yield Office(create_app())
    empty()


@pytest.fixture(scope="module")
def page(office, browser):
    """A browser that shows what the application answers; scripts and styles come over real HTTP."""
    with served(office.app) as url:
        context = browser.new_context(base_url=url, locale="da-DK", viewport={"width": 1200, "height": 900})
        # Each page is a visit of its own: what the tab remembers of the one before would come forth on this one.
        context.add_init_script("try { sessionStorage.clear() } catch { /* a page of no origin has none */ }")
        page = context.new_page()
        page.set_default_timeout(30_000)
        yield page
        context.close()


def shows(page, answer):
    """Show an answer as if the browser had got it itself."""
    assert answer.mimetype == "text/html", answer
    assert answer.status_code < 500 or answer.status_code == 503, answer.text
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy(answer)}
    page.route("**/vist", lambda route: route.fulfill(body=answer.text, headers=headers))
    page.goto("/vist")
    page.unroute("**/vist")


def policy(answer):
    return answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", CITIZENS)
def test_a_page_of_citizens_can_be_used_by_everybody(office, page, name):
    shows(page, CITIZENS[name](office))
    if name in PICTURED:
        pictures(page, name.replace(" ", "-"))
    sound(page, name)


@pytest.mark.parametrize("name", STAFF)
def test_a_page_of_the_staff_can_be_used_by_everybody(office, page, name):
    shows(page, STAFF[name](office))
    sound(page, name, least=24)


@pytest.mark.parametrize("name", ["chatten", "henvendelse med fejl"])
def test_with_more_contrast_asked_for_nothing_is_lost(office, page, name):
    shows(page, CITIZENS[name](office))
    plain = page.locator("main").inner_text()
    page.emulate_media(contrast="more")
    assert findings(page) == []
    assert page.locator("main").inner_text() == plain
    page.emulate_media(contrast="no-preference")


@pytest.fixture(scope="module")
def walked(office):
    """Every page asked for once: the addresses asked, the templates drawn, and citizens' answers by name."""
    asked, drawn = set(), set()

    def note(sender, template, context, **_):
        drawn.add(template.name)
        asked.add((context["request"].endpoint, context["request"].method))

    with template_rendered.connected_to(note, office.app):
        answers = {name: see(office).text for name, see in CITIZENS.items()}
        for see in STAFF.values():
            see(office)
    return asked, drawn, answers


def test_no_page_is_forgotten(office, walked):
    """A new page must be looked at too: its address or its template is missing in every_page.py."""
    asked, drawn, _ = walked
    gets = {rule.endpoint for rule in office.app.url_map.iter_rules() if "GET" in rule.methods}
    assert gets - {endpoint for endpoint, method in asked if method == "GET"} == set(NO_PAGES)
    whole = {
        str(path.relative_to(TEMPLATES))
        for path in TEMPLATES.rglob("*.html")
        if "{% extends" in path.read_text() and path.name not in ("layout.html", "base.html")
    }
    assert whole - drawn == set()


@pytest.mark.parametrize("endpoint", NO_PAGES)
def test_what_is_called_no_page_is_none(office, endpoint):
    path = NO_PAGES[endpoint].format(**office.numbers)
    answer = office.staff.client.get(path)
    whole = answer.mimetype == "text/html" and "<main" in answer.text and answer.status_code == 200
    assert not whole, path


def test_every_page_says_in_its_title_where_one_is_and_no_two_pages_say_the_same(walked):
    titles = {}
    for name, answer in walked[2].items():
        title = re.search(r"<title>\s*(.*?) – Borgerrådgiverens Vejviser</title>", answer, re.S)[1].strip()
        assert title, name
        assert title.startswith("Fejl: ") == ('class="alert alert-error"' in answer), name
        titles.setdefault(title, []).append(re.search(r"<h1[^>]*>(.*?)</h1>", answer, re.S)[1].strip())
    assert {title: set(heads) for title, heads in titles.items() if len(set(heads)) > 1} == {}


FAULTS = {
    "image-alt": '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
    "label": '<input type="text">',
    "color-contrast": '<p style="color:#aaa;background:#fff">Svag tekst</p>',
    "heading-order": "<h4>For dybt</h4>",
    "uden for skærmen": '<p style="width:700px">bred</p>',
    "ruller til siden uden navn": '<div style="overflow-x:auto;width:200px"><p style="width:900px">bred</p></div>',
    "skåret af": '<p style="width:60px;overflow:hidden;white-space:nowrap">En lang tekst uden plads</p>',
    "button “Lille”": '<button style="min-height:20px;height:20px;padding:0">Lille</button>',
    "fokus ses ikke": '<a href="#x" class="button" id="uden">Uden ring</a>',
    "fokus er for svag": '<button id="svag">En svag ring</button>',
    "glider": '<p style="transition:color 1s">glider</p>',
    "ligger oven i hinanden": '<button>Under</button><button style="display:block;margin-top:-30px">Over</button>',
    "fokus er skjult": '<button>Skjult</button><div style="position:fixed;inset:0;background:#fff">dækker</div>',
    "tvungne farver, kant": '<input aria-label="x" style="border:0">',
}
PLAIN = """<!doctype html><html lang="da"><head><title>Prøve</title><style>
body { font: 16px sans-serif } button { min-height: 44px; min-width: 44px } :focus { outline: 3px solid #000 }
#uden:focus { outline: none } #svag:focus { outline-color: #eee }
</style></head><body><main><h1>Prøve</h1>FEJL</main></body></html>"""


def test_a_page_without_faults_has_none(page):
    page.goto("about:blank")  # a page of no policy, for the faults have styles of their own
    page.set_content(PLAIN.replace("FEJL", "<button>Stor nok</button>"))
    assert wrong_with(page) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_the_check_finds_a_fault_that_is_there(page, fault):
    page.goto("about:blank")
    page.set_content(PLAIN.replace("FEJL", FAULTS[fault]))
    assert fault in "\n".join(wrong_with(page))


def test_the_tool_that_checks_is_not_handed_out(office):
    for path in ("/dkfds/../../axe-core/axe.min.js", "/dkfds/axe-core/axe.min.js", "/node_modules/axe-core/axe.min.js"):
        assert office.app.test_client().get(path).status_code == 404, path
