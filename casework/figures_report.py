"""The annual figures as they are told: as JSON with stable keys, and as tables with words for a page and for Word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date

from babel.numbers import format_decimal
from sqlalchemy.orm import Session

from casework import figures
from casework.enums import CASE_KINDS, CASE_STATUSES, MEETING_KINDS, MEETING_STATUSES, OPEN_STATUSES
from casework.figures import Period
from casework.figures_response import PROMISE, Response, response
from casework.taxonomy import label, taxonomy

NONE = {
    "centres": "Uden center",
    "units": "Uden afdeling",
    "causes": "Ikke registreret",
    "handlings": "Ikke registreret",
    "kinds": "Ikke registreret",
}
TOP, SMALL = 3, 3
_ROUNDED = "Procenterne er afrundet hver for sig til hele tal"


def percent(part: int, whole: int) -> int | None:
    """Return how many whole per cent `part` is of `whole`, a half rounded up; None of nothing."""
    return (200 * part + whole) // (2 * whole) if whole else None


def named(kind: str, key: str | None) -> str:
    """Return what people read for an id of the taxonomy, a kind of case, or nothing."""
    if key is None:
        return NONE[kind]
    if kind == "kinds":
        return CASE_KINDS.get(key, key)
    return label(kind, key).split(":")[0] if kind == "units" else label(kind, key)


def report(session: Session, period: Period, today: date) -> dict:
    """Return the figures of a period as JSON can hold them. `session` should see one moment (`db.snapshot`)."""
    found = figures.groups(session, period)
    everything = figures.total(found)
    told = response(session, period, today)
    talks = figures.conversations(session, period, today)
    result = {
        "period": {
            "from": period.first.isoformat(),
            "to": period.last.isoformat(),
            "year": period.year,
            "finished": period.last < today,
        },
        "made": today.isoformat(),
        "totals": {
            "all": everything,
            "main": figures.total(found, follows=False),
            "following": figures.total(found, follows=True),
            "imported": figures.total(found, imported=True),
            "anonymised": figures.total(found, anonymised=True),
            "by_kind": _shares("kinds", figures.counts(found, "kind"), everything),
            "kind_from_cause": figures.total(found, own_kind=False) - figures.total(found, own_kind=False, kind=None),
            "by_status": _statuses(figures.counts(found, "status"), everything),
        },
        "centres": _shares("centres", figures.counts(found, "center"), everything),
        "cause_by_centre": _cross("causes", figures.crossed(found, "cause")),
        "handling_by_centre": _cross("handlings", figures.crossed(found, "handling")),
        "top": {
            name: _top(name, figures.counts(found, column), everything)
            for name, column in (("units", "unit"), ("causes", "cause"), ("handlings", "handling"))
        },
        "response": _response(told),
        "unregistered": figures.lacking(found)._asdict(),
        "meetings": _meetings(figures.meetings(session, period)),
        "conversations": talks._asdict(),
    }
    result["notes"] = _notes(result, period)
    return result


def _shares(kind: str, counted: Counter, whole: int) -> dict:
    rows = [
        {"id": key, "label": named(kind, key), "count": n, "percent": percent(n, whole)}
        for key, n in _sorted(kind, counted)
    ]
    return {"rows": rows, **_sum(row["percent"] for row in rows)}


def _sum(percents: Iterable[int | None]) -> dict:
    """Return what the whole per cents add up to, and the note where that is not 100."""
    known = [p for p in percents if p is not None]
    added = sum(known) if known else None
    off = added not in (None, 100)
    return {"percent_sum": added, "note": f"{_ROUNDED}. Derfor giver de {added} tilsammen." if off else None}


def _sorted(kind: str, counted: Counter) -> list[tuple[str | None, int]]:
    """Return the values, most cases first; alike as in the taxonomy, and what is not known last of all."""
    order = list(CASE_KINDS if kind == "kinds" else taxonomy()[kind])
    place = {key: number for number, key in enumerate(order)}
    return sorted(
        ((key, n) for key, n in counted.items() if n),
        key=lambda one: (one[0] is None, -one[1], place.get(one[0], len(place)), one[0] or ""),
    )


def _statuses(counted: Counter, whole: int) -> list[dict]:
    still_open = sum(counted[status] for status in OPEN_STATUSES)
    rows = [("aaben", "Ikke afsluttet", still_open)]
    rows += [(key, name, counted[key]) for key, name in CASE_STATUSES.items() if key not in OPEN_STATUSES]
    return [{"id": key, "label": name, "count": n, "percent": percent(n, whole)} for key, name, n in rows]


def _cross(kind: str, table: dict[str | None, Counter]) -> dict:
    """Return one thing by centre: for each cell how many and how many whole per cent of the centre's column."""
    columns: Counter = Counter()
    for row in table.values():
        columns.update(row)
    shown = [key for key, _ in _sorted("centres", columns)]
    everything = sum(columns.values())
    totals = Counter({key: sum(row.values()) for key, row in table.items()})
    rows = [
        {
            "id": key,
            "label": named(kind, key),
            "cells": [{"count": table[key][c], "percent": percent(table[key][c], columns[c])} for c in shown],
            "total": {"count": n, "percent": percent(n, everything)},
        }
        for key, n in _sorted(kind, totals)
    ]
    heads = [
        {
            "id": c,
            "label": named("centres", c),
            "count": columns[c],
            **_sum(row["cells"][number]["percent"] for row in rows),
        }
        for number, c in enumerate(shown)
    ]
    whole = {"count": everything, **_sum(row["total"]["percent"] for row in rows)}
    return {"columns": heads, "rows": rows, "total": whole}


