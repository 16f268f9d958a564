"""Predict a document's label from its text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_packed_sequence

from corpus2vec.pipeline.config import TrainConfig
from corpus2vec.pipeline.training.batches.batch import move, rows_a_step
from corpus2vec.pipeline.training.batches.grouped import Grouped
from corpus2vec.pipeline.training.batches.labelled import LabelledBatch, LabelledDocuments
from corpus2vec.pipeline.training.blocks import Blocks
from corpus2vec.pipeline.training.network import Recurrent, State

CONFUSED_LABELS = 20
"""Of more labels the confusion is not counted: nobody could read it."""


class Classifier(nn.Module):
    """A linear layer over the LSTM's last output and the maximum over all its outputs.

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

    def epoch(self, blocks: Blocks, number: int) -> Grouped[LabelledBatch]:
        """Return the documents in a new order; of few, a step takes fewer than --batch-size."""
        length, seed = self.config.length, self.config.seed
        groups = blocks.groups((seed, 4, number))
        together = rows_a_step(blocks.documents, self._together)

        def build(group: int) -> LabelledDocuments:
            order = (seed, 1, number, group)
            return LabelledDocuments(blocks.join(groups[group]), together, length, order)

        documents = [int(blocks.counts[group].sum()) for group in groups]
        return Grouped([LabelledDocuments.steps(each, together) for each in documents], build)

    def loss(
        self, batch: LabelledBatch, state: State | None, generator: torch.Generator
    ) -> tuple[Tensor, None]:
        """Return the mean cross-entropy of the labels, and no state."""
        logits_BC = self.logits(batch.ids_n, batch.sizes_T, generator)
        return F.cross_entropy(logits_BC, batch.labels_B), None

    def tokens(self, batch: LabelledBatch) -> int:
        """Return the number of ids."""
        return len(batch.ids_n)

    def evaluate(self, blocks: Blocks) -> Mapping[str, Any]:
        """Return the loss, in nats a document, the accuracy and, of few labels, the confusion.

        That is C lists of C numbers: how many documents of a label were predicted each label.
        """
        total, right = 0.0, 0
        device, labels = self.recurrent.embedding.weight.device, self.head.out_features
        confusion_n = torch.zeros(labels**2 if labels <= CONFUSED_LABELS else 0, dtype=torch.int64)
        for documents in blocks.in_order():
            batches = LabelledDocuments(documents, self._together, self.config.length, None)
            for step in range(len(batches)):
                batch = move(batches[step], device)
                logits_BC = self.logits(batch.ids_n, batch.sizes_T)
                total += F.cross_entropy(logits_BC, batch.labels_B, reduction="sum").item()
                predicted_B = logits_BC.argmax(1)
                right += int((predicted_B == batch.labels_B).sum())
                if len(confusion_n):
                    pairs_B = (batch.labels_B * labels + predicted_B).cpu()
                    confusion_n += torch.bincount(pairs_B, minlength=labels**2)
        scores: dict[str, Any] = {
            "loss": total / blocks.documents,
            "accuracy": right / blocks.documents,
        }
        if len(confusion_n):
            scores["confusion"] = confusion_n.reshape(labels, labels).tolist()
        return scores

    def logits(
        self, ids_n: Tensor, sizes_T: Tensor, generator: torch.Generator | None = None
    ) -> Tensor:
        """Return the logit (B, C) of each label, for packed documents (see `LabelledBatch`)."""
        recurrent = self.recurrent
        outputs, last_BH = recurrent.forward_packed(ids_n, sizes_T, generator)
        padded_BTH, _ = pad_packed_sequence(outputs, batch_first=True, padding_value=-math.inf)
        pooled_B2H = torch.cat([last_BH, padded_BTH.amax(1)], dim=1)
        logits_BC: Tensor = self.head(recurrent.dropout(pooled_B2H, generator))
        return logits_BC
