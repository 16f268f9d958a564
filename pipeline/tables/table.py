"""The embedding table as a value: tokens, vectors, and what else is known of each row."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from corpus2vec.pipeline.config import DumpConfig


@dataclass(frozen=True)
class Table:
    """V tokens and their vectors."""

    tokens: pa.StringArray
    vectors_VD: np.ndarray
    """(V, D) float32. It may lie in a file and be read-only."""
    counts: np.ndarray | None = None
    """(V,) int64."""
    ids: np.ndarray | None = None
    """(V,) int64: each row's id in the vocabulary; None where the rows are in its order."""
    unk: str | None = None
    """The token that stands for all others, if it is among them."""
    language: str = "xx"
    """spaCy's code; xx is any."""

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def dim(self) -> int:
        """Columns of the table."""
        return int(self.vectors_VD.shape[1])

    def taken(self, rows: np.ndarray) -> Table:
        """The table of these rows, in this order; `rows` are numbers, or a truth value a row."""
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
    """The rows that --top leaves, as --order wants them; equal counts stay in the order of ids.

    >>> table = Table(pa.array(["a", "b", "c"]), np.zeros((3, 1)), np.array([1, 3, 2]))
    >>> arranged(table, DumpConfig(order="frequency", top=2)).tokens.to_pylist()
    ['b', 'c']
    """
    top = config.top or len(table)
    if table.counts is None or (config.order == "id" and top >= len(table)):
        return table
    rows = np.argsort(-table.counts, kind="stable")[:top]
    return table.taken(np.sort(rows) if config.order == "id" else rows)
