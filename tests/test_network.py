"""The embedding is a table: a lookup is a row, and a gradient reaches just the rows looked up."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from pipeline.batches import Documents, Streams
from pipeline.config import TrainConfig
from pipeline.network import Output
from pipeline.objectives import build_objective
from pipeline.optimizers import build_optimizers, clip_gradients

SECOND_PHRASE = torch.tensor([5, 1, 2, 3, 6])


def phrases():
    ids = np.array([0, 1, 2, 3, 4, 5, 1, 2, 3, 6], np.int32)
    return Documents(ids, np.array([0, 5, 10]))


def model(rows=7, dim=2, **settings):
    torch.manual_seed(0)
    config = TrainConfig(dim=dim, seq_len=5, **settings)
    return build_objective(torch.rand(rows, dim), torch.ones(rows), 0, config), config


def test_a_lookup_is_a_row_of_the_table():
    table = model()[0].recurrent.embedding
    assert torch.equal(table(SECOND_PHRASE), table.weight[[5, 1, 2, 3, 6]])


def test_one_hot_times_table_is_the_lookup():
    table = model()[0].recurrent.embedding
    one_hot = functional.one_hot(SECOND_PHRASE, 7).float()
    assert torch.equal(one_hot @ table.weight, table(SECOND_PHRASE))


@pytest.mark.parametrize("softmax", ["full", "sampled"])
def test_only_rows_that_were_looked_up_have_a_gradient(softmax):
    network, _ = model(rows=10, softmax=softmax, tie=False)
    window = Streams(phrases(), 2, 4)[0]  # the last token of neither phrase is read
    loss, _ = network.loss(window, None)
    loss.backward()
    gradient = network.recurrent.embedding.weight.grad.to_dense()
    assert gradient.abs().sum(1).nonzero().flatten().tolist() == [0, 1, 2, 3, 5]


@pytest.mark.parametrize("optimizer", ["adam", "adagrad", "sgd"])
def test_only_rows_that_were_looked_up_ever_move(optimizer):
    network, config = model(rows=10, optimizer=optimizer, tie=False)
    table = network.recurrent.embedding.weight
    optimizers = build_optimizers(network, config)
    windows = Streams(phrases(), 2, 2)
    for step, rows in ((0, [0, 1, 5]), (1, [2, 3])):  # the second step reads other rows
        before = table.detach().clone()
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss, _ = network.loss(windows[step], None)
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
        moved = (table != before).any(1)
        assert moved.nonzero().flatten().tolist() == rows


def test_a_tied_output_layer_is_the_table():
    network, _ = model(tie=True)
    assert network.output.weight is network.recurrent.embedding.weight


def test_a_tied_table_gets_both_gradients():
    network, _ = model(rows=10)
    loss, _ = network.loss(Streams(phrases(), 2, 4)[0], None)
    loss.backward()
    assert network.recurrent.embedding.weight.grad.any(1).all()


def test_a_tied_output_layer_bridges_another_number_of_units():
    network, _ = model(tie=True, hidden=6)
    loss, _ = network.loss(Streams(phrases(), 2, 5)[0], None)
    assert torch.isfinite(loss)


def output_layer(rows=50, columns=8, negatives=20_000):
    torch.manual_seed(1)
    counts = torch.arange(rows, 0, -1)
    return Output(nn.Parameter(torch.randn(rows, columns)), counts, negatives)


def test_the_first_guess_is_the_unigram_distribution():
    counts = torch.tensor([7.0, 2.0, 0.0])
    output = Output(nn.Parameter(torch.zeros(3, 4)), counts, 5)
    losses = output.full(torch.zeros(3, 4), torch.arange(3))
    assert torch.allclose(losses.exp(), 12 / (counts + 1), rtol=1e-5)


def test_sampled_softmax_comes_to_the_exact_one_with_many_negatives():
    output = output_layer()
    contexts, targets = torch.randn(64, 8), torch.randint(50, (64,))
    exact, sampled = output.full(contexts, targets), output.sampled(contexts, targets)
    assert torch.allclose(exact.mean(), sampled.mean(), rtol=0.02)


def test_exact_scores_do_not_depend_on_the_size_of_their_blocks():
    output = output_layer()
    contexts, targets = torch.randn(64, 8), torch.randint(50, (64,))
    by_seven = output.exact(contexts, targets, cells=7 * 50)
    assert torch.allclose(by_seven, output.full(contexts, targets), rtol=1e-6)


def test_a_negative_that_is_the_target_is_left_out():
    output = Output(nn.Parameter(torch.zeros(1, 4)), torch.tensor([3]), 5)
    assert output.sampled(torch.zeros(2, 4), torch.tensor([0, 0])).tolist() == [0.0, 0.0]


def test_clipping_counts_sparse_and_dense_gradients_as_one():
    network = nn.ModuleDict({"rows": nn.Embedding(5, 3, sparse=True), "head": nn.Linear(3, 1)})
    rows = network["rows"](torch.tensor([1, 1, 4]))  # one row twice: its two parts add up
    (100 * network["head"](rows).sum()).backward()
    clip_gradients(network, 1.0)
    squares = [parameter.grad.to_dense().square().sum() for parameter in network.parameters()]
    assert math.isclose(math.sqrt(sum(squares)), 1.0, rel_tol=1e-5)
