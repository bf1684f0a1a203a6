"""The dates people write, on Monday 23 November 2026."""

from datetime import date

import pytest

from casework.dates import find_date

TODAY = date(2026, 11, 23)
FOUND = {
    "i torsdags": "2026-11-19",
    "Jeg fik afslag i torsdags, hvad nu": "2026-11-19",
    "sidste fredag": "2026-11-20",
    "i mandags": "2026-11-16",
    "i søndags": "2026-11-22",
    "torsdag": "2026-11-19",
    "torsdag i sidste uge": "2026-11-19",
    "i går": "2026-11-22",
    "igår": "2026-11-22",
    "i dag": "2026-11-23",
    "i morges": "2026-11-23",
    "i forgårs": "2026-11-21",
    "d. 3/11": "2026-11-03",
    "3/11": "2026-11-03",
    "3.11": "2026-11-03",
    "3/11-2026": "2026-11-03",
    "03.11.26": "2026-11-03",
    "3. nov": "2026-11-03",
    "den 3. november": "2026-11-03",
    "3 november 2026": "2026-11-03",
    "12. okt. 2026": "2026-10-12",
    "for tre uger siden": "2026-11-02",
    "for 14 dage siden": "2026-11-09",
    "for en uge siden": "2026-11-16",
    "brevet kom 7. november": "2026-11-07",
    "2026-10-12": "2026-10-12",
    "den 30. januar": "2026-01-30",
    "for 2 dage siden": "2026-11-21",
    "afslaget er fra 1. september": "2026-09-01",
}
ASKED = {
    "midt i oktober": "vag",
    "i sidste uge": "vag",
    "for en måned siden": "vag",
    "i november": "vag",
    "sidste måned": "vag",
    "den 31. februar": "umulig",
    "30/2": "umulig",
    "i morgen": "fremtid",
    "på torsdag": "fremtid",
    "den 3. december": "fremtid",
    "den 30. december": "fremtid",
    "24. december 2026": "fremtid",
}
NONE = [
    "jeg har 2 børn",
    "nej",
    "det ved jeg ikke",
    "sagen har kørt i et halvt år",
    "jeg ringer kl. 10.30",
    "§ 12 stk. 3",
]


@pytest.mark.parametrize(("text", "day"), FOUND.items())
def test_a_clear_date_is_read(text, day):
    assert find_date(text, TODAY).day == date.fromisoformat(day)


@pytest.mark.parametrize(("text", "problem"), ASKED.items())
def test_a_vague_impossible_or_future_date_is_asked_about(text, problem):
    found = find_date(text, TODAY)
    assert (found.day, found.problem) == (None, problem)


@pytest.mark.parametrize("text", NONE)
def test_text_without_a_date_gives_none(text):
    assert find_date(text, TODAY) is None
