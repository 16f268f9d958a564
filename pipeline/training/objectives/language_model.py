"""Predict the next token from those before it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from corpus2vec.pipeline.config import TrainConfig
from corpus2vec.pipeline.training.batches.batch import move, rows_a_step
from corpus2vec.pipeline.training.batches.grouped import Grouped
from corpus2vec.pipeline.training.batches.streams import StreamBatch, Streams
from corpus2vec.pipeline.training.blocks import Blocks
from corpus2vec.pipeline.training.network import Recurrent, State, predicted
from corpus2vec.pipeline.training.softmax import Output


class LanguageModel(nn.Module):
    """An LSTM over streams of documents, and the output layer.

    The state is carried from window to window of a group. At a document's last token nothing is
    predicted.
    """

    def __init__(
        self, table_VD: Tensor, counts_V: Tensor, config: TrainConfig, products: torch.dtype
    ) -> None:
        super().__init__()
        self.config = config
        self._streams = config.streams(len(table_VD))
        sampled = config.samples(len(table_VD))
        self.recurrent = Recurrent(
            table_VD,
            config.hidden_size,
            config.layers,
            config.dropout,
            frozen=config.freeze,
            # A table shared with a full softmax gets a dense gradient from it.
            sparse=sampled or not config.tie,
        )
        dim = table_VD.shape[1]
        self.projection: nn.Module = nn.Identity()
        if config.tie:
            weight = cast("nn.Parameter", self.recurrent.embedding.weight)
            if config.hidden_size != dim:
                self.projection = nn.Linear(config.hidden_size, dim, bias=False)
        else:
            weight = nn.Parameter(torch.empty(len(table_VD), config.hidden_size))
            nn.init.uniform_(weight, -0.1, 0.1)
        negatives = config.negatives if sampled else 0
        self.output = Output(weight, counts_V, negatives, trained_bias=True, products=products)

    def epoch(self, blocks: Blocks, number: int) -> Grouped[StreamBatch]:
        """Return the same streams for every epoch: the order of the text is what is learned.

        A small corpus is read in fewer streams than --batch-size, so that an epoch has steps enough
        to learn something.
        """
        window = self.config.length
        streams = rows_a_step(blocks.tokens // window, self._streams)
        groups = blocks.groups(None)
        tokens = [int(blocks.sizes[group].sum()) for group in groups]
        return Grouped(
            [Streams.steps(each, streams, window) for each in tokens],
            lambda group: Streams(blocks.join(groups[group]), streams, window),
        )

    def loss(
        self, batch: StreamBatch, state: State | None, generator: torch.Generator
    ) -> tuple[Tensor | None, State | None]:
        """Return the mean cross-entropy of the next tokens, and the state after the window."""
        context_NE, state = self._contexts(batch, state, generator)
        if not len(context_NE):
            return None, state
        return self.output.loss(context_NE.float(), batch.targets_N, generator), state

    def tokens(self, batch: StreamBatch) -> int:
        """Return the number of the window's positions."""
        return batch.ids_BT.numel()

    def evaluate(self, blocks: Blocks) -> Mapping[str, float]:
        """Return the loss, in nats a token, and the perplexity, by the exact softmax.

        Both are NaN where every document has a single token.
        """
        total, count = 0.0, 0
        state: State | None = None
        device = self.recurrent.embedding.weight.device
        windows = self.epoch(blocks, 0)
        for step in range(len(windows)):
            if windows.begins(step):
                state = None
            batch = move(windows[step], device)
            context_NE, state = self._contexts(batch, state)
            if len(context_NE):
                total += self.output.exact(context_NE, batch.targets_N).double().sum().item()
                count += len(context_NE)
        loss = total / count if count else math.nan
        return {"loss": loss, "perplexity": math.exp(loss) if loss < 700 else math.inf}

    def _contexts(
        self, batch: StreamBatch, state: State | None, generator: torch.Generator | None = None
    ) -> tuple[Tensor, State]:
        rows = len(batch.ids_BT)
        if state is not None:
            # Truncated backpropagation: the state is carried on without its history. Where the
            # shorter streams have ended, only the first `rows` go on.
            state = (state[0][:, :rows].detach(), state[1][:, :rows].detach())
        outputs_BTH, state = self.recurrent(batch.ids_BT, state, generator)
        outputs_NH = predicted(outputs_BTH, batch.predicts_BT, batch.predicted)
        return self.projection(outputs_NH), state
