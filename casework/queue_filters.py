"""What a person has chosen to see in the queue: read from a form, a saved view or a log line, and written back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date

from casework.enums import CASE_PRIORITIES, CASE_STATUSES
from casework.privacy import mask
from casework.queue_search import MAX_TYPED
from casework.taxonomy import taxonomy

STATUS_GROUPS = {"aabne": "Åbne", "alle": "Alle"}
ASSIGNED = {"mine": "Mine", "ingen": "Ingen har taget den", "taget": "Nogen har taget den"}
UNKNOWN = "ukendt"  # a unit, centre or area that was not told
_DANISH_DATE = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")


def options() -> dict[str, dict[str, str]]:
    """Return what may be chosen, by filter: id → what people read. An empty choice is always allowed beside these."""
    told = taxonomy()
    unknown = {UNKNOWN: "Ikke oplyst"}
    return {
        "status": {**STATUS_GROUPS, **CASE_STATUSES},
        "priority": CASE_PRIORITIES,
        "unit": {**told["units"], **unknown},
        "center": {**{key: centre["name"] for key, centre in told["centres"].items()}, **unknown},
        "omraade": {**told["omraader"], **unknown},
        "assigned": ASSIGNED,
        "unread": {"ja": "Kun ulæste"},
        "answers": {"ja": "Søg også i assistentens svar"},
    }


@dataclass(frozen=True)
class Filters:
    """The filters, each empty when it is not used. `expires` is the last day, `since` and `until` both count."""

    status: str = "aabne"
    priority: str = ""
    unit: str = ""
    center: str = ""
    omraade: str = ""
    assigned: str = ""
    unread: str = ""
    expires: date | None = None
    since: date | None = None
    until: date | None = None
    q: str = ""
    answers: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> tuple[Filters, dict[str, str]]:
        """Return the filters in `given`, and by name in Danish what cannot be read; those are left out."""
        chosen, wrong = {}, {}
        for name, allowed in options().items():
            value = given.get(name, "").strip()
            if value in allowed:
                chosen[name] = value
            elif value:
                wrong[name] = "Vælg en af mulighederne på listen."
        for name in ("expires", "since", "until"):
            try:
                chosen[name] = _day(given.get(name, ""))
            except ValueError:
                wrong[name] = "Datoen kan ikke læses. Skriv den som 23.11.2026."
        if chosen.get("since") and chosen.get("until") and chosen["since"] > chosen["until"]:
            wrong["until"] = "Perioden slutter, før den begynder."
        chosen["q"] = " ".join(given.get("q", "").replace("\0", " ").split())
        if len(chosen["q"]) > MAX_TYPED:
            wrong["q"] = f"Søg med højst {MAX_TYPED} tegn."
        return cls(**{name: value for name, value in chosen.items() if name not in wrong}), wrong

    def written(self) -> dict[str, str]:
        """Return the filters that are used, as `read` takes them."""
        used = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in used.items()}

    def kept(self) -> dict[str, str]:
        """Return `written` as it may be stored: a search for somebody by name or number is masked."""
        used = self.written()
        return {**used, "q": mask(used["q"]).text} if "q" in used else used

    @property
    def narrow(self) -> int:
        """How many filters besides status and search are used: those that stand behind "Flere filtre"."""
        return len(self.written().keys() - {"status", "q", "unread", "assigned"})


def _day(value: str) -> date | None:
    """Return an ISO or a Danish date; None when nothing is written. Raises ValueError for anything else."""
    value = value.strip()
    danish = _DANISH_DATE.fullmatch(value)
    if danish:
        return date(int(danish[3]), int(danish[2]), int(danish[1]))
    return date.fromisoformat(value) if value else None
