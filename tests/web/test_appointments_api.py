"""The booking API as an integrator uses it."""

import threading
import uuid
from datetime import timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import func, select

from casework import clock, conversations, meetings
from casework.db import reading, session
from casework.models import Case
from casework.models_meetings import Appointment
from tests.web.people import address

START = "2026-12-01T10:00:00+01:00"
PERSON = {"name": "Anna Jensen", "channel": "telefon", "value": "28 28 28 28"}


def post(client, headers=None, **changes):
    given = {"kind": "telefon", "start": START, **PERSON, **changes}
    return client.post("/api/appointments", json={k: v for k, v in given.items() if v is not None}, headers=headers)


def free(client, **query):
    asked = {"kind": "telefon", "from": "2026-12-01", "to": "2026-12-02", **query}
    return client.get("/api/appointments/slots", query_string={k: v for k, v in asked.items() if v is not None})


def how_many():
    with reading() as db:
        return db.scalar(select(func.count(Appointment.id)))


def kept(code):
    with reading() as db:
        return meetings.find(db, code)


def is_problem(answer, status):
    assert answer.status_code == status
    assert answer.content_type.startswith("application/problem+json")
    assert answer.json["title"].strip() and answer.json["status"] == status
    return answer.json


def test_free_times_are_told_with_their_zone_and_each_can_be_booked(client):
    times = free(client).json
    assert times[0] == {"start": START, "end": "2026-12-01T10:30:00+01:00", "kind": "telefon"}
    assert times[-1]["start"] == "2026-12-02T14:30:00+01:00"
    answer = post(client, start=times[3]["start"])
    assert answer.status_code == 201
    assert times[3] not in free(client).json


def test_a_booking_is_answered_as_the_contract_says_and_both_addresses_work(client):
    answer = post(client, subject="Skolen", needs=["tolk"])
    assert answer.status_code == 201
    body = answer.json
    assert {"code", "start", "end", "kind", "ics_url", "manage_url"} <= set(body)
    assert (body["start"], body["end"], body["kind"]) == (START, "2026-12-01T10:30:00+01:00", "telefon")
    assert len(body["code"]) >= 20
    assert client.get(body["manage_url"]).status_code == 200
    assert Calendar.from_ical(client.get(body["ics_url"]).data).walk("VEVENT")
    assert (kept(body["code"]).subject, kept(body["code"]).needs) == ("Skolen", ["tolk"])


@pytest.mark.parametrize(("kind", "start"), [("andet_sted", "2026-12-03T10:00:00+01:00"), ("bisidder", "2026-12-04T08:15:00+01:00")])  # fmt: skip # noqa: E501
def test_what_the_adviser_decides_is_asked_for_also_without_a_place(client, kind, start):
    answer = post(client, kind=kind, start=start)
    assert answer.status_code == 201
    assert answer.json["status"] == "anmodet"


def test_a_time_taken_is_409_in_danish(client):
    post(client)
    assert is_problem(post(client, name="Bo"), 409)["title"] == "Den tid er lige blevet taget. Vælg en anden."


def test_of_many_at_once_exactly_one_gets_the_time(app, client):
    statuses = []

    def race():
        other = app.test_client()
        other.environ_base["REMOTE_ADDR"] = address()
        statuses.append(post(other).status_code)

    threads = [threading.Thread(target=race) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201] + [409] * 11
    assert how_many() == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "kaffe"}, "kind"),
        ({"kind": None}, "kind"),
        ({"kind": 7}, "kind"),
        ({"start": None}, "start"),
        ({"start": "på torsdag"}, "start"),
        ({"start": "2026-12-01T10:00:00"}, "start"),
        ({"start": "2026-12-01T03:00:00+01:00"}, "start"),
        ({"start": "2026-12-24T10:00:00+01:00"}, "start"),
        ({"start": "2020-12-01T10:00:00+01:00"}, "start"),
        ({"start": "0001-01-01T00:00:00+23:00"}, "start"),
        ({"name": None}, "name"),
        ({"name": ["Anna"]}, "name"),
        ({"name": "010203-1234"}, "name"),
        ({"channel": "due"}, "channel"),
        ({"value": ""}, "value"),
        ({"channel": "e-mail", "value": "anna"}, "value"),
        ({"subject": "x" * 9000}, "subject"),
        ({"needs": "tolk"}, "needs"),
        ({"needs": ["hest"]}, "needs"),
        ({"needs": [{}]}, "needs"),
        ({"reference": "min sag"}, "reference"),
        ({"conversation": "findes-ikke"}, "conversation"),
    ],
)
def test_what_is_wrong_is_said_in_danish_field_by_field_and_nothing_is_booked(client, wrong, field):
    answer = post(client, **wrong)
    reasons = is_problem(answer, 422)["errors"]
    assert reasons[field].strip().endswith((".", "0"))
    assert how_many() == 0


def test_all_that_is_wrong_with_a_person_is_said_at_once(client):
    reasons = is_problem(post(client, name="", value="12", needs=[]), 422)["errors"]
    assert {"name", "value"} <= set(reasons)


@pytest.mark.parametrize("body", ["ikke json", "[]", '"hej"', "null", ""])
def test_what_is_no_json_object_is_400(client, body):
    is_problem(client.post("/api/appointments", data=body, content_type="application/json"), 400)
    is_problem(client.post("/api/appointments", data={"kind": "telefon"}), 400)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"kind": None}, "kind"),
        ({"kind": "kaffe"}, "kind"),
        ({"from": "i morgen"}, "from"),
        ({"to": "2026-13-01"}, "to"),
        ({"from": "2026-12-02", "to": "2026-12-01"}, "to"),
        ({"from": "2026-01-01", "to": "2026-12-31"}, "to"),
    ],
)
def test_a_question_for_times_that_makes_no_sense_is_422(client, query, field):
    assert field in is_problem(free(client, **query), 422)["errors"]


