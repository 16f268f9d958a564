"""Neighbours, analogies and similarities: gensim's answers."""

import numpy as np
import pyarrow as pa
import pytest
from gensim.models import KeyedVectors

from corpus2vec.pipeline.ask.queries import Space
from corpus2vec.pipeline.tables.table import Table

TOKENS = [f"w{row}" for row in range(200)]


@pytest.fixture(scope="module")
def vectors():
    return np.random.default_rng(1).normal(size=(200, 12)).astype(np.float32)


@pytest.fixture(scope="module")
def space(vectors):
    return Space(Table(pa.array(TOKENS), vectors))


@pytest.fixture(scope="module")
def keyed(vectors):
    found = KeyedVectors(12)
    found.add_vectors(TOKENS, vectors)
    return found


def same(found, expected):
    assert [each.token for each in found] == [token for token, _ in expected]
    assert [each.cosine for each in found] == pytest.approx([near for _, near in expected])


def test_neighbors_are_gensims(space, keyed):
    for row, found in zip((0, 7, 199), space.neighbors((0, 7, 199), 10), strict=True):
        same(found, keyed.most_similar(f"w{row}", topn=10))


def test_analogies_are_gensims(space, keyed):
    asked = [(1, 2, 3), (50, 4, 50)]
    for (a, b, c), found in zip(asked, space.analogies(asked, 5), strict=True):
        same(found, keyed.most_similar([f"w{b}", f"w{c}"], [f"w{a}"], topn=5))


def test_similarities_are_gensims(space, keyed):
    found = space.similarity([(1, 2), (3, 3)])
    assert found == pytest.approx([keyed.similarity("w1", "w2"), 1])
    assert found[1] <= 1


def test_the_table_may_have_less_than_was_asked_for():
    space = Space(Table(pa.array(["a", "b"]), np.eye(2, dtype=np.float32)))
    [near] = space.neighbors([0], 10)
    assert [(each.token, each.cosine) for each in near] == [("b", 0)]
    assert [near.token for near in space.analogies([(0, 0, 0)], 10)[0]] == ["b"]
    assert space.analogies([(0, 1, 0)], 10) == [[]]
    assert space.neighbors([], 10) == space.analogies([], 10) == space.similarity([]) == []
