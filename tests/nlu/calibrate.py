"""Sets the thresholds of config.yml: `make calibrate`.

Each is chosen on lines that neither the model was trained on nor the test set holds, by what it must not cost: wrong
answers, false alarms, areas made up.
"""

from __future__ import annotations

import re
import sys
from functools import lru_cache

import numpy as np

from nlu.components.decision import SMALL_TALK, Thresholds, understand
from nlu.components.model import URGENT, Example, Reading, TopicModel
from nlu.components.parts import leans_on_the_one_before
from nlu.lines import training_examples
from nlu.scoring import NEED_OMRAADE, NEED_UNIT, Score, thresholds
from tests.nlu.data import ROOT, calibration_examples, follow_ups, two_questions, unspecific_lines

CONFIG = ROOT / "config.yml"
MOST_WRONG = 0.03  # of all lines answered at once and wrongly; the promise is 4 %
MOST_FALSE_ALARMS = 0.008  # the promise is 1 %
LEAST_WORTH_ASKING = 0.4  # a question with three choices must hold the right one this often
COST_OF_MADE_UP = 1.0  # an area read into a line that tells of none, against one that was missed
COST_OF_FALSE_CONTEXT = (
    2.0  # a question that stands alone, pulled to the topic before, against one that leans and is not
)
COST_OF_A_WRONG_DATE = 3.0
COST_OF_FALSE_SECOND = 1.0  # a second question offered where there was one only, against one that was missed


class _Remembering(TopicModel):
    """Reads each text once, since every threshold is tried on the same lines."""

    @lru_cache(maxsize=50_000)  # noqa: B019 - lives as long as the run
    def read(self, text: str) -> Reading:
        return super().read(text)


def calibrate(model: TopicModel, at: Thresholds) -> Thresholds:
    """Return thresholds for `model`; those not set here are kept from `at`."""
    model = _Remembering(model.vectoriser, model.classifiers)
    lines = [u.example for u in calibration_examples()]
    at = at._replace(urgent_at=_urgent(model, lines))
    at = _answer(model, lines, at)
    at = _short(model, lines, at)
    at = _ask(model, lines, at)
    at = _facets(model, lines, at)
    return _context(model, lines, _second(model, lines, at))


def _score(model: TopicModel, lines: list[Example], at: Thresholds) -> Score:
    return Score(lines, lambda text: understand(model, text, at))


def _urgent(model: TopicModel, lines: list[Example]) -> float:
    """The lowest threshold with few enough false alarms."""
    danger = np.array([model.read(e.text).danger() for e in lines])
    calm = np.array([not e.topic.startswith("akut.") for e in lines])
    return next(t for t in np.round(np.arange(0.02, 0.9, 0.01), 2) if (danger[calm] >= t).mean() <= MOST_FALSE_ALARMS)


def _answer(model: TopicModel, lines: list[Example], at: Thresholds) -> Thresholds:
    for threshold in np.round(np.arange(0.2, 0.9, 0.05), 2):
        at = at._replace(answer_at=float(threshold), short_answer_at=max(float(threshold), 0.75))
        if _score(model, lines, at).wrong() <= MOST_WRONG:
            break
    return at


def _short(model: TopicModel, lines: list[Example], at: Thresholds) -> Thresholds:
    short = [e for e in lines if len(e.text.split()) <= 2]
    for threshold in np.round(np.arange(at.answer_at, 0.95, 0.05), 2):
        at = at._replace(short_answer_at=float(threshold))
        if _score(model, short, at).wrong() <= MOST_WRONG:
            break
    return at


def _ask(model: TopicModel, lines: list[Example], at: Thresholds) -> Thresholds:
    """Where the three best together are so unlikely that the right one is seldom among them, asking only confuses."""
    unsure = [(e, d) for e, d in _pairs(_score(model, lines, at._replace(ask_at=0.0))) if d.topic is None]
    for threshold in np.round(np.arange(0.2, 0.9, 0.05), 2):
        near = [
            (e, d) for e, d in unsure if threshold <= sum(c for _, c in d.ranking[:3]) < threshold + 0.15 and d.ranking
        ]
        held = [e.topic in [name for name, _ in d.ranking[:3]] for e, d in near]
        at = at._replace(ask_at=float(threshold))
        if held and np.mean(held) >= LEAST_WORTH_ASKING:
            break
    return at


