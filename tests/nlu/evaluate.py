"""Scores the understanding: `make evaluate`. Writes var/evaluation.md and var/evaluation.png."""

from __future__ import annotations

import collections
import os
import sys
import time
from pathlib import Path

import numpy as np
import yaml

from nlu.components.model import URGENT, Example, Thresholds, TopicModel, Understood
from tests.nlu.data import ROOT, Unseen, training_examples, unseen_examples

FOLDS = 5
REPORT = Path(os.environ.get("EVALUATION", ROOT / "var" / "evaluation.md"))


def thresholds() -> Thresholds:
    """Return the thresholds of config.yml."""
    component = yaml.safe_load((ROOT / "config.yml").read_text())["pipeline"][0]
    return Thresholds(**{name: component[name] for name in Thresholds._fields})


class Score:
    """What a model makes of labelled lines: best guess, decision, probabilities."""

    def __init__(self, model: TopicModel, examples: list[Example], at: Thresholds) -> None:
        self.examples = examples
        self.decisions: list[Understood] = [model.understand(e.text, at) for e in examples]
        self.guesses, self.confidences, self.danger = [], [], []
        self.facets: dict[str, list[tuple[str, str | None]]] = {"omraade": [], "unit": []}
        for example, decision in zip(examples, self.decisions, strict=True):
            indices, weights = model.vectoriser.row(example.text)
            probabilities = model.classifiers["topic"].probabilities(indices, weights)
            best = int(probabilities.argmax())
            self.guesses.append(model.topics[best])
            self.confidences.append(float(probabilities[best]))
            for facet, found in self.facets.items():
                wanted = getattr(example, facet)
                if wanted:
                    found.append((wanted, (decision.facets.get(facet) or (None,))[0]))

    def top1(self) -> float:
        """Share of lines whose best guess is right."""
        return float(np.mean([g == e.topic for g, e in zip(self.guesses, self.examples, strict=True)]))

    def right(self) -> float:
        """Share answered at once and rightly."""
        return float(np.mean([d.topic == e.topic for d, e in self._pairs()]))

    def wrong(self) -> float:
        """Share answered at once and wrongly: the error that destroys trust."""
        return float(np.mean([d.topic not in (None, e.topic) for d, e in self._pairs()]))

    def asked_well(self) -> float:
        """Share answered rightly, or asked about with the right topic among the choices."""
        return float(
            np.mean([e.topic == d.topic or (d.topic is None and e.topic in _offered(d)) for d, e in self._pairs()])
        )

    def urgent_found(self) -> float:
        """Share of emergencies met with an emergency answer."""
        return float(np.mean([_is_urgent(d.topic) for d, e in self._pairs() if _is_urgent(e.topic)]))

    def false_alarms(self) -> float:
        """Share of other lines met with an emergency answer."""
        return float(np.mean([_is_urgent(d.topic) for d, e in self._pairs() if not _is_urgent(e.topic)]))

    def outside_left_alone(self) -> float:
        """Share of out-of-scope lines not answered as something else."""
        return float(np.mean([d.topic in (None, "udenfor") for d, e in self._pairs() if e.topic == "udenfor"]))

    def facet(self, name: str) -> float:
        """Share of lines with an area (or unit) for which the right one was found."""
        return float(np.mean([wanted == got for wanted, got in self.facets[name]]))

    def numbers(self) -> dict[str, float]:
        """Return every figure by its Danish name."""
        return {
            "bedste gæt er rigtigt": self.top1(),
            "besvaret rigtigt med det samme": self.right(),
            "besvaret forkert med det samme": self.wrong(),
            "rigtigt, eller det rigtige valg tilbudt": self.asked_well(),
            "akut fundet": self.urgent_found(),
            "falsk alarm": self.false_alarms(),
            "udenfor ikke besvaret som andet": self.outside_left_alone(),
            "område": self.facet("omraade"),
            "enhed": self.facet("unit"),
        }

    def _pairs(self):
        return zip(self.decisions, self.examples, strict=True)


def _offered(decision: Understood) -> list[str]:
    return [name for name, _ in decision.ranking[:3]]


def _is_urgent(topic: str | None) -> bool:
    return bool(topic) and topic.startswith(URGENT)


def cross_validation(examples: list[Example], at: Thresholds) -> dict[str, float]:
    """Return the mean of every figure over five folds of the training lines."""
    order = np.random.default_rng(11).permutation(len(examples)) % FOLDS
    folds = []
    for fold in range(FOLDS):
        model = TopicModel.fit([e for e, part in zip(examples, order, strict=True) if part != fold])
        folds.append(Score(model, [e for e, part in zip(examples, order, strict=True) if part == fold], at).numbers())
        _say(f"fold {fold + 1} of {FOLDS}: top-1 {folds[-1]['bedste gæt er rigtigt']:.3f}")
    return {name: float(np.mean([f[name] for f in folds])) for name in folds[0]}


