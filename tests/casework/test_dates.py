"""The dates people write, on Monday 23 November 2026."""

from datetime import date

import pytest

from casework.dates import find_date, find_deadline

pytestmark = pytest.mark.once

TODAY = date(2026, 11, 23)

# What is written | the day it means, or why the citizen is asked, or none where it says no day.
TABLE = """
i tirsdags|2026-11-17
i onsdags|2026-11-18
i fredags|2026-11-20
i lørdags|2026-11-21
i loerdags|2026-11-21
i lordags|2026-11-21
i sondags|2026-11-22
sidste mandag|2026-11-16
i sidste tirsdag|2026-11-17
forrige torsdag|2026-11-19
mandags|2026-11-16
fredag|2026-11-20
det kom i fredags|2026-11-20
fik brevet torsdag|2026-11-19
sidste onsdag fik jeg brev|2026-11-18
mandag i sidste uge|2026-11-16
fredag sidste uge|2026-11-20
igår aftes|2026-11-22
i aftes|2026-11-22
i nat|2026-11-23
her til morgen|2026-11-23
i eftermiddags|2026-11-23
idag|2026-11-23
lige nu|2026-11-23
for to dage siden|2026-11-21
for et par dage siden|vag
for 3 dage siden|2026-11-20
for tre dage siden|2026-11-20
3 dage siden|2026-11-20
for en uge siden|2026-11-16
1 uge siden|2026-11-16
for 2 uger siden|2026-11-09
for to uger siden|2026-11-09
for fire uger siden|2026-10-26
for fjorten dage siden|2026-11-09
for otte dage siden|2026-11-15
for 10 dage siden|2026-11-13
for ti dage siden|2026-11-13
for tyve dage siden|2026-11-03
for ca. 2 uger siden|vag
for omkring tre uger siden|vag
for cirka en uge siden|vag
for en måned siden|vag
for to måneder siden|vag
for 3 mdr siden|vag
for et halvt år siden|vag
for et år siden|vag
den 3/11|2026-11-03
d. 3.11|2026-11-03
d.3/11|2026-11-03
3/11 2026|2026-11-03
03/11/2026|2026-11-03
03-11-2026|2026-11-03
3-11-26|2026-11-03
3.11.2026|2026-11-03
03.11.2026|2026-11-03
3. 11. 2026|2026-11-03
2026/11/03|2026-11-03
2026-11-03|2026-11-03
den tredje november|2026-11-03
tredje november|2026-11-03
den 3 november|2026-11-03
3 nov.|2026-11-03
3.nov|2026-11-03
3nov|2026-11-03
d. 12 okt|2026-10-12
12. oktober 2026|2026-10-12
den 12. oktober i år|2026-10-12
1. september|2026-09-01
den første september|2026-09-01
31. august|2026-08-31
den 5. juni|2026-06-05
5 juli|2026-07-05
d. 24. december 2025|2025-12-24
24/12-25|2025-12-24
24/12 sidste år|2025-12-24
den 1. januar|2026-01-01
1/1|2026-01-01
28. februar|2026-02-28
29. februar 2024|2024-02-29
29. februar|umulig
29/2|umulig
31/4|umulig
den 31. juni|umulig
32. oktober|umulig
den 0. maj|umulig
12/13|umulig
den 20.|2026-11-20
den 3.|2026-11-03
den 30.|2026-10-30
d. 15.|2026-11-15
den femtende|2026-11-15
den 20. denne måned|2026-11-20
den 20. i denne måned|2026-11-20
den 20. i sidste måned|2026-10-20
i morgen|fremtid
imorgen|fremtid
i overmorgen|fremtid
på fredag|fremtid
næste mandag|fremtid
næste uge|fremtid
om en uge|fremtid
om 14 dage|fremtid
den 30/11|fremtid
30. november|fremtid
1. december|fremtid
24/12|fremtid
1/1 2027|fremtid
den 3/11 2027|fremtid
midt i oktober|vag
i slutningen af september|vag
sidst i august|vag
først i november|vag
start november|vag
begyndelsen af oktober|vag
omkring 1. november|vag
ca. 1. november|vag
cirka d. 3/11|vag
engang i sommer|vag
i sommer|vag
i foråret|vag
før sommerferien|vag
efter jul|vag
i oktober|vag
oktober|vag
sidste måned|vag
i sidste måned|vag
sidste uge|vag
i denne uge|vag
forleden|vag
forleden dag|vag
for nylig|vag
for lidt siden|vag
for nogle dage siden|vag
for flere uger siden|vag
for længe siden|vag
sidste år|vag
uge 45|vag
i uge 46|vag
afgørelsen er dateret 2. november 2026 og kom i e-boks samme dag|2026-11-02
brevet er dateret 5/11, men jeg fik det først 7/11|2026-11-07
dateret 5/11 modtaget 9/11|2026-11-09
jeg fik afgørelsen mandag den 16. november|2026-11-16
torsdag d. 12/11|2026-11-12
tirsdag d. 3. november 2026 kl. 14|2026-11-03
torsdag den 11. november|strid
jeg ringede den 3/11 kl 10.30|2026-11-03
d 3 11|none
nej|none
jeg har 3 børn|none
min sag har nr. 12/2026|none
kl. 10.30|none
§ 12|none
2 timer om ugen|none
12.500 kr.|none
nr. 45|none
jeg fik 3/4 af beløbet|none
80 procent|none
1 gang om måneden|none
i 2024|vag
april|vag
marts 2026|vag
for en anden gang|none
sagen har kørt i et halvt år|none
Jeg fik afslag i torsdags, hvad nu|2026-11-19
"""
ROWS = [line.split("|") for line in TABLE.strip().splitlines()]


def read(text):
    found = find_date(text, TODAY)
    if found is None:
        return "none"
    return found.day.isoformat() if found.day else found.problem


@pytest.mark.parametrize(("text", "meaning"), ROWS, ids=[row[0] for row in ROWS])
def test_a_date_is_read_or_asked_about(text, meaning):
    assert read(text) == meaning


def test_the_table_is_long_enough_to_be_worth_something():
    assert len(ROWS) >= 150


@pytest.mark.parametrize("text", ["I TORSDAGS", "  i   torsdags ", "i torsdags!"])
def test_capitals_and_spaces_do_not_matter(text):
    assert read(text) == "2026-11-19"


def test_of_two_dates_the_day_of_receipt_counts_and_else_the_earliest():
    assert read("dateret 5/11, modtaget 9/11") == "2026-11-09"
    assert read("det var enten 5/11 eller 9/11") == "2026-11-05"


DEADLINES = [
    ("senest den 10. december", "2026-12-10"),
    ("10/12", "2026-12-10"),
    ("om to uger", "2026-12-07"),
    ("om 10 dage", "2026-12-03"),
    ("på fredag", "2026-11-27"),
    ("i morgen", "2026-11-24"),
    ("i overmorgen", "2026-11-25"),
    ("den 20. november", "2026-11-20"),
    ("15. marts", "2027-03-15"),
    ("10.12.2026", "2026-12-10"),
    ("i går", "2026-11-22"),
    ("31. februar", "umulig"),
    ("det står der ikke", "none"),
]


@pytest.mark.parametrize(("text", "meaning"), DEADLINES, ids=[row[0] for row in DEADLINES])
def test_the_deadline_a_letter_names_may_lie_ahead(text, meaning):
    found = find_deadline(text, TODAY)
    assert (found.day.isoformat() if found and found.day else found.problem if found else "none") == meaning
