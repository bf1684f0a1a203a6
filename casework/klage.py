"""Complaints: the guide by area joined with the deadline it gives."""

from __future__ import annotations

from datetime import date

from casework.answers import klageveje
from casework.errors import InvalidInput, OutsideCalendar
from casework.frister import Frist, klagefrist


def has_deadline(omraade: str | None) -> bool:
    """Return whether a date can be worked out for a decision in this area."""
    guide = klageveje().get(omraade or "")
    return bool(guide) and guide["deadline"] != "none"


def klagefrist_for(
    received: date | None, omraade: str | None, today: date, *, from_letter: bool = False
) -> Frist | None:
    """Return the complaint deadline of a decision received on `received` in an area of the guide.

    `from_letter`: `received` is the day the letter is dated, since nobody knows when it came.

    None when the date or the area is unknown, when the area has no fixed deadline, or when the date cannot be
    counted on (in the future, or in a year whose holidays have not been checked).
    """
    if received is None or not has_deadline(omraade):
        return None
    guide = klageveje()[omraade]
    try:
        return klagefrist(
            received,
            today,
            weeks=guide["deadline"].get("weeks"),
            months=guide["deadline"].get("months"),
            sources=tuple(guide["sources"]),
            from_letter=from_letter,
        )
    except (InvalidInput, OutsideCalendar):
        return None


def reassessed_by_kommune(omraade: str | None) -> bool:
    """Return whether a complaint in this area is looked at again by the kommune and then goes to Ankestyrelsen
    (retssikkerhedsloven § 66)."""
    guide = klageveje().get(omraade or "", {})
    return guide.get("onwards") == "Ankestyrelsen" and guide["to"].startswith("Lyngby-Taarbæk Kommune")
