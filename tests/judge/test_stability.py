"""Stability: what all tables say of a word's neighbours."""

import numpy as np
import pytest

from corpus2vec.pipeline.config import CompareConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.judge.comparison import compare
from corpus2vec.pipeline.judge.stability import stability
from tests.support.tables import table

RANDOM = np.random.default_rng(1)
WORDS = [f"w{row}" for row in range(60)]
VECTORS = RANDOM.standard_normal((60, 8))
SMALL = CompareConfig(neighbors=5)


def turned(vectors, seed):
    turn = np.linalg.qr(np.random.default_rng(seed).standard_normal((8, 8)))[0]
    return table(WORDS, vectors @ turn)


def test_what_is_only_turned_is_wholly_stable():
    found = stability([turned(VECTORS, seed) for seed in range(3)], SMALL, 60)
    assert (found.stability, found.shared, found.words) == (1, 60, 60)
    assert [pair[:2] for pair in found.pairs] == [(0, 1), (0, 2), (1, 2)]
    assert {each.stability for each in found.least} == {1}


def test_a_word_that_is_elsewhere_in_one_table_is_the_least_stable():
    moved = VECTORS.copy()
    moved[7] = -moved[7]
    found = stability([turned(VECTORS, 1), turned(VECTORS, 2), turned(moved, 3)], SMALL, 1)
    [least] = found.least
    assert (least.word, least.stability) == ("w7", pytest.approx(1 / 3))
    assert least.neighbors[0] == least.neighbors[1] != least.neighbors[2]


def test_of_two_tables_it_is_the_overlap_that_compare_finds():
    two = [turned(VECTORS, 1), turned(VECTORS + RANDOM.standard_normal((60, 8)), 2)]
    assert stability(two, SMALL, 0).stability == pytest.approx(compare(*two, SMALL, 0).overlap)


def test_only_words_that_all_have_are_compared():
    few = table(WORDS[:9], VECTORS[:9])
    assert stability([turned(VECTORS, 1), few, few], SMALL, 0).shared == 9
    with pytest.raises(DataError, match="the tables share 2 words, which is too few"):
        stability([few, table(WORDS[:2]), few], SMALL, 0)
