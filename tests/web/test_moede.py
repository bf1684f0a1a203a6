"""Booking a meeting on the page, and the page behind its code, as a citizen without JavaScript meets them."""

import re
import uuid
from datetime import date, datetime, time, timedelta
from html import unescape

import pytest
from icalendar import Calendar
from sqlalchemy import func, select

from casework import availability, clock, meetings
from casework import staff as accounts
from casework.cases import Actor
from casework.db import reading, session
from casework.models import Case, CaseEvent, OutgoingMail
from casework.models_meetings import Appointment
from casework.settings import Smtp, current

TUESDAY = "2026-12-01T10:00:00+01:00"


@pytest.fixture
def adviser():
    with session() as db, db.begin():
        person = accounts.add_staff(
            db, email="j@ltk.invalid", name="Julie", role="adviser", password="en lang adgangskode", now=clock.now()
        )
        return Actor(person.name, person.role, staff_id=person.id)


def page(answer):
    return unescape(answer.get_data(as_text=True))


def times_of(shown):
    return re.findall(r'name="start"(?: id="[^"]+")? value="([^"]+)"', shown)


def hidden(shown, name):
    return re.search(rf'name="{name}" value="([^"]*)"', shown)[1]


def choose(client, start=TUESDAY, kind="telefon", **more):
    """Choose a time and return the answer, which leads to the form."""
    return client.post("/moede/tid", data={"slags": kind, "start": start, "besoeg": str(uuid.uuid4()), **more})


def filled(shown, **changes):
    given = {
        "slags": hidden(shown, "slags"),
        "submission": hidden(shown, "submission"),
        "start": hidden(shown, "start"),
        "name": "Anna Jensen",
        "channel": "telefon",
        "value": "28 28 28 28",
        **changes,
    }
    return {name: value for name, value in given.items() if value is not None}


def booked(client, start=TUESDAY, kind="telefon", **changes):
    """Book a meeting and return its code."""
    at = choose(client, start, kind).location
    answer = client.post(at, data=filled(page(client.get(at)), **changes))
    assert answer.status_code == 303, page(answer)
    return re.fullmatch(r"/moede/([^/]+)/kvittering", answer.location)[1]


def asked_along(client, **changes):
    """Ask the adviser along to a meeting with the kommune and return the answer."""
    shown = page(client.get("/moede?slags=bisidder"))
    given = {"day": "2026-12-03", "time": "13:30", "place": "Jobcentret, hos Bo", **changes}
    return client.post("/moede/bestil", data=filled(shown.replace("</form>", '<i name="start" value="">'), **given))


def meeting(code):
    with reading() as db:
        return meetings.find(db, code)


def change(code, act):
    """Let something happen to a meeting."""
    with session() as db, db.begin():
        act(db, meetings.find(db, code))


def let_pass(minutes):
    """Let every hold be so much older."""
    with session() as db, db.begin():
        for held in db.scalars(select(Appointment).where(Appointment.status == "holdt")):
            held.held_until -= timedelta(minutes=minutes)


def how_many(*conditions):
    with reading() as db:
        return db.scalar(select(func.count(Appointment.id)).where(*conditions))


# --- From choosing to the receipt -------------------------------------------------------------------------------


def test_a_citizen_walks_from_kind_to_receipt_and_the_adviser_has_it_all(client):
    shown = page(client.get("/moede"))
    for told in ("Telefonsamtale", "30 minutter", "Lyngby Hovedgade 28", "Borgerrådgiveren med til dit møde"):
        assert told in shown
    shown = page(client.get("/moede?slags=telefon"))
    assert "Uge 48" in shown and "Tirsdag den 24. november" in shown
    later = page(client.get(f"/moede?slags=telefon&uge={hidden_button(shown, 'uge')}"))
    assert TUESDAY in times_of(later)
    at = choose(client).location
    shown = page(client.get(at))
    assert "tirsdag den 1. december 2026 kl. 10.00" in shown
    assert re.search(r"i 10 minutter, til kl\. <strong>\d\d\.\d\d", shown)
    answer = client.post(at, data=filled(shown, subject="Min søns skole", need_tolk="ja", email="a@firma.invalid"))
    receipt = page(client.get(answer.location))
    for told in ("Din tid er booket", "tirsdag den 1. december 2026 kl. 10.00–10.30", "ringer til dig", "/moede/"):
        assert told in receipt
    kept = meeting(answer.location.split("/")[2])
    assert (kept.status, kept.name, kept.value) == ("aftalt", "Anna Jensen", "28 28 28 28, a@firma.invalid")
    assert (kept.subject, kept.needs) == ("Min søns skole", ["tolk"])
    assert TUESDAY not in times_of(page(client.get("/moede?slags=telefon&uge=2026-11-30")))


