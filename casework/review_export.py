"""Marks become training examples: masked lines in the form of nlu/data, for a person to read and take in."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

import yaml
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from casework import privacy
from casework.models import Conversation, Turn, TurnMark
from casework.settings import ROOT
from casework.taxonomy import label

DATA = ROOT / "nlu" / "data"
# What nlu/components/normalise.py knows as standing for masked data. The number tells nothing.
_UNDERSTOOD = re.compile(r"\[(navn|adresse|telefon|e-mail) \d+\]")
_OTHER_TOKEN = re.compile(r"\[(?!cpr-nummer fjernet\])[a-zæøå-]+(?: \d+)?\]")
_LETTER = re.compile(r"[^\W\d_]")


@dataclass
class Export:
    """What the marks give: lines by topic, and what a person must look at; `marks` are those it is made from."""

    lines: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    disputed: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)  # two people, two topics
    elsewhere: list[tuple[str, str, str]] = field(default_factory=list)  # line, topic, the topic it has in nlu/data
    missing: list[tuple[str, str]] = field(default_factory=list)  # line, what it was about
    known: int = 0  # stand in nlu/data already, or have been handed over before
    unusable: int = 0  # nothing but masked data, or an answer to a question of a dialogue
    marks: list[TurnMark] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many lines there are to take in."""
        return sum(map(len, self.lines.values()))


def due(session: Session, data: Path = DATA) -> Export:
    """Return what the marks nobody has exported yet give. Test conversations are left out.

    A line goes to its topic when everybody who judged it says the same; where they differ it is told of and stays for
    the next export.
    """
    export, there = Export(), existing(data)
    seen: dict[str, str] = {}
    for turn, marks in _marked(session):
        topics = tuple(dict.fromkeys(m.topic or "" for m in marks))
        line = training_line(turn.text)
        if len(topics) > 1:
            export.disputed.append((line, topics))
            continue
        export.marks += [m for m in marks if m.exported_at is None]
        if any(m.exported_at for m in marks):
            export.known += 1  # handed over before; a second person agrees
        elif topics == ("",):
            export.missing.append((line, marks[0].about))
        elif not _says_something(line) or _answer_of_a_dialogue(turn, marks):
            export.unusable += 1
        else:
            _sort_in(export, line, topics[0], {**there, **seen}.get(_key(line)))
            seen.setdefault(_key(line), topics[0])
    return export


def _sort_in(export: Export, line: str, topic: str, before: str | None) -> None:
    if before is None:
        export.lines[topic].append(line)
    elif before == topic:
        export.known += 1
    else:
        export.elsewhere.append((line, topic, before))


def _marked(session: Session) -> list[tuple[Turn, list[TurnMark]]]:
    """Return the turns with a mark that has not been exported, each with all its marks."""
    query = (
        select(Turn, TurnMark)
        .join(TurnMark, and_(TurnMark.conversation_id == Turn.conversation_id, TurnMark.number == Turn.number))
        .join(Conversation, Conversation.id == Turn.conversation_id)
        .where(Conversation.test.is_(False))
        .order_by(Turn.id, TurnMark.id)
    )
    by_turn: dict[Turn, list[TurnMark]] = {}
    for turn, mark in session.execute(query):
        by_turn.setdefault(turn, []).append(mark)
    return [(turn, marks) for turn, marks in by_turn.items() if any(m.exported_at is None for m in marks)]


def _answer_of_a_dialogue(turn: Turn, marks: list[TurnMark]) -> bool:
    """Return whether a line only answered what was asked: "i går" must not be learnt as a wish to write a letter."""
    return bool((turn.content or {}).get("answers")) and all(m.verdict == "rigtig" for m in marks)


def training_line(text: str) -> str:
    """Return what a citizen said as one training line.

    It is masked once more, since the finders may have learnt since it was stored. Tokens the understanding knows are
    numbered from 1, so that the same question by two people is one line; others are left out.
    """
    known = {token: token for token in privacy.TOKEN.findall(text)}
    text = privacy.mask(privacy.clean(text), known).text
    numbers: dict[str, list[str]] = defaultdict(list)

    def renumbered(match: re.Match) -> str:
        kind = match[1]
        if match[0] not in numbers[kind]:
            numbers[kind].append(match[0])
        return f"[{kind} {numbers[kind].index(match[0]) + 1}]"

    text = _OTHER_TOKEN.sub(lambda m: m[0] if _UNDERSTOOD.fullmatch(m[0]) else " ", text)
    return " ".join(_UNDERSTOOD.sub(renumbered, text).split())


def _says_something(line: str) -> bool:
    rest = _UNDERSTOOD.sub(" ", line).replace(privacy.CPR_REMOVED, " ")
    return bool(_LETTER.search(rest))


def _key(line: str) -> str:
    """Return a line as the suite compares them: no line is trained twice."""
    return re.sub(r"\W+", "", line.lower())


def existing(data: Path = DATA) -> dict[str, str]:
    """Return the topic of every line there is in nlu/data, by how lines are compared."""
    files = sorted(data.glob("*.yml"))
    return _lines_of(tuple((path, path.stat().st_mtime_ns) for path in files))


@lru_cache(maxsize=2)
def _lines_of(files: tuple[tuple[Path, int], ...]) -> dict[str, str]:
    found = {}
    for path, _ in files:
        for block in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["nlu"]:
            for line in block["examples"].splitlines():
                found[_key(line.removeprefix("- "))] = block["intent"]
    return found


def as_yaml(export: Export, today: date) -> str:
    """Return the lines as a file like those of nlu/data, one block a topic; what a person must decide is a comment."""
    out = [
        f"# Linjer fra vurderede samtaler, {today.isoformat()}. Læs hver linje: er emnet rigtigt, og er der intet om",
        "# en bestemt person? Sæt den så ind under sit emne i nlu/data, og kør vejviser train --hvis-bedre.",
        'version: "3.1"',
        "nlu:" if export.lines else "nlu: []",
    ]
    for topic in sorted(export.lines):
        out += [f"- intent: {topic}", "  examples: |", *(f"    - {line}" for line in export.lines[topic])]
    out += _comments("Står allerede i nlu/data under et andet emne:", [
        f"{line}  (vurderet {topic}, står under {before})" for line, topic, before in export.elsewhere
    ])  # fmt: skip
    out += _comments("To har vurderet dem forskelligt:", [
        f"{line}  ({', '.join(topic or 'emnet mangler' for topic in topics)})" for line, topics in export.disputed
    ])  # fmt: skip
    out += _comments("Her mangler der et emne:", [f"{line}  ({about})" for line, about in export.missing])
    return "\n".join(out) + "\n"


def _comments(title: str, lines: list[str]) -> list[str]:
    return ["", f"# {title}", *(f"# - {line}" for line in lines)] if lines else []


def remember(session: Session, export: Export, now: datetime) -> None:
    """Note that these marks have been handed over, so that the next export leaves them out."""
    for mark in export.marks:
        mark.exported_at = now
    session.flush()


def summary(export: Export) -> list[tuple[str, str, int]]:
    """Return topic, its Danish name and the number of lines, the most first."""
    rows = [(topic, label("topics", topic), len(lines)) for topic, lines in export.lines.items()]
    return sorted(rows, key=lambda row: (-row[2], row[0]))
