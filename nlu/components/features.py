"""Turns normalised text into the numbers the linear models weigh."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

import numpy as np
import snowballstemmer
from scipy import sparse

from nlu.components.normalise import SOMEBODY, normalise

_CAPITALISED = re.compile(r"(?<=[^\s.!?:;(\"»] )[A-ZÆØÅ][a-zæøåéüöä]+\b")
_stemmer = snowballstemmer.stemmer("danish")


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    return _stemmer.stemWord(word)


@lru_cache(maxsize=100_000)
def _letters(word: str, shortest: int, longest: int) -> tuple[str, ...]:
    padded = f" {word} "
    found = []
    for size in range(shortest, longest + 1):
        if len(padded) <= size:
            found.append(padded)
            break
        found.extend(padded[i : i + size] for i in range(len(padded) - size + 1))
    return tuple(found)


def grams(text: str, char_range: tuple[int, int] = (2, 5)) -> tuple[list[str], list[str]]:
    """Return the character n-grams and the stem uni- and bigrams of `text`.

    Character n-grams stay inside a word with its edges marked, so that misspellings still share most of them;
    stems carry meaning across endings ("afgørelsen", "afgørelser").
    """
    words = normalise(text).split()
    chars = [gram for word in words for gram in _letters(word, *char_range)]
    stems = [_stem(word) for word in words]
    edged = ["^", *stems, "$"]
    return chars, ["s:" + s for s in stems] + [f"b:{a} {b}" for a, b in zip(edged, edged[1:], strict=False)]


class Vectoriser:
    """TF-IDF over both kinds of gram, each kind scaled to length one so that neither drowns the other."""

    def __init__(self, vocabulary: list[dict[str, int]], idf: list[np.ndarray]) -> None:
        self.vocabulary = vocabulary
        self.idf = idf
        self.size = sum(len(v) for v in vocabulary)

    @classmethod
    def fit(
        cls, texts: list[str], min_count: int = 2, max_features: tuple[int, int] = (70_000, 35_000)
    ) -> tuple[Vectoriser, sparse.csr_matrix]:
        """Learn from `texts` which grams count, those found in at least `min_count` of them, the most common first.

        Return the vectoriser and one row for each text, since the grams are at hand already.
        """
        found_in = [grams(text) for text in texts]
        counts: list[Counter] = [Counter(), Counter()]
        for kinds in found_in:
            for count, found in zip(counts, kinds, strict=True):
                count.update(set(found))
        vocabulary, idf = [], []
        for kind, limit in enumerate(max_features):
            kept = sorted((g for g, n in counts[kind].items() if n >= min_count), key=lambda g: (-counts[kind][g], g))
            kept = kept[:limit]
            vocabulary.append({g: i for i, g in enumerate(kept)})
            n = np.array([counts[kind][g] for g in kept], dtype=np.float32)
            idf.append(np.log((1 + len(texts)) / (1 + n)).astype(np.float32) + 1)
        vectoriser = cls(vocabulary, idf)
        return vectoriser, vectoriser._matrix([vectoriser._row(kinds) for kinds in found_in])

    def row(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Return (feature numbers, weights) of one text; both empty when nothing in it is known.

        An unknown word with a capital in the middle of a sentence is a name and is read as one that was found and
        masked: how many names are found must not decide what is understood.
        """
        return self._row(grams(_CAPITALISED.sub(self._unless_name, text)))

    def _unless_name(self, word: re.Match) -> str:
        known = all("s:" + _stem(part) in self.vocabulary[1] for part in normalise(word[0]).split())
        return word[0] if known else SOMEBODY

    def _row(self, kinds: tuple[list[str], list[str]]) -> tuple[np.ndarray, np.ndarray]:
        indices, weights, offset = [], [], 0
        for kind, found in enumerate(kinds):
            known = [i for i in map(self.vocabulary[kind].get, found) if i is not None]
            if known:
                idx, times = np.unique(np.array(known, dtype=np.int32), return_counts=True)
                w = (1 + np.log(times.astype(np.float32))) * self.idf[kind][idx]
                indices.append(idx + offset)
                weights.append(w / np.linalg.norm(w))
            offset += len(self.vocabulary[kind])
        if not indices:
            return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32)
        return np.concatenate(indices), np.concatenate(weights)

    def _matrix(self, rows: list[tuple[np.ndarray, np.ndarray]]) -> sparse.csr_matrix:
        indptr = np.cumsum([0] + [len(i) for i, _ in rows])
        indices = np.concatenate([i for i, _ in rows]) if rows else np.zeros(0, dtype=np.int32)
        data = np.concatenate([w for _, w in rows]) if rows else np.zeros(0, dtype=np.float32)
        return sparse.csr_matrix((data, indices, indptr), shape=(len(rows), self.size))
