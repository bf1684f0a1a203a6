"""Free times: across the changes of the clock and Christmas, around what is taken, never where the adviser is not."""

from datetime import date, datetime, time, timedelta, timezone

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework import availability, meetings
from casework import db as database
from casework.availability import slots
from casework.calendar import doubtful_name, holiday_name
from casework.clock import COPENHAGEN
from casework.errors import InvalidInput, NotFound
from casework.meetings import Wish
from casework.models_meetings import (
    Absence,
    Appointment,
    AppointmentSlice,
    BusyCalendar,
    BusyTime,
    CalendarException,
    MeetingHours,
    MeetingKind,
)

MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 7, 0, tzinfo=timezone.utc)
UTC = timezone.utc


@pytest.fixture
def calendar(db):
    """The calendar as a new database has it."""
    availability.seed(db)
    return db


def wide(db, kind="telefon", **values):
    """Let a kind be bookable from now to two years ahead."""
    return availability.save_kind(db, kind, **{"lead_hours": 0, "ahead_days": 730, "daily_most": 50, **values})


def clocks(found):
    return [f"{slot.start:%H:%M}" for slot in found]


def on(db, day, kind="telefon", now=NOW, **more):
    return slots(db, kind, day, day, now, **more)


def busy(db, start, end):
    calendar = BusyCalendar(name="Outlook", address="https://example.org/x.ics", problem="")
    calendar.times.append(BusyTime(start_at=start, end_at=end))
    db.add(calendar)
    db.flush()


def test_a_new_database_offers_the_telephone_weekdays_from_ten_to_three(calendar):
    tuesday = on(calendar, date(2026, 11, 24))
    assert clocks(tuesday) == ["10:00", "10:30", "11:00", "11:30", "12:00", "12:30", "13:00", "13:30", "14:00", "14:30"]
    assert all(slot.end - slot.start == timedelta(minutes=30) and slot.kind == "telefon" for slot in tuesday)
    assert tuesday[0].start.isoformat() == "2026-11-24T10:00:00+01:00"
    week = slots(calendar, "telefon", date(2026, 11, 24), date(2026, 11, 30), NOW)
    assert sorted({slot.start.weekday() for slot in week}) == [0, 1, 2, 3, 4]


def test_the_migration_and_the_seed_write_the_same(calendar):
    from importlib import import_module

    migration = import_module("casework.migrations.versions.0012_moeder")
    rows = calendar.execute(sa.select(MeetingKind.__table__)).all()
    assert sorted(row.kind for row in rows) == sorted(kind for kind, *_ in migration.KINDS)
    for row in rows:
        assert (row.kind, *row[2:]) in migration.KINDS and row.open
    hours = calendar.execute(sa.select(MeetingHours.kind, MeetingHours.weekday, MeetingHours.start, MeetingHours.end))
    expected = {(kind, day, migration.FROM, migration.UNTIL) for kind, day in migration.HOURS}
    assert {tuple(row) for row in hours} == expected


def test_lead_time_and_horizon_cut_the_times_off(calendar):
    availability.save_kind(calendar, "telefon", lead_hours=4, ahead_days=2)
    assert clocks(on(calendar, MONDAY)) == ["12:00", "12:30", "13:00", "13:30", "14:00", "14:30"]  # now is 8
    assert on(calendar, date(2026, 11, 25)) and not on(calendar, date(2026, 11, 26))


@pytest.mark.parametrize(
    ("friday", "after", "offset_before", "offset_after"),
    [
        (date(2026, 10, 23), date(2026, 10, 26), 2, 1),
        (date(2027, 3, 24), date(2027, 3, 30), 1, 2),  # Easter lies between
    ],
)
def test_ten_o_clock_is_ten_on_the_wall_on_both_sides_of_a_change_of_the_clock(
    calendar, friday, after, offset_before, offset_after
):
    wide(calendar)
    now = datetime.combine(friday - timedelta(days=5), time(6), COPENHAGEN)
    found = slots(calendar, "telefon", friday, after, now)
    for day, offset in ((friday, offset_before), (after, offset_after)):
        first = next(slot.start for slot in found if slot.start.date() == day)
        assert (first.hour, first.utcoffset()) == (10, timedelta(hours=offset))
        assert first.astimezone(UTC).hour == 10 - offset
    assert len(found) == 20


