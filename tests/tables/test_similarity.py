"""Nearness: the same answers as sorting all products, ties by id."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from corpus2vec.pipeline.tables import similarity
from corpus2vec.pipeline.tables.similarity import nearest, unit_rows


def test_unit_rows_have_length_one_and_zeros_stay():
    unit = unit_rows(np.array([[3, 4], [0, 0]], np.float32))
    assert unit.dtype == np.float32
    assert np.allclose(unit, [[0.6, 0.8], [0, 0]])


def test_rows_of_any_length_that_float32_has_become_unit_rows():
    lengths = np.array([1e-44, 1e-31, 1e-20, 1, 1e38], np.float32)
    unit = unit_rows(lengths[:, None] * np.array([[1, 0, 1]], np.float32))
    assert np.allclose(np.linalg.norm(unit, axis=1), 1)


@pytest.mark.parametrize("cells", [1, 100, 1 << 24])
def test_the_nearest_are_those_of_a_sort(monkeypatch, cells):
    monkeypatch.setattr(similarity, "CELLS", cells)
    monkeypatch.setattr(similarity, "QUERIES", 1)
    random = np.random.default_rng(1)
    table = unit_rows(random.normal(size=(50, 6)).astype(np.float32))
    queries = random.normal(size=(7, 6)).astype(np.float32)
    ids, products = nearest(table, queries, 5)
    expected = np.argsort(-(queries @ table.T), axis=1, kind="stable")[:, :5]
    assert (ids == expected).all()
    assert np.allclose(products, np.take_along_axis(queries @ table.T, expected, 1))


def test_of_equals_the_smaller_id_comes_first():
    ids, _ = nearest(np.ones((4, 1), np.float32), np.ones((1, 1), np.float32), 3)
    assert ids.tolist() == [[0, 1, 2]]


def test_excluded_rows_are_no_answers():
    table = np.eye(3, dtype=np.float32)
    ids, products = nearest(table, table, 9, np.array([[0, -1], [1, 2], [-1, -1]]))
    assert ids.tolist() == [[1, 2, -1], [0, -1, -1], [2, 0, 1]]
    assert products[1].tolist() == [0, -np.inf, -np.inf]


@given(
    products=arrays(np.float32, st.integers(1, 400), elements=st.sampled_from([-np.inf, 0, 1, 2])),
    top=st.integers(1, 12),
)
def test_the_largest_are_the_first_of_a_stable_sort(products, top):
    ids, found = nearest(products[:, None], np.ones((1, 1), np.float32), top)
    expected = np.argsort(-products, kind="stable")[:top]
    assert found[0].tolist() == products[expected].tolist()
    assert ids[0].tolist() == [row if products[row] > -np.inf else -1 for row in expected]
