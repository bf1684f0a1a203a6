"""The dates a citizen acts on."""

from datetime import date, timedelta

import pytest
from dateutil.easter import easter
from hypothesis import given
from hypothesis import strategies as st

from casework.calendar import doubtful_name, holiday_name, is_closed
from casework.errors import InvalidInput, OutsideCalendar
from casework.frister import (
    BY_KIND,
    KIND_OF_TOPIC,
    aktindsigt_frist,
    borgerraadgiver_aar,
    egne_data_frist,
    genvurdering_frist,
    klagefrist,
    kvittering_frist,
    ombudsmand_aar,
    partshoering_frist,
    svarfrist,
    udtalelse_frist,
)
from casework.klage import klagefrist_for

pytestmark = pytest.mark.once

LATE = date(2029, 12, 31)
DAYS = st.dates(date(2024, 1, 1), date(2029, 9, 1))

# Received → last day, worked out by hand.
FOUR_WEEKS = [
    ("2026-01-15", "2026-02-12", "an ordinary Thursday"),
    ("2026-01-14", "2026-02-11", "four weeks are not a month"),
    ("2026-03-06", "2026-04-07", "Good Friday moves it past Easter"),
    ("2026-04-03", "2026-05-01", "1 May is an ordinary day and store bededag is gone"),
    ("2026-04-16", "2026-05-15", "Ascension Day moves it one day only"),
    ("2026-04-27", "2026-05-26", "Whit Monday"),
    ("2026-05-08", "2026-06-05", "Constitution Day stays the last day, to be safe"),
    ("2026-08-01", "2026-08-31", "received on a Saturday, ends on a Saturday"),
    ("2026-11-26", "2026-12-24", "Christmas Eve stays the last day, to be safe"),
    ("2026-11-27", "2026-12-28", "Christmas Day moves past Boxing Day and the weekend"),
    ("2026-12-03", "2026-12-31", "New Year's Eve stays the last day, to be safe"),
    ("2026-12-04", "2027-01-04", "New Year's Day moves past the weekend"),
    ("2027-02-28", "2027-03-30", "Easter Sunday 2027"),
]

AKTINDSIGT = [
    ("2026-03-02", "2026-03-11", "an ordinary week and a half"),
    ("2026-03-27", "2026-04-10", "across Easter"),
    ("2026-05-29", "2026-06-10", "Constitution Day does not count"),
    ("2026-12-16", "2026-12-29", "neither Christmas Eve nor the holidays count"),
]


@pytest.mark.parametrize(("received", "last", "why"), FOUR_WEEKS, ids=[why for *_, why in FOUR_WEEKS])
def test_four_weeks_to_complain_end_on_the_right_day(received, last, why):
    assert klagefrist(date.fromisoformat(received), LATE).date == date.fromisoformat(last)


@pytest.mark.parametrize(("asked", "last", "why"), AKTINDSIGT, ids=[why for *_, why in AKTINDSIGT])
def test_seven_working_days_for_aktindsigt_end_on_the_right_day(asked, last, why):
    assert aktindsigt_frist(date.fromisoformat(asked), LATE).date == date.fromisoformat(last)


def test_the_adviser_answers_within_ten_working_days():
    assert svarfrist(date(2026, 9, 7), LATE).date == date(2026, 9, 21)
    assert svarfrist(date(2026, 11, 23), LATE).date == date(2026, 12, 7)


def test_tax_complaints_have_three_months():
    assert klagefrist_for(date(2026, 1, 15), "skat", LATE).date == date(2026, 4, 15)


def test_no_date_is_given_where_the_area_has_no_fixed_deadline():
    assert klagefrist_for(date(2026, 1, 15), "vej", LATE) is None
    assert klagefrist_for(date(2026, 1, 15), "udlaendinge", LATE) is None


def test_the_sum_names_the_holiday_that_moved_the_deadline():
    steps = dict(klagefrist(date(2026, 3, 6), LATE).steps)
    assert steps["rykker"]["hvorfor"] == "langfredag"
    assert steps["rykker"]["til"] == date(2026, 4, 7)


def test_a_date_on_christmas_eve_says_that_it_is_the_cautious_reading():
    frist = klagefrist(date(2026, 11, 26), LATE)
    assert frist.cautious
    assert frist.steps[-1][0] == "tvivl"
    assert "kal-fristudloeb-5jun-24dec-31dec" in frist.sources


def test_a_deadline_has_passed_the_day_after_and_not_before():
    assert not klagefrist(date(2026, 1, 15), date(2026, 2, 12)).passed
    assert klagefrist(date(2026, 1, 15), date(2026, 2, 13)).passed


def test_a_decision_from_the_future_is_refused():
    with pytest.raises(InvalidInput):
        klagefrist(date(2026, 11, 24), date(2026, 11, 23))


@pytest.mark.parametrize("year", [2019, 2023, 2030, 2045])
def test_years_with_unchecked_holidays_are_refused(year):
    with pytest.raises(OutsideCalendar):
        klagefrist(date(year, 2, 1), date(2050, 1, 1))


@given(DAYS)
def test_a_complaint_deadline_never_lands_on_a_closed_day(day):
    assert not is_closed(klagefrist(day, LATE).date)


@given(DAYS)
def test_a_complaint_deadline_is_at_least_28_days_and_never_passes_an_open_day(day):
    last = klagefrist(day, LATE).date
    raw = day + timedelta(days=28)
    assert last >= raw
    assert all(is_closed(raw + timedelta(days=i)) for i in range((last - raw).days))


