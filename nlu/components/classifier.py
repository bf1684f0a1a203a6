"""A linear classifier whose confidence means what it says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy import sparse
from sklearn.svm import LinearSVC


class LinearClassifier:
    """One-against-the-rest linear support vectors with a temperature that turns margins into probabilities."""

    def __init__(self, labels: list[str], weights: np.ndarray, bias: np.ndarray, temperature: float) -> None:
        self.labels = labels
        self.weights = np.ascontiguousarray(weights, dtype=np.float32)
        self.bias = bias.astype(np.float32)
        self.temperature = temperature

    @classmethod
    def fit(cls, rows: sparse.csr_matrix, labels: list[str], seed: int = 7) -> LinearClassifier:
        """Fit on all rows; the temperature comes from a fifth of them that a first model had not seen."""
        wanted = np.asarray(labels)
        held_out = np.random.default_rng(seed).random(len(wanted)) < 0.2
        with ThreadPoolExecutor(2) as threads:  # the solver lets other threads run
            whole = threads.submit(_support_vectors, rows, wanted)
            probe = _support_vectors(rows[~held_out], wanted[~held_out])
            model = whole.result()
        known = held_out & np.isin(wanted, probe.classes_)
        temperature = _best_temperature(_margins(probe, rows[known]), np.searchsorted(probe.classes_, wanted[known]))
        weights, bias = model.coef_, model.intercept_
        if len(model.classes_) == 2:
            weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
        return cls([str(c) for c in model.classes_], weights.T, bias, temperature)

    def probabilities(self, indices: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Return one probability per label, summing to one, for a row given as feature numbers and weights."""
        scores = values @ self.weights[indices] + self.bias if len(indices) else self.bias.copy()
        return _softmax(scores[None, :] * self.temperature)[0]


def _support_vectors(rows: sparse.csr_matrix, labels: np.ndarray) -> LinearSVC:
    return LinearSVC(C=1.0, class_weight="balanced", random_state=0, tol=0.01).fit(rows, labels)


def _margins(model: LinearSVC, rows: sparse.csr_matrix) -> np.ndarray:
    margins = model.decision_function(rows)
    return np.column_stack([-margins, margins]) if margins.ndim == 1 else margins


def _softmax(scores: np.ndarray) -> np.ndarray:
    exps = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exps / exps.sum(axis=1, keepdims=True)


def _best_temperature(margins: np.ndarray, truth: np.ndarray) -> float:
    """Return the factor on the margins that makes the probabilities most honest (lowest log loss)."""
    if not len(truth):
        return 4.0
    candidates = np.linspace(1, 12, 45)
    losses = [-np.log(_softmax(margins * t)[np.arange(len(truth)), truth] + 1e-12).mean() for t in candidates]
    return float(candidates[int(np.argmin(losses))])