def test_the_hour_that_comes_twice_is_offered_once_and_lasts_as_long_as_it_says(calendar):
    wide(calendar)
    availability.set_hours(calendar, "telefon", [(6, time(1), time(4))])
    now = datetime(2026, 10, 20, tzinfo=UTC)
    found = on(calendar, date(2026, 10, 25), now=now)
    assert clocks(found) == ["01:00", "01:30", "02:00", "02:30", "03:00", "03:30"]
    moments = [slot.start.astimezone(UTC) for slot in found]
    assert len(set(moments)) == 6 and moments == sorted(moments)
    assert all(s.end.astimezone(UTC) - s.start.astimezone(UTC) == timedelta(minutes=30) for s in found)
    second = datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=COPENHAGEN)
    assert availability.is_free(calendar, "telefon", second.replace(fold=0), now)
    assert not availability.is_free(calendar, "telefon", second, now)  # the other half past two is not offered
    booked = meetings.book(calendar, Wish("telefon", found[3].start, "Anna", "telefon", "22334455"), now)
    assert booked.start_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert booked.end_at == datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
    assert clocks(on(calendar, date(2026, 10, 25), now=now)) == ["01:00", "01:30", "02:00", "03:00", "03:30"]


def test_the_hour_that_is_leapt_over_is_not_offered(calendar):
    wide(calendar)
    availability.set_hours(calendar, "telefon", [(6, time(1), time(4))])
    availability.add_exception(calendar, date(2027, 3, 28), MONDAY, open=True, start=time(1), end=time(4))
    found = on(calendar, date(2027, 3, 28), now=datetime(2027, 3, 20, tzinfo=UTC))  # Easter Day, opened all the same
    assert clocks(found) == ["01:00", "01:30", "03:00", "03:30"]
    assert found[1].end.astimezone(UTC) == found[2].start.astimezone(UTC)


def test_christmas_and_new_year_are_closed_and_the_days_between_are_not(calendar):
    wide(calendar)
    found = slots(calendar, "telefon", date(2026, 12, 21), date(2027, 1, 5), NOW)
    days = sorted({slot.start.date() for slot in found})
    assert days == [date(2026, 12, d) for d in (21, 22, 23, 28, 29, 30)] + [date(2027, 1, d) for d in (4, 5)]


@pytest.mark.parametrize("day", [date(2027, 3, 25), date(2027, 3, 26), date(2027, 5, 6), date(2028, 6, 5)])
def test_holidays_and_constitution_day_are_closed(calendar, day):
    wide(calendar)
    assert on(calendar, day, now=datetime.combine(day - timedelta(days=14), time(6), COPENHAGEN)) == []


def test_years_whose_holidays_nobody_has_checked_are_closed_and_not_an_error(calendar):
    wide(calendar)
    assert slots(calendar, "telefon", date(2029, 12, 20), date(2030, 1, 20), datetime(2029, 12, 1, tzinfo=UTC))[-1]
    assert on(calendar, date(2030, 1, 7), now=datetime(2029, 12, 20, tzinfo=UTC)) == []


def test_the_day_ends_at_midnight_and_an_evening_may_run_up_to_it(calendar):
    wide(calendar)
    availability.set_hours(calendar, "telefon", [(0, time(22), time(0))])
    assert clocks(on(calendar, date(2026, 11, 30))) == ["22:00", "22:30", "23:00", "23:30"]


def test_a_day_can_have_several_periods_and_steps_shorter_than_a_meeting(calendar):
    wide(calendar, step_minutes=15)
    availability.set_hours(calendar, "telefon", [(0, time(8), time(9)), (0, time(16), time(16, 45))])
    assert clocks(on(calendar, date(2026, 11, 30))) == ["08:00", "08:15", "08:30", "16:00", "16:15"]