@pytest.mark.parametrize("query", [{"from": None, "to": None}, {"from": "9999-12-31", "to": "9999-12-31"}, {"from": "9999-12-31", "to": None}, {"from": "2020-01-01", "to": "2020-01-02"}])  # fmt: skip # noqa: E501
def test_days_may_be_left_out_and_odd_ones_are_no_error(client, query):
    assert free(client, **query).status_code in (200, 422)


def test_the_code_shows_the_meeting_and_never_whose_it_is(client):
    code = post(client, subject="Skilsmissen").json["code"]
    answer = client.get(f"/api/appointments/{code}")
    assert answer.status_code == 200 and answer.json["start"] == START
    assert set(answer.json) == {"code", "start", "end", "kind", "status", "ics_url", "manage_url"}
    for secret in ("Anna", "28 28", "Skilsmissen"):
        assert secret not in answer.get_data(as_text=True)
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_meeting_is_moved_and_its_old_time_free(client):
    code = post(client).json["code"]
    answer = client.patch(f"/api/appointments/{code}", json={"start": "2026-12-02T11:00:00+01:00"})
    assert answer.status_code == 200 and answer.json["start"] == "2026-12-02T11:00:00+01:00"
    assert post(client).status_code == 201
    is_problem(client.patch(f"/api/appointments/{code}", json={"start": START}), 409)
    assert "start" in is_problem(client.patch(f"/api/appointments/{code}", json={"start": "nu"}), 422)["errors"]
    is_problem(client.patch(f"/api/appointments/{code}", data="x"), 400)


def test_a_meeting_is_cancelled_twice_is_once_and_then_not_moved(client):
    code = post(client).json["code"]
    assert [client.delete(f"/api/appointments/{code}").status_code for _ in range(2)] == [200, 200]
    assert client.get(f"/api/appointments/{code}").json["status"] == "aflyst"
    is_problem(client.patch(f"/api/appointments/{code}", json={"start": START}), 409)
    assert post(client).status_code == 201


def test_a_meeting_that_has_begun_is_not_cancelled(client):
    code = post(client).json["code"]
    with session() as db, db.begin():
        meetings.find(db, code).start_at = clock.now() - timedelta(minutes=1)
    is_problem(client.delete(f"/api/appointments/{code}"), 409)


@pytest.mark.parametrize("code", ["aaaaaaaaaaaaaaaaaaaa", "x", "%00", "æøå", "a" * 500])
def test_a_wrong_code_is_404_whatever_is_wrong_with_it(client, code):
    answers = [client.get(f"/api/appointments/{code}"), client.delete(f"/api/appointments/{code}")]
    answers.append(client.patch(f"/api/appointments/{code}", json={"start": START}))
    assert len({is_problem(answer, 404)["title"] for answer in answers}) == 1


def test_the_same_key_twice_is_one_booking(client):
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    codes = {post(client, headers).json["code"] for _ in range(2)}
    assert len(codes) == 1 and how_many() == 1


def test_guessing_and_flooding_are_stopped_with_a_word_on_when_to_try_again(client):
    answers = [client.get(f"/api/appointments/{number}") for number in range(12)]
    assert is_problem(answers[-1], 429) and answers[-1].headers["Retry-After"]


# --- Whose case it is about -------------------------------------------------------------------------------------


@pytest.fixture
def case(client):
    with session() as db, db.begin():
        conversation, token = conversations.start(db, clock.now())
    given = {
        "submission": str(uuid.uuid4()),
        "story": "Intet svar",
        "contact_channel": "telefon",
        "contact_value": "28",
    }
    shown = client.post("/henvendelse", data=given).get_data(as_text=True)
    code = shown.split("<dt>Kode</dt><dd>")[1].split("<")[0]
    with session() as db, db.begin():
        case = db.scalars(select(Case)).one()
        case.conversation_id = conversation.id
        return {"reference": case.reference, "code": code, "token": token}


def linked(code):
    with reading() as db:
        return meetings.find(db, code).case_id is not None


def test_a_case_is_linked_for_who_has_its_code_or_its_conversation(client, case):
    assert linked(post(client, reference=case["reference"], code=case["code"]).json["code"])
    other = post(client, start="2026-12-02T10:00:00+01:00", reference=case["reference"], conversation=case["token"])
    assert linked(other.json["code"])


def test_a_number_alone_links_nothing_tells_nothing_and_reaches_the_adviser(client, case):
    real = post(client, reference=case["reference"])
    unreal = post(client, start="2026-12-02T10:00:00+01:00", reference="BR-2026-AAAAA")
    assert real.status_code == unreal.status_code == 201
    assert set(real.json) == set(unreal.json)
    assert not linked(real.json["code"])
    assert case["reference"] in kept(real.json["code"]).subject


def test_a_wrong_number_and_a_wrong_code_are_told_alike(client, case):
    wrong = [
        {"reference": case["reference"], "code": "aaaaa-aaaaa"},
        {"reference": "BR-2026-AAAAA", "code": case["code"]},
    ]
    titles = {is_problem(post(client, **given), 422)["errors"]["reference"] for given in wrong}
    assert len(titles) == 1
    assert how_many() == 0


def test_the_description_names_every_call(client):
    paths = client.get("/api/openapi.json").json["paths"]
    assert set(paths["/api/appointments/{code}"]) == {"get", "patch", "delete"}
    assert {"201", "409", "422", "429"} <= set(paths["/api/appointments"]["post"]["responses"])
    assert "get" in paths["/api/appointments/slots"]