def hidden_button(shown, name):
    return re.search(rf'name="{name}" value="([^"]+)"', shown)[1]


def test_the_code_of_the_receipt_opens_the_meeting_however_it_is_typed(client):
    code = booked(client)
    typed = re.search(r'vm-code">([^<]+)<', page(client.get(f"/moede/{code}/kvittering")))[1]
    answer = client.post("/moede/find", data={"code": f" {typed.upper()} "})
    assert answer.location == f"/moede/{code}"
    wrong = client.post("/moede/find", data={"code": "aaaaa-aaaaa"})
    assert wrong.status_code == 404 and "Vi kan ikke finde en tid" in page(wrong)


def test_every_field_has_a_label_and_every_page_one_heading(client):
    code = booked(client, "2026-12-02T10:00:00+01:00")
    pages = ["/moede", "/moede?slags=telefon", "/moede?slags=bisidder", choose(client).location]
    pages += [choose(client, "2026-12-03T10:00:00+01:00", "andet_sted").location]
    pages += [f"/moede/{code}{end}" for end in ("", "/kvittering", "/flyt", "/aflys")]
    for path in pages:
        shown = page(client.get(path))
        assert shown.count("<h1>") == 1, path
        for name in re.findall(r'<(?:input|textarea|select)[^>]*\bid="([^"]+)"', shown):
            assert f'for="{name}"' in shown, (path, name)


def test_a_place_elsewhere_is_asked_for_and_not_yet_agreed(client):
    at = choose(client, "2026-12-03T10:00:00+01:00", "andet_sted").location
    shown = page(client.get(at))
    wrong = client.post(at, data=filled(shown, place=""))
    assert wrong.status_code == 422 and "Skriv, hvor I skal mødes" in page(wrong)
    answer = client.post(at, data=filled(shown, place="Hjemme, Nørgaardsvej 7"))
    receipt = page(client.get(answer.location))
    assert "Det er ikke aftalt endnu" in receipt
    assert "Nørgaardsvej" not in receipt
    kept = meeting(answer.location.split("/")[2])
    assert (kept.status, kept.wished_place) == ("anmodet", "Hjemme, Nørgaardsvej 7")


def test_asking_the_adviser_along_takes_day_time_and_place_of_the_citizens_own_meeting(client):
    answer = asked_along(client)
    assert answer.status_code == 303
    kept = meeting(answer.location.split("/")[2])
    assert (kept.status, kept.kind) == ("anmodet", "bisidder")
    assert kept.start_at.astimezone(clock.COPENHAGEN) == datetime(2026, 12, 3, 13, 30, tzinfo=clock.COPENHAGEN)
    assert kept.wished_place == "Jobcentret, hos Bo"


@pytest.mark.parametrize(
    ("wrong", "field", "told"),
    [
        ({"day": ""}, "day", "Skriv datoen"),
        ({"day": "i morgen"}, "day", "Skriv datoen"),
        ({"day": "2026-11-20"}, "day", "Mødet har været"),
        ({"time": ""}, "time", "Skriv klokkeslættet"),
        ({"time": "25:00"}, "time", "Skriv klokkeslættet"),
        ({"day": "2027-03-28", "time": "02:30"}, "time", "Skriv klokkeslættet"),
        ({"time": "13:31"}, "time", "hele fem minutter"),
        ({"place": ""}, "place", "Skriv, hvor mødet er"),
    ],
)
def test_what_cannot_be_a_meeting_with_the_kommune_is_said_at_its_field(client, wrong, field, told):
    answer = asked_along(client, **wrong)
    assert answer.status_code == 422
    assert told in page(answer) and f'href="#{field}"' in page(answer)
    assert 'value="Anna Jensen"' in page(answer)
    assert how_many() == 0


