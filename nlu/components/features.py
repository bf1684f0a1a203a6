"""Turns normalised text into the numbers the linear models weigh."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import snowballstemmer
from scipy import sparse

from nlu.components.normalise import normalise

_stemmer = snowballstemmer.stemmer("danish")


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    return _stemmer.stemWord(word)


def grams(text: str, char_range: tuple[int, int] = (2, 5)) -> tuple[list[str], list[str]]:
    """Return the character n-grams and the stem uni- and bigrams of `text`.

    Character n-grams stay inside a word with its edges marked, so that misspellings still share most of them;
    stems carry meaning across endings ("afgørelsen", "afgørelser").
    """
    words = normalise(text).split()
    chars = []
    for word in words:
        padded = f" {word} "
        for size in range(char_range[0], char_range[1] + 1):
            if len(padded) <= size:
                chars.append(padded)
                break
            chars.extend(padded[i : i + size] for i in range(len(padded) - size + 1))
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
    def fit(cls, texts: list[str], min_count: int = 2, max_features: tuple[int, int] = (40_000, 20_000)) -> Vectoriser:
        """Learn from `texts` which grams count: those found in at least `min_count` of them, the most common first."""
        counts: list[dict[str, int]] = [{}, {}]
        for text in texts:
            for kind, found in enumerate(grams(text)):
                for gram in set(found):
                    counts[kind][gram] = counts[kind].get(gram, 0) + 1
        vocabulary, idf = [], []
        for kind, limit in enumerate(max_features):
            kept = sorted((g for g, n in counts[kind].items() if n >= min_count), key=lambda g: (-counts[kind][g], g))
            kept = kept[:limit]
            vocabulary.append({g: i for i, g in enumerate(kept)})
            n = np.array([counts[kind][g] for g in kept], dtype=np.float32)
            idf.append(np.log((1 + len(texts)) / (1 + n)).astype(np.float32) + 1)
        return cls(vocabulary, idf)

    def row(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Return (feature numbers, weights) of one text; both empty when nothing in it is known."""
        indices, weights, offset = [], [], 0
        for kind, found in enumerate(grams(text)):
            vocabulary = self.vocabulary[kind]
            counts: dict[int, int] = {}
            for gram in found:
                index = vocabulary.get(gram)
                if index is not None:
                    counts[index] = counts.get(index, 0) + 1
            if counts:
                idx = np.fromiter(counts, dtype=np.int32, count=len(counts))
                tf = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
                w = (1 + np.log(tf)) * self.idf[kind][idx]
                indices.append(idx + offset)
                weights.append(w / np.linalg.norm(w))
            offset += len(vocabulary)
        if not indices:
            return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32)
        return np.concatenate(indices), np.concatenate(weights)

    def transform(self, texts: list[str]) -> sparse.csr_matrix:
        """Return one sparse row per text."""
        rows = [self.row(text) for text in texts]
        indptr = np.cumsum([0] + [len(i) for i, _ in rows])
        indices = np.concatenate([i for i, _ in rows]) if rows else np.zeros(0, dtype=np.int32)
        data = np.concatenate([w for _, w in rows]) if rows else np.zeros(0, dtype=np.float32)
        return sparse.csr_matrix((data, indices, indptr), shape=(len(texts), self.size))
