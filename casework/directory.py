"""Who to talk to: units and authorities with what is known about reaching them."""

from __future__ import annotations

from functools import lru_cache

import yaml

from casework.settings import ROOT
from casework.taxonomy import label


@lru_cache(maxsize=1)
def _directory() -> dict:
    return yaml.safe_load((ROOT / "bot" / "directory.yml").read_text(encoding="utf-8"))


def main_number() -> dict:
    """Return the main number with its reservation, link and address."""
    return _directory()["main_number"]


def unit_entry(unit: str | None) -> dict | None:
    """Return name, tasks, centre_name, phone, reservation and link of one unit, or None when there is none."""
    entry = _directory()["units"].get(unit or "")
    if entry is None:
        return None
    return {**entry, "id": unit, "centre_name": label("centres", entry.get("centre"))}


def center_of(unit: str | None) -> str | None:
    """Return the id of the centre a municipal unit belongs to, EKSTERN for other authorities, None if unknown."""
    if unit and unit.startswith("ekstern."):
        return "EKSTERN"
    return (_directory()["units"].get(unit or "") or {}).get("centre")
