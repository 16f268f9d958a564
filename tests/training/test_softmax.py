"""Every way of scoring the vocabulary is the cross-entropy it says it is, slopes included."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from corpus2vec.pipeline.training import softmax
from corpus2vec.pipeline.training.softmax import Output

COUNTS = torch.arange(50, 0, -1)


def output_layer(negatives=20_000, trained_bias=True, **settings):
    torch.manual_seed(1)
    weight = nn.Parameter(torch.randn(50, 8))
    return Output(weight, COUNTS, negatives, trained_bias=trained_bias, **settings)


def contexts_and_targets():
    torch.manual_seed(2)
    return torch.randn(64, 8, requires_grad=True), torch.randint(50, (64,))


def drawing():
    return torch.Generator().manual_seed(3)


def slopes(loss, *parameters):
    found = torch.autograd.grad(loss, parameters)
    return [each.to_dense() if each.is_sparse else each for each in found]


def close(ours, theirs, tolerance=1e-6):
    return all(torch.allclose(a, b, atol=tolerance) for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("cells", [7 * 50, 1 << 23])
def test_the_full_softmax_is_cross_entropy_whatever_its_blocks(monkeypatch, cells):
    monkeypatch.setattr(softmax, "CELLS", cells)
    output, (contexts, targets) = output_layer(), contexts_and_targets()
    parameters = contexts, output.weight, output.bias
    expected = F.cross_entropy(F.linear(contexts, output.weight, output.bias[:, 0]), targets)
    loss = output.full(contexts, targets)
    assert torch.allclose(loss, expected)
    assert close(slopes(loss, *parameters), slopes(expected, *parameters))
    assert torch.allclose(output.exact(contexts, targets).mean(), expected)


def test_the_sampled_softmax_is_cross_entropy_among_its_sample():
    output, (contexts, targets) = output_layer(negatives=20), contexts_and_targets()
    parameters = contexts, output.weight, output.bias
    loss = output.sampled(contexts, targets, drawing())
    uniform = torch.rand(20, dtype=torch.float64, generator=drawing())
    drawn = torch.searchsorted(output.noise_sum_V, uniform)
    scores = F.linear(contexts, output.weight, output.bias[:, 0])
    correction = output.noise_log_V[drawn] + math.log(20)
    others = (scores[:, drawn] - correction).masked_fill(targets[:, None] == drawn, -math.inf)
    own = scores.gather(1, targets[:, None])
    everything = torch.cat([own, others], 1)
    expected = F.cross_entropy(everything, torch.zeros_like(targets))
    assert torch.allclose(loss, expected)
    assert close(slopes(loss, *parameters), slopes(expected, *parameters))


def test_many_negatives_come_to_the_exact_softmax():
    output, (contexts, targets) = output_layer(), contexts_and_targets()
    exact, sampled = output.full(contexts, targets), output.sampled(contexts, targets, drawing())
    assert torch.allclose(exact, sampled, rtol=0.02)


def test_without_a_trained_bias_rows_say_what_is_more_than_chance():
    """Rows of zeros are the noise distribution then; in a sample nothing but products counts."""
    output = output_layer(negatives=10, trained_bias=False)
    contexts, targets = torch.zeros(5, 8), torch.arange(5)
    assert torch.allclose(output.exact(contexts, targets), -output.noise_log_V[:5], atol=1e-5)
    least, most = math.log(1), math.log(1 + 10)  # as many negatives as are not the target
    assert least < output.sampled(contexts, targets, drawing()).item() <= most
    assert [name for name, _ in output.named_parameters()] == ["weight"]


def test_what_training_sees_a_share_of_is_expected_as_often_as_it_is():
    kept = torch.ones(50)
    kept[3] = 0.1
    contexts, targets = torch.zeros(1, 8), torch.tensor([3])
    whole = output_layer(trained_bias=False).exact(contexts, targets)
    thinned = output_layer(trained_bias=False, kept_V=kept).exact(contexts, targets)
    share = whole.neg().exp()
    assert torch.allclose(thinned.neg().exp(), 10 * share / (1 + 9 * share))


def test_the_first_guess_is_the_unigram_distribution():
    counts = torch.tensor([7.0, 2.0, 0.0])
    output = Output(nn.Parameter(torch.zeros(3, 4)), counts, 5, trained_bias=True)
    losses = output.exact(torch.zeros(3, 4), torch.arange(3))
    assert torch.allclose(losses.exp(), 12 / (counts + 1), rtol=1e-5)


def test_a_negative_that_is_the_target_is_left_out():
    output = Output(nn.Parameter(torch.zeros(1, 4)), torch.tensor([3]), 5, trained_bias=True)
    assert output.sampled(torch.zeros(2, 4), torch.tensor([0, 0]), drawing()).item() == 0.0


def test_products_in_bfloat16_come_near_those_in_float32():
    wide, narrow = output_layer(), output_layer(products=torch.bfloat16)
    contexts, targets = contexts_and_targets()
    for way, more in (("full", 0), ("sampled", 1)):
        loss = getattr(wide, way)(contexts, targets, *[drawing()][:more])
        near = getattr(narrow, way)(contexts, targets, *[drawing()][:more])
        assert torch.allclose(loss, near, rtol=0.02)
        assert near.dtype == torch.float32
        assert close(slopes(loss, contexts), slopes(near, contexts), 0.02)


@pytest.mark.parametrize("way", ["full", "sampled"])
def test_a_second_backward_gives_the_same_gradients_or_an_error(way):
    output, (contexts, targets) = output_layer(negatives=20), contexts_and_targets()
    parameters = contexts, output.weight, output.bias
    loss = getattr(output, way)(contexts, targets, *[drawing()][: way == "sampled"])
    first = torch.autograd.grad(loss * 0.5, parameters, retain_graph=True)
    before = [each.clone() for each in first]
    for each in first:
        each.mul_(3)  # what clipping does to a gradient
    second = torch.autograd.grad(loss * 0.5, parameters)
    assert all(torch.equal(a.to_dense(), b.to_dense()) for a, b in zip(before, second, strict=True))
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        torch.autograd.grad(loss, parameters)
