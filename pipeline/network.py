"""Embedding + LSTM: the part that every objective shares, and the output layer over the vocabulary.

    V vocabulary   D columns of the table   H units of the LSTM   E columns of the output layer
    B batch   T positions in a window   N predicted positions   K shared negatives

The embedding is a table of V rows: an id picks a row, and the gradient of a loss reaches just the
rows that were picked. Tables get sparse gradients, so that a step costs what its tokens cost,
whatever V is.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

State = tuple[Tensor, Tensor]  # the LSTM's (h, c), each layers × B × H


class Recurrent(nn.Module):
    """The embedding table and the LSTM over its rows."""

    def __init__(
        self,
        table_VD: Tensor,
        hidden: int,
        layers: int,
        dropout: float,
        *,
        frozen: bool,
        sparse: bool,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(
            len(table_VD), table_VD.shape[1], sparse=sparse, _weight=table_VD
        )
        self.embedding.weight.requires_grad_(not frozen)
        between = dropout if layers > 1 else 0.0
        self.lstm = nn.LSTM(table_VD.shape[1], hidden, layers, batch_first=True, dropout=between)
        self.dropout = nn.Dropout(dropout)

    def forward(self, ids_BT: Tensor, state: State | None) -> tuple[Tensor, State]:
        """The LSTM's outputs (B, T, H) and its state after the window."""
        outputs_BTH, state = self.lstm(self.dropout(self.embedding(ids_BT)), state)
        return self.dropout(outputs_BTH), state

    def forward_packed(self, ids_n: Tensor, sizes_T: Tensor) -> tuple[PackedSequence, Tensor]:
        """The outputs at every position of packed documents, and each document's last (B, H)."""
        rows_nD = self.dropout(self.embedding(ids_n))
        outputs, (last_LBH, _) = self.lstm(PackedSequence(rows_nD, sizes_T))
        return outputs, last_LBH[-1]


class Output(nn.Module):
    """Scores every token of the vocabulary, or a sample of it.

    The bias starts at the log of the unigram probabilities: frequency is told there from the
    first step, and the rows need not learn it.
    """

    noise_log_V: Tensor
    noise_sum_V: Tensor

    def __init__(self, weight_VE: nn.Parameter, counts_V: Tensor, negatives: int) -> None:
        super().__init__()
        self.weight = weight_VE
        smoothed = counts_V.double() + 1
        self.bias = nn.Parameter((smoothed / smoothed.sum()).log().float()[:, None])
        self.negatives = negatives
        # word2vec's noise distribution (Mikolov et al. 2013): unigram to the power 0.75.
        noise = smoothed**0.75
        self.register_buffer("noise_log_V", (noise / noise.sum()).log().float(), persistent=False)
        self.register_buffer("noise_sum_V", (noise / noise.sum()).cumsum(0), persistent=False)

    def full(self, context_NE: Tensor, targets_N: Tensor) -> Tensor:
        """Cross-entropy (N,), in nats, over the whole vocabulary."""
        logits_NV = F.linear(context_NE, self.weight, self.bias[:, 0])
        return F.cross_entropy(logits_NV, targets_N, reduction="none")

    def exact(self, context_NE: Tensor, targets_N: Tensor, cells: int = 1 << 24) -> Tensor:
        """As `full`, without gradient, in blocks of at most `cells` logits."""
        block = max(1, cells // len(self.weight))
        pieces = zip(torch.split(context_NE, block), torch.split(targets_N, block), strict=True)
        return torch.cat([self.full(context, targets) for context, targets in pieces])

    def sampled(self, context_NE: Tensor, targets_N: Tensor) -> Tensor:
        """Cross-entropy (N,) of the target against K negatives that the whole step shares.

        Importance sampling (Bengio & Senécal 2008, "Adaptive Importance Sampling to Accelerate
        Training of a Neural Probabilistic Language Model"): the target counts as itself, and
        each negative as one over its expected number in the sample, which makes their sum an
        estimate of the whole vocabulary's. So the loss is near the exact one, and comparable to
        it. Negatives that are the target are left out of that row.
        """
        uniform_K = torch.rand(self.negatives, dtype=torch.float64, device=targets_N.device)
        last = len(self.weight) - 1
        negatives_K = torch.searchsorted(self.noise_sum_V, uniform_K).clamp_(max=last)
        expected_V = self.noise_log_V + math.log(self.negatives)

        targets_NE = F.embedding(targets_N, self.weight, sparse=True)
        bias_N = F.embedding(targets_N, self.bias, sparse=True)[:, 0]
        target_N = (context_NE * targets_NE).sum(1) + bias_N

        negatives_KE = F.embedding(negatives_K, self.weight, sparse=True)
        bias_K = F.embedding(negatives_K, self.bias, sparse=True)[:, 0]
        scores_NK = torch.addmm(bias_K - expected_V[negatives_K], context_NE, negatives_KE.T)
        hits_NK = targets_N[:, None] == negatives_K
        scores_NK = scores_NK.masked_fill(hits_NK, -math.inf)
        rest_N = torch.logsumexp(scores_NK, 1)
        return torch.logaddexp(target_N, rest_N) - target_N
