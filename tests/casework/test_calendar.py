"""Which days are closed, held against a table made by hand."""

from datetime import date, timedelta

import pytest

from casework.calendar import doubtful_name, holiday_name, is_working_day, long_date

pytestmark = pytest.mark.once

EASTER = {2024: (3, 31), 2025: (4, 20), 2026: (4, 5), 2027: (3, 28), 2028: (4, 16), 2029: (4, 1)}
OFFSETS = (-3, -2, 0, 1, 39, 49, 50)


@pytest.mark.parametrize("year", EASTER)
def test_the_holidays_of_each_year_are_exactly_those_of_the_law(year):
    easter = date(year, *EASTER[year])
    expected = {easter + timedelta(days=o) for o in OFFSETS} | {
        date(year, 1, 1),
        date(year, 12, 25),
        date(year, 12, 26),
    }
    days = (date(year, 1, 1) + timedelta(days=i) for i in range(366))
    assert {d for d in days if d.year == year and holiday_name(d)} == expected


def test_store_bededag_is_a_working_day():
    assert is_working_day(date(2026, 5, 1))
    assert is_working_day(date(2024, 4, 26))


@pytest.mark.parametrize("day", [date(2026, 6, 5), date(2026, 12, 24), date(2026, 12, 31)])
def test_the_three_days_in_doubt_are_neither_holidays_nor_working_days(day):
    assert holiday_name(day) is None
    assert doubtful_name(day)
    assert not is_working_day(day)


def test_a_date_is_written_as_danes_say_it():
    assert long_date(date(2026, 12, 21)) == "mandag den 21. december 2026"
