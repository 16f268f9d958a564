"""Optimizers by row: the same as the dense ones, for the rows that have a gradient."""

import itertools

import pytest
import torch
from torch import nn

from corpus2vec.pipeline.config import TrainConfig
from corpus2vec.pipeline.training.objectives.objective import build_objective
from corpus2vec.pipeline.training.optimizers import (
    Adagrad,
    RowAdam,
    build_optimizers,
    clip_gradients,
    sparse_parameters,
    summed,
    table_parameters,
)


def sparse(rows, values, size):
    """A gradient with an entry for each of `rows`, in that order, even where a row comes twice."""
    indices = torch.tensor([rows])
    return torch.sparse_coo_tensor(indices, torch.tensor(values), size, check_invariants=False)


def test_summed_adds_the_entries_of_a_row():
    gradient = sparse([2, 0, 2], [[1.0, 2], [3, 4], [5, 6]], (4, 2))
    found = summed(gradient)
    assert found.is_coalesced()
    assert torch.equal(found.to_dense(), gradient.to_dense())
    assert found._indices().tolist() == [[0, 2]]


def test_adagrad_by_row_is_torchs_adagrad():
    torch.manual_seed(1)
    start = torch.rand(5, 3)
    ours, theirs = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    one, other = Adagrad([ours], lr=0.2), torch.optim.Adagrad([theirs], lr=0.2)
    for rows in ([0, 3, 3], [3], [1, 0]):
        gradient = sparse(rows, torch.rand(len(rows), 3).tolist(), (5, 3))
        ours.grad, theirs.grad = gradient, gradient.to_dense()
        one.step()
        other.step()
        assert torch.allclose(ours, theirs, atol=1e-6)


def test_adagrad_of_a_dense_gradient_is_torchs_adagrad():
    torch.manual_seed(1)
    start = torch.rand(5, 3)
    ours, theirs = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    one, other = Adagrad([ours], lr=0.2), torch.optim.Adagrad([theirs], lr=0.2)
    for _ in range(3):
        ours.grad = theirs.grad = torch.rand(5, 3)
        one.step()
        other.step()
    assert torch.allclose(ours, theirs, atol=1e-6)


def test_adam_by_row_is_torchs_sparse_adam():
    torch.manual_seed(1)
    start = torch.rand(5, 3)
    ours, theirs = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    one, other = RowAdam([ours], lr=0.02), torch.optim.SparseAdam([theirs], lr=0.02)
    for rows in ([0, 3, 3], [3], [1, 0]):
        ours.grad = theirs.grad = sparse(rows, torch.rand(len(rows), 3).tolist(), (5, 3))
        one.step()
        other.step()
        assert torch.allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("kind", [Adagrad, RowAdam])
def test_rows_without_a_gradient_do_not_move(kind):
    table = nn.Parameter(torch.ones(3, 2))
    optimizer = kind([table], lr=0.2)
    table.grad = sparse([1], [[1.0, 1.0]], (3, 2))
    optimizer.step()
    assert (table[[0, 2]] == 1).all()
    assert (table[1] != 1).all()


@pytest.mark.parametrize("most", [0.5, 100.0])
def test_clipping_cuts_the_norm_of_all_gradients_together(most):
    torch.manual_seed(1)
    model = nn.ModuleList([nn.Embedding(4, 2, sparse=True), nn.Linear(2, 1)])
    model[1](model[0](torch.tensor([1, 1, 3]))).square().sum().mul(50).backward()
    before = torch.cat([each.grad.to_dense().flatten() for each in model.parameters()])
    clip_gradients(model.parameters(), most)
    after = torch.cat([each.grad.to_dense().flatten() for each in model.parameters()])
    assert torch.allclose(after, before * min(1, most / float(before.norm())), rtol=1e-4)


TABLES = {
    "context": ["embedding.weight", "output.weight"],
    "lm": ["recurrent.embedding.weight", "output.bias"],
    "classify": ["recurrent.embedding.weight"],
}


@pytest.mark.parametrize(
    ("objective", "softmax"),
    [*itertools.product(("context", "lm"), ("sampled", "full")), ("classify", "auto")],
)
def test_every_parameter_belongs_to_one_optimizer(objective, softmax):
    config = TrainConfig(objective=objective, dim=4, softmax=softmax)
    model = build_objective(torch.rand(9, 4), torch.ones(9), 2, config)
    names = {id(each): name for name, each in model.named_parameters()}
    assert {names[id(each)] for each in table_parameters(model)} == set(TABLES[objective])
    owned = [each for one in build_optimizers(model, config) for each in one.parameters]
    assert sorted(names[id(each)] for each in owned) == sorted(names.values())
    if softmax != "full":
        assert {names[id(each)] for each in sparse_parameters(model)} == set(TABLES[objective])
