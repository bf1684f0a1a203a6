"""The calendar files of meetings, read back with vobject, which has nothing in common with what writes them."""

import re
from datetime import datetime, timedelta, timezone

import pytest
import vobject

from casework import meeting_ics
from casework.availability import seed
from casework.clock import COPENHAGEN
from casework.conversations import hashed
from casework.enums import MEETING_KINDS
from casework.models import Appointment, Case
from casework.settings import current

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=timezone.utc)
PERSONAL = {
    "name": "Anna Jensen",
    "value": "anna.jensen@firma.invalid",
    "subject": "Fleksjob og sygedagpenge",
    "wished_place": "Hjemme hos mig, Buddingevej 50",
}


def meeting(db, kind="telefon", start=datetime(2026, 12, 1, 10, tzinfo=COPENHAGEN), **changes):
    """Put a meeting in the database as the verbs leave one."""
    given = {
        "code": f"kode-{start:%m%d%H%M}-{kind}",
        "uid": f"{start:%Y%m%d%H%M}-{kind}@vejviser",
        "status": "aftalt",
        "end_at": start + timedelta(minutes=30),
        "day": start.astimezone(COPENHAGEN).date(),
        "created_at": NOW,
        "channel": "e-mail",
        "needs": ["tolk"],
        **PERSONAL,
        **changes,
    }
    seed(db)
    row = Appointment(code_hash=hashed(given["code"]), kind=kind, start_at=start, **given)
    db.add(row)
    db.flush()
    db.refresh(row)
    return row


def read(content):
    """Return the one event of a file, as another library than ours reads it."""
    calendar = vobject.readOne(content.decode("utf-8"))
    (event,) = calendar.vevent_list
    return event


def test_another_program_finds_what_when_and_where(db):
    event = read(meeting_ics.event(meeting(db, "bibliotek"), NOW))
    assert event.summary.value == "Møde med borgerrådgiveren"
    assert event.dtstart.value == datetime(2026, 12, 1, 9, tzinfo=timezone.utc)
    assert event.dtend.value - event.dtstart.value == timedelta(minutes=30)
    assert event.location.value.startswith("Stadsbiblioteket, Lyngby Hovedgade 28")
    assert event.status.value == "CONFIRMED"
    assert event.dtstamp.value == NOW


@pytest.mark.parametrize("kind", MEETING_KINDS)
def test_the_file_publishes_one_event_in_the_zone_it_brings_along(db, kind):
    file = meeting_ics.event(meeting(db, kind), NOW)
    calendar = vobject.readOne(file.decode())
    assert calendar.method.value == "PUBLISH"
    assert calendar.version.value == "2.0"
    assert [zone.tzid.value for zone in calendar.vtimezone_list] == ["Europe/Copenhagen"]
    assert b"DTSTART;TZID=Europe/Copenhagen:20261201T100000\r\n" in file
    assert file.endswith(b"END:VCALENDAR\r\n") and b"\n" not in file.replace(b"\r\n", b"")
    assert all(len(line) <= 75 for line in file.split(b"\r\n"))


@pytest.mark.parametrize(
    "start",
    [
        datetime(2026, 3, 27, 10, tzinfo=COPENHAGEN),  # the last weekday of winter time
        datetime(2026, 3, 30, 10, tzinfo=COPENHAGEN),
        datetime(2026, 10, 23, 10, tzinfo=COPENHAGEN),
        datetime(2026, 10, 26, 10, tzinfo=COPENHAGEN),
        datetime(2026, 10, 25, 2, 30, fold=0, tzinfo=COPENHAGEN),  # the clock shows it twice
        datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=COPENHAGEN),
        datetime(2031, 7, 1, 10, tzinfo=COPENHAGEN),
    ],
)
def test_the_time_is_the_same_moment_to_another_program_on_both_sides_of_summer_time(db, start):
    end = start.astimezone(timezone.utc) + timedelta(minutes=30)
    event = read(meeting_ics.event(meeting(db, start=start, end_at=end), NOW))
    assert event.dtstart.value.astimezone(timezone.utc) == start.astimezone(timezone.utc)
    assert event.dtend.value.astimezone(timezone.utc) == end


