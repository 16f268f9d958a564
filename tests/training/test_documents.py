"""Documents: what is held out, and what is thinned out, each drawn by the seed."""

import numpy as np
import pytest

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.training.documents import kept_shares, split, subsample
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
