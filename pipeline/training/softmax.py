"""The output layer: how likely each token of the vocabulary is in a context, and the loss.

    N predicted positions   V vocabulary   E columns   K negatives that N positions share

An `Output` has one row a token, and computes the same cross-entropy in three ways. `full` scores
all V tokens at every position, but holds only a block of the N×V logits at a time: loss and
gradients of a block are formed in one pass, and then the block is dropped. `sampled` scores the
target against K negatives, drawn once for all positions. `exact` is `full` without gradients, for
held-out scores. In a bfloat16 run, matrix products (which add up in float32) and the softmax of the
scores are bfloat16; everything else is float32.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

CELLS = 1 << 25
"""Logits that a thread holds at a time: 128 MB in float32, 64 MB in bfloat16."""
NOISE_POWER = 0.75
"""Negatives are drawn from unigram counts to this power (Mikolov et al. 2013, word2vec)."""
LEAST = 1e-38
"""The smallest probability, which bfloat16 can hold: no loss is above -log of it, 87 nats."""
NEVER = -30_000.0
"""A score whose exponential is 0."""


class Output(nn.Module):
    """A layer that scores every token of the vocabulary, or a sample of it.

    A `trained_bias` starts at the log of the unigram probabilities, so that the rows need not learn
    how frequent tokens are. Otherwise the bias stays at the log of the noise distribution, which
    the correction of a sampled softmax cancels (Jean et al. 2015, "On Using Very Large Target
    Vocabulary"): a row then says how much more likely its token is in a context than elsewhere, as
    word2vec's rows do.

    `kept_V` is the share of each token's occurrences that training sees; None where it sees all.
    The loss is `sampled` with that many `negatives`, and `full` with 0.
    """

    noise_log_V: Tensor
    noise_sum_V: Tensor
    thinned_log_V: Tensor

    def __init__(
        self,
        weight_VE: nn.Parameter,
        counts_V: Tensor,
        negatives: int = 0,
        *,
        trained_bias: bool,
        products: torch.dtype = torch.float32,
        kept_V: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.weight = weight_VE
        self.negatives = negatives
        self.products = products
        smoothed = counts_V.double() + 1
        noise = smoothed**NOISE_POWER
        noise /= noise.sum()
        self.register_buffer("noise_log_V", noise.log().float(), persistent=False)
        self.register_buffer("noise_sum_V", noise.cumsum(0), persistent=False)
        # A token of which training sees a tenth is ten times as frequent for `exact`.
        kept_V = torch.ones_like(noise) if kept_V is None else kept_V
        self.register_buffer("thinned_log_V", kept_V.log().float(), persistent=False)
        self.bias: Tensor
        if trained_bias:
            self.bias = nn.Parameter((smoothed / smoothed.sum()).log().float()[:, None])
        else:
            self.register_buffer("bias", noise.log().float()[:, None], persistent=False)

    @property
    def sampled_rows(self) -> bool:
        """Whether a loss reaches only a sample of the rows, so that their gradients are sparse."""
        return self.negatives > 0

    def loss(self, context_NE: Tensor, targets_N: Tensor, generator: torch.Generator) -> Tensor:
        """Return the mean cross-entropy, in nats, that training minimizes."""
        if self.sampled_rows:
            return self.sampled(context_NE, targets_N, generator)
        return self.full(context_NE, targets_N)

    def full(self, context_NE: Tensor, targets_N: Tensor) -> Tensor:
        """Return the mean cross-entropy, in nats, over the whole vocabulary."""
        loss: Tensor = _Full.apply(  # type: ignore[no-untyped-call]
            context_NE, self.weight, self.bias[:, 0], targets_N, self.products
        )
        return loss

    def exact(self, context_NE: Tensor, targets_N: Tensor) -> Tensor:
        """Return each position's cross-entropy (N,), in nats, over the vocabulary in float32."""
        with torch.no_grad():
            bias_V = self.bias[:, 0] - self.thinned_log_V
            return torch.cat(
                [
                    F.cross_entropy(
                        F.linear(context, self.weight, bias_V), targets, reduction="none"
                    )
                    for context, targets in _blocks(len(self.weight), context_NE, targets_N)
                ]
            )

    def sampled(self, context_NE: Tensor, targets_N: Tensor, generator: torch.Generator) -> Tensor:
        """Return the mean cross-entropy, in nats, against K negatives that all N share.

        Importance sampling (Bengio & Senécal 2008, "Adaptive Importance Sampling to Accelerate
        Training of a Neural Probabilistic Language Model"): the target counts as 1, and each
        negative as one over its expected number in the sample, so that their sum estimates the
        whole vocabulary's and the loss is comparable to the exact one. Negatives that are the
        target are left out at that position.

        Where the bias is not trained, the target gets the same correction, and bias and correction
        cancel. Only the products remain, the target's among K others.
        """
        uniform_K = torch.rand(
            self.negatives, dtype=torch.float64, device=targets_N.device, generator=generator
        )
        last = len(self.weight) - 1
        drawn_K = torch.searchsorted(self.noise_sum_V, uniform_K).clamp_(max=last)
        # Sorted, so that equal ones are neighbours and a binary search finds a target among them.
        negatives_K, _ = torch.sort(drawn_K)
        bias_K = _log_multiplicities(negatives_K)
        target_N = (context_NE * F.embedding(targets_N, self.weight, sparse=True)).sum(1)
        negatives_KE = F.embedding(negatives_K, self.weight, sparse=True)
        if isinstance(self.bias, nn.Parameter):
            target_N = target_N + F.embedding(targets_N, self.bias, sparse=True)[:, 0]
            bias_K = bias_K + F.embedding(negatives_K, self.bias, sparse=True)[:, 0]
            bias_K = bias_K - self.noise_log_V[negatives_K] - math.log(self.negatives)
        loss: Tensor = _Sampled.apply(  # type: ignore[no-untyped-call]
            *(context_NE, target_N, negatives_KE, bias_K),
            *(_ranks(targets_N, negatives_K), self.products),
        )
        return loss


def _blocks(columns: int, *rows: Tensor) -> Any:
    """Return the rows in blocks that have at most `CELLS` logits."""
    number = max(1, min(len(rows[0]), math.ceil(len(rows[0]) * columns / CELLS)))
    return zip(*(torch.tensor_split(each, number) for each in rows), strict=True)


def _log_multiplicities(sorted_K: Tensor) -> Tensor:
    """Return, for the first of equal numbers, the log of how many there are; else `NEVER`."""
    first = torch.searchsorted(sorted_K, sorted_K)
    counts = torch.searchsorted(sorted_K, sorted_K, right=True) - first
    is_first = first == torch.arange(len(sorted_K), device=sorted_K.device)
    return torch.where(is_first, counts.float().log(), NEVER)


def _ranks(targets_N: Tensor, sorted_K: Tensor) -> Tensor:
    """Return each target's first index (N,) among the sorted negatives; K where it is not one."""
    ranks = torch.searchsorted(sorted_K, targets_N).clamp_(max=len(sorted_K) - 1)
    return torch.where(sorted_K[ranks] == targets_N, ranks, len(sorted_K))


def _joined(
    context_NE: Tensor, weight_KE: Tensor, bias_K: Tensor, products: torch.dtype
) -> tuple[Tensor, Tensor]:
    """Return two matrices whose product is the scores, bias included.

    The bias is two more columns of the weights, which are 1 in every context: the bias rounded to
    `products`, and the remainder. Added to the scores it would take one more pass over all of them.
    """
    bias = bias_K.to(products)
    rest = (bias_K - bias).to(products)
    ones_N2 = context_NE.new_ones(len(context_NE), 2, dtype=products)
    return (
        torch.cat([context_NE.to(products), ones_N2], 1),
        torch.cat([weight_KE.to(products), bias[:, None], rest[:, None]], 1),
    )


class _Sampled(torch.autograd.Function):
    """The mean loss of the targets' scores among those of the negatives.

    A pass over N×K numbers costs up to half a matrix product, so there are few: the softmax is
    taken over the negatives alone. The target's share of the whole follows from its score and the
    sum that the softmax divided by. What that leaves to the negatives is a factor on rows of E.
    """

    @staticmethod
    def forward(
        ctx: Any,
        context_NE: Tensor,
        target_N: Tensor,
        negatives_KE: Tensor,
        bias_K: Tensor,
        ranks_N: Tensor,
        products: torch.dtype,
    ) -> Tensor:
        last = len(bias_K) - 1
        context, negatives = _joined(context_NE, negatives_KE, bias_K, products)
        scores_NK = torch.mm(context, negatives.T)
        # A negative that is the target is left out; where none is, the last one keeps its score.
        here = torch.arange(len(ranks_N), device=ranks_N.device), ranks_N.clamp(max=last)
        scores_NK[here] = scores_NK[here].masked_fill_(ranks_N <= last, NEVER)
        shares_NK = torch.softmax(scores_NK, 1)
        # With the largest score s and its share p, the log of the sum of exponentials is s - log p.
        sum_log_N = scores_NK.amax(1).float() - shares_NK.amax(1).float().log()
        over_N = target_N - sum_log_N
        others_N = torch.sigmoid(-over_N) / len(over_N)
        ctx.save_for_backward(context_NE, negatives, shares_NK, others_N)
        return F.softplus(-over_N).mean()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        context_NE, negatives, shares_NK, others_N = ctx.saved_tensors
        slope_N1 = (others_N * gradient)[:, None]
        scaled = torch.cat([context_NE * slope_N1, slope_N1], 1).to(shares_NK.dtype)
        slopes_KE1 = torch.mm(shares_NK.T, scaled).float()
        return (
            torch.mm(shares_NK, negatives)[:, :-2].float() * slope_N1,
            -slope_N1[:, 0],
            slopes_KE1[:, :-1],
            slopes_KE1[:, -1],
            None,
            None,
        )


class _Full(torch.autograd.Function):
    """The mean loss of the targets over all V tokens; `forward` forms the gradients on the way.

    The gradient of a position's scores is the softmax, less 1 at the target. The products are with
    the softmax alone; the 1 contributes rows of E, which are subtracted separately, in float32.
    """

    @staticmethod
    def forward(
        ctx: Any,
        context_NE: Tensor,
        weight_VE: Tensor,
        bias_V: Tensor,
        targets_N: Tensor,
        products: torch.dtype,
    ) -> Tensor:
        joined_NE2, weight = _joined(context_NE, weight_VE, bias_V, products)
        trained = ctx.needs_input_grad[1] or ctx.needs_input_grad[2]
        losses, context_slopes = [], []
        slopes: list[Tensor] = []  # of the weights and of the bias
        for context, targets in _blocks(len(weight), joined_NE2, targets_N):
            shares = torch.softmax(torch.mm(context, weight.T), 1)
            losses.append(-shares.gather(1, targets[:, None]).float().clamp_(min=LEAST).log())
            context_slopes.append(torch.mm(shares, weight)[:, :-2].float())
            if trained:
                part_VE1 = torch.mm(shares.T, context[:, :-1])
                parts = part_VE1[:, :-1], part_VE1[:, -1]
                if slopes:
                    slopes = [each.add_(part) for each, part in zip(slopes, parts, strict=True)]
                else:
                    slopes = [part.float().contiguous() for part in parts]
        context_slope = torch.cat(context_slopes).sub_(weight_VE[targets_N])
        if slopes:
            slopes[0].index_add_(0, targets_N, context_NE, alpha=-1)
            slopes[1].index_add_(0, targets_N, torch.ones_like(context_NE[:, 0]), alpha=-1)
        ctx.positions = len(targets_N)
        ctx.save_for_backward(context_slope, *slopes)
        return torch.cat(losses).mean()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        scale = gradient / ctx.positions
        slopes: list[Tensor | None] = [each * scale for each in ctx.saved_tensors]
        return (*slopes, *[None] * (5 - len(slopes)))
