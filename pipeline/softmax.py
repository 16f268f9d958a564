"""The output layer: how likely each token of the vocabulary is in a context, and the loss of it.

    N predicted positions   V vocabulary   E columns   K negatives that N positions share

An `Output` has a row a token, and three ways to the same cross-entropy. `full` scores all V tokens
of every position, but never holds more than a block of the N×V logits: loss and gradients of a
block are formed in one pass, and the block is forgotten. `sampled` scores the target against K
negatives drawn once for all positions. `exact` is `full` without gradients, for held-out scores.
`Adaptive` has classes of tokens instead, the rarer the narrower. Matrix products are in bfloat16
where the run is, and add up in float32; all else is float32.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.errors import UsageError

CELLS = 1 << 23
"""Logits that are held at a time: 32 MB."""
NOISE_POWER = 0.75
"""Of the unigram distribution that negatives are drawn from (Mikolov et al. 2013, word2vec)."""


class Output(nn.Module):
    """Scores every token of the vocabulary, or a sample of it.

    With a `trained_bias` the bias starts at the log of the unigram probabilities: frequency is told
    there from the first step, and the rows need not learn it. Without, it stays at the log of the
    noise distribution, which is what the correction of a sampled softmax cancels (Jean et al. 2015,
    "On Using Very Large Target Vocabulary"): a row then says how much more likely its token is in a
    context than anywhere, as word2vec's rows do.

    `kept_V` is the share of each token's occurrences that training sees, where it is not all. With
    `negatives` the loss is `sampled`, without `full`.
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
        # Of a token that training sees a tenth of, `exact` expects ten times as many.
        kept_V = torch.ones_like(noise) if kept_V is None else kept_V
        self.register_buffer("thinned_log_V", kept_V.log().float(), persistent=False)
        self.bias: Tensor
        if trained_bias:
            self.bias = nn.Parameter((smoothed / smoothed.sum()).log().float()[:, None])
        else:
            self.register_buffer("bias", noise.log().float()[:, None], persistent=False)

    @property
    def operations(self) -> int:
        """Of the matrix products, forwards, a position."""
        return 2 * self.weight.shape[1] * (self.negatives or len(self.weight))

    @property
    def sampled_rows(self) -> bool:
        """Whether a loss reaches a sample of the rows only, so that their gradients are sparse."""
        return self.negatives > 0

    def loss(self, context_NE: Tensor, targets_N: Tensor, generator: torch.Generator) -> Tensor:
        """Mean cross-entropy, in nats, to train by."""
        if self.sampled_rows:
            return self.sampled(context_NE, targets_N, generator)
        return self.full(context_NE, targets_N)

    def full(self, context_NE: Tensor, targets_N: Tensor) -> Tensor:
        """Mean cross-entropy, in nats, over the whole vocabulary."""
        loss: Tensor = _Full.apply(  # type: ignore[no-untyped-call]
            context_NE, self.weight, self.bias[:, 0], targets_N, self.products
        )
        return loss

    def exact(self, context_NE: Tensor, targets_N: Tensor) -> Tensor:
        """The same of each position (N,), without gradient, and with products in float32."""
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
        """Mean cross-entropy of the target against K negatives that all N share.

        Importance sampling (Bengio & Senécal 2008, "Adaptive Importance Sampling to Accelerate
        Training of a Neural Probabilistic Language Model"): the target counts as itself, and
        each negative as one over its expected number in the sample, which makes their sum an
        estimate of the whole vocabulary's. So the loss is near the exact one, and comparable to
        it. Negatives that are the target are left out of that row.

        Where the bias is not trained, the target is corrected alike, and bias and correction
        cancel: what is left are the rows' products, the target's among K others.
        """
        uniform_K = torch.rand(
            self.negatives, dtype=torch.float64, device=targets_N.device, generator=generator
        )
        last = len(self.weight) - 1
        negatives_K = torch.searchsorted(self.noise_sum_V, uniform_K).clamp_(max=last)
        target_N = (context_NE * F.embedding(targets_N, self.weight, sparse=True)).sum(1)
        negatives_KE = F.embedding(negatives_K, self.weight, sparse=True)
        bias_K: Tensor | None = None
        if isinstance(self.bias, nn.Parameter):
            target_N = target_N + F.embedding(targets_N, self.bias, sparse=True)[:, 0]
            bias_K = F.embedding(negatives_K, self.bias, sparse=True)[:, 0]
            bias_K = bias_K - self.noise_log_V[negatives_K] - math.log(self.negatives)
        hits_NK = targets_N.int()[:, None] == negatives_K.int()
        loss: Tensor = _Sampled.apply(  # type: ignore[no-untyped-call]
            context_NE, target_N, negatives_KE, bias_K, hits_NK, self.products
        )
        return loss


