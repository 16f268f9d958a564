"""An epoch of groups: each group's batches once, in order, and no more than one group in memory."""

import gc
import tracemalloc
import weakref

import numpy as np
import pytest
import torch

from corpus2vec.pipeline.config import TrainConfig
from corpus2vec.pipeline.training import blocks as module
from corpus2vec.pipeline.training.batches import batch
from corpus2vec.pipeline.training.batches.grouped import Grouped
from corpus2vec.pipeline.training.batches.streams import Streams
from corpus2vec.pipeline.training.blocks import split
from corpus2vec.pipeline.training.documents import Documents
from corpus2vec.pipeline.training.objectives.objective import build_objective
from tests.support.documents import blocks, documents


def test_a_group_is_made_when_it_is_asked_for_and_given_up_for_the_next():
    made = []

    class Numbers(list):
        pass

    def build(group):
        gc.collect()
        assert [each() for each in made if each()] == []
        numbers = Numbers(range(group * 10, group * 10 + 2))
        made.append(weakref.ref(numbers))
        return numbers

    grouped = Grouped([2, 0, 2], build)
    assert [grouped[step] for step in (0, 1, 2, 3, 2, 0)] == [0, 1, 20, 21, 20, 0]
    assert len(made) == 3
    with pytest.raises(IndexError):
        grouped[4]


LETTERS = [[number, 40 + number % 7, number] for number in range(40)]


@pytest.fixture
def model(monkeypatch):
    """Makes a network for texts in groups of two blocks of 11 tokens, and their blocks."""
    monkeypatch.setattr(module, "BLOCK", 11)
    monkeypatch.setattr(module, "GROUP", 2)
    monkeypatch.setattr(batch, "LEAST_STEPS", 3)

    def build(**settings):
        config = TrainConfig(**{"dim": 4, "seq_len": 4, "batch_size": 3, **settings})
        counts = torch.ones(50, dtype=torch.int64)
        text = blocks(documents(*LETTERS, labels=[0] * 40) if "classify" in settings.values()
                      else documents(*LETTERS))  # fmt: skip
        return build_objective(torch.rand(50, 4), counts, 1, config), text

    return build


@pytest.mark.parametrize("subsample", [0.0, 0.004])
def test_an_epoch_of_context_predicts_every_token_that_stays_once(model, subsample):
    objective, text = model(objective="context", subsample=subsample)
    assert len(text.groups(None)) == 7
    epochs = [objective.epoch(text, number) for number in (0, 1, 0)]
    read = [[each.targets_N.tolist() for each in epoch] for epoch in epochs]
    assert read[0] == read[2] != read[1]
    firsts, seconds = (sorted(token for each in one for token in each) for one in read[:2])
    if subsample:
        assert 0 < len(firsts) < 120
        assert firsts != seconds
    else:
        assert firsts == seconds == sorted(token for each in LETTERS for token in each)
    # Any step by itself is what it is in its turn.
    again = objective.epoch(text, 0)
    for step in (len(again) - 1, 0, len(again) // 2):
        assert again[step].targets_N.tolist() == read[0][step]


def test_an_epoch_of_lm_reads_the_groups_in_order(model):
    objective, text = model(objective="lm")
    epoch = objective.epoch(text, 0)
    step = 0
    for group in text.in_order():
        assert epoch.begins(step)
        for expected in Streams(group, 3, 4):
            assert torch.equal(epoch[step].ids_BT, expected.ids_BT)
            step += 1
    assert step == len(epoch)


def test_an_epoch_of_classify_reads_every_document_once(model):
    objective, text = model(objective="classify")
    first, second = (
        [token for each in objective.epoch(text, number) for token in each.ids_n.tolist()]
        for number in (0, 1)
    )
    assert first != second
    assert sorted(first) == sorted(second) == sorted(token for each in LETTERS for token in each)


@pytest.mark.parametrize("objective", ["context", "lm", "classify"])
def test_held_out_scores_do_not_depend_on_groups(model, monkeypatch, objective):
    """But for an LSTM's state, which lm carries within a group."""
    found, text = model(objective=objective, subsample=0.0 if objective == "context" else None)
    found.eval()
    with torch.no_grad():
        in_groups = found.evaluate(text)["loss"]
        monkeypatch.setattr(module, "GROUP", 99)
        whole = found.evaluate(text)["loss"]
    assert in_groups == pytest.approx(whole, rel=0.02 if objective == "lm" else 1e-5)


@pytest.mark.parametrize("objective", ["context", "lm", "classify"])
def test_memory_does_not_depend_on_the_size_of_the_corpus(monkeypatch, objective):
    """From reading the documents to the last batch, with some held out: four times the text.

    Blocks are small here, so what is kept for each block counts 256 times as much as otherwise.
    """
    monkeypatch.setattr(module, "BLOCK", 1 << 12)
    monkeypatch.setattr(module, "GROUP", 2)
    monkeypatch.setattr(module, "DRAWN", 1 << 8)
    config = TrainConfig(objective=objective, dim=4)
    counts = torch.arange(1, 51)
    model = build_objective(torch.rand(50, 4), counts, 1, config)

    def parts(number):
        for part in range(number):
            random = np.random.default_rng(part)
            labels = np.zeros(40, np.int32) if objective == "classify" else None
            ids = random.integers(50, size=1000, dtype=np.int32)
            yield Documents.of(ids, np.full(40, 25), labels)

    peaks = []
    for number in (10, 100, 400):  # the first imports what is imported late
        tracemalloc.start()
        training, held_out = split(parts(number), 40 * number, 0.1, seed=1)
        read = sum(batch.predicted for batch in model.epoch(training, 0))
        with torch.no_grad():
            model.evaluate(held_out)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert read > number * (30 if objective == "classify" else 300)
    more = (peaks[2] - peaks[1]) / 300_000
    print(f"{objective}: {peaks[1]:,} bytes at the peak, then {peaks[2]:,}: {more:.2f} a token")
    assert more < 0.25  # numbers of eight bytes for each document would be 0.32