@pytest.mark.parametrize(("day", "time"), [("3.12.2026", "13.30"), ("3/12-2026", "13.30")])
def test_a_day_may_be_written_as_people_write_it(client, day, time):
    assert asked_along(client, day=day, time=time).status_code == 303


def test_a_time_the_adviser_has_given_away_cannot_be_asked_for(client):
    booked(client, "2026-12-03T13:30:00+01:00")
    answer = asked_along(client)
    assert answer.status_code == 409 and "er optaget på det tidspunkt" in page(answer)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name": " "}, "Skriv dit navn"),
        ({"name": "x" * 500}, "for lang"),
        ({"value": "12"}, "otte cifre"),
        ({"value": "010203-1234"}, "otte cifre"),
        ({"email": "anna"}, "Mailadressen kan ikke læses"),
        ({"subject": "x" * 3000}, "for lang"),
    ],
)
def test_what_cannot_be_used_is_said_at_its_field_and_nothing_is_lost_or_booked(client, wrong, told):
    at = choose(client).location
    answer = client.post(at, data=filled(page(client.get(at)), **{"subject": "skolen", **wrong}))
    assert answer.status_code == 422
    assert told in page(answer) and 'role="alert"' in page(answer)
    assert "010203" not in page(answer)
    if "subject" not in wrong:
        assert "skolen" in page(answer)
    assert how_many(Appointment.status != "holdt") == 0


@pytest.mark.parametrize(
    "query",
    [
        "slags=findes-ikke",
        "slags=telefon&uge=i-dag",
        "slags=telefon&uge=9999-12-31",
        "slags=telefon&uge=0001-01-01",
        "slags=bisidder&uge=%00",
    ],
)
def test_an_odd_address_still_shows_a_page(client, query):
    assert client.get(f"/moede?{query}").status_code == 200


@pytest.mark.parametrize(
    "given",
    [
        {"start": "", "slags": "telefon"},
        {"start": "2026-12-01T10:00:00", "slags": "telefon"},
        {"start": "2026-12-01T03:00:00+01:00", "slags": "telefon"},
        {"start": "2026-12-25T10:00:00+01:00", "slags": "telefon"},
        {"start": "2020-12-01T10:00:00+01:00", "slags": "telefon"},
        {"start": "9999-12-31T23:59:00-23:00", "slags": "telefon"},
        {"start": TUESDAY, "slags": "findes-ikke"},
        {"start": TUESDAY, "slags": "telefon", "besoeg": "x\x00"},
    ],
)
def test_a_time_that_is_not_offered_cannot_be_held(client, given):
    answer = client.post("/moede/tid", data=given)
    assert answer.status_code == (303 if "besoeg" in given else 422)
    assert how_many() == ("besoeg" in given)


def test_a_form_without_anything_in_it_is_answered_in_danish(client):
    for path in ("/moede/tid", "/moede/bestil", "/moede/andre-tider", "/moede/bestil/xxx", "/moede/find"):
        assert client.post(path, data={}).status_code in (303, 404, 422), path


# --- The time that is held --------------------------------------------------------------------------------------


def test_a_time_that_is_held_is_offered_to_nobody_else_until_it_runs_out(client, app):
    choose(client)
    assert TUESDAY not in times_of(page(client.get("/moede?slags=telefon&uge=2026-11-30")))
    other = choose(client)
    assert other.status_code == 409 and "lige blevet taget" in page(other)
    assert times_of(page(other))
    let_pass(11)
    assert TUESDAY in times_of(page(client.get("/moede?slags=telefon&uge=2026-11-30")))
    assert choose(client).status_code == 303


def test_going_back_and_choosing_again_lets_the_first_time_go(client):
    visit = str(uuid.uuid4())
    choose(client, besoeg=visit)
    assert choose(client, besoeg=visit).status_code == 303  # the same again
    choose(client, "2026-12-01T10:30:00+01:00", besoeg=visit)
    assert how_many(Appointment.status == "holdt") == 1
    held = choose(client, "2026-12-01T11:00:00+01:00").location
    client.post("/moede/andre-tider", data={"held": held.rsplit("/", 1)[1]})
    assert how_many(Appointment.status == "holdt") == 1


