"""Whether the adviser's telephone is open: evenings, weekends, holidays, absences, days that differ."""

from datetime import date, datetime, time

import pytest

from casework import availability
from casework.clock import COPENHAGEN
from casework.models_meetings import MeetingHours, MeetingKind
from casework.opening import opening

TODAY = date(2026, 11, 23)  # a Monday


@pytest.fixture
def calendar(db):
    """The calendar as a new database has it: weekdays from ten to three."""
    availability.seed(db)
    return db


def at(day, hour, minute=0):
    return datetime.combine(day, time(hour, minute), COPENHAGEN)


def opens(db, when):
    found = opening(db, when)
    assert found.closes is None
    return found.opens.replace(tzinfo=None) if found.opens else None


def test_within_the_hours_it_is_open_until_they_end(calendar):
    found = opening(calendar, at(TODAY, 10))
    assert found.closes == at(TODAY, 15)
    assert opening(calendar, at(TODAY, 14, 59)).closes == at(TODAY, 15)


@pytest.mark.parametrize(
    ("when", "then", "days"),
    [
        (at(TODAY, 9, 59), datetime(2026, 11, 23, 10), 0),
        (at(TODAY, 15), datetime(2026, 11, 24, 10), 1),
        (at(date(2026, 11, 27), 16), datetime(2026, 11, 30, 10), 3),  # Friday evening
        (at(date(2026, 11, 29), 23, 30), datetime(2026, 11, 30, 10), 1),  # Sunday night
        (at(date(2026, 12, 23), 15), datetime(2026, 12, 28, 10), 5),  # Christmas, and its eve
        (at(date(2026, 12, 30), 18), datetime(2027, 1, 4, 10), 5),  # New Year, and its eve
        (at(date(2027, 3, 24), 18), datetime(2027, 3, 30, 10), 6),  # Easter, across the change of the clock
        (at(date(2026, 6, 4), 18), datetime(2026, 6, 8, 10), 4),  # 5 June
    ],
)
def test_outside_them_it_says_when_it_opens_next(calendar, when, then, days):
    assert opens(calendar, when) == then
    assert opening(calendar, when).days == days


def test_an_absence_closes_it_tells_why_and_it_opens_on_the_first_day_after(calendar):
    availability.add_absence(
        calendar, TODAY, date(2026, 11, 26), "Hun holder ferie.", TODAY, meanwhile="Ring til kommunen."
    )
    found = opening(calendar, at(TODAY, 11))
    assert found.opens == at(date(2026, 11, 27), 10)
    assert (found.away, found.meanwhile) == ("Hun holder ferie.", "Ring til kommunen.")
    assert opening(calendar, at(date(2026, 11, 27), 9)).away == ""


def test_a_closed_hour_in_the_middle_of_the_day_is_closed_and_what_follows_is_open(calendar):
    availability.add_exception(calendar, TODAY, TODAY, start=time(12), end=time(13))
    assert opening(calendar, at(TODAY, 11)).closes == at(TODAY, 12)
    assert opens(calendar, at(TODAY, 12, 30)) == datetime(2026, 11, 23, 13)
    assert opening(calendar, at(TODAY, 13)).closes == at(TODAY, 15)


def test_closed_for_other_meetings_only_the_telephone_stays_open(calendar):
    availability.add_exception(calendar, TODAY, TODAY, kind="bibliotek")
    assert opening(calendar, at(TODAY, 11)).closes == at(TODAY, 15)


def test_hours_opened_for_one_day_hold_on_a_holiday_and_join_the_usual_ones(calendar):
    christmas = date(2026, 12, 25)
    availability.add_exception(calendar, christmas, TODAY, open=True, start=time(9), end=time(11))
    assert opens(calendar, at(date(2026, 12, 24), 12)) == datetime(2026, 12, 25, 9)
    availability.add_exception(calendar, TODAY, TODAY, open=True, start=time(15), end=time(17))
    assert opening(calendar, at(TODAY, 11)).closes == at(TODAY, 17)


def test_a_citizen_abroad_gets_copenhagens_clock(calendar):
    utc = at(TODAY, 9, 30).astimezone(tz=None)
    assert opens(calendar, utc) == datetime(2026, 11, 23, 10)


def test_without_any_hours_no_time_is_promised(calendar):
    availability.set_hours(calendar, "telefon", [])
    found = opening(calendar, at(TODAY, 11))
    assert (found.closes, found.opens, found.changes) == (None, None, None)


def test_where_nothing_has_been_set_the_hours_are_those_of_the_known_fact(db):
    db.query(MeetingHours).delete()
    db.query(MeetingKind).delete()
    assert opening(db, at(TODAY, 11)).closes == at(TODAY, 15)
    assert opens(db, at(date(2026, 11, 28), 11)) == datetime(2026, 11, 30, 10)
