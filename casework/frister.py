"""Statutory deadlines: pure functions from a date to a date, with every step of the sum.

Steps are (key, values); the words for each key are in bot/answers/frister.yml.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from casework.calendar import (
    add_working_days,
    doubtful_name,
    holiday_name,
    next_open,
    next_working,
    previous_open,
)
from casework.errors import InvalidInput

KLAGEFRIST_WEEKS = 4  # retssikkerhedsloven § 67 (fact klage-social-frist-4-uger)
AKTINDSIGT_WORKING_DAYS = 7  # forvaltningsloven § 16, stk. 2; offentlighedsloven § 36, stk. 2
BORGERRAADGIVER_WORKING_DAYS = 10  # the adviser's own promise (fact br-svar-10-hverdage)
EGNE_DATA_MONTHS = 1  # databeskyttelsesforordningen art. 12, stk. 3 (fact gdpr-indsigt-frist)
GENVURDERING_WEEKS = 4  # retssikkerhedsloven § 66 (fact klage-social-genvurdering-4-uger)
UDTALELSE_WEEKS = 3  # the statute § 17 (fact br-3-uger)
ONE_YEAR = 1  # the statute § 14 (fact br-1-aar); ombudsmandsloven § 13, stk. 3 (fact klage-ombudsmanden-frist)
KVITTERING_MONTHS = 1  # good administrative practice (fact sb-kvittering)


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
    from_letter: bool = False,
) -> Frist:
    """Return the last day to complain over a decision received on `received`.

    `from_letter` says that nobody knows when it came and that `received` is the day the letter is dated: the earliest
    it can have come, and so the safe reading.

    The day of receipt does not count; a last day on a Saturday, Sunday or public holiday moves to the next open day
    (facts klage-frist-udelad-modtagelsesdag, klage-frist-weekend). 5 June, 24 and 31 December stay the last day,
    which is the safe reading. Raises InvalidInput for a day in the future and OutsideCalendar for unchecked years.
    """
    _not_in_future(received, today)
    if months:
        raw, length = received + relativedelta(months=months), ("maaneder", {"antal": months})
    else:
        raw, length = received + timedelta(weeks=weeks), ("uger", {"antal": weeks})
    steps = [("brevdato" if from_letter else "modtaget", {"dag": received}), (length[0], {**length[1], "dag": raw})]
    last = next_open(raw)
    if last != raw:
        steps.append(("rykker", {"fra": raw, "til": last, "hvorfor": _why_closed(raw)}))
    cautious = doubtful_name(last) is not None
    if cautious:
        steps.append(("tvivl", {"dag": last, "navn": doubtful_name(last)}))
    rules = ["klage-frist-udelad-modtagelsesdag", "klage-frist-weekend"]
    if cautious:
        rules.append("kal-fristudloeb-5jun-24dec-31dec")
    return Frist("klagefrist", last, received, last < today, tuple(steps), (*sources, *rules), cautious or from_letter)


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
    """Return the day by which the adviser answers a henvendelse received on `received`: ten working days.

    Raises InvalidInput for a day in the future and OutsideCalendar for unchecked years."""
    _not_in_future(received, today)
    last = add_working_days(received, BORGERRAADGIVER_WORKING_DAYS)
    steps = [("henvendt", {"dag": received}), ("arbejdsdage", {"antal": BORGERRAADGIVER_WORKING_DAYS, "dag": last})]
    steps += _skipped(received, last)
    return Frist("svarfrist", last, received, last < today, tuple(steps), ("br-svar-10-hverdage",))


def egne_data_frist(requested: date, today: date) -> Frist:
    """Return the day by which an authority should have answered a request for one's own data: one month.

    Counted to the same date of the next month, or its last day; a last day that is no working day moves on, since the
    authority's deadline is told late rather than early (facts gdpr-indsigt-frist, kal-gdpr-maaned). Raises InvalidInput
    for a day in the future and OutsideCalendar for unchecked years.
    """
    return _authority(
        "egne_data", requested, today, ("anmodet_data", {}), months=EGNE_DATA_MONTHS, sources=("gdpr-indsigt-frist",)
    )


def genvurdering_frist(complained: date, today: date) -> Frist:
    """Return the day by which the kommune must have changed its decision or sent a complaint it got on `complained` on
    to Ankestyrelsen: four weeks (fact klage-social-genvurdering-4-uger). Raises as the others."""
    return _authority(
        "genvurdering",
        complained,
        today,
        ("klaget", {}),
        weeks=GENVURDERING_WEEKS,
        sources=("klage-social-genvurdering-4-uger",),
    )


def udtalelse_frist(asked: date, today: date) -> Frist:
    """Return the day by which a department answers the adviser who asked it on `asked`: three weeks (fact br-3-uger).

    It is a deadline between the two and no promise to the citizen. Raises as the others."""
    return _authority("udtalelse", asked, today, ("spurgt", {}), weeks=UDTALELSE_WEEKS, sources=("br-3-uger",))


def kvittering_frist(applied: date, today: date) -> Frist:
    """Return the day by which good practice asks for a receipt when no decision has come: one month (sb-kvittering).

    Raises as the others."""
    return _authority("kvittering", applied, today, ("soegt", {}), months=KVITTERING_MONTHS, sources=("sb-kvittering",))


def borgerraadgiver_aar(happened: date, today: date) -> Frist:
    """Return the last day to complain to the adviser over what happened on `happened`: one year, with exceptions
    (the statute § 14, fact br-1-aar). Raises as the others."""
    return _one_year("borgerraadgiver_aar", happened, today, ("skete", {}), ("br-1-aar",))


def ombudsmand_aar(decided: date, today: date) -> Frist:
    """Return the last day to complain to the Ombudsman over a final decision or an event of `decided`: one year
    (ombudsmandsloven § 13, stk. 3, fact klage-ombudsmanden-frist). Raises as the others."""
    return _one_year("ombudsmand_aar", decided, today, ("afgjort", {}), ("klage-ombudsmanden-frist",))


def partshoering_frist(stated: date, today: date) -> Frist:
    """Return the last safe day to answer a partshøring whose letter names the day `stated`.

    The letter's day counts. Whether it moves past a closed day is not settled, so the open day before is the safe
    reading. Raises OutsideCalendar for unchecked years."""
    last = previous_open(stated)
    steps = [("brevet_siger", {"dag": stated})]
    if last != stated:
        steps.append(("foer_lukket", {"fra": stated, "til": last, "hvorfor": _why_closed(stated)}))
    sources = ("sb-partshoering-frist",)
    return Frist("partshoering", last, stated, stated < today, tuple(steps), sources, last != stated)


def _authority(
    kind: str,
    start: date,
    today: date,
    first: tuple[str, dict],
    *,
    weeks: int = 0,
    months: int = 0,
    sources: tuple[str, ...],
) -> Frist:
    """A deadline of an authority in weeks or months: it moves past every day on which offices may be shut."""
    _not_in_future(start, today)
    raw = start + relativedelta(months=months, weeks=weeks)
    unit, count = ("maaneder", months) if months else ("uger", weeks)
    steps = [(first[0], {"dag": start}), (unit if count > 1 else "maaned", {"antal": count, "dag": raw})]
    last = next_working(raw)
    doubtful = next((d for d in _days(raw, last) if doubtful_name(d)), None)
    if last != raw:
        why = doubtful_name(raw) or _why_closed(raw)
        steps.append(("rykker_myndighed", {"fra": raw, "til": last, "hvorfor": why}))
    return Frist(kind, last, start, last < today, tuple(steps), sources, doubtful is not None)


def _one_year(kind: str, start: date, today: date, first: tuple[str, dict], sources: tuple[str, ...]) -> Frist:
    """A citizen's deadline of a year. No rule says that it moves past a closed day, so the open day before is told."""
    _not_in_future(start, today)
    raw = start + relativedelta(years=ONE_YEAR)
    last = previous_open(raw)
    steps = [(first[0], {"dag": start}), ("aar", {"dag": raw})]
    if last != raw:
        steps.append(("foer_lukket", {"fra": raw, "til": last, "hvorfor": _why_closed(raw)}))
    return Frist(kind, last, start, raw < today, tuple(steps), sources, last != raw)


def _days(start: date, end: date) -> list[date]:
    return [start + timedelta(days=n) for n in range((end - start).days)]


BY_KIND = {
    "egne_data": egne_data_frist,
    "genvurdering": genvurdering_frist,
    "ombudsmand": ombudsmand_aar,
    "borgerraadgiver_aar": borgerraadgiver_aar,
    "svartid": svarfrist,
    "partshoering": partshoering_frist,
    "udtalelse": udtalelse_frist,
    "sag": kvittering_frist,
}
"""The deadlines a citizen can have worked out besides those of a complaint and of aktindsigt."""

KIND_OF_TOPIC = {
    "aktindsigt.egne_data": "egne_data",
    "klage.genvurdering": "genvurdering",
    "klage.ombudsmand": "ombudsmand",
    "borgerraadgiver.kan": "borgerraadgiver_aar",
    "borgerraadgiver.svartid": "svartid",
    "sag.partshoering": "partshoering",
    "sag.frister": "sag",
    "klage.sagsbehandlingstid": "sag",
    "klage.manglende_svar": "sag",
}
"""Which of them each topic offers."""


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