def test_the_time_is_held_longer_when_she_asks_and_what_she_typed_is_kept(client):
    at = choose(client).location
    let_pass(8)
    given = filled(page(client.get(at)), step="mere", subject="Min søns skole")
    shown = page(client.post(at, data=given))
    assert "Du har fået mere tid" in shown and "Min søns skole" in shown and 'value="Anna Jensen"' in shown
    with reading() as db:
        held = db.scalars(select(Appointment)).one()
    assert held.held_until - clock.now() > timedelta(minutes=9)


def test_nobody_holds_a_time_for_good(client):
    at = choose(client).location
    with session() as db, db.begin():
        db.scalars(select(Appointment)).one().created_at -= timedelta(minutes=61)
    shown = page(client.post(at, data=filled(page(client.get(at)), step="mere")))
    assert "Vi kan ikke holde tiden længere" in shown


def test_a_hold_that_has_run_out_is_explained_and_the_time_still_booked_when_it_is_free(client):
    at = choose(client).location
    let_pass(11)
    shown = page(client.get(at))
    assert "Vi holder ikke tiden for dig længere" in shown
    answer = client.post(at, data=filled(shown))
    assert answer.status_code == 303
    assert page(client.get(answer.location)).count("Din tid er booket")


def test_a_time_somebody_else_got_meanwhile_is_told_with_others_and_what_was_typed(client):
    at = choose(client).location
    given = filled(page(client.get(at)), subject="Min søns skole", need_tolk="ja")
    let_pass(11)
    code = booked(client)
    answer = client.post(at, data=given)
    shown = page(answer)
    assert answer.status_code == 409
    assert "lige blevet taget" in shown and "er her stadig" in shown
    assert (
        'value="Anna Jensen"' in shown and "Min søns skole" in shown and re.search(r'id="need_tolk"[^>]*checked', shown)
    )
    offered = times_of(shown)
    assert offered and TUESDAY not in offered
    more = page(client.post(at, data={**given, "step": "tider", "uge": hidden(shown, "uge")}))
    assert times_of(more) and not set(times_of(more)) & set(offered) and "Min søns skole" in more
    answer = client.post(at, data={**given, "start": times_of(more)[0]})
    assert answer.status_code == 303
    assert meeting(answer.location.split("/")[2]).subject == "Min søns skole"
    assert meeting(code).start_at.astimezone(clock.COPENHAGEN).isoformat() == TUESDAY


def test_sent_twice_is_one_booking(client):
    at = choose(client).location
    given = filled(page(client.get(at)))
    first, second = (client.post(at, data=given).location for _ in range(2))
    assert first == second
    assert how_many() == 1
    assert client.get(at).location == first.removesuffix("/kvittering")


def test_a_hold_that_is_gone_leads_back_to_the_times(client):
    at = choose(client).location
    with session() as db, db.begin():
        meetings.release(db, at.rsplit("/", 1)[1], clock.now())
    answer = client.get(at)
    assert answer.status_code == 404 and "Intet er booket" in page(answer)


# --- When she is away -------------------------------------------------------------------------------------------


def test_while_she_is_away_the_page_says_so_and_whom_to_turn_to(client):
    with session() as db, db.begin():
        availability.add_absence(
            db, date(2026, 11, 23), date(2026, 12, 11), "Jeg holder ferie.", clock.today(), meanwhile="Ring til Lone."
        )
    for path in ("/moede", "/moede?slags=telefon"):
        shown = page(client.get(path))
        assert "Jeg holder ferie." in shown and "Ring til Lone." in shown
        assert "fredag den 11. december 2026" in shown
    assert min(times_of(shown)) == "2026-12-14T10:00:00+01:00"


def test_where_nothing_is_free_the_page_says_what_else_can_be_done(client):
    with session() as db, db.begin():
        availability.set_hours(db, "telefon", [])
    shown = page(client.get("/moede?slags=telefon"))
    assert "ingen ledige tider" in shown and "/henvendelse" in shown and "45 97 30 00" in shown


def test_a_kind_the_adviser_has_closed_is_not_offered(client):
    with session() as db, db.begin():
        availability.save_kind(db, "bisidder", open=False)
    assert "slags-bisidder" not in page(client.get("/moede"))
    assert "Vælg først" in page(client.get("/moede?slags=bisidder"))
    assert asked_along_directly(client).status_code == 422


