"""The one graph component: it lets Rasa train, store and ask the model in model.py."""

from __future__ import annotations

import re
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.decision import Thresholds, Understood, understand
from nlu.components.model import TopicModel
from nlu.lines import training_examples

FALLBACK = "nlu_fallback"
ALSO = "also"
BEFORE = "before"
CHOICE = re.compile(r"(?:\s*(?:emne|omraade|unit|dato|brev|punkt):[a-z_.]+)+\s*$")
CALCULATE = ("dato", "regn")
REGN_DATO = "regn_dato"  # the citizen wants a date worked out; `emne` says about what


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class Understanding(GraphComponent):
    """Features, classifiers and the decision in one node: each further node costs every turn."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the thresholds; config.yml overrides them."""
        return Thresholds()._asdict()

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._at = Thresholds(**{name: config[name] for name in Thresholds._fields})
        self._storage = storage
        self._resource = resource
        self._model: TopicModel | None = None

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
        """Fit on the lines of nlu/data; what Rasa hands over only says that they changed (see nlu/importer.py)."""
        self._model = TopicModel.fit(training_examples())
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set intent, ranking, the entities `omraade` and `unit`, and the topic of a second question on each message.

        The channel says under `metadata` which topic the conversation was about before.
        """
        for message in messages:
            text = message.get(TEXT) or ""
            before = (message.get("metadata") or {}).get(BEFORE)
            choice = CHOICE.match(text)
            understood = _read_choice(text) if choice else understand(self._model, text, self._at, before)
            _set(message, text, understood)
        return messages

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
            component._model = TopicModel.load(folder)
        return component


def _read_choice(text: str) -> Understood:
    """A pressed choice says what it means; nothing is left to guess."""
    parts = [tuple(part.split(":", 1)) for part in text.split()]
    topic = next((value for kind, value in parts if kind == "emne"), None)
    if CALCULATE in parts:
        return Understood(REGN_DATO, 1.0, [(topic, 1.0)], {"emne": (topic, 1.0)})
    facets = {kind: (value, 1.0) for kind, value in parts if kind != "emne"}
    return Understood(topic, 1.0, [(topic, 1.0)] if topic else [], facets)


def _set(message: Message, text: str, understood: Understood) -> None:
    intent = {"name": understood.topic or FALLBACK, "confidence": understood.confidence}
    message.set(INTENT, intent, add_to_output=True)
    ranking = [{"name": name, "confidence": confidence} for name, confidence in understood.ranking]
    message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
    message.set(ALSO, understood.also, add_to_output=True)
    entities = [
        {
            "entity": kind,
            "value": value,
            "start": 0,
            "end": len(text),
            "confidence_entity": confidence,
            "extractor": "Understanding",
        }
        for kind, (value, confidence) in understood.facets.items()
    ]
    message.set(ENTITIES, entities, add_to_output=True)
