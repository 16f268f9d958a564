"""Which rows of a table are dumped, and in what order."""

import numpy as np
import pyarrow as pa
import pytest

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.tables.writing import prepare

VECTORS = np.random.default_rng(1).standard_normal((50, 6), np.float32)
TABLE = Table(pa.array([f"w{row}" for row in range(5)]), VECTORS[:5], np.array([1, 3, 2, 3, 1]))


@pytest.mark.parametrize(
    ("settings", "rows"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"order": "frequency"}, [1, 3, 2, 0, 4]),
        ({"top": 3}, [1, 2, 3]),
        ({"top": 3, "order": "frequency"}, [1, 3, 2]),
        ({"top": 9}, [0, 1, 2, 3, 4]),
        ({"top": 4}, [0, 1, 2, 3]),
    ],
)
def test_rows_are_those_asked_for_and_keep_what_belongs_to_them(settings, rows):
    ready, _ = prepare(TABLE, DumpConfig(format="parquet", **settings))
    assert ready.tokens.to_pylist() == [f"w{row}" for row in rows]
    assert ready.vectors_VD.tobytes() == VECTORS[rows].tobytes()
    assert ready.counts.tolist() == TABLE.counts[rows].tolist()
    assert (list(range(5)) if ready.ids is None else ready.ids.tolist()) == rows
