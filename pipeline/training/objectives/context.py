"""Predict each token from those on both sides of it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from corpus2vec.pipeline.config import TrainConfig
from corpus2vec.pipeline.training.batches.batch import move, rows_a_step
from corpus2vec.pipeline.training.batches.grouped import Grouped
from corpus2vec.pipeline.training.batches.windows import WindowBatch, Windows
from corpus2vec.pipeline.training.blocks import Blocks
from corpus2vec.pipeline.training.documents import Documents, drawn, kept_shares, subsample
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

    def epoch(self, blocks: Blocks, number: int) -> Grouped[WindowBatch]:
        """Return the windows in a new order, with a new draw of the frequent tokens that stay.

        Those are counted first, in a pass over the blocks, since they decide how many steps a group
        takes.
        """
        length, seed = self.config.length, self.config.seed
        groups = blocks.groups((seed, 4, number))
        tokens = [sum(self._left(blocks, block, number) for block in group) for group in groups]
        rows = rows_a_step(sum(tokens) // length, self._windows)

        def build(group: int) -> Windows:
            documents = [self._thinned(blocks, block, number) for block in groups[group]]
            order = (seed, 1, number, group)
            return Windows(Documents.joined(documents), rows, length, self.sides.reach, order)

        return Grouped([Windows.steps(each, rows, length) for each in tokens], build)

    def _thinned(self, blocks: Blocks, block: int, epoch: int) -> Documents:
        """Read a block without the tokens that do not stay in that epoch."""
        documents = blocks[block]
        if self._kept is None:
            return documents
        return subsample(documents, self._kept, (self.config.seed, 3, epoch, block))

    def _left(self, blocks: Blocks, block: int, epoch: int) -> int:
        """Count the tokens that `_thinned` leaves in a block."""
        if self._kept is None:
            return int(blocks.sizes[block])
        draw = (self.config.seed, 3, epoch, block)
        return int(np.count_nonzero(drawn(blocks[block].ids_n, self._kept, draw)))

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

    def evaluate(self, blocks: Blocks) -> Mapping[str, float]:
        """Return the loss, in nats a token, and the perplexity, by the exact softmax.

        No token is thinned out. Both are NaN where every document has a single token.
        """
        total, count = 0.0, 0
        config = self.config
        for documents in blocks.in_order():
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
