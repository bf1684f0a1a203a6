"""From likelihoods to a decision: answer, ask back or give up; safety first; what is remembered; a second question."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

import numpy as np

from nlu.components.model import FACETS, HARMLESS, URGENT, Reading, TopicModel
from nlu.components.normalise import SOMEBODY, normalise
from nlu.components.parts import asks_the_same_again, leans_on_the_one_before, questions

# Small talk says nothing about a case, and must not replace what the citizen has told of hers.
SMALL_TALK = ("hilsen", "farvel", "tak", "bekraeft", "afvis", "bot.", "udenfor", "fremmedsprog", "feedback")
FOREIGN = "fremmedsprog"
# Topics that are about finding the right place.
SEEKS_UNIT = "vejvisning."
UNIT_KIND = {"vejvisning.afdeling": "ltk.", "vejvisning.ekstern": "ekstern."}
SHORT = 2  # words
_LETTER = re.compile(r"[^\W\d_]")


class Understood(NamedTuple):
    """What a message was taken to mean.

    topic is None when the model is unsure; ranking then holds what it hesitates between, and is empty when the message
    is far from everything it knows. Confidences are probabilities. `also` is the topic of a second question.
    """

    topic: str | None
    confidence: float
    ranking: list[tuple[str, float]]
    facets: dict[str, tuple[str, float]]
    also: str | None = None


class Thresholds(NamedTuple):
    """When to answer, when to ask, when to give up; set by the calibration run (`make calibrate`).

    answer_at: the best topic is taken as understood. short_answer_at: the same for one or two words, which share so
    little with the examples that the model trusts them too much. ask_at: the best three together are worth asking
    about. urgent_at, short_urgent_at: the urgent topics together. told_at, facet_at: a legal area or a unit is taken
    as spoken of, and which of them is sure enough. unit_told_at, unit_at: the same for the unit where the topic is
    about finding one; the answer says which was understood. part_at: a part of the message is sure enough to be a
    question of its own; whole_at: the message as a whole is so sure of a topic that it comes first wherever it
    stands. theme_boost, same_boost: how many times likelier a message that leans on the one before is to stay within
    its theme, and with its very topic. context_floor: what every topic is given first, since the model alone knows
    little of such a message.
    """

    answer_at: float = 0.55
    short_answer_at: float = 0.85
    ask_at: float = 0.5
    urgent_at: float = 0.4
    short_urgent_at: float = 0.4
    told_at: float = 0.5
    unit_told_at: float = 0.3
    facet_at: float = 0.3
    unit_at: float = 0.2
    part_at: float = 0.6
    whole_at: float = 0.9
    theme_boost: float = 4.0
    same_boost: float = 4.0
    context_floor: float = 0.02


def understand(model: TopicModel, text: str, at: Thresholds, before: str | None = None) -> Understood:
    """Decide what `text` is about; `before` is the topic of the message it may lean on."""
    if foreign_script(text):
        return Understood(FOREIGN, 1.0, [(FOREIGN, 1.0)], {})
    reading = model.read(text)
    said = normalise(text)
    says_something = reading.known and _LETTER.search(said) and said != SOMEBODY  # a name alone is an answer
    words = len(text.split()) if says_something else 0
    if words == 0:
        return Understood(None, 0.0, [], {})
    parts = questions(text)
    danger, seen = _danger(model, reading, parts, at)
    if danger >= (at.short_urgent_at if words <= SHORT else at.urgent_at):
        topic = model.topics[max(model.urgent, key=lambda i: seen.probabilities[i])]
        return Understood(topic, danger, _ranked(model, seen.probabilities), _facets(seen, at, topic))
    probabilities, leaning = _in_context(model, reading.probabilities, text, at, before)
    ranking = _ranked(model, probabilities)
    topic, confidence = ranking[0]
    two = _two_questions(model, parts, ranking[0], at) if not leaning else None
    if two:
        first, also = two
        return Understood(first[0], first[1], ranking, _facets(reading, at, first[0]), also)
    facets = {} if topic.startswith(SMALL_TALK) else _facets(reading, at, topic)
    if confidence >= (at.short_answer_at if words <= SHORT and not leaning else at.answer_at):
        return Understood(topic, confidence, ranking, facets)
    close = sum(c for _, c in ranking[:3]) >= at.ask_at
    return Understood(None, confidence, ranking if close else [], facets)


def foreign_script(text: str) -> bool:
    """Return whether most letters of `text` are of another alphabet than ours."""
    letters = [c for c in text if c.isalpha()]
    return len(letters) >= 3 and sum("LATIN" not in unicodedata.name(c, "") for c in letters) > len(letters) / 2


def _ranked(model: TopicModel, probabilities: np.ndarray) -> list[tuple[str, float]]:
    best = [i for i in np.argsort(-probabilities)[:6] if model.topics[i] != HARMLESS]
    return [(model.topics[i], float(probabilities[i])) for i in best[:5]]


def _in_context(
    model: TopicModel, probabilities: np.ndarray, text: str, at: Thresholds, before: str | None
) -> tuple[np.ndarray, bool]:
    """Return the probabilities in the light of the topic before, and whether the message leans on it.

    A message that leans stays rather within the theme, and rather with the topic, unless what it names is clearly
    something else; most of all when it asks the same about somebody else.
    """
    if before is None or before not in model.topics or before.startswith((*SMALL_TALK, URGENT)):
        return probabilities, False
    same_again = asks_the_same_again(text)
    if not (same_again or leans_on_the_one_before(text)):
        return probabilities, False
    theme = before.split(".")[0] + "."
    boost = np.array([at.theme_boost if t.startswith(theme) else 1.0 for t in model.topics])
    boost[model.topics.index(before)] *= at.same_boost**2 if same_again else at.same_boost
    boosted = (probabilities + at.context_floor) * boost
    return boosted / boosted.sum(), True


def _danger(model: TopicModel, reading: Reading, parts: list[str], at: Thresholds) -> tuple[float, Reading]:
    """Return how likely an emergency is and where it was seen: in the whole message, or in one of several questions,
    which must say it more plainly, since a part is easily misread."""
    whole = reading.danger()
    if whole >= at.urgent_at or len(parts) < 2:
        return whole, reading
    dangers = [(part_reading.danger(), part_reading) for part_reading in map(model.read, parts)]
    danger, worst = max(dangers, key=lambda found: found[0])
    return (danger, worst) if danger >= at.part_at else (whole, reading)


def _two_questions(
    model: TopicModel, parts: list[str], whole: tuple[str, float], at: Thresholds
) -> tuple[tuple[str, float], str] | None:
    """Return the first question's topic with its confidence, and the second's, where a message asks two things.

    A part counts when it is sure of a topic of its own, the later ones in the light of the first; and one of them must
    be what the whole message looks like, or it is a story with questions in it.
    """
    if len(parts) < 2:
        return None
    found: dict[str, float] = {}
    for part in parts:
        probabilities, _ = _in_context(model, model.read(part).probabilities, part, at, next(iter(found), None))
        best = int(probabilities.argmax())
        name = model.topics[best]
        if probabilities[best] >= at.part_at and not name.startswith((*SMALL_TALK, URGENT)):
            found.setdefault(name, float(probabilities[best]))
    topic, confidence = whole
    if len(found) < 2 or topic not in found:
        return None
    first, second = list(found)[:2]
    if confidence >= at.whole_at and topic != first:
        return whole, first
    return (first, found[first]), second


def _facets(reading: Reading, at: Thresholds, topic: str) -> dict[str, tuple[str, float]]:
    """Return the area and the unit that were said. Where the topic is about finding the right place a faint hint of it
    is enough, and a unit is of the kind the topic asks for. No area is read into a line that tells of none: where to
    complain and by when must never rest on a guess."""
    found = {}
    for facet in FACETS:
        seeks = facet == "unit" and topic.startswith(SEEKS_UNIT)
        if reading.told(facet) < (at.unit_told_at if seeks else at.told_at):
            continue
        best = reading.facet(facet, UNIT_KIND.get(topic, "") if facet == "unit" else "")
        if best and best[1] >= (at.unit_at if seeks else at.facet_at):
            found[facet] = best
    return found
