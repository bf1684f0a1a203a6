"""What a message is about: the trained model behind the graph component, usable without Rasa."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nlu.components.classifier import LinearClassifier
from nlu.components.features import Vectoriser

FACETS = ("omraade", "unit")
NONE = "ingen"
URGENT = "akut."
# Small talk says nothing about a case, and must not replace what the citizen has told of hers.
SMALL_TALK = ("hilsen", "farvel", "tak", "bekraeft", "afvis", "bot.", "udenfor", "fremmedsprog", "feedback")
# Topics that cannot be answered well without the area or the unit.
NEEDS = {"omraade": ("klage.afgoerelse", "klage.frist"), "unit": ("vejvisning.",)}
UNIT_KIND = {"vejvisning.afdeling": "ltk.", "vejvisning.ekstern": "ekstern."}
_LETTER = re.compile(r"[^\W\d_]")


class Example(NamedTuple):
    """A labelled line; omraade and unit are None where the line does not tell."""

    text: str
    topic: str
    omraade: str | None = None
    unit: str | None = None


class Understood(NamedTuple):
    """What a message was taken to mean.

    topic is None when the model is unsure; ranking then holds what it hesitates between, and is empty when the message
    is far from everything it knows. Confidences are probabilities.
    """

    topic: str | None
    confidence: float
    ranking: list[tuple[str, float]]
    facets: dict[str, tuple[str, float]]


class Thresholds(NamedTuple):
    """When to answer, when to ask, when to give up; found by the calibration run of `make evaluate`.

    answer_at: the best topic is taken as understood. short_answer_at: the same for one or two words, which share so
    little with the examples that the model trusts them too much. ask_at: the best three together are worth asking
    about. urgent_at: the urgent topics together. facet_at: a legal area or a unit is taken as said; needed_facet_at:
    the same where the topic is about finding one.
    """

    answer_at: float = 0.55
    short_answer_at: float = 0.85
    ask_at: float = 0.5
    urgent_at: float = 0.4
    facet_at: float = 0.45
    needed_facet_at: float = 0.2


def _may_be(label: str, facet: str, topic: str, needed: bool) -> bool:
    if label == NONE:
        return not needed
    return facet != "unit" or label.startswith(UNIT_KIND.get(topic, ""))


class TopicModel:
    """Features and four linear classifiers: topic, legal area, unit, and whether it is an emergency."""

    def __init__(self, vectoriser: Vectoriser, classifiers: dict[str, LinearClassifier]) -> None:
        self.vectoriser = vectoriser
        self.classifiers = classifiers
        self.topics = classifiers["topic"].labels
        self._urgent = [i for i, label in enumerate(self.topics) if label.startswith(URGENT)]

    @classmethod
    def fit(cls, examples: Sequence[Example]) -> TopicModel:
        """Train on labelled lines."""
        texts = [e.text for e in examples]
        vectoriser = Vectoriser.fit(texts)
        rows = vectoriser.transform(texts)
        labels = {
            "topic": [e.topic for e in examples],
            "omraade": [e.omraade or NONE for e in examples],
            "unit": [e.unit or NONE for e in examples],
            "urgent": [URGENT if e.topic.startswith(URGENT) else NONE for e in examples],
        }
        return cls(vectoriser, {k: LinearClassifier.fit(rows, v) for k, v in labels.items() if len(set(v)) > 1})

    def understand(self, text: str, at: Thresholds) -> Understood:
        """Decide what `text` is about."""
        indices, weights = self.vectoriser.row(text)
        words = len(text.split()) if len(indices) and _LETTER.search(text) else 0
        if words == 0:
            return Understood(None, 0.0, [], {})
        probabilities = self.classifiers["topic"].probabilities(indices, weights)
        ranking = [(self.topics[i], float(probabilities[i])) for i in np.argsort(-probabilities)[:5]]
        topic, confidence = ranking[0]
        danger = self._danger(indices, weights, probabilities)
        if danger >= at.urgent_at:
            topic = self.topics[max(self._urgent, key=lambda i: probabilities[i])]
            return Understood(topic, danger, ranking, self._facets(indices, weights, at, topic))
        facets = {} if topic.startswith(SMALL_TALK) else self._facets(indices, weights, at, topic)
        if confidence >= (at.short_answer_at if words <= 2 else at.answer_at):
            return Understood(topic, confidence, ranking, facets)
        close = sum(c for _, c in ranking[:3]) >= at.ask_at
        return Understood(None, confidence, ranking if close else [], facets)

    def _danger(self, indices: np.ndarray, weights: np.ndarray, probabilities: np.ndarray) -> float:
        """Return how likely an emergency is: the geometric mean of two views, one that knows the topics and one that
        only asks whether it is one. Either alone misses some and cries wolf at others; both must see something."""
        if not self._urgent:
            return 0.0
        by_topic = float(probabilities[self._urgent].sum())
        if "urgent" not in self.classifiers:
            return by_topic
        urgent = self.classifiers["urgent"]
        alone = float(urgent.probabilities(indices, weights)[urgent.labels.index(URGENT)])
        return float(np.sqrt(by_topic * alone))

    def _facets(self, indices: np.ndarray, weights: np.ndarray, at: Thresholds, topic: str) -> dict:
        """Return the area and the unit that were said. Where the topic is about finding one, the best is taken even
        when "none" would be likelier, and a unit is of the kind the topic asks for."""
        found = {}
        for facet in FACETS:
            classifier = self.classifiers.get(facet)
            if classifier is None:
                continue
            probabilities = classifier.probabilities(indices, weights)
            needed = topic.startswith(NEEDS[facet])
            allowed = [i for i, label in enumerate(classifier.labels) if _may_be(label, facet, topic, needed)]
            best = max(allowed, key=lambda i: probabilities[i])
            label, confidence = classifier.labels[best], float(probabilities[best])
            if label != NONE and confidence >= (at.needed_facet_at if needed else at.facet_at):
                found[facet] = (label, confidence)
        return found

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
