"""Rows and columns of a dump: order, --top, --pca, --normalize, --dtype."""

import numpy as np
import pyarrow as pa
import pytest

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.errors import DataError, PipelineError
from corpus2vec.pipeline.tables.combining import postprocess, reduced, require_finite
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


def test_principal_components_are_those_of_the_singular_values():
    found = reduced(VECTORS, 3)
    centered = VECTORS - VECTORS.mean(0, dtype=np.float64)
    left, sizes, _ = np.linalg.svd(centered, full_matrices=False)
    expected = (left * sizes)[:, :3]
    signs = np.sign((expected * found).sum(0))
    np.testing.assert_allclose(found, expected * signs, atol=1e-5)
    assert found.dtype == np.float32


def test_all_components_keep_every_distance():
    found = reduced(VECTORS, 6)
    before = np.linalg.norm(VECTORS[:, None] - VECTORS[None], axis=2)
    np.testing.assert_allclose(
        np.linalg.norm(found[:, None] - found[None], axis=2), before, atol=1e-4
    )


def test_a_component_has_the_same_direction_in_a_table_that_is_turned_around():
    np.testing.assert_allclose(reduced(-VECTORS, 6), -reduced(VECTORS, 6), atol=1e-5)


def test_the_components_do_not_depend_on_the_blocks(monkeypatch):
    whole = reduced(VECTORS, 4)
    monkeypatch.setattr("corpus2vec.pipeline.tables.combining.BLOCK_ROWS", 7)
    np.testing.assert_allclose(reduced(VECTORS, 4), whole, atol=1e-6)


def test_more_components_than_columns_are_refused():
    with pytest.raises(DataError, match="--pca 7 is more than the table's 6 columns"):
        postprocess(VECTORS, DumpConfig(pca=7))


def test_rows_are_scaled_after_they_were_reduced():
    found = postprocess(VECTORS, DumpConfig(pca=2, normalize=True))
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    assert found.shape == (50, 2)


def test_a_row_of_zeros_has_no_direction():
    zeros = np.zeros((2, 3), np.float32)
    assert postprocess(zeros, DumpConfig(normalize=True)).tolist() == zeros.tolist()


def test_half_precision_rounds_the_numbers():
    found = postprocess(VECTORS, DumpConfig(dtype="float16"))
    assert found.dtype == np.float32
    assert (found == VECTORS.astype(np.float16)).all()


def test_numbers_that_half_precision_cannot_hold_are_refused():
    with pytest.raises(DataError, match="more than 65504, and float16 holds no such"):
        postprocess(np.array([[1e6]], np.float32), DumpConfig(dtype="float16"))


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_a_table_that_is_not_finite_is_refused_by_row(number):
    vectors = VECTORS.copy()
    vectors[17, 2] = number
    with pytest.raises(PipelineError, match=r"^row 17 of the table has a number") as caught:
        require_finite(vectors)
    assert caught.value.exit_code == 70
