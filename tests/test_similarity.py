"""Nearness: the same answers as sorting all products, ties by id."""

import numpy as np
import pytest

from pipeline import similarity
from pipeline.similarity import nearest, unit_rows


def test_unit_rows_have_length_one_and_zeros_stay():
    unit = unit_rows(np.array([[3, 4], [0, 0]], np.float32))
    assert unit.dtype == np.float32
    assert np.allclose(unit, [[0.6, 0.8], [0, 0]])


@pytest.mark.parametrize("cells", [1, 100, 1 << 24])
def test_the_nearest_are_those_of_a_sort(monkeypatch, cells):
    monkeypatch.setattr(similarity, "CELLS", cells)
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
