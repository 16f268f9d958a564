"""The embedding is a table: a lookup is a row, and a gradient reaches just the rows looked up."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from corpus2vec.pipeline.config import TrainConfig
from corpus2vec.pipeline.training.batches.streams import Streams
from corpus2vec.pipeline.training.batches.windows import Windows
from corpus2vec.pipeline.training.documents import Documents
from corpus2vec.pipeline.training.network import BothSides
from corpus2vec.pipeline.training.objectives.objective import build_objective
from corpus2vec.pipeline.training.optimizers import build_optimizers

SECOND_PHRASE = torch.tensor([5, 1, 2, 3, 6])


def phrases():
    ids = np.array([0, 1, 2, 3, 4, 5, 1, 2, 3, 6], np.int32)
    return Documents(ids, np.array([0, 5, 10]))


def model(rows=7, dim=2, **settings):
    torch.manual_seed(0)
    config = TrainConfig(**{"objective": "lm", "dim": dim, "seq_len": 5, **settings})
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
    loss, _ = network.loss(window, None, torch.Generator())
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
        network.zero_grad()
        loss, _ = network.loss(windows[step], None, torch.Generator())
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
    loss, _ = network.loss(Streams(phrases(), 2, 4)[0], None, torch.Generator())
    loss.backward()
    assert network.recurrent.embedding.weight.grad.any(1).all()


def test_a_tied_output_layer_bridges_another_number_of_units():
    network, _ = model(tie=True, hidden=6)
    loss, _ = network.loss(Streams(phrases(), 2, 5)[0], None, torch.Generator())
    assert torch.isfinite(loss)


# --- contexts --------------------------------------------------------------------------------


def test_the_bag_is_the_mean_of_what_stands_near_in_the_document():
    sides = BothSides(dim=3, hidden=0, layers=0, dropout=0.0, reach=2)
    documents = torch.tensor([[0, 0, 0, 1, 1, 2, 2]])  # two places, three to predict, two places
    weights = sides.near(documents)[0]
    near, far = 2 / 3, 1 / 3
    assert torch.allclose(
        weights,
        torch.tensor(
            [
                [far, near, 0, 0, 0, 0, 0],
                [0, 0, 0, 0, 1, 0, 0],
                [0, 0, 0, 1, 0, 0, 0],
            ]
        ),
    )


def test_a_token_is_not_in_its_own_context():
    torch.manual_seed(0)
    sides = BothSides(dim=3, hidden=4, layers=1, dropout=0.0, reach=2)
    rows, documents = torch.randn(1, 10, 3), torch.tensor([[0] * 5 + [1] * 5])
    before = sides(rows, documents)
    changed = rows.clone()
    changed[0, 4] += 1
    moved = (sides(changed, documents) != before)[0].any(1).tolist()
    # It is the third in the middle. What follows begins another document, which the LSTM that
    # comes from the left has something to say of from its second token on.
    assert moved == [True, True, False, False, True, True]


def test_what_the_lstms_have_read_of_another_document_is_no_side_of_this_one():
    torch.manual_seed(0)
    sides = BothSides(dim=3, hidden=4, layers=1, dropout=0.0, reach=0)
    rows, documents = torch.randn(1, 4, 3), torch.tensor([[0, 1, 2, 2]])
    before = sides(rows, documents)
    changed = rows.clone()
    changed[0, [0, 2]] += 1
    moved = (sides(changed, documents) != before)[0].any(1).tolist()
    assert moved == [False, False, False, True]  # one token alone has no context


@pytest.mark.parametrize("softmax", ["full", "sampled"])
def test_only_rows_that_a_window_read_have_a_gradient(softmax):
    network, _ = model(rows=10, softmax=softmax, objective="context", subsample=0)
    nn.init.normal_(network.output.weight)
    window = Windows(phrases(), 1, 5, network.sides.reach, None)[0]
    loss, _ = network.loss(window, None, torch.Generator())
    loss.backward()
    gradient = network.embedding.weight.grad.to_dense()
    assert gradient.abs().sum(1).nonzero().flatten().tolist() == [0, 1, 2, 3, 4]