def asked_along_directly(client):
    given = {"slags": "bisidder", "submission": str(uuid.uuid4()), "name": "Anna", "channel": "telefon"}
    more = {"value": "28 28 28 28", "day": "2026-12-03", "time": "13:30", "place": "Jobcentret"}
    return client.post("/moede/bestil", data={**given, **more})


# --- A meeting about a case -------------------------------------------------------------------------------------


@pytest.fixture
def keys(client):
    given = {
        "submission": str(uuid.uuid4()),
        "story": "Intet svar",
        "contact_channel": "telefon",
        "contact_value": "28",
    }
    shown = page(client.post("/henvendelse", data=given))
    assert 'action="/moede"' in shown
    reference, code = re.findall(r"<dt>(?:Nummer|Kode)</dt><dd>([^<]+)</dd>", shown)
    return {"reference": reference, "code": code}


def about_case(client, keys, start=TUESDAY):
    shown = page(client.post("/moede", data={**keys, "slags": "telefon", "uge": start[:10]}))
    assert keys["reference"] in shown
    at = choose(client, start, **keys).location
    assert keys["reference"] not in page(client.get(at))
    return client.post(at, data=filled(page(client.get(at)))).location.split("/")[2]


def test_from_her_case_the_meeting_is_about_it_and_stands_there(client, keys):
    code = about_case(client, keys)
    with reading() as db:
        case = db.scalars(select(Case)).one()
        assert [m.code for m in meetings.of_case(db, case)] == [code]
        assert "moede" in db.scalars(select(CaseEvent.kind)).all()
    shown = page(client.post("/status", data=keys))
    assert f'href="/moede/{code}"' in shown and "tirsdag den 1. december 2026 kl. 10.00–10.30" in shown


def test_choosing_another_time_does_not_lose_the_case(client, keys):
    held = choose(client, **keys).location.rsplit("/", 1)[1]
    at = client.post("/moede/andre-tider", data={"held": held}).location
    shown = page(client.get(at))
    assert "handle om din henvendelse" in shown and TUESDAY in times_of(shown)
    at = choose(client, "2026-12-02T12:00:00+01:00", besoeg=hidden(shown, "besoeg")).location
    assert how_many() == 1
    code = client.post(at, data=filled(page(client.get(at)))).location.split("/")[2]
    with reading() as db:
        assert [m.code for m in meetings.of_case(db, db.scalars(select(Case)).one())] == [code]


def test_who_is_anonymous_in_her_case_is_told_before_she_writes_her_name(client, keys):
    with session() as db, db.begin():
        db.scalars(select(Case)).one().anonymous = True
    assert "I den er du anonym" in page(client.get(choose(client, **keys).location))


def test_number_and_code_typed_with_the_booking_link_it_too(client, keys):
    code = booked(client, **keys)
    with reading() as db:
        assert [m.code for m in meetings.of_case(db, db.scalars(select(Case)).one())] == [code]


@pytest.mark.parametrize("path", ["/moede", "/moede/tid", "/moede/bestil"])
def test_a_wrong_number_and_a_wrong_code_are_told_alike_and_nothing_is_booked(client, keys, path):
    more = {"slags": "telefon", "start": TUESDAY, "name": "Anna", "value": "28 28 28 28"}
    wrong = [{**keys, "code": "aaaaa-aaaaa"}, {"reference": "BR-2026-AAAAA", "code": keys["code"]}]
    wrong += [{"reference": keys["reference"]}, {"code": keys["code"]}]
    answers = [client.post(path, data={**more, **given}) for given in wrong]
    assert {a.status_code for a in answers} == {404}
    assert all("Vi kan ikke finde en sag med det nummer og den kode" in page(a) for a in answers)
    assert len({re.sub(r'(value|id|for)="[^"]*"', "", page(a)) for a in answers}) == 1
    assert how_many() == 0


