"""A model's tables become one: chosen, freed of components, reduced, scaled, rounded."""

import numpy as np
import pytest

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.errors import DataError, PipelineError, UsageError
from corpus2vec.pipeline.tables.combining import combine, postprocess, reduced, require_finite

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


VECTORS = np.random.default_rng(1).standard_normal((50, 6), np.float32)


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
