"""Compares ways to understand Danish on the same lines: `make compare`. Writes var/comparison.md.

Every way is trained on nlu/data and asked about the calibration lines and the unseen lines; the unseen lines choose
nothing, they are shown so that the choice can be judged.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import spacy
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import ComplementNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import LinearSVC
from symspellpy import SymSpell, Verbosity

from nlu.components.features import grams
from nlu.components.normalise import normalise
from nlu.lines import training_examples
from tests.nlu.data import ROOT, calibration_examples, unseen_examples

REPORT = Path(os.environ.get("COMPARISON", ROOT / "var" / "comparison.md"))
Analyser = Callable[[str], list[str]]


def main() -> None:
    """Train each way in turn and write the table."""
    examples = training_examples()
    texts, topics = [e.text for e in examples], np.array([e.topic for e in examples])
    held = {"indstilling": calibration_examples(), "nye": unseen_examples()}
    held = {name: ([u.example.text for u in ls], np.array([u.example.topic for u in ls])) for name, ls in held.items()}
    counts = Counter(word for text in texts for word in normalise(text).split())
    lines = [
        "# Måder at forstå dansk på, målt mod hinanden",
        "",
        f"{len(texts)} linjer at lære af. Andel, hvor bedste gæt er rigtigt. Sekunder er for træning på én kerne.",
        "",
        f"| | {' | '.join(held)} linjer | sekunder |",
        "|---|---|---|---|",
    ]
    for name, analysers, fit in _ways(counts):
        started = time.process_time()
        vectorisers = [_tfidf(a) for a in analysers]
        model = fit(_stack([v.fit_transform(texts) for v in vectorisers]), topics)
        seconds = time.process_time() - started
        shares = [
            float((model.predict(_stack([v.transform(found) for v in vectorisers])) == wanted).mean())
            for found, wanted in held.values()
        ]
        lines.append(f"| {name} | " + " | ".join(f"{share:.1%}" for share in shares) + f" | {seconds:.0f} |")
        _say(lines[-1])
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _ways(counts: Counter) -> list[tuple[str, list[Analyser], Callable]]:
    def chars(text: str) -> list[str]:
        return grams(text)[0]

    def stems(text: str) -> list[str]:
        return grams(text)[1]

    both = [chars, stems]
    repair, split = _speller(counts), _splitter(counts)
    return [
        ("tegn og stammer, lineær SVM (valgt)", both, _svm),
        ("kun tegn", [chars], _svm),
        ("kun stammer", [stems], _svm),
        ("hele ord i stedet for stammer", [chars, lambda t: _pairs(normalise(t).split())], _svm),
        ("spaCy-lemmaer i stedet for stammer", [chars, lambda t: _pairs(_lemmas(t))], _svm),
        ("+ spaCy-lemmaer", [*both, lambda t: _pairs(_lemmas(t))], _svm),
        ("+ sammensatte ord delt", [*both, lambda t: split(normalise(t).split())], _svm),
        ("+ rettet stavning", [chars, stems, lambda t: _pairs(repair(normalise(t).split()))], _svm),
        ("+ tegn på tværs af ord", [*both, _across], _svm),
        ("logistisk regression", both, _logistic),
        ("complement naive Bayes", both, lambda rows, topics: ComplementNB(alpha=0.3).fit(rows, topics)),
        ("nærmeste naboer (9)", both, _nearest),
        ("lille neuralt net på 300 hovedretninger", both, _Reduced),
        ("SVM og neuralt net sammen", both, _Together),
    ]


def _tfidf(analyser: Analyser) -> TfidfVectorizer:
    return TfidfVectorizer(analyzer=analyser, min_df=2, sublinear_tf=True, dtype=np.float32)


def _stack(parts: list) -> sparse.csr_matrix:
    return sparse.hstack(parts).tocsr()


def _svm(rows, topics):
    return LinearSVC(C=1.0, class_weight="balanced", random_state=0).fit(rows, topics)


def _logistic(rows, topics):
    return LogisticRegression(C=20, solver="sag", max_iter=30, class_weight="balanced", random_state=0).fit(
        rows, topics
    )


def _nearest(rows, topics):
    return KNeighborsClassifier(9, metric="cosine", weights="distance").fit(rows, topics)


class _Reduced:
    """A neural network on the main directions of the features."""

    def __init__(self, rows, topics) -> None:
        self._svd = TruncatedSVD(300, random_state=0).fit(rows)
        self._net = MLPClassifier((256,), early_stopping=True, max_iter=40, random_state=0)
        self._net.fit(self._svd.transform(rows), topics)
        self.classes_ = self._net.classes_

    def probabilities(self, rows) -> np.ndarray:
        return self._net.predict_proba(self._svd.transform(rows))

    def predict(self, rows) -> np.ndarray:
        return self.classes_[self.probabilities(rows).argmax(axis=1)]


class _Together:
    """Support vectors and network, their likelihoods multiplied."""

    def __init__(self, rows, topics) -> None:
        self._svm, self._net = _svm(rows, topics), _Reduced(rows, topics)

    def predict(self, rows) -> np.ndarray:
        margins = self._svm.decision_function(rows) * 5
        logs = margins - np.log(np.exp(margins).sum(axis=1, keepdims=True))
        return self._svm.classes_[(logs + np.log(self._net.probabilities(rows) + 1e-9)).argmax(axis=1)]


def _pairs(words: list[str]) -> list[str]:
    edged = ["^", *words, "$"]
    return [*words, *(f"{a} {b}" for a, b in zip(edged, edged[1:], strict=False))]


def _across(text: str) -> list[str]:
    padded = f" {normalise(text)} "
    return [
        padded[i : i + n] for n in (5, 6, 7) for i in range(len(padded) - n + 1) if " " in padded[i + 1 : i + n - 1]
    ]


@lru_cache(maxsize=1)
def _lemmatiser():
    model = spacy.blank("da")
    model.add_pipe("lemmatizer", config={"mode": "lookup"})
    model.initialize()
    return model


@lru_cache(maxsize=100_000)
def _lemmas(text: str) -> tuple[str, ...]:
    return tuple(token.lemma_.lower() for token in _lemmatiser()(text.lower()) if not token.is_punct)


def _speller(counts: Counter) -> Callable[[list[str]], list[str]]:
    """Return a function that puts the nearest common word in place of an unknown one."""
    dictionary = SymSpell(max_dictionary_edit_distance=2)
    for word, count in counts.items():
        if count >= 4:
            dictionary.create_dictionary_entry(word, count)

    @lru_cache(maxsize=200_000)
    def repaired(word: str) -> str:
        if len(word) < 4 or counts[word] >= 4:
            return word
        near = dictionary.lookup(word, Verbosity.TOP, max_edit_distance=1 if len(word) < 7 else 2)
        return near[0].term if near else word

    return lambda words: [repaired(word) for word in words]


def _splitter(counts: Counter) -> Callable[[list[str]], list[str]]:
    """Return a function that gives the parts of long words made of two common ones, with or without an s between."""

    @lru_cache(maxsize=200_000)
    def parts(word: str) -> tuple[str, ...]:
        best: tuple[int, tuple[str, ...]] = (0, ())
        for at in range(4, len(word) - 3):
            left, right = word[:at], word[at:]
            for first in {left, left.removesuffix("s")}:
                common = min(counts[first], counts[right])
                if len(first) >= 4 and common >= 5 and common > best[0]:
                    best = (common, (first, right))
        return best[1]

    return lambda words: [part for word in words if len(word) >= 9 for part in parts(word)]


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