def test_closing_part_of_a_day_closing_it_all_and_opening_more(calendar):
    day, other = date(2026, 12, 1), date(2026, 12, 2)
    availability.add_exception(calendar, day, MONDAY, start=time(10, 15), end=time(13))
    assert clocks(on(calendar, day)) == ["13:00", "13:30", "14:00", "14:30"]
    availability.add_exception(calendar, other, MONDAY, kind="bibliotek")
    assert len(on(calendar, other)) == 10  # another kind's exception
    whole = availability.add_exception(calendar, other, MONDAY)
    assert on(calendar, other) == []
    availability.remove_exception(calendar, whole.id)
    with pytest.raises(NotFound):
        availability.remove_exception(calendar, whole.id)
    assert len(on(calendar, other)) == 10
    availability.add_exception(calendar, date(2026, 12, 5), MONDAY, open=True, start=time(9), end=time(10))
    assert clocks(on(calendar, date(2026, 12, 5))) == ["09:00", "09:30"]  # a Saturday


def test_an_absence_closes_its_days_and_is_found_with_its_text(calendar):
    added = availability.add_absence(
        calendar, date(2026, 12, 1), date(2026, 12, 3), "Jeg er på ferie.", MONDAY, meanwhile="Ring 45 97 30 00."
    )
    days = {slot.start.date() for slot in slots(calendar, "telefon", date(2026, 11, 30), date(2026, 12, 4), NOW)}
    assert days == {date(2026, 11, 30), date(2026, 12, 4)}
    assert availability.absence_on(calendar, date(2026, 12, 3)) is added
    assert availability.absence_on(calendar, date(2026, 12, 4)) is None
    assert availability.next_absence(calendar, MONDAY) is added
    assert availability.next_absence(calendar, date(2026, 12, 4)) is None
    availability.remove_absence(calendar, added.id)
    assert len(on(calendar, date(2026, 12, 2))) == 10


def test_busy_times_in_her_other_calendar_take_the_times_they_touch_buffers_counted(calendar):
    busy(calendar, datetime(2026, 12, 1, 9, 15, tzinfo=UTC), datetime(2026, 12, 1, 10, 0, tzinfo=UTC))  # 10.15–11.00
    assert clocks(on(calendar, date(2026, 12, 1)))[:3] == ["11:00", "11:30", "12:00"]
    library = clocks(on(calendar, date(2026, 12, 1), "bibliotek"))
    assert library[0] == "11:30"  # half an hour to get there


def test_a_busy_time_of_several_days_takes_them_all(calendar):
    busy(calendar, datetime(2026, 11, 30, 23, tzinfo=UTC), datetime(2026, 12, 2, 23, tzinfo=UTC))
    days = {slot.start.date() for slot in slots(calendar, "telefon", date(2026, 11, 30), date(2026, 12, 4), NOW)}
    assert days == {date(2026, 11, 30), date(2026, 12, 3), date(2026, 12, 4)}


def test_the_meeting_that_is_moved_is_not_in_its_own_way(calendar):
    availability.save_kind(calendar, "telefon", daily_most=1)
    start = datetime(2026, 12, 1, 10, tzinfo=COPENHAGEN)
    booked = meetings.book(calendar, Wish("telefon", start, "Anna", "telefon", "22334455"), NOW)
    assert on(calendar, date(2026, 12, 1)) == []
    assert len(on(calendar, date(2026, 12, 1), ignore=booked)) == 10


