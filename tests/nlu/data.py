"""The labelled lines: those the model is trained on, and those nobody trained on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import yaml

from nlu.components.model import Example

ROOT = Path(__file__).resolve().parent.parent.parent
UNSEEN = Path(__file__).parent / "unseen.jsonl"


class Unseen(NamedTuple):
    """A line of the test set with the style it is written in."""

    example: Example
    style: str


def training_examples() -> list[Example]:
    """Return every line of nlu/data with its labels."""
    examples = []
    for path in sorted((ROOT / "nlu" / "data").glob("*.yml")):
        for block in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["nlu"]:
            said = block.get("metadata") or {}
            labels = (block["intent"], said.get("omraade"), said.get("unit"))
            examples += [Example(line.removeprefix("- "), *labels) for line in block["examples"].splitlines()]
    return examples


def unseen_examples() -> list[Unseen]:
    """Return the test set, written by other hands than the training lines."""
    found = []
    for line in UNSEEN.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        found.append(Unseen(Example(row["text"], row["topic"], row["omraade"], row["unit"]), row["style"]))
    return found
