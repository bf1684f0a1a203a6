"""The labelled lines the understanding is learnt from: nlu/data, one file a theme."""

from __future__ import annotations

import hashlib
from pathlib import Path

import yaml

from nlu.components.model import Example

DATA = Path(__file__).parent / "data"


def training_examples() -> list[Example]:
    """Return every line of nlu/data with its labels, in the order of the files."""
    examples = []
    for path in sorted(DATA.glob("*.yml")):
        for block in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["nlu"]:
            said = block.get("metadata") or {}
            labels = (block["intent"], said.get("omraade"), said.get("unit"))
            examples += [Example(line.removeprefix("- "), *labels) for line in block["examples"].splitlines()]
    return examples


def digest(examples: list[Example]) -> str:
    """Return a short text that changes when any line or label does."""
    return hashlib.sha256(repr([tuple(e) for e in examples]).encode()).hexdigest()[:20]
