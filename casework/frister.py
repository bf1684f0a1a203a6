"""Statutory deadlines: pure functions from a date to a date, with every step of the sum.

Steps are (key, values); the words for each key are in bot/answers/frister.yml.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from casework.calendar import add_working_days, doubtful_name, holiday_name, next_open
from casework.errors import InvalidInput

KLAGEFRIST_WEEKS = 4  # retssikkerhedsloven § 67 (fact klage-social-frist-4-uger)
AKTINDSIGT_WORKING_DAYS = 7  # forvaltningsloven § 16, stk. 2; offentlighedsloven § 36, stk. 2
BORGERRAADGIVER_WORKING_DAYS = 10  # the adviser's own promise (fact br-svar-10-hverdage)


@dataclass(frozen=True)
class Frist:
    """A deadline worked out for one citizen.

    `cautious` says that the date is the safe reading of a rule that can be read in two ways.
    """

    kind: str
    date: date
    counted_from: date
    passed: bool
    steps: tuple[tuple[str, dict], ...]
    sources: tuple[str, ...]
    cautious: bool = False

    def as_json(self) -> dict:
        """Return the fields the chat API shows as `deadline`."""
        return {
            "kind": self.kind,
            "date": self.date.isoformat(),
            "counted_from": self.counted_from.isoformat(),
            "passed": self.passed,
        }


def klagefrist(
    received: date,
    today: date,
    *,
    weeks: int | None = KLAGEFRIST_WEEKS,
    months: int | None = None,
    sources: tuple[str, ...] = ("klage-social-frist-4-uger",),
) -> Frist:
    """Return the last day to complain over a decision received on `received`.

    The day of receipt does not count; a last day on a Saturday, Sunday or public holiday moves to the next open day
    (facts klage-frist-udelad-modtagelsesdag, klage-frist-weekend). 5 June, 24 and 31 December stay the last day,
    which is the safe reading. Raises InvalidInput for a day in the future and OutsideCalendar for unchecked years.
    """
    _not_in_future(received, today)
    if months:
        raw, length = received + relativedelta(months=months), ("maaneder", {"antal": months})
    else:
        raw, length = received + timedelta(weeks=weeks), ("uger", {"antal": weeks})
    steps = [("modtaget", {"dag": received}), (length[0], {**length[1], "dag": raw})]
    last = next_open(raw)
    if last != raw:
        steps.append(("rykker", {"fra": raw, "til": last, "hvorfor": _why_closed(raw)}))
    cautious = doubtful_name(last) is not None
    if cautious:
        steps.append(("tvivl", {"dag": last, "navn": doubtful_name(last)}))
    rules = ["klage-frist-udelad-modtagelsesdag", "klage-frist-weekend"]
    if cautious:
        rules.append("kal-fristudloeb-5jun-24dec-31dec")
    return Frist("klagefrist", last, received, last < today, tuple(steps), (*sources, *rules), cautious)


def aktindsigt_frist(requested: date, today: date) -> Frist:
    """Return the day by which the kommune should have answered a request for aktindsigt received on `requested`.

    Seven working days, the day of receipt not counted (facts aktindsigt-frist-snarest, aktindsigt-frist-part-7,
    kal-arbejdsdage). Raises InvalidInput for a day in the future and OutsideCalendar for unchecked years.
    """
    _not_in_future(requested, today)
    last = add_working_days(requested, AKTINDSIGT_WORKING_DAYS)
    steps = [("anmodet", {"dag": requested}), ("arbejdsdage", {"antal": AKTINDSIGT_WORKING_DAYS, "dag": last})]
    steps += _skipped(requested, last)
    return Frist(
        "aktindsigt",
        last,
        requested,
        last < today,
        tuple(steps),
        ("aktindsigt-frist-snarest", "aktindsigt-frist-part-7"),
        any(key == "taeller_ikke_tvivl" for key, _ in steps),
    )


def svarfrist(received: date, today: date) -> Frist:
    """Return the day by which the adviser answers a henvendelse received on `received`: ten working days."""
    last = add_working_days(received, BORGERRAADGIVER_WORKING_DAYS)
    steps = [("henvendt", {"dag": received}), ("arbejdsdage", {"antal": BORGERRAADGIVER_WORKING_DAYS, "dag": last})]
    steps += _skipped(received, last)
    return Frist("svarfrist", last, received, last < today, tuple(steps), ("br-svar-10-hverdage",))


def _skipped(start: date, end: date) -> list[tuple[str, dict]]:
    """Return a step for each weekday between `start` and `end` that did not count."""
    steps = []
    for offset in range(1, (end - start).days):
        day = start + timedelta(days=offset)
        if day.weekday() >= 5:
            continue
        if holiday_name(day):
            steps.append(("taeller_ikke", {"dag": day, "navn": holiday_name(day)}))
        elif doubtful_name(day):
            steps.append(("taeller_ikke_tvivl", {"dag": day, "navn": doubtful_name(day)}))
    return steps


def _why_closed(day: date) -> str:
    return holiday_name(day) or ("lørdag" if day.weekday() == 5 else "søndag")


def _not_in_future(day: date, today: date) -> None:
    if day > today:
        raise InvalidInput("Datoen ligger i fremtiden")
