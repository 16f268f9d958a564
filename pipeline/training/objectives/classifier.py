"""Predict a document's label from its text."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_packed_sequence

from corpus2vec.pipeline.config import TrainConfig
from corpus2vec.pipeline.training.batches import Documents, LabelledBatch, Shuffled
from corpus2vec.pipeline.training.network import Recurrent, State
from corpus2vec.pipeline.training.objectives.common import BOTH_WAYS, at_once, move


class Classifier(nn.Module):
    """Predict the document's label from the LSTM's last output and the maximum over all.

    Pooling as in Howard & Ruder (2018), "Universal Language Model Fine-tuning", section 3.3.
    """

    def __init__(self, table_VD: Tensor, labels: int, config: TrainConfig) -> None:
        super().__init__()
        self.config = config
        self._together = config.streams(len(table_VD))
        self.recurrent = Recurrent(
            table_VD,
            config.hidden_size,
            config.layers,
            config.dropout,
            frozen=config.freeze,
            sparse=True,
        )
        self.head = nn.Linear(2 * config.hidden_size, labels)

    def epoch(self, documents: Documents, number: int) -> Shuffled:
        """A new order every epoch; of few documents, fewer than --batch-size at once."""
        order = (self.config.seed, 1, number)
        together = at_once(len(documents), self._together)
        return Shuffled(documents, together, self.config.length, order)

    def loss(
        self, batch: LabelledBatch, state: State | None, generator: torch.Generator
    ) -> tuple[Tensor, None]:
        """Mean cross-entropy of the label."""
        return F.cross_entropy(self._logits(batch, generator), batch.labels_B), None

    def tokens(self, batch: LabelledBatch) -> int:
        """Ids of the batch."""
        return len(batch.ids_n)

    @property
    def operations(self) -> float:
        """Of a token's matrix products, forwards and back."""
        return float(BOTH_WAYS * self.recurrent.lstm.operations)

    def evaluate(self, documents: Documents) -> Mapping[str, float]:
        """Loss, in nats a document, and accuracy."""
        total, right = 0.0, 0
        device = self.recurrent.embedding.weight.device
        batches = Shuffled(documents, self._together, self.config.length, None)
        for step in range(len(batches)):
            batch = move(batches[step], device)
            logits_BC = self._logits(batch)
            total += F.cross_entropy(logits_BC, batch.labels_B, reduction="sum").item()
            right += int((logits_BC.argmax(1) == batch.labels_B).sum())
        return {"loss": total / len(documents), "accuracy": right / len(documents)}

    def _logits(self, batch: LabelledBatch, generator: torch.Generator | None = None) -> Tensor:
        recurrent = self.recurrent
        outputs, last_BH = recurrent.forward_packed(batch.ids_n, batch.sizes_T, generator)
        padded_BTH, _ = pad_packed_sequence(outputs, batch_first=True, padding_value=-math.inf)
        pooled_B2H = torch.cat([last_BH, padded_BTH.amax(1)], dim=1)
        logits_BC: Tensor = self.head(recurrent.dropout(pooled_B2H, generator))
        return logits_BC
