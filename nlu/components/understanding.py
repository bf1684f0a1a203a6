"""The one graph component that decides what a message is about: topic, legal area and unit."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.classifier import LinearClassifier
from nlu.components.features import Vectoriser

FALLBACK = "nlu_fallback"
NONE = "ingen"
FACETS = ("omraade", "unit")
SMALL_TALK = ("hilsen", "farvel", "tak", "bekraeft", "afvis", "bot.", "udenfor", "fremmedsprog", "feedback")
_LETTER = re.compile(r"[^\W\d_]")
CHOICE = re.compile(r"(?:\s*(?:emne|omraade|unit|dato):[a-z_.]+)+\s*$")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class Understanding(GraphComponent):
    """Features, three linear classifiers and the decision in one node: each further node costs every turn."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the thresholds.

        answer_at: the best topic is taken as understood. short_answer_at: the same for one or two words, which share
        so little with the examples that the model trusts them too much. ask_at: the best three together are worth
        asking about. urgent_at: the urgent topics together. facet_at: a legal area or a unit is taken as said.
        """
        return {
            "answer_at": 0.55,
            "short_answer_at": 0.85,
            "ask_at": 0.5,
            "urgent_at": 0.4,
            "facet_at": 0.45,
        }

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._vectoriser: Vectoriser | None = None
        self._classifiers: dict[str, LinearClassifier] = {}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Understanding:
        """Return an untrained component."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Fit on the examples; an example's block says its area and unit under `metadata`."""
        examples = [m for m in training_data.intent_examples if m.get(TEXT)]
        texts = [m.get(TEXT) for m in examples]
        self._vectoriser = Vectoriser.fit(texts)
        rows = self._vectoriser.transform(texts)
        labels = {"topic": [m.get(INTENT) for m in examples]}
        for facet in FACETS:
            labels[facet] = [_said_facet(m, facet) for m in examples]
        self._classifiers = {kind: LinearClassifier.fit(rows, found) for kind, found in labels.items()}
        self._persist()
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set intent, ranking and the entities `omraade` and `unit` on each message."""
        for message in messages:
            text = message.get(TEXT) or ""
            if CHOICE.match(text):
                self._read_choice(message, text)
            else:
                self._classify(message, text)
        return messages

    def _read_choice(self, message: Message, text: str) -> None:
        """A pressed choice says what it means; nothing is left to guess."""
        parts = [part.split(":", 1) for part in text.split()]
        topic = next((value for kind, value in parts if kind == "emne"), FALLBACK)
        self._set(message, topic, 1.0, [(topic, 1.0)] if topic != FALLBACK else [])
        message.set(
            ENTITIES, [_entity(kind, value, 1.0, text) for kind, value in parts if kind != "emne"], add_to_output=True
        )

    def _classify(self, message: Message, text: str) -> None:
        indices, weights = self._vectoriser.row(text)
        topics = self._classifiers["topic"]
        probabilities = topics.probabilities(indices, weights)
        order = np.argsort(-probabilities)[:5]
        ranking = [(topics.labels[i], float(probabilities[i])) for i in order]
        words = len(text.split()) if len(indices) and _LETTER.search(text) else 0
        topic, confidence = self._decide(ranking, probabilities, words)
        self._set(message, topic, confidence, ranking if confidence else [])
        # Small talk says nothing about a case, and must not replace what the citizen has told of hers.
        silent = words == 0 or topic.startswith(SMALL_TALK)
        entities = [] if silent else [e for facet in FACETS if (e := self._facet(facet, indices, weights, text))]
        message.set(ENTITIES, entities, add_to_output=True)

    def _facet(self, facet: str, indices: np.ndarray, weights: np.ndarray, text: str) -> dict[str, Any] | None:
        classifier = self._classifiers[facet]
        found = classifier.probabilities(indices, weights)
        best = int(np.argmax(found))
        if classifier.labels[best] == NONE or found[best] < self._config["facet_at"]:
            return None
        return _entity(facet, classifier.labels[best], float(found[best]), text)

    def _decide(self, ranking: list, probabilities: np.ndarray, words: int) -> tuple[str, float]:
        if words == 0:
            return FALLBACK, 0.0
        labels = self._classifiers["topic"].labels
        urgent = [i for i, label in enumerate(labels) if label.startswith("akut.")]
        if urgent and probabilities[urgent].sum() >= self._config["urgent_at"]:
            best = max(urgent, key=lambda i: probabilities[i])
            return labels[best], float(probabilities[urgent].sum())
        topic, confidence = ranking[0]
        threshold = self._config["short_answer_at" if words <= 2 else "answer_at"]
        return (topic if confidence >= threshold else FALLBACK), confidence

    def _set(self, message: Message, topic: str, confidence: float, ranking: list) -> None:
        close = sum(c for _, c in ranking[:3]) >= self._config["ask_at"]
        message.set(INTENT, {"name": topic, "confidence": confidence}, add_to_output=True)
        message.set(
            INTENT_RANKING_KEY,
            [{"name": name, "confidence": c} for name, c in (ranking if close or topic != FALLBACK else [])],
            add_to_output=True,
        )

    def _persist(self) -> None:
        with self._storage.write_to(self._resource) as folder:
            arrays: dict[str, np.ndarray] = {f"idf{i}": idf for i, idf in enumerate(self._vectoriser.idf)}
            meta: dict[str, Any] = {"vocabulary": [list(v) for v in self._vectoriser.vocabulary], "classifiers": {}}
            for kind, classifier in self._classifiers.items():
                arrays[f"{kind}_weights"] = classifier.weights.astype(np.float16)
                arrays[f"{kind}_bias"] = classifier.bias
                meta["classifiers"][kind] = {"labels": classifier.labels, "temperature": classifier.temperature}
            np.savez_compressed(folder / "weights.npz", **arrays)
            (folder / "meta.json").write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Understanding:
        """Return the trained component stored under `resource`."""
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
            with np.load(folder / "weights.npz") as arrays:
                vocabulary = [{gram: i for i, gram in enumerate(grams)} for grams in meta["vocabulary"]]
                component._vectoriser = Vectoriser(vocabulary, [arrays[f"idf{i}"] for i in range(len(vocabulary))])
                for kind, saved in meta["classifiers"].items():
                    component._classifiers[kind] = LinearClassifier(
                        saved["labels"], arrays[f"{kind}_weights"], arrays[f"{kind}_bias"], saved["temperature"]
                    )
        return component


def _said_facet(message: Message, facet: str) -> str:
    metadata = message.get("metadata") or {}
    return (metadata.get("intent") or {}).get(facet, NONE)


def _entity(kind: str, value: str, confidence: float, text: str) -> dict[str, Any]:
    return {
        "entity": kind,
        "value": value,
        "start": 0,
        "end": len(text),
        "confidence_entity": confidence,
        "extractor": "Understanding",
    }