def test_wrong_questions_are_told_at_their_field(calendar):
    for field, ask in (
        ("kind", lambda: on(calendar, MONDAY, "frokost")),
        ("to", lambda: slots(calendar, "telefon", MONDAY, MONDAY - timedelta(days=1), NOW)),
        ("to", lambda: slots(calendar, "telefon", MONDAY, MONDAY + timedelta(days=62), NOW)),
    ):
        with pytest.raises(InvalidInput) as error:
            ask()
        assert list(error.value.fields) == [field]
    assert slots(calendar, "telefon", MONDAY, MONDAY + timedelta(days=61), NOW)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("minutes", 0),
        ("minutes", 31),
        ("minutes", "en time"),
        ("step_minutes", 0),
        ("lead_hours", -1),
        ("ahead_days", 0),
        ("buffer_before", 3),
        ("buffer_after", 999),
        ("daily_most", 51),
        ("place", " "),
    ],
)
def test_settings_that_make_no_sense_are_refused_and_nothing_is_changed(calendar, field, value):
    with pytest.raises(InvalidInput) as error:
        availability.save_kind(calendar, "telefon", **{"lead_hours": 1, field: value})
    assert list(error.value.fields) == [field]
    assert availability.kind_of(calendar, "telefon").lead_hours == 4


def test_hours_that_make_no_sense_are_refused_by_weekday_and_the_old_ones_stay(calendar):
    for periods, field in (
        ([(1, time(12), time(10))], "hours1"),
        ([(2, time(10), time(12)), (2, time(11), time(13))], "hours2"),
        ([(2, time(22), time(0)), (2, time(23), time(23, 30))], "hours2"),
        ([(3, time(10, 2), time(12))], "hours3"),
        ([(7, time(10), time(12))], "hours"),
    ):
        with pytest.raises(InvalidInput) as error:
            availability.set_hours(calendar, "telefon", periods)
        assert list(error.value.fields) == [field]
    assert len(availability.hours_of(calendar, "telefon")) == 5


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("day", {"day": date(2026, 11, 22)}),
        ("end", {"start": time(10)}),
        ("start", {"open": True}),
        ("end", {"start": time(11), "end": time(10)}),
    ],
)
def test_an_exception_that_makes_no_sense_is_refused(calendar, field, values):
    with pytest.raises(InvalidInput) as error:
        availability.add_exception(calendar, **{"day": MONDAY, **values}, today=MONDAY)
    assert list(error.value.fields) == [field]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("last_day", {"last_day": date(2026, 11, 22)}),
        ("last_day", {"first_day": date(2026, 11, 2), "last_day": date(2026, 11, 3)}),
        ("text", {"text": " "}),
        ("meanwhile", {"meanwhile": "x" * 1001}),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused(calendar, field, values):
    given_ = {"first_day": MONDAY, "last_day": MONDAY, "text": "Ferie", **values}
    with pytest.raises(InvalidInput) as error:
        availability.add_absence(calendar, **given_, today=MONDAY)
    assert list(error.value.fields) == [field]


