"""The nearest rows of a table by cosine: exact, by blocked matrix products.

Arrays in, arrays out: nothing here knows a token or a file.

V rows   D columns   Q queries   K nearest ones
"""

from __future__ import annotations

import numpy as np

CELLS = 1 << 24
"""Cosines in memory at a time: 64 MB, or those of QUERIES queries if that is more."""
QUERIES = 32
"""Least queries at a time: with fewer, reading the table costs more than the products."""
STRIDE = 64
"""Products whose maximum is looked at first."""
TINY = 1e-30
"""Shorter rows are scaled in float64: one over their length overflows float32."""


def unit_rows(vectors_VD: np.ndarray) -> np.ndarray:
    """Scale each row to length 1, float32; a row of zeros stays zero."""
    lengths_V = np.sqrt(np.einsum("vd,vd->v", vectors_VD, vectors_VD, dtype=np.float64))
    scale_V = 1 / np.where(lengths_V > TINY, lengths_V, 1)
    unit_VD: np.ndarray = vectors_VD * scale_V[:, None].astype(np.float32)
    tiny = np.flatnonzero((lengths_V > 0) & (lengths_V <= TINY))
    unit_VD[tiny] = vectors_VD[tiny] / lengths_V[tiny, None]
    return unit_VD


def nearest(
    unit_VD: np.ndarray, queries_QD: np.ndarray, top: int, excluded_QX: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows with the largest products for each query: ids (Q, K) int64, products (Q, K).

    Largest first; of equal ones, the smaller id first. K is `top`, or V if that is less.
    `excluded_QX` names rows that are no answers to a query; -1 names none. Where there are fewer
    than K answers, the last ids are -1 and their products -inf.

    >>> nearest(np.array([[1, 0], [0, 1]], np.float32), np.array([[0.5, 2]], np.float32), 1)
    (array([[1]]), array([[2.]], dtype=float32))
    """
    top = min(top, len(unit_VD))
    ids_QK = np.empty((len(queries_QD), top), np.int64)
    products_QK = np.empty((len(queries_QD), top), np.float32)
    size = max(QUERIES, CELLS // max(1, len(unit_VD)))
    for begin in range(0, len(queries_QD), size):
        block = slice(begin, begin + size)
        products_BV = queries_QD[block] @ unit_VD.T
        if excluded_QX is not None:
            rows, columns = np.nonzero(excluded_QX[block] >= 0)
            products_BV[rows, excluded_QX[block][rows, columns]] = -np.inf
        for row, products_V in enumerate(products_BV, begin):
            best = _largest(products_V, top)
            ids_QK[row] = np.where(products_V[best] > -np.inf, best, -1)
            products_QK[row] = products_V[best]
    return ids_QK, products_QK


def _largest(products_V: np.ndarray, top: int) -> np.ndarray:
    """Return where the `top` largest are, largest first; of equal ones, the first first.

    Sorting all products would cost as much as computing them. The `top`-th largest of the maxima of
    strides is a lower bound for the `top`-th largest product, few products reach it, and maxima are
    cheap.
    """
    if top == 1:
        return np.array([products_V.argmax()])
    whole = len(products_V) - len(products_V) % STRIDE
    maxima = products_V[:whole].reshape(-1, STRIDE).max(axis=1)
    least = np.partition(maxima, -top)[-top] if 0 < top <= len(maxima) else -np.inf
    candidates = np.flatnonzero(products_V >= least)
    order = np.lexsort((candidates, -products_V[candidates]))
    best: np.ndarray = candidates[order[:top]]
    return best
