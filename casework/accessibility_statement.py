"""The accessibility statement the law asks for: what the kommune has filled in, and what it has not."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

import yaml
from dateutil.relativedelta import relativedelta

from casework.settings import ROOT

FILE = ROOT / "bot" / "accessibility_statement.yml"
STATUSES = {"helt": "overholder kravene", "delvist": "overholder kravene delvist", "ikke": "overholder ikke kravene"}
CHECKED_BY = {"selv": "kommunen selv", "andre": "andre end kommunen"}
WHY = {
    "krav": "Det overholder ikke kravene",
    "byrde": "Det vil være en uforholdsmæssig stor byrde at ændre",
    "undtaget": "Det er ikke omfattet af loven",
}
_FIELDS = {
    "was_url": "adressen på erklæringen i WAS-Tool",
    "site": "adressen, erklæringen gælder for",
    "status": "om kravene er overholdt",
    "not_met": "hvad der ikke overholder kravene",
    "checked_by": "hvem der har undersøgt det",
    "checked_on": "hvornår det er undersøgt",
    "written_on": "hvornår erklæringen er lavet",
    "revised_on": "hvornår erklæringen sidst er gået igennem",
    "phone": "telefon til dem, der retter fejl",
    "email": "mail til dem, der retter fejl",
}
_CHOICES = {"status": STATUSES, "checked_by": CHECKED_BY}
_DAYS = ("checked_on", "written_on", "revised_on")


@lru_cache(maxsize=1)
def statement(path: Path = FILE) -> dict:
    """Return the statement as it is in the file; what is not one of the values allowed counts as not filled in."""
    found = _dict(yaml.safe_load(path.read_text(encoding="utf-8")))
    found = {**found, "contact": _dict(found.get("contact")), "not_met": found.get("not_met")}
    for name, allowed in _CHOICES.items():
        found[name] = found.get(name) if found.get(name) in allowed else None
    found["not_met"] = [
        n for n in found["not_met"] or [] if isinstance(n, dict) and n.get("what") and n.get("why") in WHY
    ]
    for name in _DAYS:
        found[name] = found.get(name) if isinstance(found.get(name), date) else None
    if not str(found.get("was_url") or "").startswith("https://"):
        found["was_url"] = ""
    return found


def _dict(value) -> dict:
    return value if isinstance(value, dict) else {}


def missing(found: dict) -> list[str]:
    """Return, in Danish words, what the law (webtilgængelighedsloven § 4) asks for and nobody has filled in."""
    filled = {**found, "phone": found["contact"].get("phone"), "email": found["contact"].get("email")}
    if found["status"] == "helt":
        filled["not_met"] = True  # then there is nothing to list
    return [words for name, words in _FIELDS.items() if not filled.get(name)]


def overdue(found: dict, today: date) -> bool:
    """Return whether more than a year has gone since the statement was last gone through."""
    return bool(found["revised_on"]) and found["revised_on"] < today - relativedelta(years=1)
