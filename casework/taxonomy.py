"""The ids everything uses, and what people read for them."""

from __future__ import annotations

from functools import lru_cache

import yaml

from casework.settings import ROOT


@lru_cache(maxsize=1)
def taxonomy() -> dict:
    """Return bot/taxonomy.yml: topics, omraader, units, causes, handlings, centres."""
    return yaml.safe_load((ROOT / "bot" / "taxonomy.yml").read_text(encoding="utf-8"))


def label(kind: str, key: str | None) -> str:
    """Return the Danish name of an id; the id itself when it is not known (old rows must stay readable)."""
    if not key:
        return ""
    entry = taxonomy()[kind].get(key)
    if entry is None:
        return key
    if isinstance(entry, dict):
        return entry.get("da") or entry["name"]
    return entry


def centres_in(year: int) -> dict[str, str]:
    """Return id → name of the centres that existed in `year`."""
    return {
        key: centre["name"]
        for key, centre in taxonomy()["centres"].items()
        if centre["from"] <= year <= centre.get("until", 9999)
    }
