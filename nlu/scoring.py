"""What an understanding is worth on labelled lines: the figures by which it is chosen, kept and compared.

`python -m nlu.scoring MODEL … --lines FILE …` scores trained models on the same lines and writes the figures as JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import yaml

from nlu.components.decision import Thresholds, Understood, understand
from nlu.components.model import URGENT, Example, TopicModel

CONFIG = Path(__file__).resolve().parent.parent / "config.yml"
LOWER_IS_BETTER = ("besvaret forkert med det samme", "falsk alarm", "område læst ind, hvor intet er sagt")

# Where an area or a unit decides the answer.
NEED_OMRAADE = ("klage.afgoerelse", "klage.frist")
NEED_UNIT = ("vejvisning.",)

Understands = Callable[[str], Understood]


class Score:
    """The decisions on labelled lines, and the figures drawn from them."""

    def __init__(self, examples: list[Example], understands: Understands) -> None:
        self.examples = examples
        self.decisions = [understands(e.text) for e in examples]
        self.guesses = [d.topic or (d.ranking[0][0] if d.ranking else None) for d in self.decisions]
        self.confidences = np.array([d.confidence for d in self.decisions])
        self.hits = np.array([g == e.topic for g, e in zip(self.guesses, examples, strict=True)])

    def top1(self) -> float:
        """Share of lines whose best guess is right: what is answered, or the first of the choices."""
        return float(self.hits.mean())

    def right(self) -> float:
        """Share answered at once and rightly."""
        return self._share(lambda d, e: d.topic == e.topic)

    def wrong(self) -> float:
        """Share answered at once and wrongly: the error that destroys trust."""
        return self._share(lambda d, e: d.topic not in (None, e.topic))

    def asked_well(self) -> float:
        """Share answered rightly, or asked about with the right topic among the choices."""
        return self._share(lambda d, e: e.topic == d.topic or (d.topic is None and e.topic in offered(d)))

    def urgent_found(self) -> float:
        """Share of emergencies met with an emergency answer."""
        return self._share(lambda d, e: is_urgent(d.topic), lambda e: is_urgent(e.topic))

    def false_alarms(self) -> float:
        """Share of other lines met with an emergency answer."""
        return self._share(lambda d, e: is_urgent(d.topic), lambda e: not is_urgent(e.topic))

    def outside_left_alone(self) -> float:
        """Share of out-of-scope lines not answered as something else."""
        return self._share(lambda d, e: d.topic in (None, "udenfor"), lambda e: e.topic == "udenfor")

    def facet(self, name: str, topics: tuple[str, ...] = ("",)) -> float:
        """Share of lines with an area (or unit), within topics that begin so, for which the right one was found."""
        return self._share(
            lambda d, e: (d.facets.get(name) or (None,))[0] == getattr(e, name),
            lambda e: getattr(e, name) and e.topic.startswith(topics),
        )

    def facet_made_up(self, name: str) -> float:
        """Share of lines that tell of no area (or unit) into which one was read."""
        return self._share(lambda d, e: name in d.facets, lambda e: not getattr(e, name))

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
            "område, hvor det afgør svaret": self.facet("omraade", NEED_OMRAADE),
            "enhed, hvor den afgør svaret": self.facet("unit", NEED_UNIT),
            "område, alle emner": self.facet("omraade"),
            "enhed, alle emner": self.facet("unit"),
            "område læst ind, hvor intet er sagt": self.facet_made_up("omraade"),
        }

    def at_threshold(self, threshold: float) -> tuple[float, float]:
        """Return the share that would be answered at once, and the share answered wrongly, at another `answer_at`."""
        sure = self.confidences >= threshold
        return float(sure.mean()), float((sure & ~self.hits).mean())

    def calibration(self) -> list[tuple[float, int, float]]:
        """Return for each tenth of confidence where it begins, how many lines are in it and how many are right."""
        rows = []
        for low in np.arange(10) / 10:
            part = (self.confidences >= low) & (self.confidences < low + 0.1 + (low > 0.85))
            rows.append((float(low), int(part.sum()), float(self.hits[part].mean()) if part.any() else 0.0))
        return rows

    def _share(self, found, of=lambda e: True) -> float:
        hits = [bool(found(d, e)) for d, e in zip(self.decisions, self.examples, strict=True) if of(e)]
        return float(np.mean(hits)) if hits else float("nan")


def offered(decision: Understood) -> list[str]:
    """Return the topics a citizen is asked to choose among."""
    return [name for name, _ in decision.ranking[:3]]


def is_urgent(topic: str | None) -> bool:
    """Return whether a topic is an emergency."""
    return bool(topic) and topic.startswith(URGENT)


def thresholds(config: Path = CONFIG) -> Thresholds:
    """Return the thresholds of config.yml."""
    component = yaml.safe_load(config.read_text(encoding="utf-8"))["pipeline"][0]
    return Thresholds(**{name: component[name] for name in Thresholds._fields})


def labelled(path: Path) -> list[Example]:
    """Return the lines of a file of the test set: one JSON object a line, with text, topic, omraade and unit."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [Example(row["text"], row["topic"], row.get("omraade"), row.get("unit")) for row in rows]


def loaded(path: Path) -> TopicModel:
    """Return the understanding inside a model file that Rasa packed."""
    with tempfile.TemporaryDirectory() as folder, tarfile.open(path) as archive:
        archive.extractall(folder)
        return TopicModel.load(next(Path(folder).rglob("meta.json")).parent)


def main(arguments: list[str] | None = None) -> None:
    """Write for each model its figures on each file of lines, and which of the figures should be low."""
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--lines", nargs="+", type=Path, required=True)
    given = parser.parse_args(arguments)
    at, sets = thresholds(), {path.stem: labelled(path) for path in given.lines}
    figures = []
    for path in given.models:
        model = loaded(path)
        scores = {name: Score(lines, lambda text, m=model: understand(m, text, at)) for name, lines in sets.items()}
        figures.append({name: _without_nan(score.numbers()) for name, score in scores.items()})
    sys.stdout.write(json.dumps({"figures": figures, "lower_is_better": LOWER_IS_BETTER}, ensure_ascii=False) + "\n")


def _without_nan(figures: dict[str, float]) -> dict[str, float | None]:
    return {name: None if np.isnan(value) else value for name, value in figures.items()}


if __name__ == "__main__":
    main()
