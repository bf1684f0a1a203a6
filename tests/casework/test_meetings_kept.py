"""A meeting is about somebody: how long that is kept, and what she can have handed out and erased."""

import json
from datetime import date, datetime, timedelta, timezone
from io import BytesIO
from zipfile import ZipFile

import pytest
import sqlalchemy as sa

from casework import availability, conversations, meetings, person, retention
from casework.clock import COPENHAGEN
from casework.erasure import anonymise, forget_conversations
from casework.errors import InvalidState, NotFound
from casework.meetings import Wish
from casework.models import (
    Appointment,
    AppointmentEvent,
    AppointmentRead,
    AppointmentSlice,
    Case,
    Conversation,
    OutgoingMail,
    PersonLog,
)
from tests.casework.actors import create_actor
from tests.casework.test_retention import everything, file

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 11, 0, tzinfo=timezone.utc)
START = datetime(2026, 12, 1, 11, 0, tzinfo=COPENHAGEN)
OVER = NOW + timedelta(days=9)
LONG_AFTER = START + timedelta(days=91)
HERS = ("Anneke", "22334455", "anneke@dahl.dk", "Lyngvej", "kørestol til min mor", "forsinket")


@pytest.fixture
def actor(db):
    availability.seed(db)
    return create_actor(db, "Admin", "administrator")


def book(db, start=START, *, at=NOW, kind="andet_sted", **more):
    """A meeting elsewhere, with everything a citizen can write, and a mail about it."""
    wish = Wish(
        kind,
        start,
        "Anneke Dahl",
        "telefon",
        "22334455, anneke@dahl.dk",
        subject="Plads til kørestol til min mor",
        needs=["tolk"],
        place="Lyngvej 4",
        reference=more.pop("reference", None),
    )
    appointment = meetings.book(db, wish, at, submission=f"f{start}", **more)
    mail = {"state": "sendt", "created_at": at, "due_at": at, "recipient": "anneke@dahl.dk"}
    db.add(OutgoingMail(key=f"m{appointment.id}", kind="moede_booket", appointment_id=appointment.id, **mail))
    db.flush()
    return appointment


def nothing_of_hers(db):
    kept = everything(db)
    return not [word for word in HERS if word in kept]


def test_when_a_meeting_is_long_over_only_its_time_its_kind_and_its_end_are_left(db, actor):
    appointment = book(db)
    code = appointment.code
    meetings.accept(db, appointment, NOW, actor, "Virum Bibliotek")
    meetings.mark(db, appointment, "gennemfoert", OVER, actor)
    assert retention.run(db, LONG_AFTER - timedelta(days=2)).counts["moeder"] == 0
    assert meetings.find(db, code).name == "Anneke Dahl"
    assert retention.run(db, LONG_AFTER).counts["moeder"] == 1
    assert nothing_of_hers(db)
    assert (appointment.kind, appointment.status, meetings.start_of(appointment)) == (
        "andet_sted",
        "gennemfoert",
        START,
    )
    with pytest.raises(NotFound):
        meetings.find(db, code)
    assert db.scalar(sa.select(sa.func.count()).select_from(AppointmentSlice)) == 0
    assert db.scalar(sa.select(sa.func.count()).select_from(OutgoingMail)) == 0
    assert [e.kind for e in appointment.events] == ["anmodet", "aftalt", "gennemfoert"]
    assert retention.run(db, LONG_AFTER).counts["moeder"] == 0  # done once


def test_a_cancelled_meeting_is_forgotten_from_the_day_it_was_cancelled_not_from_the_day_it_would_have_been(db, actor):
    appointment = book(db, START + timedelta(days=200), kind="bisidder")
    meetings.cancel(db, appointment, NOW, reason="forsinket")
    assert retention.run(db, NOW + timedelta(days=89)).counts["moeder"] == 0
    assert retention.run(db, NOW + timedelta(days=91)).counts["moeder"] == 1
    assert nothing_of_hers(db)


def test_a_meeting_to_come_is_never_forgotten(db, actor):
    appointment = book(db, START + timedelta(days=200), kind="bisidder")
    assert retention.run(db, NOW + timedelta(days=150)).counts["moeder"] == 0
    assert appointment.name == "Anneke Dahl"


def test_the_preview_tells_what_would_go(db, actor):
    book(db)
    book(db, START + timedelta(days=2))
    found = {d.kind: d for d in retention.preview(db, LONG_AFTER)}["moeder"]
    assert (found.held, found.due, found.oldest) == (2, 1, START + timedelta(hours=1))


def test_old_holds_go_with_the_daily_clearing(db, actor):
    meetings.hold(db, "telefon", START, NOW)
    retention.run(db, NOW + timedelta(hours=1))
    assert db.scalar(sa.select(sa.func.count()).select_from(Appointment)) == 0


def test_a_meeting_about_a_case_is_kept_as_the_case_and_stripped_with_it(db, actor):
    case = file(db, TODAY, closed=TODAY)
    appointment = book(db, reference=case.reference)
    assert retention.run(db, LONG_AFTER).counts["moeder"] == 0
    assert appointment.name == "Anneke Dahl"
    retention.run(db, NOW + timedelta(days=5 * 366))
    assert case.anonymised_at and nothing_of_hers(db)
    assert appointment.case_id is None and appointment.anonymised_at


