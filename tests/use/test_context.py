"""Means of contexts, the map that is fitted on known words, and the weights of both sources."""

import numpy as np
import pytest

from corpus2vec.pipeline.training.documents import Documents
from corpus2vec.pipeline.use.context import (
    LEVELS,
    Means,
    fit_map,
    held_out,
    mean_contexts,
    window_contexts,
)

WORDS, KNOWN, DIM = 400, 360, 8


@pytest.fixture
def random():
    return np.random.default_rng(3)


def corpus(random, tokens=30_000, documents=900):
    ids = random.integers(WORDS, size=tokens).astype(np.int32)
    ends = np.sort(random.choice(np.arange(1, tokens), documents - 1, replace=False))
    return Documents(ids, np.concatenate([[0], ends, [tokens]]))


def test_a_window_is_the_mean_of_the_rows_around(random):
    documents = corpus(random)
    rows = random.standard_normal((WORDS, DIM)).astype(np.float32)
    found = {}
    for places, means in window_contexts(documents, rows, 3):
        found.update(zip(places.tolist(), means, strict=True))
    for place in (0, 1, 17, 5000, 29_999):
        document = np.searchsorted(documents.offsets, place, "right") - 1
        begin, end = documents.offsets[document : document + 2]
        around = [at for at in range(place - 3, place + 4) if begin <= at < end and at != place]
        if around:
            expected = rows[documents.ids_n[around]].mean(0)
            np.testing.assert_allclose(found[place], expected, atol=1e-5)
        else:
            assert place not in found


def test_means_are_over_all_occurrences_or_a_few(random):
    ids = random.integers(20, size=3000).astype(np.int32)
    contexts = random.standard_normal((3000, DIM)).astype(np.float32)
    held = np.array([3, 11])
    blocks = ((np.arange(at, at + 500), contexts[at : at + 500]) for at in range(0, 3000, 500))
    means = mean_contexts(blocks, ids, 21, held)
    for word in range(20):
        np.testing.assert_allclose(means.means_VD[word], contexts[ids == word].mean(0), atol=1e-5)
    assert means.counts_V.tolist() == np.bincount(ids, minlength=21).tolist()
    assert not means.means_VD[20].any()
    of_one = contexts[ids == 3]
    assert any(np.allclose(means.few_LHD[0, 0], each, atol=1e-5) for each in of_one)
    distances = [np.linalg.norm(each - of_one.mean(0)) for each in means.few_LHD[:, 0]]
    assert distances[-1] < distances[0]


def test_the_map_is_found_and_contexts_count_more_the_more_there_are(random):
    true_DE = random.standard_normal((DIM, 5))
    means = random.standard_normal((WORDS, DIM)).astype(np.float32)
    counts = np.full(WORDS, 200)
    target = (means[:KNOWN] @ true_DE + 1).astype(np.float32)
    held = held_out(counts[:KNOWN], np.ones(KNOWN, bool))
    noise = random.standard_normal((len(LEVELS), len(held), DIM)) * 4
    few = means[held] + noise / np.sqrt(LEVELS)[:, None, None]
    form = target[held] + 2 * random.standard_normal((len(held), 5))
    found = fit_map(Means(means, counts, held, few.astype(np.float32)), target, form)
    np.testing.assert_allclose(found.targets(means[KNOWN:]), means[KNOWN:] @ true_DE + 1, atol=1e-2)
    assert found.shares[0] < 0.5 < found.shares[-1]
    assert found.shares == sorted(found.shares)

    form = np.ones((1, 5), np.float32)
    unseen = found.mixed(means[:1], np.zeros(1, np.int64), form)
    assert unseen.tolist() == form.tolist()


def test_with_few_words_held_out_the_weights_are_the_usual_ones(random):
    means = random.standard_normal((KNOWN, DIM)).astype(np.float32)
    held = np.arange(5)
    few = np.zeros((len(LEVELS), 5, DIM), np.float32)
    found = fit_map(Means(means, np.full(KNOWN, 9), held, few), means, means[:5])
    assert found.mixing_L2[2].tolist() == [0.5, 0.5]


def test_too_few_words_to_fit_on():
    means = Means(np.zeros((9, 2)), np.full(9, 50), np.zeros(0, np.int64), np.zeros((7, 0, 2)))
    assert fit_map(means, np.zeros((9, 3), np.float32), np.zeros((0, 3), np.float32)) is None


def test_nothing_to_read():
    means = mean_contexts(iter(()), np.zeros(0, np.int32), 3, np.zeros(0, np.int64))
    assert means.counts_V.tolist() == [0, 0, 0]