@given(DAYS, st.integers(1, 30))
def test_a_later_decision_never_gives_an_earlier_deadline(day, later):
    assert klagefrist(day, LATE).date <= klagefrist(day + timedelta(days=later), LATE).date
    assert aktindsigt_frist(day, LATE).date <= aktindsigt_frist(day + timedelta(days=later), LATE).date


@given(DAYS)
def test_working_days_agree_with_an_independent_count(day):
    last = aktindsigt_frist(day, LATE).date
    between = [day + timedelta(days=i) for i in range(1, (last - day).days + 1)]
    open_days = [d for d in between if d.weekday() < 5 and not holiday_name(d) and not doubtful_name(d)]
    assert len(open_days) == 7
    assert open_days[-1] == last


# --- The further deadlines ---------------------------------------------------------------------------------------

FURTHER = [
    (
        egne_data_frist,
        "2026-03-02",
        "2026-04-07",
        "a month later is the second day of Easter week: Thursday to Tuesday",
    ),
    (egne_data_frist, "2026-01-30", "2026-03-02", "there is no 30 February: its last day is a Saturday"),
    (egne_data_frist, "2026-05-05", "2026-06-08", "Constitution Day is a day on which offices may be shut"),
    (genvurdering_frist, "2026-11-26", "2026-12-28", "Christmas Eve and the holidays"),
    (genvurdering_frist, "2026-09-07", "2026-10-05", "an ordinary Monday"),
    (udtalelse_frist, "2026-09-07", "2026-09-28", "three weeks"),
    (udtalelse_frist, "2026-12-10", "2027-01-04", "New Year's Eve"),
    (kvittering_frist, "2026-08-20", "2026-09-21", "a month later is a Sunday"),
    (borgerraadgiver_aar, "2025-11-28", "2026-11-27", "a year later is a Saturday: the Friday before is safe"),
    (borgerraadgiver_aar, "2025-09-10", "2026-09-10", "an ordinary Thursday"),
    (ombudsmand_aar, "2025-04-05", "2026-04-01", "Easter: the Wednesday before is safe"),
    (partshoering_frist, "2026-12-10", "2026-12-10", "the day in the letter"),
    (partshoering_frist, "2026-12-26", "2026-12-24", "Boxing Day on a Saturday: the last day before that is open"),
]


@pytest.mark.parametrize(
    ("function", "start", "last", "why"), FURTHER, ids=[f"{f.__name__}: {w}" for f, *_, w in FURTHER]
)
def test_the_further_deadlines_end_on_the_right_day(function, start, last, why):
    assert function(date.fromisoformat(start), LATE).date == date.fromisoformat(last)


@pytest.mark.parametrize("kind", BY_KIND)
@given(day=st.dates(date(2024, 1, 4), date(2028, 11, 1)))
def test_no_deadline_lands_on_a_closed_day_and_the_sum_starts_where_the_citizen_said(kind, day):
    frist = BY_KIND[kind](day, LATE)
    assert not independently_closed(frist.date)
    assert frist.counted_from == day
    assert frist.steps[0][1]["dag"] == day
    assert frist.sources


@pytest.mark.parametrize("kind", BY_KIND)
@given(day=st.dates(date(2024, 1, 4), date(2028, 9, 1)), later=st.integers(1, 40))
def test_a_later_day_never_gives_an_earlier_deadline_of_any_kind(kind, day, later):
    assert BY_KIND[kind](day, LATE).date <= BY_KIND[kind](day + timedelta(days=later), LATE).date


@pytest.mark.parametrize("kind", [k for k in BY_KIND if k != "partshoering"])
def test_a_day_in_the_future_is_refused_and_so_is_an_unchecked_year(kind):
    with pytest.raises(InvalidInput):
        BY_KIND[kind](date(2026, 11, 24), date(2026, 11, 23))
    with pytest.raises(OutsideCalendar):
        BY_KIND[kind](date(2030, 3, 1), date(2050, 1, 1))


def test_a_partshoering_letter_names_a_day_to_come():
    frist = partshoering_frist(date(2026, 12, 10), date(2026, 11, 23))
    assert not frist.passed
    assert partshoering_frist(date(2026, 11, 20), date(2026, 11, 23)).passed


def test_a_deadline_counted_from_the_date_of_the_letter_says_so_and_is_the_earliest():
    unsure = klagefrist(date(2026, 11, 3), LATE, from_letter=True)
    assert unsure.steps[0][0] == "brevdato"
    assert unsure.cautious
    assert unsure.date <= klagefrist(date(2026, 11, 5), LATE).date


def test_every_topic_with_a_date_has_a_way_to_work_it_out():
    assert set(KIND_OF_TOPIC.values()) <= set(BY_KIND)


def independently_closed(day):
    """Weekends and holidays counted from Easter by another library than the one in use."""
    offsets = (day - easter(day.year)).days
    fixed = (day.month, day.day) in ((1, 1), (12, 25), (12, 26))
    return day.weekday() >= 5 or fixed or offsets in (-3, -2, 0, 1, 39, 49, 50)


@given(st.dates(date(2024, 1, 1), date(2029, 12, 31)))
def test_the_calendar_agrees_with_holidays_counted_from_easter(day):
    assert is_closed(day) == independently_closed(day)