# What can be in the way of a time, each drawn from the two weeks around one of the days that are hard.
_HARD = (date(2026, 10, 25), date(2026, 12, 25), date(2027, 3, 28), date(2027, 6, 5))
_fives = st.integers(0, 24 * 12 - 1).map(lambda n: time(n // 12, n % 12 * 5))


@st.composite
def _worlds(draw):
    middle = draw(st.sampled_from(_HARD))
    days = st.integers(-7, 7).map(lambda n: middle + timedelta(days=n))
    moments = st.tuples(days, _fives).map(lambda at: datetime.combine(*at, COPENHAGEN).astimezone(UTC))
    periods = st.tuples(_fives, _fives).filter(lambda p: p[0] < p[1])
    return {
        "middle": middle,
        "kind": {
            "minutes": draw(st.sampled_from((10, 30, 45, 60))),
            "step_minutes": draw(st.sampled_from((10, 30, 45))),
            "buffer_before": draw(st.sampled_from((0, 10, 60))),
            "buffer_after": draw(st.sampled_from((0, 15))),
            "daily_most": draw(st.integers(0, 6)),
        },
        "hours": draw(st.lists(st.tuples(st.integers(0, 6), periods), max_size=5)),
        "absences": draw(st.lists(st.tuples(days, st.integers(0, 3)), max_size=1)),
        "shut": draw(st.lists(st.tuples(days, st.one_of(st.none(), periods)), max_size=2)),
        "extra": draw(st.lists(st.tuples(days, periods), max_size=2)),
        "busy": draw(st.lists(st.tuples(moments, st.integers(1, 600)), max_size=3)),
        "booked": draw(st.lists(st.tuples(moments, st.sampled_from(("aftalt", "holdt", "anmodet"))), max_size=3)),
    }


@given(world=_worlds())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_free_time_touches_what_is_taken_closed_or_away(migrated, world):
    with database.session() as db, db.begin() as outer:
        for table in (AppointmentSlice, Appointment, BusyTime, BusyCalendar, CalendarException, Absence, MeetingHours):
            db.execute(sa.delete(table))
        availability.seed(db)
        _check(db, world)
        outer.rollback()


def _check(db, world):
    about = wide(db, **world["kind"])
    day, now = world["middle"], datetime.combine(world["middle"] - timedelta(days=9), time(3), COPENHAGEN)
    for weekday, (start, end) in world["hours"]:
        db.add(MeetingHours(kind="telefon", weekday=weekday, start=start, end=end))
    for first, more in world["absences"]:
        db.add(Absence(first_day=first, last_day=first + timedelta(days=more), text="x", meanwhile=""))
    for at, period in world["shut"]:
        start, end = period or (None, None)
        db.add(CalendarException(day=at, open=False, start=start, end=end, note=""))
    for at, (start, end) in world["extra"]:
        db.add(CalendarException(day=at, open=True, start=start, end=end, note="", kind="telefon"))
    for at, minutes in world["busy"]:
        busy(db, at, at + timedelta(minutes=minutes))
    taken = [_booked(db, about, at, status, now, n) for n, (at, status) in enumerate(world["booked"])]
    db.flush()
    found = slots(db, "telefon", day - timedelta(days=7), day + timedelta(days=7), now)
    starts = [slot.start.astimezone(UTC) for slot in found]
    assert starts == sorted(set(starts))
    extra = {at for at, _ in world["extra"]}
    assert all(availability.is_free(db, "telefon", slot.start, now) for slot in (*found[:1], *found[-1:]))
    for slot in found:
        start, end, on_day = slot.start.astimezone(UTC), slot.end.astimezone(UTC), slot.start.date()
        assert end - start == timedelta(minutes=about.minutes)
        assert start.astimezone(COPENHAGEN).replace(tzinfo=None) == slot.start.replace(tzinfo=None)
        wide_start, wide_end = (
            start - timedelta(minutes=about.buffer_before),
            end + timedelta(minutes=about.buffer_after),
        )
        assert all(not (at < wide_end and at + timedelta(minutes=m) > wide_start) for at, m in world["busy"])
        assert all(not (a < wide_end and b > wide_start) for a, b in filter(None, taken))
        assert not any(first <= on_day <= first + timedelta(days=more) for first, more in world["absences"])
        assert on_day in extra or not (holiday_name(on_day) or doubtful_name(on_day))
        for at, period in world["shut"]:
            if at == on_day and period is None:
                raise AssertionError("a time on a day that is closed")
            if at == on_day:
                shut = [datetime.combine(at, t, COPENHAGEN).astimezone(UTC) for t in period]
                assert not (start < shut[1] and end > shut[0])


def _booked(db, about, at, status, now, number):
    """Put an appointment in the calendar, as far as its time is not taken; return what it takes, buffers included."""
    values = {"status": status, "held_until": now + timedelta(minutes=5) if status == "holdt" else None}
    appointment = meetings.its_time.new("telefon", at, about, now, **values)
    try:
        meetings.its_time.put(db, appointment, about, most=None)
    except meetings.SlotTaken:
        return None
    return (
        at - timedelta(minutes=about.buffer_before),
        at + timedelta(minutes=about.minutes + about.buffer_after),
    )