class Adaptive(nn.Module):
    """The frequent tokens and two classes of rarer ones, each class four times narrower.

    Grave et al. 2017, "Efficient softmax approximation for GPUs", as torch has it. Probabilities
    add up to one over the vocabulary, so the loss is exact for what it is. Ids stay by order of
    first appearance outside, and are ranks by frequency inside.
    """

    rank_V: Tensor
    LEAST = 4

    def __init__(self, width: int, counts_V: Tensor) -> None:
        """Of `width` columns; raises UsageError for fewer than `LEAST` tokens."""
        super().__init__()
        size = len(counts_V)
        if size < self.LEAST:
            raise UsageError(
                f"--softmax adaptive needs {self.LEAST} tokens or more, and there are {size}",
                hint="--softmax full",
            )
        order_V = torch.argsort(counts_V, descending=True, stable=True)
        self.register_buffer("rank_V", torch.argsort(order_V), persistent=False)
        cutoffs = [max(1, size // 15), max(2, size // 5)]
        narrower = 4.0 if width >= 16 else 1.0
        self.classes = nn.AdaptiveLogSoftmaxWithLoss(width, size, cutoffs, narrower)
        shares = counts_V[order_V].tensor_split(cutoffs)[1:]
        self.operations = 2 * self.classes.head.weight.numel() + sum(
            2
            * float(share.sum() / counts_V.sum())
            * sum(each.numel() for each in tail.parameters())
            for share, tail in zip(shares, self.classes.tail, strict=True)
        )
        """Of the matrix products, forwards, a position; the classes as often as they are needed."""

    def loss(self, context_NE: Tensor, targets_N: Tensor, generator: torch.Generator) -> Tensor:
        """Mean cross-entropy, in nats; torch's module knows no products in 16 bits."""
        with torch.autocast(context_NE.device.type, enabled=False):
            loss: Tensor = self.classes(context_NE, self.rank_V[targets_N]).loss
        return loss

    def exact(self, context_NE: Tensor, targets_N: Tensor) -> Tensor:
        """The same of each position (N,), without gradient."""
        with torch.no_grad():
            losses: Tensor = -self.classes(context_NE, self.rank_V[targets_N]).output
            return losses


def _blocks(columns: int, *rows: Tensor) -> Any:
    """The rows in blocks that have at most `CELLS` logits."""
    size = max(1, CELLS // columns)
    return zip(*(torch.split(each, size) for each in rows), strict=True)


class _Sampled(torch.autograd.Function):
    """Mean loss of the targets' scores among those of the negatives."""

    @staticmethod
    def forward(
        ctx: Any,
        context_NE: Tensor,
        target_N: Tensor,
        negatives_KE: Tensor,
        bias_K: Tensor | None,
        hits_NK: Tensor,
        products: torch.dtype,
    ) -> Tensor:
        context, negatives = context_NE.to(products), negatives_KE.to(products)
        scores_NK = torch.mm(context, negatives.T).float()
        if bias_K is not None:
            scores_NK += bias_K
        scores_NK.masked_fill_(hits_NK, -math.inf)
        largest_N = torch.maximum(scores_NK.amax(1), target_N)
        shares_NK = scores_NK.sub_(largest_N[:, None]).exp_()
        own_N = (target_N - largest_N).exp_()
        sum_N = shares_NK.sum(1).add_(own_N)
        # The slopes of the mean, formed while the shares are at hand, and kept in few bits.
        slopes_NK = shares_NK.mul_((1 / (sum_N * len(sum_N)))[:, None])
        bias_slope = None if bias_K is None else slopes_NK.sum(0)
        target_slope = (own_N / sum_N - 1) / len(sum_N)
        ctx.save_for_backward(context, negatives, slopes_NK.to(products), target_slope, bias_slope)
        return (sum_N.log() + largest_N - target_N).mean()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        context, negatives, slopes_NK, target_slope, bias_slope = ctx.saved_tensors
        return (
            torch.mm(slopes_NK, negatives).float() * gradient,
            target_slope * gradient,
            torch.mm(slopes_NK.T, context).float() * gradient,
            None if bias_slope is None else bias_slope * gradient,
            None,
            None,
        )


class _Full(torch.autograd.Function):
    """Mean loss of the targets over all V tokens; the gradients are formed on the way."""

    @staticmethod
    def forward(
        ctx: Any,
        context_NE: Tensor,
        weight_VE: Tensor,
        bias_V: Tensor,
        targets_N: Tensor,
        products: torch.dtype,
    ) -> Tensor:
        weight = weight_VE.to(products)
        needs_context, needs_weight, needs_bias = ctx.needs_input_grad[:3]
        losses, context_slopes = [], []
        weight_slope = torch.zeros_like(weight_VE) if needs_weight else None
        bias_slope = torch.zeros_like(bias_V) if needs_bias else None
        for context, targets in _blocks(len(weight), context_NE.to(products), targets_N):
            logits = torch.mm(context, weight.T).float().add_(bias_V)
            largest = logits.amax(1, keepdim=True)
            at_target = logits.gather(1, targets[:, None]) - largest
            shares = logits.sub_(largest).exp_()
            sums = shares.sum(1, keepdim=True)
            losses.append(sums.log() - at_target)
            slope = shares.div_(sums)
            slope.scatter_add_(1, targets[:, None], torch.full_like(sums, -1.0))
            narrow = slope.to(products)
            if needs_context:
                context_slopes.append(torch.mm(narrow, weight).float())
            if weight_slope is not None:
                weight_slope += torch.mm(narrow.T, context)
            if bias_slope is not None:
                bias_slope += slope.sum(0)
        context_slope = torch.cat(context_slopes) if needs_context else None
        ctx.positions = len(targets_N)
        ctx.save_for_backward(context_slope, weight_slope, bias_slope)
        return torch.cat(losses).mean()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        scale = gradient / ctx.positions
        slopes = [None if each is None else each * scale for each in ctx.saved_tensors]
        return (*slopes, None, None)
