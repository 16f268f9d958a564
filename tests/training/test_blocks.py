"""Blocks hold every document once, whatever the files that they came in, and groups every block."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.training import blocks as module
from corpus2vec.pipeline.training.blocks import Blocks, split
from corpus2vec.pipeline.training.documents import Documents
from tests.support.documents import documents, lists

some_parts = st.lists(
    st.lists(st.lists(st.integers(0, 99), max_size=9), max_size=6), min_size=1, max_size=4
)


@pytest.fixture(scope="module", autouse=True)
def small():
    """Blocks of 7 tokens, of which a group has 3."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", 7)
        patch.setattr(module, "GROUP", 3)
        patch.setattr(module, "DRAWN", 10)
        yield


def labelled(texts):
    return documents(*texts, labels=[len(each) for each in texts])


@given(some_parts)
@settings(deadline=None)
def test_blocks_have_all_documents_in_order_whatever_the_parts(parts):
    texts = [each for part in parts for each in part]
    blocks = Blocks.of(labelled(part) for part in parts)
    assert lists(Documents.joined(list(blocks))) == texts
    if texts:
        assert blocks.join(range(len(blocks))).labels.tolist() == [len(each) for each in texts]
    assert (blocks.documents, blocks.tokens) == (len(texts), sum(map(len, texts)))
    assert blocks.longest == max(map(len, texts), default=0)
    assert blocks.beyond(3) == sum(max(0, len(each) - 3) for each in texts)
    assert blocks.sizes.tolist() == [len(block.ids_n) for block in blocks]
    assert blocks.counts.tolist() == [len(block) for block in blocks]
    # Full, and not more than full, but for one document that is longer.
    for block, after in zip(list(blocks), list(blocks)[1:], strict=False):
        assert len(block) == 1 or len(block.ids_n) <= 7
        assert len(block.ids_n) + after.lengths[0] > 7
    again = Blocks.of([labelled(texts)])
    assert [lists(each) for each in again] == [lists(each) for each in blocks]


@given(some_parts)
@settings(deadline=None)
def test_without_labels_no_block_is_larger_than_a_block(parts):
    texts = [each for part in parts for each in part]
    blocks = Blocks.of(documents(*part) for part in parts)
    assert max(blocks.sizes) <= 7
    assert np.concatenate([each.ids_n for each in blocks]).tolist() == [
        each for ids in texts for each in ids
    ]
    assert (blocks.documents, blocks.longest) == (len(texts), max(map(len, texts), default=0))
    pieces = [each[at : at + 7] for each in texts for at in range(0, max(len(each), 1), 7)]
    assert lists(Documents.joined(list(blocks))) == pieces


def test_groups_have_every_block_once_drawn_by_the_seed():
    blocks = Blocks.of([documents(*([each] * 7 for each in range(20)))])
    assert [group.tolist() for group in blocks.groups(None)][:2] == [[0, 1, 2], [3, 4, 5]]
    first, second, again = (blocks.groups((1, 4, epoch)) for epoch in (0, 1, 0))
    for groups in (first, second):
        assert sorted(np.concatenate(groups)) == list(range(20))
        assert {len(group) for group in groups} == {2, 3}
    assert np.array_equal(np.concatenate(first), np.concatenate(again))
    assert not np.array_equal(np.concatenate(first), np.concatenate(second))
    assert lists(blocks.join([5, 2])) == [[5] * 7, [2] * 7]
    joined = [each for group in blocks.in_order() for each in lists(group)]
    assert joined == [[each] * 7 for each in range(20)]


# --- held-out documents ----------------------------------------------------------------------


@pytest.mark.parametrize("number", [9, 100, 103])
def test_a_split_divides_the_documents_by_seed(number):
    parts = [documents(*([each] for each in range(number)), labels=range(number))]
    training, held_out = (each.join(range(len(each))) for each in split(parts, number, 0.1, 1))
    assert (len(training), len(held_out)) == (number - len(held_out), max(1, round(number * 0.1)))
    assert sorted([*training.ids_n, *held_out.ids_n]) == list(range(number))
    assert training.labels.tolist() == training.ids_n.tolist() == sorted(training.ids_n)
    other = split(parts, number, 0.1, seed=2)[1]
    assert other.join(range(len(other))).ids_n.tolist() != held_out.ids_n.tolist()


def test_a_split_does_not_depend_on_the_parts():
    texts = [[each] for each in range(40)]
    whole, parts = (
        split(given, 40, 0.3, seed=1)[1]
        for given in ([documents(*texts)], [documents(*texts[:13]), documents(*texts[13:])])
    )
    assert [lists(each) for each in whole] == [lists(each) for each in parts]


def test_a_split_that_leaves_nothing_to_learn_from_is_refused():
    with pytest.raises(DataError, match="leaves none to train on"):
        split([documents([1])], 1, 0.5, seed=1)
