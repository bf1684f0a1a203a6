"""Tells Rasa which topics there are, without handing it the thirty thousand lines they are learnt from.

Rasa reads, checks and compares all examples several times over, which takes longer than learning from them. The graph
component reads the lines itself (nlu/lines.py); the suite checks them.
"""

from __future__ import annotations

from functools import lru_cache

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.model import HARMLESS
from nlu.lines import digest, training_examples


class LinesImporter(RasaFileImporter):
    """Domain and rules as Rasa reads them; of the training lines one a topic."""

    def get_nlu_data(self, language: str | None = "da") -> TrainingData:
        """Return one line a topic; each carries the digest of all lines, so that Rasa's cache notices a change."""
        return _one_line_a_topic()


@lru_cache(maxsize=1)
def _one_line_a_topic() -> TrainingData:
    examples = training_examples()
    first = {example.topic: example.text for example in reversed(examples)}
    every = {"metadata": {"lines": digest(examples)}}
    return TrainingData(
        [Message(data={TEXT: text, INTENT: topic, **every}) for topic, text in first.items() if topic != HARMLESS]
    )
