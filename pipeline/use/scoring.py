"""Predicted labels beside the given ones: accuracy, F1, confusion, calibration.

Counts only are kept, batch by batch, so the memory does not grow with the documents.

Precision, recall and F1 are scikit-learn's, with 0 where nothing was predicted or given; the macro
average is over the labels that were predicted or given. The expected calibration error is that of
Guo et al. 2017, "On Calibration of Modern Neural Networks": documents are sorted into 15 bins by
the probability of their predicted label, and it is the mean over the documents of how far the
accuracy of their bin is from its mean probability.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

BINS = 15


@dataclass(frozen=True)
class LabelScore:
    """How well one label was found."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int
    """Documents that have it."""


class Scoring:
    """Counts of given and predicted labels.

    >>> scoring = Scoring(["no", "yes"])
    >>> scoring.add(["no", "yes", "yes", "maybe"], np.array([0, 1, 0, 1]), np.full(4, 0.75))
    >>> scoring.accuracy, scoring.unseen, scoring.confusion["yes", "no"]
    (0.5, {'maybe': 1}, 1)
    >>> [(each.label, each.precision, each.recall) for each in scoring.labels()]
    [('no', 0.5, 1.0), ('yes', 0.5, 0.5), ('maybe', 0.0, 0.0)]
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        """The labels that the network knows, in the order of their ids."""
        self.confusion: Counter[tuple[str, str]] = Counter()
        """How many documents have the one label and were predicted the other."""
        self._in_bin_B = np.zeros(BINS, np.int64)
        self._right_in_bin_B = np.zeros(BINS, np.int64)
        self._sum_of_bin_B = np.zeros(BINS)

    def add(
        self, given_N: Iterable[str], predicted_N: np.ndarray, probability_N: np.ndarray
    ) -> None:
        """Count documents: their labels, the ids of those predicted, and their probabilities."""
        pairs = [
            (given, self.names[best])
            for given, best in zip(given_N, predicted_N.tolist(), strict=True)
        ]
        self.confusion.update(pairs)
        right_N = np.array([given == best for given, best in pairs], bool)
        bins_N = np.clip(np.ceil(probability_N * BINS).astype(np.int64) - 1, 0, BINS - 1)
        self._in_bin_B += np.bincount(bins_N, minlength=BINS)
        self._right_in_bin_B += np.bincount(bins_N[right_N], minlength=BINS)
        self._sum_of_bin_B += np.bincount(bins_N, probability_N, minlength=BINS)

    @property
    def documents(self) -> int:
        """How many documents there were."""
        return self.confusion.total()

    @property
    def accuracy(self) -> float:
        """The share of the documents whose label was predicted."""
        right = sum(count for (given, best), count in self.confusion.items() if given == best)
        return right / self.documents

    @property
    def macro_f1(self) -> float:
        """The mean of the F1 of the labels that were given or predicted."""
        scores = self.labels()
        return sum(each.f1 for each in scores) / len(scores)

    @property
    def calibration_error(self) -> float:
        """The expected calibration error."""
        gaps_B = np.abs(self._right_in_bin_B - self._sum_of_bin_B)
        return float(gaps_B.sum() / self.documents)

    @property
    def confidence(self) -> float:
        """The mean probability of the labels that were predicted."""
        return float(self._sum_of_bin_B.sum() / self.documents)

    @property
    def unseen(self) -> dict[str, int]:
        """The labels that the network does not know, in order, with their documents."""
        support = self._given()
        return {name: support[name] for name in self.found() if name not in self.names}

    def found(self) -> list[str]:
        """Return the labels that were given or predicted: those of the network, then others."""
        seen = {label for pair in self.confusion for label in pair}
        known = [name for name in self.names if name in seen]
        return known + sorted(seen - set(known))

    def labels(self) -> list[LabelScore]:
        """Return a score for each label that was given or predicted."""
        given, predicted = self._given(), Counter[str]()
        for (_, best), count in self.confusion.items():
            predicted[best] += count
        scores = []
        for name in self.found():
            right = self.confusion[name, name]
            precision = right / predicted[name] if predicted[name] else 0.0
            recall = right / given[name] if given[name] else 0.0
            f1 = 2 * right / (predicted[name] + given[name])
            scores.append(LabelScore(name, precision, recall, f1, given[name]))
        return scores

    def _given(self) -> Counter[str]:
        given: Counter[str] = Counter()
        for (name, _), count in self.confusion.items():
            given[name] += count
        return given