def main() -> None:
    """Train, score, write the report and the picture."""
    at, examples, unseen = thresholds(), training_examples(), unseen_examples()
    started = time.monotonic()
    model = TopicModel.fit(examples)
    seconds = time.monotonic() - started
    score = Score(model, [u.example for u in unseen], at)
    folds = cross_validation(examples, at)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(_report(score, folds, unseen, len(examples), seconds, at, model), encoding="utf-8")
    _picture(score, REPORT.with_suffix(".png"))
    _say(REPORT.read_text(encoding="utf-8"))


def _report(
    score: Score, folds: dict, unseen: list[Unseen], trained: int, seconds: float, at: Thresholds, model
) -> str:
    lines = [
        "# Hvor godt forstår Vejviser dansk",
        "",
        f"{trained} linjer at lære af, {len(unseen)} linjer, som ingen har lært af. Træning: {seconds:.0f} sekunder.",
        f"Tærskler: {', '.join(f'{k} {v}' for k, v in at._asdict().items())}.",
        "",
        "| | nye linjer | krydsvalidering, 5 dele |",
        "|---|---|---|",
        *(f"| {name} | {value:.1%} | {folds[name]:.1%} |" for name, value in score.numbers().items()),
        "",
        "## Hvis tærsklen var en anden",
        "",
        "| answer_at | besvaret | forkert af alle |",
        "|---|---|---|",
    ]
    for threshold in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        sure = np.array(score.confidences) >= threshold
        wrong = np.array([g != e.topic for g, e in zip(score.guesses, score.examples, strict=True)])
        lines.append(f"| {threshold} | {sure.mean():.1%} | {(sure & wrong).mean():.1%} |")
    lines += ["", "## Sikkerhed og sandhed", "", "| sikkerhed | linjer | rigtige |", "|---|---|---|"]
    lines += [f"| {low:.1f}-{low + 0.1:.1f} | {n} | {share:.0%} |" for low, n, share in _calibration(score) if n]
    lines += ["", "## Stil", "", "| stil | linjer | bedste gæt er rigtigt |", "|---|---|---|"]
    lines += _grouped([u.style for u in unseen], score)
    lines += ["", "## Emne", "", "| emne | linjer | bedste gæt er rigtigt |", "|---|---|---|"]
    lines += _grouped([u.example.topic for u in unseen], score)
    mixed = collections.Counter(
        (e.topic, g) for e, g in zip(score.examples, score.guesses, strict=True) if e.topic != g
    )
    lines += ["", "## Oftest forvekslet", "", "| er | blev til | linjer |", "|---|---|---|"]
    lines += [f"| {wanted} | {got} | {n} |" for (wanted, got), n in mixed.most_common(25)]
    return "\n".join(lines) + "\n"


def _grouped(keys: list[str], score: Score) -> list[str]:
    right = collections.defaultdict(list)
    for key, guess, example in zip(keys, score.guesses, score.examples, strict=True):
        right[key].append(guess == example.topic)
    return [f"| {key} | {len(found)} | {np.mean(found):.0%} |" for key, found in sorted(right.items())]


def _calibration(score: Score) -> list[tuple[float, int, float]]:
    confidences = np.array(score.confidences)
    right = np.array([g == e.topic for g, e in zip(score.guesses, score.examples, strict=True)])
    rows = []
    for low in np.arange(0, 1, 0.1):
        part = (confidences >= low) & (confidences < low + 0.1 + (low > 0.85))
        rows.append((float(low), int(part.sum()), float(right[part].mean()) if part.any() else 0.0))
    return rows


def _picture(score: Score, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    rows = [(low + 0.05, share) for low, n, share in _calibration(score) if n >= 5]
    figure, axes = plt.subplots(figsize=(5, 5))
    axes.plot([0, 1], [0, 1], color="#999999", linestyle="--", label="ærlig")
    axes.plot([x for x, _ in rows], [y for _, y in rows], marker="o", color="#0b3d66", label="Vejviser")
    axes.set(xlabel="sikkerhed", ylabel="andel rigtige", xlim=(0, 1), ylim=(0, 1), title="Sikkerhed og sandhed")
    axes.legend()
    figure.savefig(path, dpi=120, bbox_inches="tight")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
