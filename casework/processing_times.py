"""Processing times somebody has published, as far as they are known."""

from __future__ import annotations

import re
from functools import lru_cache

import yaml

from casework.settings import ROOT


@lru_cache(maxsize=1)
def processing_times() -> list[dict]:
    """Return what is known: each with text, sources, and the unit, omraade or words (`match`) it is about."""
    return yaml.safe_load((ROOT / "bot" / "processing_times.yml").read_text(encoding="utf-8")) or []


def processing_time(unit: str | None, omraade: str | None, subject: str) -> dict | None:
    """Return what is published about such cases: text and sources, or None, since most times are not known here.

    What the citizen calls the case herself counts before the unit or the area the conversation has mentioned.
    """
    named = (e for e in processing_times() if _names(e, subject))
    placed = (
        e for e in processing_times() if (unit and e.get("unit") == unit) or (omraade and e.get("omraade") == omraade)
    )
    return next(named, None) or next(placed, None)


def _names(entry: dict, subject: str) -> bool:
    patterns = entry.get("match", [])
    return any(re.search(rf"(?<!\w)(?:{pattern})(?!\w)", subject, re.IGNORECASE) for pattern in patterns)
