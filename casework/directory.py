"""Who to talk to: units and authorities with what is known about reaching them, and how the kommune is organised."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import yaml

from casework.overlay import overlay
from casework.settings import ROOT
from casework.texts import MAIN_NUMBER, merge


@lru_cache(maxsize=1)
def _directory() -> dict:
    return yaml.safe_load((ROOT / "bot" / "directory.yml").read_text(encoding="utf-8"))


def main_number() -> dict:
    """Return the main number with its reservation, link and address, as staff have it now."""
    return merge(_directory()["main_number"], overlay().get("enhed", {}).get(MAIN_NUMBER, {}))


def centres() -> dict[str, dict]:
    """Return the centres by id: name, from, until, and which one took over where that can be told."""
    return _directory()["centres"]


def unit_entry(unit: str | None, day: date | None = None) -> dict | None:
    """Return what is known of one unit, or None when there is none.

    The result has name, tasks, sources, and where known phone, reservation, hours, address, link; `centre` and
    `centre_name` are those of `day`, or of now when no day is given.
    """
    entry = _directory()["units"].get(unit or "")
    if entry is None:
        return None
    centre = center_of(unit, day)
    name = centres()[centre]["name"] if centre and centre != "EKSTERN" else ""
    edited = merge(entry, overlay().get("enhed", {}).get(unit, {}))
    return {**edited, "id": unit, "centre": centre, "centre_name": name}


def centre_terms() -> dict[str, list[tuple[str, date | None, date | None]]]:
    """Return unit → the centres it has belonged to, each with its first and last day; None where there is no such."""
    found = {}
    for unit, entry in _directory()["units"].items():
        centre = entry.get("centre")
        if unit.startswith("ekstern."):
            centre = "EKSTERN"
        terms = centre if isinstance(centre, list) else [{"id": centre}] if centre else []
        found[unit] = [(term["id"], term.get("from"), term.get("until")) for term in terms]
    return found


def center_of(unit: str | None, day: date | None = None) -> str | None:
    """Return the id of the centre a municipal unit belonged to on `day` (now when not given); EKSTERN for other
    authorities, None where it is not known."""
    if unit and unit.startswith("ekstern."):
        return "EKSTERN"
    centre = (_directory()["units"].get(unit or "") or {}).get("centre")
    if not isinstance(centre, list):
        return centre
    if day is None:
        return centre[-1]["id"]
    return next((c["id"] for c in centre if c["from"] <= day <= c.get("until", day)), None)
