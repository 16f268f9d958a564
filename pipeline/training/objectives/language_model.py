"""Predict the next token from those before it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from corpus2vec.pipeline.config import TrainConfig
from corpus2vec.pipeline.training.batches import Documents, Streams, Window
from corpus2vec.pipeline.training.network import Recurrent, State
from corpus2vec.pipeline.training.objectives.common import BOTH_WAYS, at_once, move, predicted
from corpus2vec.pipeline.training.softmax import Adaptive, Output


class LanguageModel(nn.Module):
    """An LSTM over streams of documents, and the output layer.

    The state is carried from window to window; where a document ends nothing is predicted.
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
            # A table that the full softmax shares gets a dense gradient from there.
            sparse=sampled or not config.tie,
        )
        dim = table_VD.shape[1]
        self.projection: nn.Module = nn.Identity()
        self.output: Output | Adaptive
        if config.softmax == "adaptive":
            self.output = Adaptive(config.hidden_size, counts_V)
            return
        if config.tie:
            weight = cast("nn.Parameter", self.recurrent.embedding.weight)
            if config.hidden_size != dim:
                self.projection = nn.Linear(config.hidden_size, dim, bias=False)
        else:
            weight = nn.Parameter(torch.empty(len(table_VD), config.hidden_size))
            nn.init.uniform_(weight, -0.1, 0.1)
        negatives = config.negatives if sampled else 0
        self.output = Output(weight, counts_V, negatives, trained_bias=True, products=products)

    def epoch(self, documents: Documents, number: int) -> Streams:
        """The same streams every epoch: the order of the text is what is learned.

        A small corpus is read in fewer streams than --batch-size, so that an epoch still has
        enough steps to learn something.
        """
        window = self.config.length
        streams = at_once(len(documents.ids_n) // window, self._streams)
        return Streams(documents, streams, window)

    def loss(
        self, batch: Window, state: State | None, generator: torch.Generator
    ) -> tuple[Tensor | None, State | None]:
        """Mean cross-entropy of the next token."""
        context_NE, state = self._contexts(batch, state, generator)
        if not len(context_NE):
            return None, state
        return self.output.loss(context_NE.float(), batch.targets_N, generator), state

    def tokens(self, batch: Window) -> int:
        """Positions of the window."""
        return batch.ids_BT.numel()

    @property
    def operations(self) -> float:
        """Of a token's matrix products, forwards and back."""
        joins = sum(2 * each.numel() for each in self.projection.parameters())
        return BOTH_WAYS * (self.recurrent.lstm.operations + joins + self.output.operations)

    def evaluate(self, documents: Documents) -> Mapping[str, float]:
        """Loss, in nats a token, and perplexity, by the exact softmax."""
        total, count = 0.0, 0
        state: State | None = None
        device = self.recurrent.embedding.weight.device
        windows = self.epoch(documents, 0)
        for step in range(len(windows)):
            batch = move(windows[step], device)
            context_NE, state = self._contexts(batch, state)
            if len(context_NE):
                total += self.output.exact(context_NE, batch.targets_N).double().sum().item()
                count += len(context_NE)
        loss = total / count if count else math.nan
        return {"loss": loss, "perplexity": math.exp(loss) if loss < 700 else math.inf}

    def _contexts(
        self, batch: Window, state: State | None, generator: torch.Generator | None = None
    ) -> tuple[Tensor, State]:
        rows = len(batch.ids_BT)
        if state is not None:
            # Truncated backpropagation: the state goes on, its history does not. Where the
            # shorter streams are at their end, the first `rows` are what goes on.
            state = (state[0][:, :rows].detach(), state[1][:, :rows].detach())
        outputs_BTH, state = self.recurrent(batch.ids_BT, state, generator)
        outputs_NH = predicted(outputs_BTH, batch.predicts_BT, batch.predicted)
        return self.projection(outputs_NH), state
