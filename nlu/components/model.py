"""What a message is about: the trained model behind the graph component, usable without Rasa."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nlu.components.classifier import LinearClassifier
from nlu.components.features import Vectoriser

FACETS = ("omraade", "unit")
NONE = "ingen"
TOLD = "fortalt"
URGENT = "akut."
HARMLESS = "uden_fare"  # no topic of a citizen's: what sounds a little like an emergency and says nothing yet


class Example(NamedTuple):
    """A labelled line; omraade and unit are None where the line does not tell."""

    text: str
    topic: str
    omraade: str | None = None
    unit: str | None = None


class Reading:
    """One text as the model sees it: its features, the topics by likelihood, and what it tells of area and unit."""

    def __init__(self, model: TopicModel, text: str) -> None:
        self._model = model
        self._row = model.vectoriser.row(text)
        self.known = len(self._row[0]) > 0
        self.probabilities = self._of("topic")

    def danger(self) -> float:
        """Return how likely an emergency is: the geometric mean of two views, one that knows the topics and one that
        only asks whether it is one. Either alone misses some and cries wolf at others; both must see something."""
        urgent = self._model.urgent
        if not urgent:
            return 0.0
        return float(np.sqrt(self.probabilities[urgent].sum() * self._share("urgent", URGENT)))

    def told(self, facet: str) -> float:
        """Return how likely the text tells of an area (or a unit) at all."""
        return self._share(f"{facet}_told", TOLD)

    def facet(self, facet: str, kind: str = "") -> tuple[str, float] | None:
        """Return the likeliest area or unit, of those whose id begins with `kind`, with its probability."""
        classifier = self._model.classifiers.get(facet)
        if classifier is None:
            return None
        probabilities = self._of(facet)
        allowed = [i for i, label in enumerate(classifier.labels) if label.startswith(kind)]
        best = max(allowed, key=lambda i: probabilities[i], default=None)
        return None if best is None else (classifier.labels[best], float(probabilities[best]))

    def _of(self, kind: str) -> np.ndarray:
        return self._model.classifiers[kind].probabilities(*self._row)

    def _share(self, kind: str, label: str) -> float:
        """Return the probability of one label of one classifier; 1 where there was nothing to tell apart."""
        classifier = self._model.classifiers.get(kind)
        return 1.0 if classifier is None else float(self._of(kind)[classifier.labels.index(label)])


class TopicModel:
    """Features and linear classifiers: the topic, whether it is an emergency, the legal area, the unit."""

    def __init__(self, vectoriser: Vectoriser, classifiers: dict[str, LinearClassifier]) -> None:
        self.vectoriser = vectoriser
        self.classifiers = classifiers
        self.topics = classifiers["topic"].labels
        self.urgent = [i for i, label in enumerate(self.topics) if label.startswith(URGENT)]

    @classmethod
    def fit(cls, examples: Sequence[Example]) -> TopicModel:
        """Train on labelled lines.

        Area and unit are learnt in two steps: whether a line tells of one, from all lines; and which, from the lines
        that do. Many a line that tells of one says so too faintly for its writer to have marked it.
        """
        texts = [e.text for e in examples]
        vectoriser, rows = Vectoriser.fit(texts)
        labels = {
            "topic": [e.topic for e in examples],
            "urgent": [URGENT if e.topic.startswith(URGENT) else NONE for e in examples],
        }
        for facet in FACETS:
            labels[facet] = [getattr(e, facet) for e in examples]
            labels[f"{facet}_told"] = [
                None if e.topic == HARMLESS else TOLD if getattr(e, facet) else NONE for e in examples
            ]
        marked = {kind: [i for i, label in enumerate(found) if label] for kind, found in labels.items()}
        kinds = [kind for kind, at in marked.items() if len({labels[kind][i] for i in at}) > 1]
        with ThreadPoolExecutor(2) as threads:
            fitted = threads.map(
                lambda kind: LinearClassifier.fit(rows[marked[kind]], [labels[kind][i] for i in marked[kind]]), kinds
            )
            return cls(vectoriser, dict(zip(kinds, fitted, strict=True)))

    def read(self, text: str) -> Reading:
        """Return what the model sees in `text`."""
        return Reading(self, text)

    def save(self, folder: Path) -> None:
        """Write the model to a folder: half-precision weights and a JSON file."""
        arrays: dict[str, np.ndarray] = {f"idf{i}": idf for i, idf in enumerate(self.vectoriser.idf)}
        meta: dict = {"vocabulary": [list(v) for v in self.vectoriser.vocabulary], "classifiers": {}}
        for kind, classifier in self.classifiers.items():
            arrays[f"{kind}_weights"] = classifier.weights.astype(np.float16)
            arrays[f"{kind}_bias"] = classifier.bias
            meta["classifiers"][kind] = {"labels": classifier.labels, "temperature": classifier.temperature}
        np.savez_compressed(folder / "weights.npz", **arrays)
        (folder / "meta.json").write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> TopicModel:
        """Read a model that `save` wrote."""
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        with np.load(folder / "weights.npz") as arrays:
            vocabulary = [{gram: i for i, gram in enumerate(grams)} for grams in meta["vocabulary"]]
            vectoriser = Vectoriser(vocabulary, [arrays[f"idf{i}"] for i in range(len(vocabulary))])
            classifiers = {
                kind: LinearClassifier(
                    saved["labels"], arrays[f"{kind}_weights"], arrays[f"{kind}_bias"], saved["temperature"]
                )
                for kind, saved in meta["classifiers"].items()
            }
        return cls(vectoriser, classifiers)