def test_a_move_and_a_cancellation_change_the_entry_that_is_there(db):
    row = meeting(db)
    before = read(meeting_ics.event(row, NOW))
    row.start_at, row.end_at = row.start_at + timedelta(days=2), row.end_at + timedelta(days=2)
    row.sequence += 1
    moved = read(meeting_ics.event(row, NOW))
    row.status = "aflyst"
    row.sequence += 1
    off = read(meeting_ics.event(row, NOW))
    assert before.uid.value == moved.uid.value == off.uid.value
    assert [int(e.sequence.value) for e in (before, moved, off)] == [0, 1, 2]
    assert (moved.status.value, off.status.value) == ("CONFIRMED", "CANCELLED")
    assert off.summary.value == "Aflyst: Telefonsamtale med borgerrådgiveren"
    assert off.transp.value == "TRANSPARENT"
    assert not hasattr(off, "valarm"), "nobody is reminded of what is off"


def test_a_request_is_tentative_and_reminds_of_nothing(db):
    event = read(meeting_ics.event(meeting(db, "bisidder", status="anmodet"), NOW))
    assert event.status.value == "TENTATIVE"
    assert event.summary.value == "Venter på svar: Møde, hvor borgerrådgiveren er med"
    assert not hasattr(event, "valarm")


def test_it_reminds_the_day_before_and_an_hour_before(db):
    event = read(meeting_ics.event(meeting(db), NOW))
    assert [alarm.trigger.value for alarm in event.valarm_list] == [timedelta(days=-1), timedelta(hours=-1)]
    assert {alarm.action.value for alarm in event.valarm_list} == {"DISPLAY"}


@pytest.mark.parametrize("kind", MEETING_KINDS)
@pytest.mark.parametrize("status", ["aftalt", "anmodet", "aflyst", "afvist"])
def test_nothing_in_it_tells_of_the_citizen(db, kind, status):
    whole = re.sub(r"\r\n ", "", meeting_ics.event(meeting(db, kind, status=status), NOW).decode())
    for secret in (*PERSONAL.values(), "Anna", "Buddingevej", "tolk", "Tolk"):
        assert secret not in whole
    assert "CLASS:PRIVATE" in whole


def test_the_place_staff_agreed_is_told(db):
    event = read(meeting_ics.event(meeting(db, "andet_sted", place="Café Lyngby, Torvet 3; bagved"), NOW))
    assert event.location.value == "Café Lyngby, Torvet 3; bagved"


def test_the_link_to_move_or_cancel_is_in_it_and_left_out_where_the_settings_give_no_address(db, monkeypatch):
    row = meeting(db)
    monkeypatch.setattr(current(), "public_url", "https://vejviser.invalid")
    event = read(meeting_ics.event(row, NOW))
    assert event.url.value == f"https://vejviser.invalid/moede/{row.code}"
    assert event.url.value in event.description.value
    monkeypatch.setattr(current(), "public_url", "")
    event = read(meeting_ics.event(row, NOW))
    assert not hasattr(event, "url")
    assert "det link, du fik" in event.description.value


def test_the_one_it_is_from_is_the_address_our_mail_comes_from(db, monkeypatch):
    monkeypatch.setattr(current(), "mail_from", "vejviser@ltk.invalid")
    event = read(meeting_ics.event(meeting(db), NOW))
    assert event.organizer.value == "mailto:vejviser@ltk.invalid"


def test_the_name_of_the_file_says_the_day_in_copenhagen_only(db):
    late = datetime(2026, 12, 1, 23, 30, tzinfo=timezone.utc)
    assert meeting_ics.file_name(meeting(db, start=late)) == "aftale-2026-12-02.ics"


def test_a_case_is_not_named_in_the_citizens_file(db):
    case = Case(
        reference="BR-2026-7K3M9",
        code_hash="h",
        submission="s",
        created_at=NOW,
        respond_by=NOW.date(),
        status="ny",
        priority="normal",
        competence={},
        summary="s",
        story="s",
    )
    db.add(case)
    db.flush()
    assert b"BR-2026" not in meeting_ics.event(meeting(db, case_id=case.id), NOW)
