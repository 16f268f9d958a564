"""Nearest neighbours, analogies and cosines in a table of word vectors.

Exact: every row is compared, nothing is approximated. Several questions at once cost little more
than one, since the table is read once for all of them.

Q questions   K answers to each   X rows that are no answer   V rows   D columns
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from corpus2vec.pipeline.ask.words import Words
from corpus2vec.pipeline.tables.similarity import nearest, unit_rows
from corpus2vec.pipeline.tables.table import Table


@dataclass(frozen=True)
class Near:
    """An answer: a token of the table, and its cosine with the query."""

    token: str
    cosine: float


class Space:
    """A table that answers questions about its rows; `words` finds the rows of words.

    >>> import pyarrow as pa
    >>> vectors = np.array([[1, 0], [4, 3], [0, 1]], np.float32)
    >>> space = Space(Table(pa.array(["see", "you", "soon"]), vectors))
    >>> space.neighbors([space.words.row("see")], top=1)
    [[Near(token='you', cosine=0.8)]]
    """

    def __init__(self, table: Table, answers: int | None = None) -> None:
        """`answers`: only the first so many rows are answers; the others can be asked about."""
        self.words = Words(table.tokens)
        self._table = table
        self._answers = answers

    @cached_property
    def _unit_VD(self) -> np.ndarray:
        """Each row, scaled to length 1: a second table, which a mere look at rows does not need."""
        return unit_rows(self._table.vectors_VD)

    def neighbors(self, rows: Sequence[int], top: int) -> list[list[Near]]:
        """Return the `top` tokens nearest to each row by cosine, nearest first, without itself."""
        rows_Q = np.array(rows, np.int64)
        return self._near(self._unit_VD[rows_Q], top, rows_Q[:, None])

    def analogies(self, rows: Sequence[Sequence[int]], top: int) -> list[list[Near]]:
        """Return for each (a, b, c) the `top` tokens nearest to b - a + c, without these three.

        3CosAdd on unit rows: Mikolov, Yih and Zweig 2013, "Linguistic Regularities in Continuous
        Space Word Representations".
        """
        rows_Q3 = np.array(rows, np.int64).reshape(-1, 3)
        a, b, c = self._unit_VD[rows_Q3].transpose(1, 0, 2)
        return self._near(unit_rows(b - a + c), top, rows_Q3)

    def similarity(self, rows: Sequence[Sequence[int]]) -> list[float]:
        """Return the cosine of each pair of rows."""
        rows_Q2 = np.array(rows, np.int64).reshape(-1, 2)
        one, other = self._unit_VD[rows_Q2].transpose(1, 0, 2)
        cosines_Q: np.ndarray = np.einsum("qd,qd->q", one, other)
        return _numbers(cosines_Q)

    def _near(self, queries_QD: np.ndarray, top: int, excluded_QX: np.ndarray) -> list[list[Near]]:
        answers_AD = self._unit_VD[: self._answers]
        excluded_QX = np.where(excluded_QX < len(answers_AD), excluded_QX, -1)
        ids_QK, cosines_QK = nearest(answers_AD, queries_QD, top, excluded_QX)
        tokens = self.words.tokens
        return [
            [
                Near(tokens[row], cosine)
                for row, cosine in zip(ids.tolist(), _numbers(cosines), strict=True)
                if row >= 0
            ]
            for ids, cosines in zip(ids_QK, cosines_QK, strict=True)
        ]


def _numbers(values: np.ndarray) -> list[float]:
    """Return float32 cosines as floats that print with as few digits."""
    return [float(str(value)) for value in np.clip(values, -1, 1)]  # rounding may pass 1