def _top(kind: str, counted: Counter, whole: int) -> list[dict]:
    """Return the three with most cases; all who share the last place are shown. What is not registered is no place."""
    ranked = [one for one in _sorted(kind, counted) if one[0] is not None]
    least = ranked[TOP - 1][1] if len(ranked) >= TOP else 0
    return [
        {
            "rank": 1 + sum(other > n for _, other in ranked),
            **{"id": key, "label": named(kind, key), "count": n, "percent": percent(n, whole)},
        }
        for key, n in ranked
        if n >= least
    ]


def _response(told: Response) -> dict:
    return {
        "promise_working_days": PROMISE,
        **{name: getattr(told, name) for name in ("answered", "kept", "late", "overdue", "waiting")},
        "kept_percent": percent(told.kept, told.decided),
        "median_working_days": told.median,
        "longest_working_days": told.longest,
        "left_out": {
            name: getattr(told, name) for name in ("anonymous", "imported", "closed", "withdrawn", "uncertain")
        },
    }


def _meetings(told: dict[str, dict[str, int]]) -> dict:
    return {
        "rows": [
            {
                "id": kind,
                "label": name,
                **{status: told[kind].get(status, 0) for status in MEETING_STATUSES if status != "holdt"},
            }
            for kind, name in MEETING_KINDS.items()
            if kind in told
        ]
    }


def _notes(result: dict, period: Period) -> list[str]:
    """Return in Danish how it is counted and what to keep in mind, for all forms alike."""
    totals, missing = result["totals"], result["unregistered"]
    notes = [
        "Talt er de henvendelser, der er modtaget i perioden. En følgesag er en henvendelse for sig og tæller med. "
        "Hver henvendelse tæller én gang, ved det center, den er registreret på.",
        "Tallene er en lille del af kommunens sager. De kan ikke læses som en måling af tilfredshed.",
    ]
    if not result["period"]["finished"]:
        notes.append("Perioden er ikke slut. Tallene kan stadig ændre sig.")
    without = missing["open"] + missing["withdrawn"] + missing["closed"]
    if without:
        parts = (("ikke afsluttet", "open"), ("trukket tilbage", "withdrawn"), ("lukket", "closed"))
        why = ", ".join(f"{number(missing[key])} {text}" for text, key in parts if missing[key])
        notes.append(
            f"{_cases(without)} mangler årsag eller håndtering: {why}. "
            "De står som „Ikke registreret“ og er med i procenterne."
        )
    if totals["kind_from_cause"]:
        notes.append(
            f"Slags er ikke registreret for sig i {_cases(totals['kind_from_cause'])}. Der følger den af årsagen."
        )
    if totals["imported"]:
        notes.append(f"{_cases(totals['imported'])} er taget ind fra en fil. De er ikke med i svartiderne.")
    if totals["anonymised"] and not period.whole_months:
        notes.append(
            f"{_cases(totals['anonymised'])} er anonymiseret. Deres dag er flyttet inden for måneden, og perioden "
            "deler en måned. Tallet er derfor ikke helt sikkert."
        )
    small = _small(result)
    if small:
        notes.append(
            f"{number(small)} {'tal' if small == 1 else 'af tallene'} i tabellerne er under {SMALL} og kan pege på en "
            "person. Læs tabellerne igennem, før de offentliggøres."
        )
    return notes


def _small(result: dict) -> int:
    cells = [row["count"] for row in result["centres"]["rows"]]
    for name in ("cause_by_centre", "handling_by_centre"):
        cells += [cell["count"] for row in result[name]["rows"] for cell in row["cells"]]
    return sum(0 < count < SMALL for count in cells)


def number(value: float | None) -> str:
    """Return a number as Danes write it: 1.234 and 4,5."""
    return "–" if value is None else format_decimal(value, "#,##0.#", locale="da")


def _cases(count: int) -> str:
    return f"{number(count)} {'sag' if count == 1 else 'sager'}"