def test_taking_the_case_back_asks_about_its_meeting_and_does_what_is_chosen(client, keys):
    code = about_case(client, keys)
    shown = page(client.post("/status/tilbagetraek", data=keys))
    assert "Hvad skal der ske med dit møde?" in shown and "tirsdag den 1. december" in shown
    unclear = client.post("/status/tilbagetraek", data={**keys, "sikker": "ja"})
    assert unclear.status_code == 422 and "Vælg, om mødet også skal aflyses" in page(unclear)
    with reading() as db:
        assert db.scalars(select(Case)).one().status == "ny"
    shown = page(client.post("/status/tilbagetraek", data={**keys, "sikker": "ja", "moede": "aflys"}))
    assert "og mødet er aflyst" in shown
    assert meeting(code).status == "aflyst"


def test_the_meeting_may_be_kept_when_the_case_is_taken_back(client, keys):
    code = about_case(client, keys)
    shown = page(client.post("/status/tilbagetraek", data={**keys, "sikker": "ja", "moede": "behold"}))
    assert "er trukket tilbage" in shown and f"/moede/{code}" in shown
    assert meeting(code).status == "aftalt"


# --- The page behind the code -----------------------------------------------------------------------------------


def test_nothing_personal_stands_on_any_page_behind_the_code(client):
    given = {"name": "Anna Holm", "value": "28 28 28 28", "email": "anna@firma.invalid", "subject": "Skilsmissen"}
    code = booked(client, need_hoerelse="ja", **given)
    for end in ("", "/kvittering", "/flyt", "/aflys", "/kalender.ics"):
        answer = client.get(f"/moede/{code}{end}")
        assert answer.status_code == 200
        for secret in ("Anna", "Holm", "28 28", "28282828", "firma", "Skilsmissen", "dårligt"):
            assert secret not in page(answer), (end, secret)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "Set-Cookie" not in answer.headers


def test_a_wrong_code_looks_like_one_that_never_was_and_a_hold_is_no_meeting(client):
    held = choose(client).location.rsplit("/", 1)[1]
    codes = ("aaaaaaaaaaaaaaaaaaaa", "x", "%00", "æøå", held, "a" * 500)
    for end in ("", "/kvittering", "/flyt", "/aflys", "/kalender.ics"):
        answers = [client.get(f"/moede/{code}{end}") for code in codes]
        assert {a.status_code for a in answers} == {404}
        assert len({page(a) for a in answers}) == 1
    assert {client.post(f"/moede/{code}/aflys").status_code for code in codes} == {404}


def test_a_meeting_is_moved_after_she_has_said_yes_and_the_old_time_is_free(client):
    code = booked(client)
    shown = page(client.get(f"/moede/{code}/flyt?uge=2026-11-30"))
    new = "2026-12-02T11:00:00+01:00"
    assert new in times_of(shown)
    asked = page(client.post(f"/moede/{code}/flyt", data={"start": new, "version": hidden(shown, "version")}))
    assert "Vil du flytte mødet?" in asked and "onsdag den 2. december 2026 kl. 11.00–11.30" in asked
    assert meeting(code).day == date(2026, 12, 1)
    given = {"start": new, "version": hidden(asked, "version"), "sikker": "ja"}
    done = client.post(f"/moede/{code}/flyt", data=given)
    assert "Mødet er flyttet" in page(client.get(done.location))
    assert meeting(code).day == date(2026, 12, 2)
    assert choose(client).status_code == 303


def test_a_time_taken_meanwhile_is_told_when_moving_and_the_old_one_kept(client):
    code = booked(client)
    booked(client, "2026-12-02T11:00:00+01:00")
    answer = client.post(f"/moede/{code}/flyt", data={"start": "2026-12-02T11:00:00+01:00", "sikker": "ja"})
    assert answer.status_code == 409 and "lige blevet taget" in page(answer)
    assert meeting(code).day == date(2026, 12, 1)


@pytest.mark.parametrize("start", ["", "nu", "2026-12-06T10:00:00+01:00", "2020-01-01T10:00:00+01:00"])
def test_a_time_that_is_not_offered_is_not_moved_to(client, start):
    code = booked(client)
    answer = client.post(f"/moede/{code}/flyt", data={"start": start, "sikker": "ja"})
    assert answer.status_code == 422 and 'role="alert"' in page(answer)


