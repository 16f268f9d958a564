"""Documents: what is held out, and what is thinned out, each drawn by the seed."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.training import documents as module
from corpus2vec.pipeline.training.documents import (
    Documents,
    generator,
    kept_shares,
    split,
    subsample,
)
from tests.support.documents import documents


def test_frequent_tokens_are_thinned_out_as_word2vec_does():
    counts = np.array([90_000, 9_000, 900, 100])
    kept = kept_shares(counts, 1e-2)
    assert np.allclose(kept, [0.1165, 0.4444, 1, 1], atol=1e-3)
    text = documents(np.repeat(np.arange(4), counts).tolist(), [3], [0])
    thinned = subsample(text, kept, (5, 3, 0))
    assert np.allclose(np.bincount(thinned.ids_n) / counts, kept, rtol=0.05)
    assert len(thinned) == 3
    assert thinned.ids_n[thinned.offsets[1] : thinned.offsets[2]].tolist() == [3]
    assert np.array_equal(subsample(text, kept, (5, 3, 0)).ids_n, thinned.ids_n)
    assert not np.array_equal(subsample(text, kept, (5, 3, 1)).ids_n, thinned.ids_n)


some_documents = st.lists(st.lists(st.integers(0, 4), max_size=6), min_size=1, max_size=12)


@given(some_documents, st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_blocks_change_no_draw(lists, block):
    """One draw for the whole corpus, and one block after the other, are the same draw."""
    text, kept = documents(*lists), np.array([0.1, 0.3, 0.5, 0.9, 1.0], np.float32)
    stays = generator(1, 2).random(len(text.ids_n), dtype=np.float32) < kept[text.ids_n]
    expected = [
        [each for each, stay in zip(ids, part.tolist(), strict=True) if stay]
        for ids, part in zip(lists, np.split(stays, text.offsets[1:-1]), strict=True)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        found = subsample(text, kept, (1, 2))
    assert [each.tolist() for each in np.split(found.ids_n, found.offsets[1:-1])] == expected


@given(some_documents, st.integers(1, 3), st.randoms())
@settings(max_examples=60, deadline=None)
def test_selected_documents_are_those(lists, together, dice):
    chosen = dice.sample(range(len(lists)), dice.randrange(len(lists) + 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "SELECTED", together)
        found = documents(*lists).select(np.array(chosen, np.int64))
    assert len(found) == len(chosen)
    ends = zip(found.offsets, found.offsets[1:], strict=False)
    assert [found.ids_n[a:b].tolist() for a, b in ends] == [lists[each] for each in chosen]


@given(some_documents)
def test_the_owner_of_a_place_is_the_document_that_has_it(lists):
    text = documents(*lists)
    owners = np.repeat(np.arange(len(lists)), [len(each) for each in lists])
    assert text.owners(np.arange(len(text.ids_n))).tolist() == owners.tolist()


def test_row_groups_are_concatenated_with_room_to_spare():
    batches = [
        pa.RecordBatch.from_pydict({"ids": pa.array(ids, pa.list_(pa.int32())), "label": labels})
        for ids, labels in (([[1, 2], []], [0, 1]), ([[3]], [1]))
    ]
    found = Documents.from_batches(batches, 9)
    assert (found.ids_n.tolist(), found.offsets.tolist()) == ([1, 2, 3], [0, 2, 2, 3])
    assert found.labels.tolist() == [0, 1, 1]
    assert len(Documents.from_batches([], 0)) == 0


# --- held-out documents ----------------------------------------------------------------------


def test_a_split_divides_the_documents_by_seed():
    docs = documents(*([each] for each in range(100)), labels=range(100))
    train, held_out = split(docs, 0.1, seed=1)
    assert len(train), len(held_out) == (90, 10)
    assert sorted([*train.ids_n, *held_out.ids_n]) == list(range(100))
    assert train.labels.tolist() == train.ids_n.tolist()
    assert split(docs, 0.1, seed=2)[1].ids_n.tolist() != held_out.ids_n.tolist()


def test_a_split_that_leaves_nothing_to_learn_from_is_refused():
    with pytest.raises(DataError, match="leaves none to train on"):
        split(documents([1]), 0.5, seed=1)
