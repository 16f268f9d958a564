"""Which words may be the ends of a phrase, and the numbers of the words there."""

import numpy as np
import pyarrow as pa
import pytest

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.phrases import candidates
from corpus2vec.pipeline.phrases.candidates import (
    HALF,
    LOW,
    MOST_BETWEEN,
    Heads,
    find_candidates,
    interned_connectors,
)
from corpus2vec.pipeline.strings.interner import Interner
from corpus2vec.pipeline.strings.slices import Slices


def ends(numbers, lengths, connectors):
    found, ordinals = find_candidates(
        np.array(numbers, np.int32), np.array(lengths, np.int64), connectors
    )
    return list(zip(found.left.tolist(), found.right.tolist(), ordinals.tolist(), strict=True))


@pytest.mark.parametrize("connectors", [0, 1])
def test_a_candidate_never_crosses_a_border_of_documents(connectors):
    assert ends([5, 6, 7, 8, 9], [2, 0, 1, 2, 0], connectors) == [(0, 1, 0), (3, 4, 3)]
    assert ends([5, 6], [1, 1], connectors) == []
    assert ends([], [], connectors) == ends([], [0, 0], connectors) == []


def test_connectors_may_be_between_but_not_at_an_end():
    assert ends([0, 5, 0, 1, 6, 1], [6], 2) == [(1, 4, 0)]
    assert ends([5, 0, 0, 6], [2, 2], 2) == []  # a document ends between
    assert ends([0, 1], [2], 2) == []


def test_a_word_without_a_number_is_no_connector():
    assert ends([-1, 0, 5], [3], 1) == [(0, 2, 0)]


def test_words_that_are_too_far_apart_are_no_candidate():
    near, far = [5, *[0] * MOST_BETWEEN, 6], [5, *[0] * (MOST_BETWEEN + 1), 6]
    assert ends(near, [len(near)], 1) == [(0, MOST_BETWEEN + 1, 0)]
    assert ends(far, [len(far)], 1) == []


def test_equal_heads_have_equal_numbers_and_others_have_others():
    text = np.array([7, 0, 1, 8, 0, 1, 7, 0, 1, 8, 1, 0, 7, 8])
    found, _ = find_candidates(text, np.array([len(text)]), 2)
    heads = Heads()
    numbers = heads.number(text, found, add=True)
    assert heads.words(numbers >> HALF) == [[7, 0, 1], [8, 0, 1], [7, 0, 1], [8, 1, 0], [7]]
    assert heads.firsts(numbers >> HALF).tolist() == [7, 8, 7, 8, 7]
    assert (numbers & LOW).tolist() == [8, 7, 8, 7, 8]
    assert numbers[0] == numbers[2]
    assert np.array_equal(heads.number(text, found, add=False), numbers)
    other = np.array([9, 0, 8])
    found, _ = find_candidates(other, np.array([3]), 2)
    new = heads.number(other, found, add=False)
    assert (new >> HALF).tolist() == [int(LOW)]


def test_connectors_have_the_lowest_numbers_and_must_be_few(monkeypatch):
    words = Interner()
    interned_connectors(words, ("of", "the", "of"))
    assert words.find(Slices.of(pa.array(["the", "of", "bank"]))).tolist() == [1, 0, -1]
    monkeypatch.setattr(candidates, "MOST_CONNECTORS", 2)
    with pytest.raises(DataError, match="there are 2 connector words, too many"):
        interned_connectors(Interner(), ("of", "the"))
