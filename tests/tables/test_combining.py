"""Of a model's tables, the one that was asked for; and what is taken out of it."""

import numpy as np
import pytest

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.tables.combining import combine, postprocess

READ = np.array([[3.0, 4.0], [0.0, 2.0], [0.0, 0.0]], np.float32)
COMPARED = np.array([[0.0, 5.0], [1.0, 0.0], [0.0, -9.0]], np.float32)


def test_the_sum_is_of_unit_rows_and_a_row_of_zeros_adds_nothing():
    expected = [[0.6, 1.8], [1, 1], [0, -1]]
    found = combine(READ, COMPARED, "sum")
    assert np.allclose(found, expected)
    assert found.dtype == np.float32


def test_side_by_side_rows_keep_their_columns():
    found = combine(READ, COMPARED[:, :1], "concat")
    assert np.allclose(found, [[0.6, 0.8, 0], [0, 1, 1], [0, 0, 0]])


def test_one_table_is_as_it_was_trained():
    assert combine(READ, COMPARED, "input") is READ
    assert combine(READ, COMPARED, "output") is COMPARED


@pytest.mark.parametrize("how", ["output", "sum", "concat"])
def test_two_tables_of_one_are_refused(how):
    with pytest.raises(UsageError, match="this model has none of its own"):
        combine(READ, None, how)


def test_a_sum_of_tables_of_two_widths_is_refused():
    with pytest.raises(UsageError, match="have 2 and 1 columns"):
        combine(READ, COMPARED[:, :1], "sum")


def test_centered_rows_have_no_mean_and_the_leading_directions_are_gone():
    random = np.random.default_rng(1)
    table = (random.normal(size=(200, 5)) * [9, 5, 1, 1, 1] + 3).astype(np.float32)
    centered = postprocess(table, DumpConfig(postprocess="center"))
    assert np.allclose(centered, table - table.mean(0), atol=1e-5)
    left = postprocess(table, DumpConfig(postprocess="top2"))
    spread = np.linalg.svd(left, compute_uv=False)
    expected = np.linalg.svd(table - table.mean(0), compute_uv=False)[2:]
    assert np.allclose(spread[:3], expected, rtol=1e-4)
    assert np.allclose(spread[3:], 0, atol=1e-3)
    assert postprocess(table, DumpConfig()) is table


def test_not_all_columns_can_be_taken_out():
    with pytest.raises(DataError, match="would leave nothing of 2 columns"):
        postprocess(READ, DumpConfig(postprocess="top2"))
