"""Scores the understanding: `make evaluate`. Writes var/evaluation.md and var/evaluation.png.

With STOCK=minutes the standard pipeline is trained that long on the same lines and stands beside ours.
"""

from __future__ import annotations

import collections
import os
import sys
import time
from pathlib import Path

import numpy as np

from casework.processes import model_path
from casework.settings import Settings
from nlu.components.decision import Thresholds, understand
from nlu.components.model import HARMLESS, Example, TopicModel
from nlu.lines import training_examples
from tests.nlu import stock
from tests.nlu.calibrate import thresholds
from tests.nlu.data import (
    ROOT,
    Unseen,
    calibration_examples,
    follow_ups,
    two_questions,
    unseen_examples,
)
from tests.nlu.scoring import Score

FOLDS = 5
LEVELS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
REPORT = Path(os.environ.get("EVALUATION", ROOT / "var" / "evaluation.md"))
NOT_OURS = ("område", "enhed")  # the standard pipeline learns no areas or units from these lines


def score_of(model: TopicModel, examples: list[Example], at: Thresholds) -> Score:
    """Return the figures of `model` on `examples`."""
    return Score(examples, lambda text: understand(model, text, at))


def cross_validation(examples: list[Example], at: Thresholds) -> dict[str, float]:
    """Return the mean of every figure over five folds of the training lines."""
    order = np.random.default_rng(11).permutation(len(examples)) % FOLDS
    folds = []
    for fold in range(FOLDS):
        model = TopicModel.fit([e for e, part in zip(examples, order, strict=True) if part != fold])
        held = [e for e, part in zip(examples, order, strict=True) if part == fold and e.topic != HARMLESS]
        folds.append(score_of(model, held, at).numbers())
        _say(f"fold {fold + 1} of {FOLDS}: top-1 {folds[-1]['bedste gæt er rigtigt']:.3f}")
    return {name: float(np.mean([f[name] for f in folds])) for name in folds[0]}


def two_and_leaning(model: TopicModel, at: Thresholds) -> dict[str, tuple[float, float]]:
    """Return for messages with two questions, and for those that lean on the one before, the shares decided rightly
    and answered with something that was not asked."""
    double = [(q, understand(model, q.text, at)) for q in two_questions("unseen")]
    leaning = [(f, understand(model, f.text, at, f.before_topic)) for f in follow_ups("unseen")]
    alone = [(f, understand(model, f.text, at)) for f in follow_ups("unseen")]
    neither = float(np.mean([d.topic not in (None, q.topic, q.also) for q, d in double]))

    def right_and_wrong(pairs) -> tuple[float, float]:
        right = [d.topic == f.topic for f, d in pairs]
        return float(np.mean(right)), float(np.mean([d.topic not in (None, f.topic) for f, d in pairs]))

    return {
        f"to spørgsmål, begge fundet i rækkefølge ({len(double)} linjer)": (
            float(np.mean([(d.topic, d.also) == (q.topic, q.also) for q, d in double])),
            neither,
        ),
        "to spørgsmål, det ene eller begge fundet": (
            float(np.mean([d.topic in (q.topic, q.also) for q, d in double])),
            neither,
        ),
        f"opfølgning i samtalen ({len(leaning)} linjer)": right_and_wrong(leaning),
        "samme opfølgning uden samtalen": right_and_wrong(alone),
    }


def main() -> None:
    """Train, score, write the report and the picture."""
    at, examples, unseen = thresholds(), training_examples(), unseen_examples()
    lines = [u.example for u in unseen]
    started = time.monotonic()
    model = TopicModel.fit(examples)
    seconds = time.monotonic() - started
    score = score_of(model, lines, at)
    columns = {
        "nye linjer": score.numbers(),
        "linjer, tærsklerne er sat efter": score_of(model, [u.example for u in calibration_examples()], at).numbers(),
        "krydsvalidering, 5 dele": cross_validation(examples, at),
    }
    cost = _beside_stock(columns, lines, seconds)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    parts = [
        _head(len(examples), len(lines), at),
        _figures(columns),
        cost,
        _turns(two_and_leaning(model, at)),
        _details(score, unseen),
    ]
    REPORT.write_text("\n".join(line for part in parts for line in part) + "\n", encoding="utf-8")
    _picture(score, REPORT.with_suffix(".png"))
    _say(REPORT.read_text(encoding="utf-8"))


