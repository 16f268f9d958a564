"""Rotate one table into the space of another, so that their vectors can be compared.

Two training runs give two spaces whose axes have nothing to do with each other. The rotation (or
reflection) that brings the rows of shared words closest together is the orthogonal Procrustes
solution: with U S V' the singular value decomposition of A'B it is UV' (Schönemann 1966, "A
generalized solution of the orthogonal Procrustes problem"; for tables of two decades: Hamilton,
Leskovec and Jurafsky 2016, "Diachronic Word Embeddings Reveal Statistical Laws of Semantic
Change"). Rows are scaled to length 1 before, so that no word counts more than others. A rotation
changes no cosine within the table.

S shared words   N anchors   D columns
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tables.similarity import unit_rows
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.tables.tokens import as_written

BLOCK_ROWS = 1 << 14  # that are widened to float64 at a time


def shared_words(one: Table, other: Table) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return the words that both have, in the first one's order, and their rows: (S,) int64 each.

    A text dump escapes white space in tokens, Parquet does not; such tokens count as the same.
    """
    rows, other_rows = rows_by_word(one.tokens), rows_by_word(other.tokens)
    shared = [word for word in rows if word in other_rows]
    places = [np.array([each[word] for word in shared], np.int64) for each in (rows, other_rows)]
    return shared, places[0], places[1]


def rows_by_word(tokens: pa.StringArray) -> dict[str, int]:
    """Return the first row of each token, as a text dump spells it."""
    rows: dict[str, int] = {}
    for row, token in enumerate(tokens.to_pylist()):
        rows.setdefault(as_written(token, "word2vec"), row)
    return rows


def rotation(one_ND: np.ndarray, other_ND: np.ndarray) -> np.ndarray:
    """Return the orthogonal matrix that brings rows closest to the others, (D, D) float64.

    Raise DataError for tables of different widths, or without a row.

    >>> rotation(np.array([[1, 0], [0, 2.0]]), np.array([[0, 1], [-1.0, 0]])).round(6) + 0
    array([[ 0.,  1.],
           [-1.,  0.]])
    """
    if one_ND.shape[1] != other_ND.shape[1]:
        raise DataError(
            f"tables of {one_ND.shape[1]} and {other_ND.shape[1]} columns cannot be aligned",
            hint="train both with the same --dim, or dump both with the same --pca",
        )
    if not len(one_ND):
        raise DataError("there is no word by which to align the tables", hint="see --anchor")
    products_DD = np.zeros((one_ND.shape[1], one_ND.shape[1]))
    for begin in range(0, len(one_ND), BLOCK_ROWS):
        block = slice(begin, begin + BLOCK_ROWS)
        one, other = unit_rows(one_ND[block]), unit_rows(other_ND[block])
        products_DD += one.astype(np.float64).T @ other.astype(np.float64)
    left, _, right = np.linalg.svd(products_DD)
    turned_DD: np.ndarray = left @ right
    return turned_DD


def rotated(vectors_VD: np.ndarray, rotation_DD: np.ndarray) -> np.ndarray:
    """Return the rows in the other space, float32."""
    found_VD = np.empty(vectors_VD.shape, np.float32)
    for begin in range(0, len(vectors_VD), BLOCK_ROWS):
        block = slice(begin, begin + BLOCK_ROWS)
        found_VD[block] = vectors_VD[block].astype(np.float64) @ rotation_DD
    return found_VD


def cosines(one_ND: np.ndarray, other_ND: np.ndarray) -> np.ndarray:
    """Return the cosine of each row with the other of its place, (N,) float64."""
    units = unit_rows(one_ND), unit_rows(other_ND)
    found_N: np.ndarray = np.einsum("nd,nd->n", *units, dtype=np.float64)
    clipped_N: np.ndarray = np.clip(found_N, -1, 1)
    return clipped_N
