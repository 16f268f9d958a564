"""Predict each token from those on both sides of it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from corpus2vec.pipeline.config import TrainConfig
from corpus2vec.pipeline.training.batches.batch import move, rows_a_step
from corpus2vec.pipeline.training.batches.windows import WindowBatch, Windows
from corpus2vec.pipeline.training.documents import Documents, kept_shares, subsample
from corpus2vec.pipeline.training.network import BothSides, State, predicted
from corpus2vec.pipeline.training.softmax import Output


class ContextModel(nn.Module):
    """One table's rows are read; the other's are compared with what was read.

    Both tables say what a token means: the first what it says about its neighbours, the second
    what its neighbours say about it. `dump --table` combines them.
    """

    def __init__(
        self, table_VD: Tensor, counts_V: Tensor, config: TrainConfig, products: torch.dtype
    ) -> None:
        super().__init__()
        self.config = config
        self._windows = config.streams(len(table_VD))
        dim = table_VD.shape[1]
        self.embedding = nn.Embedding(len(table_VD), dim, sparse=True, _weight=table_VD)
        self.embedding.weight.requires_grad_(not config.freeze)
        reach = config.window if config.residual == "bag" else 0
        self.sides = BothSides(dim, config.hidden_size, config.layers, config.dropout, reach)
        weight = nn.Parameter(torch.zeros(len(table_VD), dim))
        self._kept: np.ndarray | None = None
        threshold = config.threshold(len(table_VD))
        if threshold:
            self._kept = kept_shares(counts_V.cpu().numpy(), threshold)
        self.output = Output(
            weight,
            counts_V,
            config.negatives if config.samples(len(table_VD)) else 0,
            trained_bias=False,
            products=products,
            kept_V=None if self._kept is None else torch.from_numpy(self._kept),
        )

    def epoch(self, documents: Documents, number: int) -> Windows:
        """Return the windows in a new order, with a new draw of the frequent tokens that stay."""
        config = self.config
        if self._kept is not None:
            documents = subsample(documents, self._kept, (config.seed, 3, number))
        together = rows_a_step(len(documents.ids_n) // config.length, self._windows)
        order = (config.seed, 1, number)
        return Windows(documents, together, config.length, self.sides.reach, order)

    def loss(
        self, batch: WindowBatch, state: State | None, generator: torch.Generator
    ) -> tuple[Tensor | None, None]:
        """Return the mean cross-entropy of the windows' tokens, and no state."""
        if not len(batch.targets_N):
            return None, None
        contexts_ND = self._contexts(batch, generator)
        return self.output.loss(contexts_ND, batch.targets_N, generator), None

    def tokens(self, batch: WindowBatch) -> int:
        """Return the number of the windows' positions."""
        return batch.predicts_BT.numel()

    def evaluate(self, documents: Documents) -> Mapping[str, float]:
        """Return the loss, in nats a token, and the perplexity, by the exact softmax.

        No token is thinned out. Both are NaN where every document has a single token.
        """
        total, count = 0.0, 0
        config = self.config
        windows = Windows(documents, self._windows, config.length, self.sides.reach, None)
        for step in range(len(windows)):
            batch = move(windows[step], self.embedding.weight.device)
            if len(batch.targets_N):
                losses = self.output.exact(self._contexts(batch), batch.targets_N)
                total += losses.double().sum().item()
                count += len(batch.targets_N)
        loss = total / count if count else math.nan
        return {"loss": loss, "perplexity": math.exp(loss) if loss < 700 else math.inf}

    def _contexts(self, batch: WindowBatch, generator: torch.Generator | None = None) -> Tensor:
        contexts_BTD = self.sides(self.embedding(batch.ids_BS), batch.documents_BS, generator)
        return predicted(contexts_BTD, batch.predicts_BT, batch.predicted).float()
