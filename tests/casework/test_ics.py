"""Calendar files: read back with icalendar, and line by line as RFC 5545 has them."""

from datetime import date, datetime, timedelta, timezone

import icalendar
import pytest

from casework import frister
from casework.errors import InvalidInput
from casework.ics import deadline_event, kinds

pytestmark = pytest.mark.once

MADE = datetime(2026, 11, 23, 9, 30, tzinfo=timezone.utc)
DAY = date(2026, 12, 21)


def event(kind="klagefrist", day=DAY, made=MADE):
    calendar = icalendar.Calendar.from_ical(deadline_event(kind, day, made))
    (found,) = calendar.walk("VEVENT")
    return found


def unfolded(file):
    """Read a calendar file by hand: its lines with their folds undone, as (name, value)."""
    lines = file.decode("utf-8").replace("\r\n ", "").split("\r\n")
    return [tuple(line.split(":", 1)) for line in lines if line]


def test_the_event_is_all_day_on_the_deadline_and_says_what_it_is():
    found = event()
    assert found["SUMMARY"] == "Sidste dag for at klage"
    assert found["DTSTART"].dt == DAY
    assert found["DTEND"].dt == DAY + timedelta(days=1)
    assert not isinstance(found["DTSTART"].dt, datetime)
    assert found["DTSTAMP"].dt == MADE
    assert found["TRANSP"] == "TRANSPARENT"


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_kind_says_that_the_date_is_guidance_and_that_the_letter_counts(kind):
    found = event(kind)
    assert found["SUMMARY"] == kinds()[kind]["title"]
    assert kinds()[kind]["text"] in found["DESCRIPTION"]
    assert "vejledende" in found["DESCRIPTION"]
    assert "Det er brevet" in found["DESCRIPTION"]
    assert "§" not in found["DESCRIPTION"]
    assert len(found["SUMMARY"]) <= 50, "a phone shows no more of it"


def reminded_at(day, made):
    (alarm,) = event(day=day, made=made).walk("VALARM")
    assert alarm["ACTION"] == "DISPLAY"
    assert alarm["DESCRIPTION"]
    return datetime.combine(day, datetime.min.time()) + alarm["TRIGGER"].dt


def test_the_reminder_comes_three_days_before_in_the_morning():
    assert reminded_at(DAY, MADE) == datetime(2026, 12, 18, 9)


@pytest.mark.parametrize(
    ("day", "reminded"),
    [
        (date(2026, 11, 27), datetime(2026, 11, 24, 9)),
        (date(2026, 11, 26), datetime(2026, 11, 24, 9)),
        (date(2026, 11, 25), datetime(2026, 11, 24, 9)),
        (date(2026, 11, 24), datetime(2026, 11, 24, 9)),
        (date(2026, 11, 23), datetime(2026, 11, 23, 9)),
    ],
)
def test_a_near_deadline_is_reminded_of_as_soon_as_the_next_morning_and_never_in_the_past(day, reminded):
    assert reminded_at(day, MADE) == reminded


def test_the_same_deadline_fetched_twice_is_one_event_and_another_is_another():
    later = MADE + timedelta(days=2)
    assert event(made=later)["UID"] == event()["UID"]
    assert event(day=date(2026, 12, 22))["UID"] != event()["UID"]
    assert event("aktindsigt")["UID"] != event()["UID"]


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_the_file_is_what_every_calendar_reads(kind):
    """CRLF, no line over 75 octets, folds between whole letters, and every block closed in order."""
    file = deadline_event(kind, DAY, MADE)
    assert file.endswith(b"\r\n")
    assert b"\n" not in file.replace(b"\r\n", b"")
    for line in file.split(b"\r\n"):
        assert len(line) <= 75
        line.decode("utf-8")
    open_blocks = []
    for name, value in unfolded(file):
        if name == "BEGIN":
            open_blocks.append(value)
        elif name == "END":
            assert open_blocks.pop() == value
    assert open_blocks == []
    read = unfolded(file)
    assert ("VERSION", "2.0") in read
    assert ("DTSTART;VALUE=DATE", "20261221") in read
    assert ("DTSTAMP", "20261123T093000Z") in read
    assert dict(read)["PRODID"]
    description = next(value for name, value in read if name == "DESCRIPTION" and "vejledende" in value)
    plain = description.replace("\\n", "\n").replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\")
    assert plain == event(kind)["DESCRIPTION"]


@pytest.mark.parametrize(
    ("kind", "day"),
    [
        ("findes_ikke", DAY),
        ("", DAY),
        ("klagefrist", date(2026, 11, 22)),
        ("klagefrist", date(2062, 12, 21)),
        ("klagefrist", date.max),
        ("klagefrist", date.min),
    ],
)
def test_an_unknown_kind_and_a_day_that_makes_no_sense_are_refused_in_words(kind, day):
    with pytest.raises(InvalidInput, match=r"\w+ \w+ .*[.?]$"):
        deadline_event(kind, day, MADE)


def test_the_day_is_that_of_copenhagen_when_it_is_late_in_the_evening():
    late = datetime(2026, 12, 20, 23, 30, tzinfo=timezone.utc)  # the 21st at 00.30 in Copenhagen
    assert event(day=date(2026, 12, 21), made=late)["DTSTART"].dt == date(2026, 12, 21)
    with pytest.raises(InvalidInput):
        deadline_event("klagefrist", date(2026, 12, 20), late)


def test_every_deadline_the_assistant_works_out_can_be_put_in_a_calendar():
    start, today = date(2026, 11, 3), date(2026, 11, 23)
    worked_out = [frister.klagefrist(start, today), frister.aktindsigt_frist(start, today)]
    worked_out += [work_out(start, today) for work_out in frister.BY_KIND.values()]
    assert {found.kind for found in worked_out} == set(kinds())