def _beside_stock(columns: dict, lines: list[Example], seconds: float) -> list[str]:
    """Add the standard pipeline's figures to `columns` and return a table of what each of the two costs."""
    minutes = float(os.environ.get("STOCK", "0"))
    own = model_path(Settings.read({}))
    if not minutes or not own.exists():
        return []
    path, trained, epochs = stock.trained(own.parent, minutes)
    ours = stock.measure(own, lines)
    theirs = stock.measure(path, lines, trained, epochs)
    figures = theirs.score.numbers()
    columns[f"standardpipelinen, {theirs.epochs} epoker"] = {
        name: float("nan") if name.startswith(NOT_OURS) else value for name, value in figures.items()
    }
    rows = [
        ("processortid pr. besked, ms", f"{ours.cpu_ms:.2f}", f"{theirs.cpu_ms:.2f}", ours.cpu_ms / theirs.cpu_ms),
        ("træning, sekunder", f"{seconds:.0f}", f"{theirs.train_seconds:.0f}", seconds / theirs.train_seconds),
        (
            "modelfil, MB",
            f"{ours.megabytes:.1f}",
            f"{theirs.megabytes:.1f}",
            ours.megabytes / theirs.megabytes,
        ),
    ]
    return [
        "",
        "## Hvad det koster",
        "",
        "| | Vejviser | Rasas standardpipeline | forhold |",
        "|---|---|---|---|",
        *(f"| {name} | {a} | {b} | {ratio:.2f} |" for name, a, b, ratio in rows),
    ]


def _head(trained: int, tested: int, at: Thresholds) -> list[str]:
    return [
        "# Hvor godt forstår Vejviser dansk",
        "",
        f"{trained} linjer at lære af, {tested} linjer, som ingen har lært af.",
        f"Tærskler: {', '.join(f'{k} {v:g}' for k, v in at._asdict().items())}.",
        "",
    ]


def _figures(columns: dict[str, dict[str, float]]) -> list[str]:
    names = next(iter(columns.values()))
    return [
        "| | " + " | ".join(columns) + " |",
        "|---" * (len(columns) + 1) + "|",
        *(
            f"| {name} | "
            + " | ".join(_percent(figures.get(name, float("nan"))) for figures in columns.values())
            + " |"
            for name in names
        ),
    ]


def _percent(share: float) -> str:
    return "–" if np.isnan(share) else f"{share:.1%}"


def _turns(shares: dict[str, tuple[float, float]]) -> list[str]:
    return [
        "",
        "## To spørgsmål i ét, og spørgsmål, der læner sig op ad det forrige",
        "",
        "| | rigtigt | forkert |",
        "|---|---|---|",
        *(f"| {name} | {right:.0%} | {wrong:.0%} |" for name, (right, wrong) in shares.items()),
    ]


def _details(score: Score, unseen: list[Unseen]) -> list[str]:
    lines = ["", "## Hvis tærsklen var en anden", "", "| answer_at | besvaret | forkert af alle |", "|---|---|---|"]
    for level in LEVELS:
        answered, wrong = score.at_threshold(level)
        lines.append(f"| {level} | {answered:.1%} | {wrong:.1%} |")
    lines += ["", "## Sikkerhed og sandhed", "", "| sikkerhed | linjer | rigtige |", "|---|---|---|"]
    lines += [f"| {low:.1f}-{low + 0.1:.1f} | {n} | {share:.0%} |" for low, n, share in score.calibration() if n]
    lines += ["", "## Stil", "", "| stil | linjer | bedste gæt er rigtigt |", "|---|---|---|"]
    lines += _grouped([u.style for u in unseen], score)
    lines += ["", "## Emne", "", "| emne | linjer | bedste gæt er rigtigt |", "|---|---|---|"]
    lines += _grouped([e.topic for e in score.examples], score)
    mixed = collections.Counter(
        (e.topic, g) for e, g in zip(score.examples, score.guesses, strict=True) if e.topic != g
    )
    lines += ["", "## Oftest forvekslet", "", "| er | blev til | linjer |", "|---|---|---|"]
    return lines + [f"| {wanted} | {got or 'intet'} | {n} |" for (wanted, got), n in mixed.most_common(25)]


def _grouped(keys: list[str], score: Score) -> list[str]:
    hits = collections.defaultdict(list)
    for key, hit in zip(keys, score.hits, strict=True):
        hits[key].append(hit)
    return [f"| {key} | {len(found)} | {np.mean(found):.0%} |" for key, found in sorted(hits.items())]


def _picture(score: Score, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.5))
    rows = [(low + 0.05, share) for low, n, share in score.calibration() if n >= 5]
    left.plot([0, 1], [0, 1], color="#999999", linestyle="--", label="ærlig")
    left.plot([x for x, _ in rows], [y for _, y in rows], marker="o", color="#0b3d66", label="Vejviser")
    left.set(xlabel="sikkerhed", ylabel="andel rigtige", xlim=(0, 1), ylim=(0, 1), title="Sikkerhed og sandhed")
    left.legend()
    levels = np.arange(0.2, 0.96, 0.05)
    pairs = [score.at_threshold(level) for level in levels]
    right.plot([a * 100 for a, _ in pairs], [w * 100 for _, w in pairs], marker="o", color="#0b3d66")
    right.axhline(4, color="#b30000", linestyle="--", label="højst tilladt")
    right.set(xlabel="% besvaret med det samme", ylabel="% besvaret forkert", title="Hvad mod koster")
    right.legend()
    figure.savefig(path, dpi=110, bbox_inches="tight")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
