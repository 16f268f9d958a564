"""Documents in memory: joined, selected, and thinned out by a draw of the seed."""

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus2vec.pipeline.training.documents import (
    Documents,
    drawn,
    kept_shares,
    subsample,
)
from tests.support.documents import documents, lists


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


@given(some_documents)
@settings(max_examples=60, deadline=None)
def test_a_document_keeps_the_tokens_that_were_drawn(texts):
    text, kept = documents(*texts), np.array([0.1, 0.3, 0.5, 0.9, 1.0], np.float32)
    stays = np.split(drawn(text.ids_n, kept, (1, 2)), text.offsets[1:-1])
    expected = [
        [each for each, stay in zip(ids, part.tolist(), strict=True) if stay]
        for ids, part in zip(texts, stays, strict=True)
    ]
    assert lists(subsample(text, kept, (1, 2))) == expected


@given(some_documents, st.randoms())
@settings(max_examples=60, deadline=None)
def test_selected_documents_are_those(texts, dice):
    chosen = dice.sample(range(len(texts)), dice.randrange(len(texts) + 1))
    found = documents(*texts).select(np.array(chosen, np.int64))
    assert lists(found) == [texts[each] for each in chosen]


@given(some_documents)
def test_the_owner_of_a_place_is_the_document_that_has_it(texts):
    text = documents(*texts)
    owners = np.repeat(np.arange(len(texts)), [len(each) for each in texts])
    assert text.owners(np.arange(len(text.ids_n))).tolist() == owners.tolist()


def test_row_groups_are_joined():
    batches = [
        pa.RecordBatch.from_pydict({"ids": pa.array(ids, pa.list_(pa.int32())), "label": labels})
        for ids, labels in (([[1, 2], []], [0, 1]), ([[3]], [1]))
    ]
    found = Documents.from_batches(batches)
    assert (found.ids_n.tolist(), found.offsets.tolist()) == ([1, 2, 3], [0, 2, 2, 3])
    assert found.labels.tolist() == [0, 1, 1]
    assert len(Documents.from_batches([])) == 0