def test_a_meeting_to_come_survives_its_case_and_its_conversation(db, actor):
    talk, _ = conversations.start(db, NOW)
    case = file(db, TODAY, closed=TODAY)
    appointment = book(db, reference=case.reference, conversation_id=talk.id)
    anonymise(db, case, NOW)
    forget_conversations(db, [talk.id])
    db.expire_all()
    assert (appointment.case_id, appointment.conversation_id) == (None, None)
    assert appointment.name == "Anneke Dahl" and not availability.is_free(db, "andet_sted", START, NOW)
    assert meetings.find(db, appointment.code) is appointment
    assert db.scalar(sa.select(sa.func.count()).select_from(OutgoingMail)) >= 1  # it is still told of


def test_a_meeting_of_a_preserved_conversation_stays(db, actor):
    talk, _ = conversations.start(db, NOW)
    book(db, conversation_id=talk.id)
    retention.preserve(db, "samtale", talk.id, "Klage", actor, NOW)
    assert retention.run(db, LONG_AFTER).counts["moeder"] == 0
    retention.release(db, "samtale", talk.id, actor, NOW)
    assert retention.run(db, LONG_AFTER).counts["moeder"] == 1


@pytest.mark.parametrize("typed", ["22 33 44 55", "+4522334455", "Anneke@Dahl.dk"])
def test_a_meeting_is_found_by_phone_or_mail(db, actor, typed):
    appointment = book(db)
    found = person.search(db, actor, NOW, contact=typed)
    assert found.meetings == [appointment] and found and not found.cases
    assert db.scalars(sa.select(PersonLog)).one().items == [f"møde {appointment.id}"]


def test_a_meeting_brings_its_case_and_conversation_and_they_bring_the_meeting(db, actor):
    talk, _ = conversations.start(db, NOW)
    case = file(db, TODAY)
    appointment = book(db, reference=case.reference, conversation_id=talk.id)
    for found in (
        person.search(db, actor, NOW, contact="22334455"),
        person.search(db, actor, NOW, reference=case.reference),
    ):
        assert (found.cases, [t.id for t in found.conversations], found.meetings) == ([case], [talk.id], [appointment])


def test_what_is_handed_out_holds_the_meeting_in_full_and_none_of_its_keys(db, actor):
    talk, _ = conversations.start(db, NOW)
    conversations.hear(db, talk, "Min søns nummer er 66778899", NOW)
    appointment = book(db, conversation_id=talk.id)
    appointment.subject = "Ring til [telefon 1]"
    meetings.accept(db, appointment, NOW, actor, "Virum Bibliotek")
    with ZipFile(BytesIO(person.export(db, person.search(db, actor, NOW, contact="22334455"), actor, NOW))) as archive:
        data = json.loads(archive.read("oplysninger.json"))
        page = archive.read("oplysninger.html").decode()
    (meeting,) = data["moeder"]
    assert (meeting["name"], meeting["wished_place"], meeting["place"]) == (
        "Anneke Dahl",
        "Lyngvej 4",
        "Virum Bibliotek",
    )
    assert meeting["subject"] == "Ring til 66778899" and meeting["needs"] == ["tolk"]
    assert [e["hvad"] for e in meeting["forloeb"]] == ["Bedt om", "Sagt ja til"]
    assert meeting["andet"]["outgoing_mail"]
    for text in ("Anneke Dahl", "Lyngvej 4", "Ring til 66778899", "Møde et andet sted"):
        assert text in page
    for key in (appointment.code, appointment.code_hash, appointment.uid, "submission", "place_on_day"):
        assert key not in page + json.dumps(data)
    read = db.scalars(sa.select(AppointmentRead)).one()
    assert (read.appointment_id, read.staff_id) == (appointment.id, actor.staff_id)
    assert meeting["laest"][0]["hvem"] == "Admin"


def test_erasing_takes_a_meeting_but_not_one_to_come(db, actor):
    appointment = book(db)
    found = person.search(db, actor, NOW, contact="22334455")
    with pytest.raises(InvalidState, match="Mødet 01.12.2026 kl. 11.00 er ikke holdt endnu. Aflys det først."):
        person.erase(db, found, "Hun bad om det", actor, NOW)
    assert appointment.name == "Anneke Dahl"
    person.erase(db, found, "Hun bad om det", actor, OVER)
    assert nothing_of_hers(db)
    assert not person.search(db, actor, OVER, contact="22334455")
    assert db.scalar(sa.select(sa.func.count()).select_from(AppointmentEvent)) == 1


def test_erasing_a_conversation_takes_the_meeting_booked_in_it(db, actor):
    talk, _ = conversations.start(db, NOW)
    book(db, conversation_id=talk.id)
    person.erase(db, person.chosen(db, [], [talk.id]), "Hun bad om det", actor, OVER)
    assert nothing_of_hers(db)
    assert db.scalar(sa.select(sa.func.count()).select_from(Conversation)) == 0
    assert db.scalar(sa.select(sa.func.count()).select_from(Case)) == 0
