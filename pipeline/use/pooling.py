"""The vectors of a document's tokens → a vector of the document.

    n documents   V tokens of the vocabulary   D columns

`mean` is the mean of the tokens' vectors. SIF is that of Arora, Liang and Ma 2017, "A Simple but
Tough-to-Beat Baseline for Sentence Embeddings": a token of relative frequency p weighs a / (a + p),
and from each vector its part along the first singular vector of all documents' vectors is taken
away. That vector is the leading eigenvector of the sum of their outer products, D×D, so that one
pass over the documents finds it in little memory.
"""

from __future__ import annotations

import numpy as np

from corpus2vec.pipeline.training.documents import Documents

WEIGHT = 1e-3
"""The paper's a."""
NUMBERS = 1 << 21
"""Numbers of tokens' vectors in memory at a time; a long document may have more."""


class Pooling:
    """The mean of the vectors of a document's tokens, each with its weight.

    >>> pooling = Pooling(np.array([[1, 0], [0, 1]], np.float32), np.array([1, 0.5], np.float32))
    >>> pooling(Documents(np.array([0, 1, 1]), np.array([0, 2, 3]))).tolist()
    [[0.5, 0.25], [0.0, 0.5]]
    """

    def __init__(
        self, vectors_VD: np.ndarray, weights_V: np.ndarray, has_row_V: np.ndarray | None = None
    ) -> None:
        self._vectors_VD = vectors_VD if (weights_V == 1).all() else vectors_VD * weights_V[:, None]
        self._has_row_V = has_row_V

    def __call__(self, documents: Documents) -> np.ndarray:
        """Return a vector (n, D) float32 for each document, which has one token or more.

        Tokens without a row do not count; a document of no other tokens gets zeros.
        """
        dim = self._vectors_VD.shape[1]
        found_nD = np.zeros((len(documents), dim), np.float32)
        begin = 0
        while begin < len(documents):
            room = documents.offsets[begin] + max(1, NUMBERS // dim)
            end = max(begin + 1, int(np.searchsorted(documents.offsets, room, "right")) - 1)
            first, last = documents.offsets[begin], documents.offsets[end]
            ids = documents.ids_n[first:last]
            starts = documents.offsets[begin:end] - first
            sums = np.add.reduceat(self._vectors_VD[ids], starts, axis=0)
            number = np.diff(documents.offsets[begin : end + 1])
            if self._has_row_V is not None:
                number = np.add.reduceat(self._has_row_V[ids].astype(np.int64), starts)
            found_nD[begin:end] = sums / np.maximum(number, 1)[:, None]
            begin = end
        return found_nD


def sif_weights(counts_V: np.ndarray) -> np.ndarray:
    """Return the weight of each token, float32.

    >>> sif_weights(np.array([999, 1])).round(3).tolist()
    [0.0010000000474974513, 0.5]
    """
    share_V = counts_V / max(1, counts_V.sum())
    weights: np.ndarray = (WEIGHT / (WEIGHT + share_V)).astype(np.float32)
    return weights


class Common:
    """What vectors have in common: the first singular vector of all that were added."""

    def __init__(self, dim: int) -> None:
        self._moment_DD = np.zeros((dim, dim))

    def add(self, vectors_nD: np.ndarray) -> None:
        """Take vectors into account."""
        wide_nD = vectors_nD.astype(np.float64)
        self._moment_DD += wide_nD.T @ wide_nD

    def direction(self) -> np.ndarray:
        """Return it, (D,) float32, of length 1; its sign means nothing."""
        _, directions = np.linalg.eigh(self._moment_DD)
        leading: np.ndarray = directions[:, -1].astype(np.float32)
        return leading


def without(vectors_nD: np.ndarray, direction_D: np.ndarray) -> np.ndarray:
    """Return vectors without their part along a direction of length 1."""
    left: np.ndarray = vectors_nD - (vectors_nD @ direction_D)[:, None] * direction_D
    return left
