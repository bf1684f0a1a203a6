"""The texts staff may mend, as the files of bot/ have them: answers, units and sources, and which fields of them."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import yaml

from casework.settings import ROOT

BOT = ROOT / "bot"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times faster where libyaml is at hand
KINDS = {"svar": "Svar", "enhed": "Afdeling", "kilde": "Kilde"}
ORIGINS = ("fil", "redigeret")
REVISION_STATES = {
    "forslag": "Venter på godkendelse",
    "godkendt": "Gælder nu",
    "afvist": "Afvist",
    "trukket": "Trukket tilbage",
    "afloest": "Gælder ikke længere",
}
MAIN_NUMBER = "hovednummer"
ANSWER_FIELDS = {
    "short": "Svaret først",
    "steps": "Trin for trin",
    "next": "Hvad der så sker",
    "plain": "Forklaret enklere",
}
UNIT_FIELDS = {
    "name": "Navn",
    "tasks": "Hvad de laver",
    "phone": "Telefon",
    "reservation": "Forbehold ved telefonnummeret",
    "hours": "Åbningstid",
    "address": "Adresse",
    "link": "Link",
}
SOURCE_FIELDS = {"checked": "Tjekket", "review_by": "Tjekkes igen senest"}
_NOT_OF_MAIN_NUMBER = ("name", "tasks")


class FileText(NamedTuple):
    """One text of the files: where it stands and its whole body, with dates as ISO text."""

    path: Path
    body: dict


Files = dict[tuple[str, str], FileText]


def read_files(bot: Path = BOT) -> Files:
    """Return every answer, unit and source in the folder `bot` by (kind, key); the main number has its own key."""
    found = {}
    for kind, folder in (("svar", "answers"), ("kilde", "sources")):
        for path in sorted((bot / folder).glob("*.yml")):
            for key, body in _loaded(path).items():
                found[kind, key] = FileText(path, storable(body))
    path = bot / "directory.yml"
    directory = _loaded(path)
    found["enhed", MAIN_NUMBER] = FileText(path, storable(directory["main_number"]))
    for key, body in directory["units"].items():
        found["enhed", key] = FileText(path, storable(body))
    return found


def _loaded(path: Path) -> dict:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER) or {}  # noqa: S506 - both are safe loaders


@lru_cache(maxsize=1)
def files() -> Files:
    """Return the files' texts as this process read them at its first call."""
    return read_files()


def storable(value):
    """Return `value` as JSON can hold it: dates become ISO text."""
    if isinstance(value, dict):
        return {str(k): storable(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [storable(v) for v in value]
    return value.isoformat() if isinstance(value, date) else value


def variant_key(variant: dict) -> str:
    """Return what an answer's variant is called: the areas it is for, in the order of the file."""
    areas = variant["for"]
    return areas if isinstance(areas, str) else "+".join(areas)


def split_field(name: str) -> tuple[str, str]:
    """Return variant and field of a name such as `byggesag+plan/short`; the variant is empty for the answer itself."""
    variant, _, field = name.rpartition("/")
    return variant, field


def editable(kind: str, key: str, body: dict) -> dict[str, str]:
    """Return field → what people read for it, for the fields of this text that may be mended.

    A variant of an answer is mended in the fields it has of its own; in the others it follows the answer.
    """
    if kind == "kilde":
        return dict(SOURCE_FIELDS)
    if kind == "enhed":
        return {f: n for f, n in UNIT_FIELDS.items() if key != MAIN_NUMBER or f not in _NOT_OF_MAIN_NUMBER}
    if "short" not in body:
        return {}
    own = dict(ANSWER_FIELDS)
    for variant in body.get("omraader") or []:
        own |= {f"{variant_key(variant)}/{field}": n for field, n in ANSWER_FIELDS.items() if field in variant}
    return own


def value_of(body: dict, name: str):
    """Return the value of a field, or None when the text has none."""
    variant, field = split_field(name)
    if variant:
        body = next((v for v in body.get("omraader") or [] if variant_key(v) == variant), {})
    return body.get(field)


def merge(entry: dict, fields: dict) -> dict:
    """Return `entry` with `fields` in place of its own; neither is changed.

    A field of a variant that the entry no longer has is left out.
    """
    merged = dict(entry)
    for name, value in fields.items():
        variant, field = split_field(name)
        if not variant:
            merged[field] = value
        elif merged.get("omraader"):
            merged["omraader"] = [{**v, field: value} if variant_key(v) == variant else v for v in merged["omraader"]]
    return merged


def same(one, other) -> bool:
    """Return whether two values read the same: spaces at line ends, and empty or missing, make no difference."""
    return _comparable(one) == _comparable(other)


def _comparable(value):
    if isinstance(value, str):
        value = "\n".join(line.rstrip() for line in value.strip().splitlines())
    elif isinstance(value, list):
        value = [_comparable(v) for v in value]
    elif isinstance(value, dict):
        value = {k: _comparable(v) for k, v in value.items()}
    return None if value in ("", [], {}) else value


def changed(entry: dict, wanted: dict) -> dict:
    """Return those of the fields `wanted` that read differently in `entry`."""
    return {name: value for name, value in wanted.items() if not same(value_of(entry, name), value)}
