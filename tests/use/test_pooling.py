"""Vectors of tokens → vectors of documents."""

import numpy as np
import pytest

from corpus2vec.pipeline.training.documents import Documents
from corpus2vec.pipeline.use import pooling
from corpus2vec.pipeline.use.pooling import Common, Pooling, sif_weights, without

RANDOM = np.random.default_rng(1)
VECTORS = RANDOM.normal(size=(9, 4)).astype(np.float32)
LISTS = [[0], [1, 2, 2], [8] * 20, [3, 4], [5, 6, 7, 8]]
DOCUMENTS = Documents(
    np.concatenate(LISTS).astype(np.int32), np.cumsum([0, *map(len, LISTS)]).astype(np.int64)
)


@pytest.mark.parametrize("numbers", [1, 12, 1 << 21])
def test_a_document_is_the_mean_of_its_tokens_however_many_are_in_memory(monkeypatch, numbers):
    monkeypatch.setattr(pooling, "NUMBERS", numbers)
    weights = RANDOM.random(9).astype(np.float32)
    found = Pooling(VECTORS, weights)(DOCUMENTS)
    expected = [(VECTORS[ids] * weights[ids, None]).mean(0) for ids in LISTS]
    assert np.allclose(found, expected, atol=1e-6)


def test_a_token_without_a_row_does_not_count():
    has_row = np.arange(9) != 2
    known = np.where(has_row[:, None], VECTORS, 0)
    found = Pooling(known, np.ones(9, np.float32), has_row)(DOCUMENTS)
    assert np.allclose(found[1], VECTORS[1])
    assert not Pooling(known * 0, np.ones(9, np.float32), has_row & False)(DOCUMENTS).any()


def test_no_documents_are_no_rows():
    none = Documents(np.zeros(0, np.int32), np.zeros(1, np.int64))
    assert Pooling(VECTORS, np.ones(9, np.float32))(none).shape == (0, 4)


def test_the_common_direction_is_the_first_singular_vector():
    rows = RANDOM.normal(size=(50, 4)).astype(np.float32) + 3
    common = Common(4)
    for part in np.split(rows, [7, 30]):
        common.add(part)
    first = np.linalg.svd(rows.astype(np.float64))[2][0]
    assert abs(first @ common.direction()) == pytest.approx(1, abs=1e-6)
    expected = rows - rows @ np.outer(first, first)
    assert np.allclose(without(rows, common.direction()), expected, atol=1e-5)


def test_rare_tokens_weigh_more():
    weights = sif_weights(np.array([1, 10, 100, 0]))
    assert weights[3] == 1 > weights[0] > weights[1] > weights[2] > 0
