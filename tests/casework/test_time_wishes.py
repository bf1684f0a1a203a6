"""When it suits a citizen, as she writes it: read on Monday 23 November 2026.

A line reads: the days that fit among the next sixteen weeks, the first four stretches of them, and the hours where not
the whole day from 7 to 19 fits.
"""

from datetime import date, datetime, time, timedelta
from types import SimpleNamespace

import pytest

from casework.time_reading import read_wish
from casework.time_wishes import TimeWish, matching, nearest, refined, spread

pytestmark = pytest.mark.once

TODAY = date(2026, 11, 23)
DAY = range(7 * 4, 19 * 4)  # quarters of an hour


def clock_of(quarter):
    return f"{quarter // 4}:{quarter % 4 * 15:02}" if quarter % 4 else str(quarter // 4)


def stretches(numbers):
    found = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def told(wish, most=4):
    """Return what a wish allows, in short."""
    runs = []
    for day in (TODAY + timedelta(days=n) for n in range(112)):
        at = [q for q in DAY if wish.allows(datetime.combine(day, time(q // 4, q % 4 * 15)))]
        if not at:
            continue
        if runs and (day - runs[-1][1]).days == 1 and runs[-1][2] == at:
            runs[-1][1] = day
        else:
            runs.append([day, day, at])
    return "; ".join(run_told(*run) for run in runs[:most]) + (" …" if len(runs) > most else "")


def run_told(first, last, at):
    days = f"{first.day}/{first.month}" + (f"-{last.day}/{last.month}" if last > first else "")
    if last == TODAY + timedelta(days=111):
        days = "altid" if first == TODAY else f"fra {first.day}/{first.month}"
    hours = ",".join(clock_of(a) if a == b else f"{clock_of(a)}-{clock_of(b + 1)}" for a, b in stretches(at))
    return days if at == list(DAY) else f"{days} kl {hours}"


EXPRESSIONS = [
    # The nearest days.
    ("på torsdag", "26/11"),
    ("nu på torsdag", "26/11"),
    ("paa torsdag", "26/11"),
    ("pa torsdag", "26/11"),
    ("på torstag", "26/11"),
    ("på mandag", "30/11"),
    ("i dag", "23/11"),
    ("i morgen", "24/11"),
    ("imorgen", "24/11"),
    ("i morgen formiddag", "24/11 kl 7-12"),
    ("imorgen efter kl 14", "24/11 kl 14-19"),
    ("i morgen tidlig", "24/11 kl 7-10"),
    ("i eftermiddag", "23/11 kl 12-17"),
    ("i overmorgen", "25/11"),
    ("i overmorn", "25/11"),
    ("i morgen eller i overmorgen", "24/11-25/11"),
    ("i morgen kl 9 eller på fredag", "24/11 kl 9; 27/11"),
    ("om tre dage", "26/11"),
    # Weekdays.
    ("tirsdag eller onsdag", "24/11-25/11; 1/12-2/12; 8/12-9/12; 15/12-16/12 …"),
    ("tors eller fre", "26/11-27/11; 3/12-4/12; 10/12-11/12; 17/12-18/12 …"),
    ("om mandagen", "23/11; 30/11; 7/12; 14/12 …"),
    ("tirsdage", "24/11; 1/12; 8/12; 15/12 …"),
    ("næste torsdag", "26/11; 3/12"),
    ("torsdag om en uge", "3/12"),
    ("på mandag om 8 dage", "7/12"),
    ("mandag-onsdag", "23/11-25/11; 30/11-2/12; 7/12-9/12; 14/12-16/12 …"),
    (
        "mandag til torsdag efter 12",
        "23/11-26/11 kl 12-19; 30/11-3/12 kl 12-19; 7/12-10/12 kl 12-19; 14/12-17/12 kl 12-19 …",
    ),
    ("fredaj", "27/11; 4/12; 11/12; 18/12 …"),
    ("hvad med fredag?", "27/11; 4/12; 11/12; 18/12 …"),
    ("jeg kan kun om fredagen", "27/11; 4/12; 11/12; 18/12 …"),
    ("mandag, onsdag og fredag", "23/11; 25/11; 27/11; 30/11 …"),
    ("onsdage i lige uger", "25/11; 9/12; 23/12; 13/1 …"),
    ("i ulige uger om tirsdagen", "1/12; 15/12; 29/12; 5/1 …"),
    ("hverdage efter 16", "23/11-27/11 kl 16-19; 30/11-4/12 kl 16-19; 7/12-11/12 kl 16-19; 14/12-18/12 kl 16-19 …"),
    ("i weekenden", "28/11-29/11; 5/12-6/12; 12/12-13/12; 19/12-20/12 …"),
    ("efter weekenden", "fra 30/11"),
    ("først på ugen", "23/11-24/11; 30/11-1/12; 7/12-8/12; 14/12-15/12 …"),
    ("sidst på ugen", "26/11-27/11; 3/12-4/12; 10/12-11/12; 17/12-18/12 …"),
    # Weeks and months.
    ("i næste uge", "30/11-6/12"),
    ("i naeste uge", "30/11-6/12"),
    ("næste ueg", "30/11-6/12"),
    ("i næste uge efter kl. 13", "30/11-6/12 kl 13-19"),
    ("i naeste uge efter kl 13", "30/11-6/12 kl 13-19"),
    ("i næste uge om formidagen", "30/11-6/12 kl 7-12"),
    ("har I noget i næste uge?", "30/11-6/12"),
    ("en formiddag i næste uge", "30/11-6/12 kl 7-12"),
    ("torsdag i næste uge", "3/12"),
    ("på torsdag i næste uge", "3/12"),
    ("først i næste uge", "30/11-1/12"),
    ("i slutningen af næste uge", "3/12-6/12"),
    ("i denne uge", "23/11-29/11"),
    ("inden ugen er omme", "23/11-29/11"),
    ("ugen efter", "30/11-6/12"),
    ("i uge 50", "7/12-13/12"),
    ("uge 49 eller 50 efter 12", "30/11-13/12 kl 12-19"),
    ("uge 2", "11/1-17/1"),
    ("om en uge", "30/11-6/12"),
    ("om en uges tid", "30/11-6/12"),
    ("om to uger", "7/12-13/12"),
    ("om 14 dage", "7/12-13/12"),
    ("inden for 14 dage", "23/11-7/12"),
    ("de næste to uger", "23/11-7/12"),
    ("om en måned", "23/12-29/12"),
    ("næste måned", "1/12-31/12"),
    ("i december", "1/12-31/12"),
    ("midt i december", "11/12-20/12"),
    ("sidst i december", "21/12-31/12"),
    ("i slutningen af måneden om formiddagen", "23/11-30/11 kl 7-12"),
    ("i januar om tirsdagen", "5/1; 12/1; 19/1; 26/1"),
    ("tirsdag eller torsdag i uge 50 om formiddagen", "8/12 kl 7-12; 10/12 kl 7-12"),
    # Dates.
    ("den 3/12 kl 10", "3/12 kl 10"),
    ("3/12 10:30", "3/12 kl 10:30"),
    ("d. 3. december", "3/12"),
    ("den tredje december", "3/12"),
    ("3.12.2026", "3/12"),
    ("2026-12-03", "3/12"),
    ("torsdag d. 3. december kl. 10.30", "3/12 kl 10:30"),
    ("torsdag den tredje december klokken ti", "3/12 kl 10"),
    ("torsdag den 26.", "26/11"),
    ("onsdag d. 2 kl 13", "2/12 kl 13"),
    ("den femte", "5/12"),
    ("den 14. eller den 16.", "14/12; 16/12"),
    ("d. 1. og 3. december", "1/12; 3/12"),
    ("3.-7. december", "3/12-7/12"),
    ("mellem den 3. og den 7. december", "3/12-7/12"),
    ("fra 1/12 til 4/12", "1/12-4/12"),
    ("den 6/1", "6/1"),
    ("5. januar kl 10", "5/1 kl 10"),
    # From, until, before, after.
    ("efter den 10. december", "fra 11/12"),
    ("fra den 10.", "fra 10/12"),
    ("tidligst på mandag", "fra 30/11"),
    ("efter fredag", "fra 28/11"),
    ("inden den 15.", "23/11-14/12"),
    ("senest fredag", "23/11-27/11"),
    ("før fredag", "23/11-26/11"),
    ("inden jul", "23/11-23/12"),
    ("for jul", "23/11-23/12"),
    ("efter jul", "fra 27/12"),
    ("ikke før jul", "fra 27/12"),
    ("mellem jul og nytår", "27/12-30/12"),
    ("efter nytår", "fra 2/1"),
    ("efter nytaar", "fra 2/1"),
    ("i det nye år", "fra 2/1"),
    # Times of day.
    ("om eftermiddagen", "altid kl 12-17"),
    ("formidag", "altid kl 7-12"),
    ("eftermidag paa onstag", "25/11 kl 12-17"),
    ("efter 13", "altid kl 13-19"),
    ("før 12", "altid kl 7-12"),
    ("for kl 12", "altid kl 7-12"),
    ("senest kl 13", "altid kl 7-13:15"),
    ("tidligst kl 11", "altid kl 11-19"),
    ("mellem 10 og 12", "altid kl 10-12"),
    ("mellem elleve og tolv", "altid kl 11-12"),
    ("kl 10-12", "altid kl 10-12"),
    ("fra 10 til 12", "altid kl 10-12"),
    ("på fredag kl. halv to", "27/11 kl 13:30"),
    ("kvart over ti", "altid kl 10:15"),
    ("kl. 2", "altid kl 14"),
    ("kl 3 om eftermiddagen", "altid kl 15"),
    ("kl 10 eller 11", "altid kl 10,11"),
    ("torsdag 10", "26/11 kl 10; 3/12 kl 10; 10/12 kl 10; 17/12 kl 10 …"),
    ("ved 10-tiden", "altid kl 9:15-11"),
    ("omkring kl 11", "altid kl 10:15-12"),
    ("midt på dagen", "altid kl 11-13:30"),
    ("før frokost", "altid kl 7-12"),
    ("sidst på dagen", "altid kl 14-19"),
    ("efter arbejde", "altid kl 16-19"),
    ("jeg arbejder til kl 14", "altid kl 14-19"),
    ("torsdag eftermiddag efter kl. 14", "26/11 kl 14-17; 3/12 kl 14-17; 10/12 kl 14-17; 17/12 kl 14-17 …"),
    ("formiddag eller efter 14", "altid kl 7-12,14-19"),
    ("mandag formiddag eller onsdag eftermiddag", "23/11 kl 7-12; 25/11 kl 12-17; 30/11 kl 7-12; 2/12 kl 12-17 …"),
    # What is left out.
    ("ikke fredag", "23/11-26/11; 28/11-3/12; 5/12-10/12; 12/12-17/12 …"),
    ("ikke på onsdag", "23/11-24/11; fra 26/11"),
    ("fredag dur ikke", "23/11-26/11; 28/11-3/12; 5/12-10/12; 12/12-17/12 …"),
    ("mandag og tirsdag kan jeg ikke", "25/11-29/11; 2/12-6/12; 9/12-13/12; 16/12-20/12 …"),
    ("hverken mandag eller tirsdag", "25/11-29/11; 2/12-6/12; 9/12-13/12; 16/12-20/12 …"),
    ("jeg kan ikke mandag, men tirsdag efter 12", "24/11 kl 12-19; 1/12 kl 12-19; 8/12 kl 12-19; 15/12 kl 12-19 …"),
    ("jeg kan alligevel ikke på fredag, kan vi tage det mandag i stedet?", "23/11; 30/11; 7/12; 14/12 …"),
    ("alle dage undtagen tirsdag", "23/11; 25/11-30/11; 2/12-7/12; 9/12-14/12 …"),
    ("hele næste uge undtagen onsdag", "30/11-1/12; 3/12-6/12"),
    ("onsdag er jeg til læge, ellers alt i næste uge", "30/11-1/12; 3/12-6/12"),
    ("i næste uge, men ikke mandag", "1/12-6/12"),
    ("ikke i denne uge, men ugen efter", "30/11-6/12"),
    ("ikke før kl 10", "altid kl 10-19"),
    ("ikke efter kl 14", "altid kl 7-14:15"),
    ("helst ikke om morgenen", "altid kl 10-19"),
    ("ikke formiddag", "altid kl 12-19"),
]


@pytest.mark.parametrize(("text", "means"), EXPRESSIONS, ids=[text for text, _ in EXPRESSIONS])
def test_what_a_citizen_writes_of_when_lets_the_right_times_through(text, means):
    assert told(read_wish(text, TODAY)) == means


@pytest.mark.parametrize(
    "text",
    [
        "hurtigst muligt",
        "hurtist mulit",
        "så hurtigt som muligt",
        "snarest",
        "asap",
        "første ledige tid",
        "den tidligste",
    ],
)
def test_as_soon_as_possible_is_understood(text):
    assert read_wish(text, TODAY).soonest


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("den 31. november", "umulig"),
        ("kl 25", "umulig"),
        ("onsdag den 3. december", "strid"),
        ("torsdag den 25.", "strid"),
        ("den 3. november", "fortid"),
        ("3. november 2026", "fortid"),
    ],
)
def test_a_time_that_cannot_be_is_said_to_be_so(text, problem):
    assert read_wish(text, TODAY).problem == problem


@pytest.mark.parametrize(
    "text",
    ["min bil er gået i stykker", "vi er to personer", "en halv time", "telefon 10 minutter", "en anden dag", "ja tak"],
)
def test_what_tells_nothing_of_when_is_no_wish(text):
    assert not read_wish(text, TODAY).says_something


@pytest.mark.parametrize(
    ("first", "then", "means"),
    [
        ("i næste uge", "om eftermiddagen", "30/11-6/12 kl 12-17"),
        ("på torsdag", "kl 10", "26/11 kl 10"),
        ("torsdag formiddag", "hellere fredag", "27/11 kl 7-12; 4/12 kl 7-12; 11/12 kl 7-12; 18/12 kl 7-12 …"),
        ("i næste uge efter kl. 13", "mandag kl. 13.30", "30/11 kl 13:30"),
        ("i næste uge efter kl. 13", "torsdag", "3/12 kl 13-19"),
        ("i næste uge", "på torsdag", "26/11"),
        ("i næste uge", "ikke onsdag", "30/11-1/12; 3/12-6/12"),
        ("i næste uge", "så hurtigt som muligt", "altid"),
    ],
)
def test_a_second_wish_narrows_the_first_down_or_takes_its_place(first, then, means):
    assert told(refined(read_wish(first, TODAY), read_wish(then, TODAY))) == means


def slots(*starts):
    return [SimpleNamespace(start=datetime.fromisoformat(at)) for at in starts]


def test_where_nothing_fits_the_nearest_day_and_time_come_first():
    free = slots("2026-11-25T10:00", "2026-12-03T10:00", "2026-12-04T10:00", "2026-12-04T13:00")
    wish = read_wish("fredag den 4. december kl. 14", TODAY)
    assert matching(free, wish) == []
    assert [s.start.isoformat() for s in nearest(free, wish, TODAY)][:2] == [
        "2026-12-04T13:00:00",
        "2026-12-04T10:00:00",
    ]


def test_a_day_that_was_left_out_comes_last_also_where_nothing_fits():
    free = slots("2026-11-27T10:00", "2026-12-02T10:00")
    wish = read_wish("i morgen, ikke fredag", TODAY)
    assert nearest(free, wish, TODAY)[0].start.day == 2


def test_what_is_offered_is_spread_over_days_and_over_the_day():
    day = [f"2026-11-{d}T{h}:00" for d in (25, 26, 27, 30) for h in (10, 11, 12, 13, 14)]
    offered = [(s.start.day, s.start.hour) for s in spread(slots(*day), 6)]
    assert offered == [(25, 10), (25, 12), (26, 10), (26, 12), (27, 10), (27, 12)]
    assert len(spread(slots(*day[:5]), 6)) == 5


def test_only_one_day_and_one_time_is_a_choice_and_not_a_wish():
    assert read_wish("den 3/12 kl 10", TODAY).exact() == (date(2026, 12, 3), time(10))
    assert read_wish("torsdag i næste uge kl. halv elleve", TODAY).exact() == (date(2026, 12, 3), time(10, 30))
    assert read_wish("på torsdag", TODAY).exact() is None
    assert TimeWish().exact() is None
