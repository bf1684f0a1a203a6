"""The private address Outlook subscribes to: what it holds, who can read it, and how it ends."""

from datetime import datetime, timedelta

import pytest
import vobject
from click.testing import CliRunner
from sqlalchemy import text

from casework import clock, feeds, meetings, staff
from casework.availability import seed
from casework.cases import Actor
from casework.cli import main as cli
from casework.clock import COPENHAGEN
from casework.db import session
from casework.errors import NotFound
from casework.intake import Intake, file_case
from casework.meetings import Wish
from casework.models import Appointment, Case
from casework.settings import current
from tests.conftest import TODAY
from web import create_app
from web.limits import limiter

TUESDAY = datetime(2026, 12, 1, 10, tzinfo=COPENHAGEN)
EMAIL = "julie@ltk.invalid"
JULIE = Actor("Julie", "adviser")
SECRETS = ("Anna", "Jensen", "28 28", "28282828", "firma.invalid", "Fleksjob", "olk", "Buddingevej", "tandlæge", "Café")


@pytest.fixture(scope="module")
def client():
    return create_app().test_client()


@pytest.fixture
def token(db, client, monkeypatch):
    """An address of a staff member, with the kinds of meetings and nothing booked."""
    limiter.reset()
    monkeypatch.setattr(current(), "public_url", "https://vejviser.invalid")
    with session() as own, own.begin():
        seed(own)
        person = staff.add_staff(
            own, email=EMAIL, name="Julie", role="adviser", password="en lang adgangskode 7", now=clock.now()
        )
        return feeds.create(own, person.id, clock.now())


def book(kind="telefon", start=TUESDAY, **changes):
    given = {"name": "Anna Jensen", "channel": "telefon", "value": "28 28 28 28", "subject": "Fleksjob"}
    given |= {"needs": ["tolk"], "place": "" if kind in ("telefon", "bibliotek") else "Buddingevej 50", **changes}
    with session() as own, own.begin():
        return meetings.book(own, Wish(kind, start, **given), clock.now()).id


def do(verb, number, *arguments, **more):
    with session() as own, own.begin():
        verb(own, own.get(Appointment, number), *arguments, **more)


def read(client, token):
    answer = client.get(f"/kalender/{token}.ics")
    assert answer.status_code == 200, answer.text
    return answer


def events(client, token):
    """Return the events of the feed by their titles, as another library than ours reads them."""
    calendar = vobject.readOne(read(client, token).get_data(as_text=True))
    return {event.summary.value: event for event in getattr(calendar, "vevent_list", [])}


def test_the_meetings_are_there_with_kind_and_time_and_what_is_asked_for_is_marked(client, token):
    book()
    book("andet_sted", TUESDAY + timedelta(days=2))
    found = events(client, token)
    assert set(found) == {"Telefonsamtale", "Venter på svar: Møde et andet sted"}
    agreed, asked = found.values()
    assert (agreed.dtstart.value, agreed.status.value) == (TUESDAY, "CONFIRMED")
    assert asked.status.value == "TENTATIVE"


def test_a_meeting_of_a_case_has_its_number_and_leads_to_the_page_of_the_meeting(client, token):
    with session() as own, own.begin():
        receipt = file_case(
            own,
            Intake(story="Fleksjob", contact_name="Anna Jensen", contact_channel="telefon", contact_value="28282828"),
            submission="s",
            now=clock.now(),
            today=TODAY,
            code_key=b"0" * 32,
        )
    number = book()
    with session() as own, own.begin():
        own.get(Appointment, number).case = own.query(Case).one()
    (event,) = events(client, token).values()
    assert event.summary.value == f"Telefonsamtale · {receipt.reference}"
    assert event.url.value == f"https://vejviser.invalid/personale/kalender/moede/{number}"


def test_nothing_in_it_tells_who_comes_why_with_what_needs_or_where_she_is_met(client, token):
    book()
    number = book("andet_sted", TUESDAY + timedelta(days=2))
    do(meetings.accept, number, clock.now(), JULIE, "Café Lyngby")
    number = book("bisidder", TUESDAY + timedelta(days=6))
    with session() as own:
        codes = [appointment.code for appointment in own.query(Appointment)]
    whole = read(client, token).get_data(as_text=True).replace("\r\n ", "")
    for secret in (*SECRETS, *codes):
        assert secret not in whole
    assert whole.count("CLASS:PRIVATE") == 3


