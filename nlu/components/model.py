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
TOLD = "fortalt"
URGENT = "akut."
# Small talk says nothing about a case, and must not replace what the citizen has told of hers.
SMALL_TALK = ("hilsen", "farvel", "tak", "bekraeft", "afvis", "bot.", "udenfor", "fremmedsprog", "feedback")
# Topics that cannot be answered well without the area or the unit.
NEEDS = {"omraade": ("klage.afgoerelse",), "unit": ("vejvisning.",)}
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
    about. urgent_at: the urgent topics together. told_at: a legal area or a unit is taken as spoken of, where the topic
    is not about finding one; needed_told_at: where it is. facet_at: which of them is sure enough.
    """

    answer_at: float = 0.55
    short_answer_at: float = 0.85
    ask_at: float = 0.5
    urgent_at: float = 0.4
    told_at: float = 0.5
    needed_told_at: float = 0.3
    facet_at: float = 0.3


class TopicModel:
    """Features and linear classifiers: the topic, whether it is an emergency, the legal area, the unit."""

    def __init__(self, vectoriser: Vectoriser, classifiers: dict[str, LinearClassifier]) -> None:
        self.vectoriser = vectoriser
        self.classifiers = classifiers
        self.topics = classifiers["topic"].labels
        self._urgent = [i for i, label in enumerate(self.topics) if label.startswith(URGENT)]

    @classmethod
    def fit(cls, examples: Sequence[Example]) -> TopicModel:
        """Train on labelled lines.

        Area and unit are learnt in two steps: whether a line tells of one, from all lines; and which, from the lines
        that do. Many a line that tells of one says so too faintly for its writer to have marked it.
        """
        texts = [e.text for e in examples]
        vectoriser = Vectoriser.fit(texts)
        rows = vectoriser.transform(texts)
        labels = {
            "topic": [e.topic for e in examples],
            "urgent": [URGENT if e.topic.startswith(URGENT) else NONE for e in examples],
        }
        for facet in FACETS:
            labels[facet] = [getattr(e, facet) for e in examples]
            labels[f"{facet}_told"] = [TOLD if getattr(e, facet) else NONE for e in examples]
        classifiers = {}
        for kind, found in labels.items():
            marked = [i for i, label in enumerate(found) if label]
            if len({found[i] for i in marked}) > 1:
                classifiers[kind] = LinearClassifier.fit(rows[marked], [found[i] for i in marked])
        return cls(vectoriser, classifiers)

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
        alone = self._share("urgent", URGENT, indices, weights)
        return float(np.sqrt(by_topic * alone))

    def _facets(self, indices: np.ndarray, weights: np.ndarray, at: Thresholds, topic: str) -> dict:
        """Return the area and the unit that were said. Where the topic is about finding one a faint hint is enough, and
        a unit is of the kind the topic asks for. Nothing is read into a line that tells of none: a deadline must never
        rest on a guessed area."""
        found = {}
        for facet in FACETS:
            if facet not in self.classifiers:
                continue
            needed = topic.startswith(NEEDS[facet])
            told = self._share(f"{facet}_told", TOLD, indices, weights)
            if told < (at.needed_told_at if needed else at.told_at):
                continue
            classifier = self.classifiers[facet]
            probabilities = classifier.probabilities(indices, weights)
            kind = UNIT_KIND.get(topic, "") if facet == "unit" else ""
            allowed = [i for i, label in enumerate(classifier.labels) if label.startswith(kind)]
            best = max(allowed, key=lambda i: probabilities[i], default=None)
            if best is not None and probabilities[best] >= at.facet_at:
                found[facet] = (classifier.labels[best], float(probabilities[best]))
        return found

    def _share(self, kind: str, label: str, indices: np.ndarray, weights: np.ndarray) -> float:
        """Return the probability of one label of one classifier; 1 where there was nothing to tell apart."""
        classifier = self.classifiers.get(kind)
        if classifier is None:
            return 1.0
        return float(classifier.probabilities(indices, weights)[classifier.labels.index(label)])

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
