"""A model's tables become one: chosen, freed of components, reduced, scaled, rounded."""

import numpy as np
import pytest

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.errors import DataError, PipelineError, UsageError
from corpus2vec.pipeline.tables.combining import (
    combine,
    joined,
    postprocess,
    reduced,
    require_finite,
    resolved,
)

READ = np.array([[3.0, 4.0], [0.0, 2.0], [0.0, 0.0]], np.float32)
COMPARED = np.array([[0.0, 5.0], [1.0, 0.0], [0.0, -9.0]], np.float32)


def test_the_sum_is_of_unit_rows_and_a_row_of_zeros_adds_nothing():
    expected = [[0.6, 1.8], [1, 1], [0, -1]]
    found = joined(READ, COMPARED, "sum")
    assert np.allclose(found, expected)
    assert found.dtype == np.float32


def test_side_by_side_rows_keep_their_columns():
    found = joined(READ, COMPARED[:, :1], "concat")
    assert np.allclose(found, [[0.6, 0.8, 0], [0, 1, 1], [0, 0, 0]])


def test_one_table_is_as_it_was_trained():
    assert joined(READ, COMPARED, "input") is READ
    assert joined(READ, COMPARED, "output") is COMPARED


@pytest.mark.parametrize(
    ("how", "objective", "has_output", "expected"),
    [
        ("auto", "context", True, "sum"),
        ("auto", "lm", False, "input"),
        ("auto", "lm", True, "input"),
        ("auto", "classify", False, "input"),
        ("output", "lm", False, "input"),  # tied: they are one
        ("output", "lm", True, "output"),
        ("output", "context", True, "output"),
        ("output", "classify", False, "output"),  # which is refused
        ("concat", "context", True, "concat"),
    ],
)
def test_which_table_is_meant_depends_on_what_was_trained(how, objective, has_output, expected):
    assert resolved(how, objective, has_output) == expected


def test_tables_are_joined_then_postprocessed():
    found = combine(READ, COMPARED, "sum", DumpConfig(normalize=True))
    assert np.allclose(
        found, postprocess(joined(READ, COMPARED, "sum"), DumpConfig(normalize=True))
    )
    assert combine(READ, None, "input", DumpConfig()) is READ


@pytest.mark.parametrize("settings", [{}, {"postprocess": "top1"}, {"dtype": "float16"}])
def test_a_table_that_is_not_finite_is_refused_before_anything_is_computed(settings):
    wrong = READ.copy()
    wrong[1, 0] = np.nan
    with pytest.raises(PipelineError, match=r"^row 1 of the table has a number that is not"):
        combine(wrong, None, "input", DumpConfig(**settings))


@pytest.mark.parametrize("how", ["output", "sum", "concat"])
def test_two_tables_of_one_are_refused(how):
    with pytest.raises(UsageError, match="this model has none of its own"):
        joined(READ, None, how)


def test_a_sum_of_tables_of_two_widths_is_refused():
    with pytest.raises(UsageError, match="have 2 and 1 columns"):
        joined(READ, COMPARED[:, :1], "sum")


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
    with pytest.raises(DataError, match="above 65504, the largest that float16 holds"):
        postprocess(np.array([[1e6]], np.float32), DumpConfig(dtype="float16"))


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_a_table_that_is_not_finite_is_refused_by_row(number):
    vectors = VECTORS.copy()
    vectors[17, 2] = number
    with pytest.raises(PipelineError, match=r"^row 17 of the table has a number") as caught:
        require_finite(vectors)
    assert caught.value.exit_code == 70