def test_what_is_moved_changes_its_entry_and_what_is_cancelled_or_only_held_is_not_there(client, token):
    number = book()
    with session() as own, own.begin():
        meetings.hold(own, "telefon", TUESDAY + timedelta(hours=2), clock.now())
    (before,) = events(client, token).values()
    do(meetings.move, number, TUESDAY + timedelta(days=1), clock.now())
    (after,) = events(client, token).values()
    assert after.uid.value == before.uid.value
    assert int(after.sequence.value) > int(before.sequence.value)
    do(meetings.cancel, number, clock.now())
    assert events(client, token) == {}


def test_a_calendar_program_is_told_how_often_to_ask_and_nobody_else_keeps_it(client, token):
    answer = read(client, token)
    calendar = vobject.readOne(answer.get_data(as_text=True))
    assert calendar.x_wr_calname.value == "Borgerrådgiverens møder"
    assert calendar.x_published_ttl.value == "PT15M"
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "noindex" in answer.headers["X-Robots-Tag"]


def test_who_has_the_newest_already_is_told_so_until_something_changes(client, token):
    book()
    tag = read(client, token).headers["ETag"]
    assert client.get(f"/kalender/{token}.ics", headers={"If-None-Match": tag}).status_code == 304
    book(start=TUESDAY + timedelta(hours=2))
    assert client.get(f"/kalender/{token}.ics", headers={"If-None-Match": tag}).status_code == 200


def test_only_a_hash_of_the_address_is_kept(token):
    with session() as own:
        (row,) = own.execute(text("SELECT * FROM calendar_feeds")).all()
    assert token not in str(row)


def gone(client, token):
    return client.get(f"/kalender/{token}.ics").status_code == 404


def test_an_address_ends_when_it_is_revoked_or_another_takes_its_place(client, token):
    with session() as own, own.begin():
        person = staff.find(own, email=EMAIL)
        second = feeds.create(own, person.id, clock.now())
    assert gone(client, token)
    read(client, second)
    with session() as own, own.begin():
        assert feeds.active(own, person.id).read_at is not None
        assert feeds.revoke(own, person.id, clock.now())
        assert not feeds.revoke(own, person.id, clock.now())
        assert feeds.active(own, person.id) is None
    assert gone(client, second)


def test_an_address_ends_with_the_account_of_its_owner(client, token):
    with session() as own, own.begin():
        staff.find(own, email=EMAIL).active = False
    assert gone(client, token)


@pytest.mark.parametrize("wrong", ["x", "%00", "a" * 5000, "..", "æøå", "' or 1=1", "None"])
def test_an_address_that_never_was_looks_like_one_that_has_ended(client, token, wrong):
    with session() as own, own.begin():
        feeds.revoke(own, staff.find(own, email=EMAIL).id, clock.now())
    ended, never = client.get(f"/kalender/{token}.ics"), client.get(f"/kalender/{wrong}.ics")
    assert (never.status_code, never.text) == (ended.status_code, ended.text)


def test_who_guesses_is_stopped_and_who_has_the_address_is_not(client, token):
    for _ in range(15):
        read(client, token)
    answers = [client.get(f"/kalender/gaet{n}.ics").status_code for n in range(12)]
    assert answers[:10] == [404] * 10
    assert answers[10:] == [429] * 2


def test_the_command_makes_an_address_shows_it_once_and_closes_it(client, token):
    made = CliRunner().invoke(cli, ["kalender", "abonnement", "--email", EMAIL])
    address = made.output.strip()
    assert address.startswith("https://vejviser.invalid/kalender/")
    assert client.get(address.removeprefix("https://vejviser.invalid")).status_code == 200
    closed = CliRunner().invoke(cli, ["kalender", "abonnement", "--email", EMAIL, "--luk"])
    assert "lukket" in closed.output
    assert client.get(address.removeprefix("https://vejviser.invalid")).status_code == 404


def test_nobody_gets_an_address_without_an_account(token):
    with session() as own, own.begin(), pytest.raises(NotFound):
        feeds.create(own, 999_999, clock.now())
