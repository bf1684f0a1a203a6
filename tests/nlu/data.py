"""The labelled lines that set the thresholds, and those nobody trained on and nothing is chosen by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from nlu.components.model import Example

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).parent


class Unseen(NamedTuple):
    """A line of the test set with the style it is written in."""

    example: Example
    style: str


class Two(NamedTuple):
    """A message with two questions: the topic of the first and of the second."""

    text: str
    topic: str
    also: str


class FollowUp(NamedTuple):
    """A message that leans on the one before: what was said, its topic, and what is meant now."""

    before: str
    before_topic: str
    text: str
    topic: str


class Answer(NamedTuple):
    """What a citizen says to a question of the intake; danger is the urgent topic, or None where there is none."""

    text: str
    asked: str
    danger: str | None


def unseen_examples() -> list[Unseen]:
    """Return the test set, written by other hands than the training lines; nothing is chosen by it."""
    return _labelled("unseen.jsonl")


def calibration_examples() -> list[Unseen]:
    """Return the lines that set the thresholds, by other hands again."""
    return _labelled("calibration.jsonl")


def two_questions(name: str) -> list[Two]:
    """Return the messages with two questions of the set `name`: unseen or calibration."""
    return [Two(row["text"], row["topic"], row["also"]) for row in _rows(f"{name}_two.jsonl")]


def follow_ups(name: str) -> list[FollowUp]:
    """Return the messages that lean on an earlier one, of the set `name`: unseen or calibration."""
    return [FollowUp(r["before"], r["before_topic"], r["text"], r["topic"]) for r in _rows(f"{name}_follow.jsonl")]


def intake_answers() -> list[Answer]:
    """Return answers to the questions of the intake, harmless ones and dangerous ones; nothing is trained on them."""
    return [Answer(r["text"], r["asked"], r["danger"]) for r in _rows("intake_answers.jsonl")]


def unspecific_lines() -> list[str]:
    """Return complaints that tell of no legal area."""
    return (HERE / "unspecific.txt").read_text(encoding="utf-8").splitlines()


def harmless_lines() -> list[str]:
    """Return short sentences on one's family that tell of no emergency, and that nobody trained on."""
    return (HERE / "harmless.txt").read_text(encoding="utf-8").splitlines()


def _labelled(name: str) -> list[Unseen]:
    return [Unseen(Example(r["text"], r["topic"], r["omraade"], r["unit"]), r["style"]) for r in _rows(name)]


def _rows(name: str) -> list[dict]:
    return [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines()]
