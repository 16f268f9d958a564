"""The embedding table as a value: tokens, vectors, and what else is known of each row.

Nothing here opens a file. V rows   D columns
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from corpus2vec.pipeline.config import DumpConfig


@dataclass(frozen=True)
class Table:
    """V tokens and their vectors."""

    tokens: pa.StringArray
    vectors_VD: np.ndarray
    """(V, D) float32. It may be mapped from a file and read-only."""
    counts: np.ndarray | None = None
    """(V,) int64: how often each token occurs in the corpus; None where that is not known."""
    ids: np.ndarray | None = None
    """(V,) int64: each row's id in the vocabulary; None where the rows are in the order of ids."""
    unk: str | None = None
    """The token that represents all unknown ones, if it is one of the tokens."""
    language: str = "xx"
    """spaCy's code of the corpus's language; xx is any."""

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def dim(self) -> int:
        """Columns of the table."""
        return int(self.vectors_VD.shape[1])

    @property
    def known_counts(self) -> np.ndarray:
        """(V,) int64: the counts; zeros where they are not known."""
        return np.zeros(len(self), np.int64) if self.counts is None else self.counts

    @property
    def known_ids(self) -> np.ndarray:
        """(V,) int64: the ids, also where the rows are in their order."""
        return np.arange(len(self)) if self.ids is None else self.ids

    def blocks(self, numbers: int) -> Iterator[slice]:
        """Yield all rows in slices that have at most so many numbers, or one row.

        >>> list(Table(pa.array(["a", "b", "c"]), np.zeros((3, 2))).blocks(4))
        [slice(0, 2, None), slice(2, 3, None)]
        """
        rows = max(1, numbers // max(1, self.dim))
        for begin in range(0, len(self), rows):
            yield slice(begin, min(begin + rows, len(self)))

    def taken(self, rows: np.ndarray) -> Table:
        """Return the table of these rows, in this order: row numbers, or a bool for each row."""
        if rows.dtype == bool:
            rows = np.flatnonzero(rows)
        return replace(
            self,
            tokens=self.tokens.take(pa.array(rows)),
            vectors_VD=self.vectors_VD[rows],
            counts=None if self.counts is None else self.counts[rows],
            ids=rows if self.ids is None else self.ids[rows],
        )


def arranged(table: Table, config: DumpConfig) -> Table:
    """Return the rows that --top keeps, in the order of --order; equal counts stay in id order.

    >>> table = Table(pa.array(["a", "b", "c"]), np.zeros((3, 1)), np.array([1, 3, 2]))
    >>> arranged(table, DumpConfig(order="frequency", top=2)).tokens.to_pylist()
    ['b', 'c']
    """
    top = config.top or len(table)
    if table.counts is None or (config.order == "id" and top >= len(table)):
        return table
    rows = np.argsort(-table.counts, kind="stable")[:top]
    return table.taken(np.sort(rows) if config.order == "id" else rows)
