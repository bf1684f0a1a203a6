"""What the adviser can take up and what she cannot, by her statute; the grounds and their words are data."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import yaml
from dateutil.relativedelta import relativedelta

from casework.settings import ROOT

# Topics that are themselves a ground of the statute (§ 7, stk. 2, and § 8).
_OF_TOPIC = {"klage.personale": "adfaerd", "klage.diskrimination": "diskrimination"}
_GUIDED = ("vejvisning.", "aktindsigt.", "fuldmagt.", "bisidder.", "partsrepraesentant")


@lru_cache(maxsize=1)
def grounds() -> list[dict]:
    """Return the grounds in order: id, within (yes, no, unclear), label, short, who, by_when, attach, staff."""
    return yaml.safe_load((ROOT / "bot" / "competence.yml").read_text(encoding="utf-8"))


def ground(key: str) -> dict | None:
    """Return one ground by id, or None."""
    return next((g for g in grounds() if g["id"] == key), None)


def assess(
    *,
    unit: str | None,
    topic: str | None,
    decided: date | None,
    spoken_with_department: bool,
    today: date,
    happened: date | None = None,
) -> dict:
    """Return a first look at what the statute says: `within` (yes, no, unclear) and the `reasons` in the
    adviser's own words. It never closes a door: she can always guide, and a person decides.

    A decision can be complained of for how it was made though not for its merits: unclear rather than no. So is
    what lies more than a year back (§ 14), and a disagreement the department has not heard of (§ 15).
    """
    if unit and unit.startswith("ekstern."):
        return _found("no", "anden_myndighed", "vejledning")
    doubts = []
    if topic == "klage.afgoerelse":
        doubts.append("fagligt_indhold")
    latest = max(filter(None, (decided, happened)), default=None)
    if latest and latest < today - relativedelta(years=1):
        doubts.append("aeldre_end_et_aar")
    if not spoken_with_department and not (topic or "").startswith(_GUIDED):
        doubts.append("dialog_foerst")
    if doubts:
        return _found("unclear", *doubts)
    if (topic or "").startswith(_GUIDED):
        return _found("yes", "vejledning")
    return _found("yes", _OF_TOPIC.get(topic or "", "sagsbehandling")) if unit else _found("unclear", "sagsbehandling")


def _found(within: str, *keys: str) -> dict:
    return {"within": within, "reasons": [ground(key)["staff"] for key in keys]}