def test_cancelling_is_asked_first_and_frees_the_time(client):
    code = booked(client)
    assert "Vil du aflyse mødet?" in page(client.get(f"/moede/{code}/aflys"))
    assert meeting(code).status == "aftalt"
    done = client.post(f"/moede/{code}/aflys", data={"version": "1"})
    shown = page(client.get(done.location))
    assert "Mødet er aflyst" in shown and "/flyt" not in shown
    assert client.post(f"/moede/{code}/aflys").status_code == 303  # twice is once
    assert choose(client).status_code == 303


def test_a_page_that_is_older_than_the_meeting_changes_nothing(client, adviser):
    code = booked(client)
    old = str(meeting(code).version)
    change(code, lambda db, m: meetings.move(db, m, datetime(2026, 12, 4, 12, tzinfo=clock.COPENHAGEN), clock.now(), actor=adviser))  # fmt: skip # noqa: E501
    answer = client.post(f"/moede/{code}/aflys", data={"version": old})
    assert answer.status_code == 409 and "fredag den 4. december 2026 kl. 12.00" in page(answer)
    assert meeting(code).status == "aftalt"


def test_a_meeting_that_has_begun_is_only_shown(client):
    code = booked(client)
    with session() as db, db.begin():
        meetings.find(db, code).start_at = clock.now() - timedelta(minutes=1)
    shown = page(client.get(f"/moede/{code}"))
    assert "/flyt" not in shown and "har været" in shown
    assert client.post(f"/moede/{code}/aflys").status_code == 409


def test_a_declined_request_shows_why_and_one_press_and_a_yes_take_what_she_offers(client, adviser):
    code = asked_along(client).location.split("/")[2]
    offered = [datetime.combine(date(2026, 12, day), time(9), clock.COPENHAGEN) for day in (8, 9)]
    change(code, lambda db, m: meetings.decline(db, m, clock.now(), adviser, "Jeg er til møde.", offered))
    shown = page(client.get(f"/moede/{code}"))
    assert "Jeg er til møde." in shown and "Tirsdag den 8. december kl. 09.00" in shown
    given = {"start": times_of(shown)[1], "version": hidden(shown, "version")}
    assert "Vil du have den tid, hun foreslår?" in page(client.post(f"/moede/{code}/flyt", data=given))
    done = client.post(f"/moede/{code}/flyt", data={**given, "sikker": "ja"})
    assert done.status_code == 303
    assert (meeting(code).status, meeting(code).day) == ("aftalt", date(2026, 12, 9))


def test_a_meeting_with_the_kommune_is_moved_by_its_new_day_and_time_and_asked_for_again(client, adviser):
    code = asked_along(client).location.split("/")[2]
    change(code, lambda db, m: meetings.accept(db, m, clock.now(), adviser))
    assert "Aftalt" in page(client.get(f"/moede/{code}"))
    given = {"day": "2026-12-10", "time": "09:15"}
    asked = page(client.post(f"/moede/{code}/flyt", data=given))
    done = client.post(f"/moede/{code}/flyt", data={"start": hidden(asked, "start"), "sikker": "ja"})
    assert "Du har bedt om den nye tid" in page(client.get(done.location))
    assert meeting(code).status == "anmodet"


def test_the_calendar_file_is_read_back_with_the_right_time(client):
    code = booked(client)
    answer = client.get(f"/moede/{code}/kalender.ics")
    assert answer.content_type.startswith("text/calendar")
    (entry,) = Calendar.from_ical(answer.data).walk("VEVENT")
    assert entry.decoded("dtstart").astimezone(clock.COPENHAGEN).isoformat() == TUESDAY


def test_with_a_mail_server_the_page_says_that_a_mail_comes_and_it_is_queued(client, monkeypatch):
    monkeypatch.setattr(current(), "smtp", Smtp("127.0.0.1", 9, "", "", tls=False))
    code = booked(client, email="a@firma.invalid")
    assert "påmindelse dagen før" in page(client.get(f"/moede/{code}/kvittering"))
    with reading() as db:
        assert db.scalar(select(func.count(OutgoingMail.id))) >= 1


def test_the_way_to_a_meeting_is_on_the_pages_where_it_is_looked_for(client):
    for path in ("/", "/henvendelse", "/status", "/findes-ikke"):
        assert 'href="/moede"' in page(client.get(path)), path