def _facets(model: TopicModel, lines: list[Example], at: Thresholds) -> Thresholds:
    """The unit where it is sought; then what is remembered. A made-up area costs most in a complaint that tells of
    none, since a date would rest on it."""
    silent = [Example(text, "klage.afgoerelse") for text in unspecific_lines()]

    def sought(candidate: Thresholds) -> float:
        return _score(model, lines, candidate).facet("unit", NEED_UNIT)

    def remembered(candidate: Thresholds) -> float:
        score = _score(model, lines, candidate)
        found = score.facet("omraade", NEED_OMRAADE) + score.facet("omraade") + score.facet("unit")
        made_up = score.facet_made_up("omraade") + score.facet_made_up("unit")
        grave = _score(model, silent, candidate).facet_made_up("omraade")
        return found - COST_OF_MADE_UP * made_up - COST_OF_A_WRONG_DATE * grave

    for name, values, worth in (
        ("unit_told_at", (0.02, 0.05, 0.1, 0.2, 0.3), sought),
        ("unit_at", (0.05, 0.1, 0.2, 0.3), sought),
        ("told_at", (0.2, 0.3, 0.4, 0.5, 0.6, 0.7), remembered),
        ("facet_at", (0.2, 0.3, 0.4, 0.5, 0.6, 0.7), remembered),
    ):
        # Of equally good ones the most careful.
        at = max((at._replace(**{name: value}) for value in reversed(values)), key=worth)
    return at


def _second(model: TopicModel, lines: list[Example], at: Thresholds) -> Thresholds:
    double = two_questions("calibration")

    def worth(candidate: Thresholds) -> float:
        found = np.mean([(d.topic, d.also) == (q.topic, q.also) for q, d in _understood(model, double, candidate)])
        false = np.mean([d.also is not None for d in _score(model, lines, candidate).decisions])
        return float(found - COST_OF_FALSE_SECOND * false)

    return max((at._replace(part_at=value) for value in (0.5, 0.6, 0.7, 0.8, 0.9)), key=worth)


def _context(model: TopicModel, lines: list[Example], at: Thresholds) -> Thresholds:
    """What a message may borrow from the one before: enough for those that lean on it, little enough for short
    questions that stand alone, whatever was spoken of before."""
    leaning = [(f.text, f.topic, f.before_topic) for f in follow_ups("calibration")]
    calm = [e for e in lines if not e.topic.startswith((*SMALL_TALK, URGENT))]
    random = np.random.default_rng(3)
    alone = [(e.text, e.topic, calm[random.integers(len(calm))].topic) for e in calm if leans_on_the_one_before(e.text)]

    def worth(candidate: Thresholds) -> float:
        return _balance(model, leaning, candidate) + COST_OF_FALSE_CONTEXT * _balance(model, alone, candidate)

    candidates = [
        at._replace(theme_boost=theme, same_boost=same, context_floor=floor)
        for theme in (1.0, 2.0, 4.0, 8.0)
        for same in (1.0, 2.0, 4.0, 8.0)
        for floor in (0.0, 0.005, 0.01, 0.02, 0.04)
    ]
    return max(candidates, key=worth)


def _balance(model: TopicModel, lines: list[tuple[str, str, str]], at: Thresholds) -> float:
    """Return the share understood rightly less the share understood wrongly, each after another topic."""
    found = [(topic, understand(model, text, at, before).topic) for text, topic, before in lines]
    return float(np.mean([(got == topic) - (got not in (None, topic)) for topic, got in found]))


def _pairs(score: Score):
    return zip(score.examples, score.decisions, strict=True)


def _understood(model: TopicModel, lines, at: Thresholds):
    return [(line, understand(model, line.text, at)) for line in lines]


def write(at: Thresholds) -> None:
    """Put the thresholds into config.yml, leaving the rest of the file as it is."""
    text = CONFIG.read_text(encoding="utf-8")
    for name, value in at._asdict().items():
        text, found = re.subn(rf"(?m)^(\s+{name}: ).*$", rf"\g<1>{value}", text)
        assert found == 1, name
    CONFIG.write_text(text, encoding="utf-8")


def main() -> None:
    """Train, choose, write and say what was chosen."""
    before = thresholds()
    chosen = calibrate(TopicModel.fit(training_examples()), before)
    write(chosen)
    for name in Thresholds._fields:
        sys.stdout.write(f"{name:16} {getattr(before, name)} -> {getattr(chosen, name)}\n")


if __name__ == "__main__":
    main()
