"""What differs between two texts, word for word, so that one can see what one approves."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import NamedTuple

from casework import texts
from casework.taxonomy import label

STRAY_WORDS = 2


class Change(NamedTuple):
    """One field that differs: what people call it, the areas it is for, and its words with "same", "gone" or "new"."""

    field: str
    areas: str
    words: list[tuple[str, str]]


def changes(kind: str, key: str, before: dict, after: dict) -> list[Change]:
    """Return what differs between two whole texts, field by field; none when they read the same."""
    names = {**texts.editable(kind, key, before), **texts.editable(kind, key, after)}
    found = []
    for name, title in names.items():
        old, new = texts.value_of(before, name), texts.value_of(after, name)
        if not texts.same(old, new):
            found.append(Change(title, areas_of(name), diff(as_lines(old), as_lines(new))))
    return found


def differing(body: dict, given: dict[str, str]) -> dict[str, str]:
    """Return those of the fields as given in a form that differ from the text."""
    return {name: text for name, text in given.items() if not texts.same(as_lines(texts.value_of(body, name)), text)}


def diff(old: str, new: str) -> list[tuple[str, str]]:
    """Return the words of both texts in order, each stretch with "same", "gone" or "new".

    A word or two that happen to stay between two changes are shown as part of one change, which is easier to read.
    """
    before, after = _pieces(old), _pieces(new)
    stretches: list[tuple[list[str], list[str]]] = []
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        inside = 0 < a and b < len(before) and 0 < c and d < len(after)
        changed = kind != "equal" or (inside and b - a <= STRAY_WORDS)
        if changed and stretches and stretches[-1][0] != stretches[-1][1]:
            stretches[-1][0].extend(before[a:b])
            stretches[-1][1].extend(after[c:d])
        else:
            stretches.append((before[a:b], after[c:d]))
    found = []
    for gone, fresh in stretches:
        kinds = [("same", gone)] if gone == fresh else [("gone", gone), ("new", fresh)]
        found += [(what, "".join(words)) for what, words in kinds if words]
    return found


def as_lines(value) -> str:
    """Return a field as one text for a form or a diff: a list of steps is one step a line."""
    return "\n".join(str(v).strip() for v in value) if isinstance(value, list) else str(value or "").strip()


def areas_of(name: str) -> str:
    """Return the areas the variant a field belongs to is for; empty for the text itself."""
    variant = texts.split_field(name)[0]
    return ", ".join(label("omraader", area) for area in variant.split("+")) if variant else ""


def _pieces(text: str) -> list[str]:
    return re.findall(r"\S+[^\S\n]*|\n+", text)
