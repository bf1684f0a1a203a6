"""Writes what staff have mended back into the files of bot/, with their comments, order and quotes kept."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString
from sqlalchemy.orm import Session

from casework import texts
from casework.overlay import in_force

_WIDE = 100_000  # a line stays a line


class Written(NamedTuple):
    """One field written into a file."""

    path: Path
    kind: str
    key: str
    field: str


def write_back(session: Session, bot: Path = texts.BOT) -> list[Written]:
    """Write every approved edit in force into the files under `bot` and return the fields that were changed.

    The edits stay in force until record_files sees that the files say the same. A text that is gone from the files is
    left alone.
    """
    found = texts.read_files(bot)
    documents: dict[Path, CommentedMap] = {}
    written = []
    for (kind, key), fields in sorted(in_force(session).items()):
        if (kind, key) not in found:
            continue
        path, body = found[kind, key]
        new = texts.changed(body, fields)
        if not new:
            continue
        document = documents.setdefault(path, _yaml().load(path.read_text(encoding="utf-8")))
        for name, value in new.items():
            if _put(_entry(document, kind, key), name, value):
                written.append(Written(path, kind, key, name))
    for path, document in documents.items():
        out = io.StringIO()
        _yaml().dump(document, out)
        path.write_text(out.getvalue(), encoding="utf-8")
    return written


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = _WIDE
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _entry(document: CommentedMap, kind: str, key: str) -> CommentedMap:
    if kind != "enhed":
        return document[key]
    return document["main_number"] if key == texts.MAIN_NUMBER else document["units"][key]


def _put(entry: CommentedMap, name: str, value) -> bool:
    """Put one field into an entry; False when it belongs to a variant the file no longer has."""
    variant, field = texts.split_field(name)
    if variant:
        entry = next((v for v in entry.get("omraader") or [] if texts.variant_key(v) == variant), None)
        if entry is None:
            return False
    last = next(reversed(list(entry)))
    comment = _taken(entry, last)  # what stands after the entry belongs to the file and must come last again
    if not value:
        entry.pop(field, None)
    elif field in entry:
        entry[field] = _styled(entry, field, value)
    else:
        entry.insert(_place(entry, field), field, _styled(entry, field, value))
    if comment:
        _followed_by(entry, next(reversed(list(entry))), comment)
    return True


def _taken(entry: CommentedMap, key: str):
    """Take the comment lines that follow the value of a key out of the entry, and return them."""
    value = entry[key]
    block = isinstance(value, CommentedSeq) and not value.fa.flow_style()
    places, place, number = (value.ca.items, len(value) - 1, 0) if block else (entry.ca.items, key, 2)
    found = (places.get(place) or [None] * 4)[number]
    if found is None or not found.value.startswith("\n"):  # on the line of the value: it goes where the value goes
        return None
    places.pop(place)
    if not isinstance(value, LiteralScalarString):
        found.value = found.value.removeprefix("\n")  # the end of its own line, which a block of text has in itself
    return found


def _followed_by(entry: CommentedMap, key: str, comment) -> None:
    value = entry[key]
    if not isinstance(value, LiteralScalarString):
        comment.value = "\n" + comment.value
    if isinstance(value, CommentedSeq) and not value.fa.flow_style():
        value.ca.items[len(value) - 1] = [comment, None, None, None]
    else:
        entry.ca.items[key] = [None, None, comment, None]


def _place(entry: CommentedMap, field: str) -> int:
    """Return where a field new to the entry belongs: after the last of those that come before it."""
    order = list(texts.ANSWER_FIELDS) if field in texts.ANSWER_FIELDS else list(texts.UNIT_FIELDS)
    before = order[: order.index(field)] if field in order else []
    places = [place for place, key in enumerate(entry) if key in before or key == "for"]
    return max(places, default=len(entry) - 1) + 1


def _styled(entry: CommentedMap, field: str, value):
    """Return `value` written as its neighbours are: texts as blocks, short values in quotes, dates as dates."""
    if field in texts.SOURCE_FIELDS:
        return date.fromisoformat(value)
    if isinstance(value, list):
        old = entry.get(field)
        kept = {str(step): step for step in old} if isinstance(old, list) else {}
        return CommentedSeq([kept.get(step, _step(step)) for step in value])
    if field in texts.ANSWER_FIELDS:
        return LiteralScalarString(value.strip() + "\n")
    return DoubleQuotedScalarString(value)


def _step(text: str):
    """Return a step in quotes where YAML would read something else in it than text."""
    risky = ": " in text or " #" in text or text[:1] in "&*!|>'\"%@`{[-?,#" or text.endswith(":")
    return DoubleQuotedScalarString(text) if risky else text
