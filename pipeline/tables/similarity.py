"""Nearness of word vectors: cosines, exact, by blocked matrix products.

V rows   D columns   Q queries   K nearest ones
"""

from __future__ import annotations

import numpy as np

CELLS = 1 << 24
"""Cosines that are held at a time: 64 MB, or those of a few queries if they are more."""
QUERIES = 32
"""With fewer at a time, going through the table costs more than the products."""
STRIDE = 64
"""Products of which only the largest is looked at first."""
TINY = 1e-30
"""Rows shorter than that are scaled in float64: one over their length is no float32."""


def unit_rows(vectors_VD: np.ndarray) -> np.ndarray:
    """Each row scaled to length 1, float32; a row of zeros stays one."""
    lengths_V = np.sqrt(np.einsum("vd,vd->v", vectors_VD, vectors_VD, dtype=np.float64))
    scale_V = 1 / np.where(lengths_V > TINY, lengths_V, 1)
    unit_VD: np.ndarray = vectors_VD * scale_V[:, None].astype(np.float32)
    tiny = np.flatnonzero((lengths_V > 0) & (lengths_V <= TINY))
    unit_VD[tiny] = vectors_VD[tiny] / lengths_V[tiny, None]
    return unit_VD


def nearest(
    unit_VD: np.ndarray, queries_QD: np.ndarray, top: int, excluded_QX: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The rows with the largest products with each query: ids (Q, K) int64, products (Q, K).

    Largest first; of equal ones the smaller id first. K is `top`, or as many rows as there are.
    `excluded_QX` names rows that are not among a query's answers; -1 names none. With fewer answers
    than K the last ids are -1 and their products -inf.
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
    """Where the `top` largest ones are, largest first, of equal ones the first first.

    Finding a row's `top` largest would cost as much as the products. The `top`-th largest of the
    maxima of strides is no larger than the `top`-th largest of all, few are as large as it, and a
    maximum costs next to nothing.
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
