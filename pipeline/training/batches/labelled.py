"""Whole documents with their labels: what the classifier reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.training.batches.batch import check_step
from corpus2vec.pipeline.training.documents import Documents, generator


@dataclass(frozen=True)
class LabelledBatch:
    """Documents sorted by falling length, position by position: torch's packed sequence."""

    ids_n: Tensor
    """(n,) int64: the first ids of all documents, then the second ids of those that have one, …"""
    sizes_T: Tensor
    """(T,) int64: how many documents reach each position."""
    labels_B: Tensor
    """(B,) int64."""

    @property
    def rows(self) -> int:
        """B."""
        return len(self.labels_B)

    @property
    def predicted(self) -> int:
        """B: one label a document."""
        return len(self.labels_B)

    def shards(self, number: int) -> list[LabelledBatch]:
        """Return the batch alone: it cannot be cut, since its documents are interleaved."""
        return [self]


class LabelledDocuments:
    """Documents and their labels in batches of similar length.

    `shuffle` is what seeds an epoch's order; None keeps the order of the corpus. Documents are cut
    after `longest` tokens.
    """

    def __init__(
        self, documents: Documents, batch_size: int, longest: int, shuffle: tuple[int, ...] | None
    ) -> None:
        lengths = np.minimum(documents.lengths, longest)
        order = np.arange(len(documents))
        self._documents = documents
        self._lengths = lengths
        self._batch_size = batch_size
        self._turns = np.arange(self.steps(len(documents), batch_size))
        if shuffle:
            random = generator(*shuffle)
            order = random.permutation(order)
            # Sorted within a pool of batches: short documents then waste no steps on long ones.
            pool = np.arange(len(order)) // (batch_size * 50)
            order = order[np.lexsort((-lengths[order], pool))]
            random.shuffle(self._turns)
        self._order = order

    @staticmethod
    def steps(documents: int, batch_size: int) -> int:
        """Return how many steps that many documents take."""
        return -(-documents // batch_size)

    def __len__(self) -> int:
        return len(self._turns)

    def __getitem__(self, step: int) -> LabelledBatch:
        check_step(step, self)
        begin = self._turns[step] * self._batch_size
        chosen = self._order[begin : begin + self._batch_size]
        chosen = chosen[np.argsort(-self._lengths[chosen], kind="stable")]
        labels = self._documents.labels
        if labels is None:
            raise DataError("the documents have no labels")
        return LabelledBatch(
            *packed(self._documents, chosen, self._lengths[chosen]),
            torch.from_numpy(labels[chosen].astype(np.int64)),
        )


def packed(
    documents: Documents, chosen_B: np.ndarray, lengths_B: np.ndarray
) -> tuple[Tensor, Tensor]:
    """Return the first `lengths_B` ids, at least one, of chosen documents, as torch packs them.

    The documents are in the order of falling length. See `LabelledBatch` for the result.
    """
    sizes = np.count_nonzero(lengths_B[:, None] > np.arange(lengths_B[0]), axis=0)
    position = np.repeat(np.arange(len(sizes)), sizes)
    rank = np.arange(len(position)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    ids = documents.ids_n[documents.offsets[chosen_B][rank] + position]
    return torch.from_numpy(ids.astype(np.int64)), torch.from_numpy(sizes.astype(np.int64))
