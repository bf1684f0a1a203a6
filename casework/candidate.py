"""Is a model trained on today's data at least as good as the one before? If so it is taken into use, else not."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from casework.errors import ConfigurationError
from casework.processes import candidate_of, environment, model_path, put_into_use
from casework.settings import ROOT, Settings

# Lines nobody trains on. Both files stand with the tests and may be missing where the system runs.
LINES = ("tests/nlu/unseen.jsonl", "tests/nlu/calibration.jsonl")
MARGIN = 0.005


@dataclass(frozen=True)
class Figure:
    """One figure of the model before and of the new one; `worse` is how much it has moved the wrong way."""

    lines: str
    name: str
    before: float
    after: float
    worse: float


@dataclass(frozen=True)
class Verdict:
    """What came of it. `used`: the new model is in use. `fell`: the figures that fell by more than the margin."""

    used: bool
    figures: list[Figure]
    fell: list[Figure]
    path: Path


def in_use(settings: Settings) -> Path | None:
    """Return the latest model taken into use other than today's, or None when there has been none."""
    models = [p for p in model_path(settings).parent.glob("*.tar.gz") if _finished(p) and p != model_path(settings)]
    return max(models, key=lambda p: p.stat().st_mtime, default=None)


def _finished(path: Path) -> bool:
    return not path.name.endswith("-part.tar.gz")


def train_if_better(settings: Settings, margin: float = MARGIN) -> Verdict | None:
    """Train on today's data, compare with the model before and take the new one into use if no figure fell by more
    than `margin` (a share, 0.005 is half a percentage point). None when today's data is what is in use already.

    Raises ConfigurationError when there is nothing to compare with: no model before, or none of the files of lines.
    """
    path, before = model_path(settings), in_use(settings)
    if path.exists():
        return None
    lines = [ROOT / name for name in LINES if (ROOT / name).exists()]
    if before is None:
        raise ConfigurationError("Der er ingen model at sammenligne med. Kør vejviser train uden --hvis-bedre.")
    if not lines:
        raise ConfigurationError(f"Der er ingen linjer at måle på ({', '.join(LINES)}). Kør vejviser train uden.")
    candidate = candidate_of(settings)
    figures = compare(settings, before, candidate, lines)
    fell = fallen(figures, margin)
    if fell:
        candidate.unlink()
    else:
        put_into_use(candidate, path)
    return Verdict(not fell, figures, fell, path)


def fallen(figures: list[Figure], margin: float) -> list[Figure]:
    """Return the figures that moved the wrong way by more than the margin, the worst first."""
    return sorted((f for f in figures if f.worse > margin + 1e-9), key=lambda f: -f.worse)


def compare(settings: Settings, before: Path, after: Path, lines: list[Path]) -> list[Figure]:
    """Return every figure of two models on the same lines, scored as `make evaluate` does (nlu/scoring.py).

    A figure one of them does not have, since no line bears on it, is left out.
    """
    command = [
        str(ROOT / ".venv/bin/python"),
        "-m",
        "nlu.scoring",
        str(before),
        str(after),
        "--lines",
        *map(str, lines),
    ]
    done = subprocess.run(command, cwd=ROOT, env=environment(settings), capture_output=True, text=True)
    if done.returncode:
        sys.stderr.write(done.stderr[-4000:])
        raise ConfigurationError("Modellerne kunne ikke måles. Se meddelelsen herover.")
    told = json.loads(done.stdout)
    low, (old, new) = set(told["lower_is_better"]), told["figures"]
    found = []
    for name, figures in old.items():
        for figure, value in figures.items():
            now = new[name][figure]
            if value is not None and now is not None:
                found.append(Figure(name, figure, value, now, now - value if figure in low else value - now))
    return found
