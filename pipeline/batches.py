"""Ids → training batches, in an order that is a pure function of the seed and the step.

So a run can go on from any step: nothing has to be remembered but the step's number. No batch
holds an invented row: where sequences differ in length, batches get narrower instead of padded.

    n tokens   B streams or documents in a batch   T positions in a window   N predicted positions
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch
from torch import Tensor

from pipeline.errors import DataError


@dataclass(frozen=True)
class Documents:
    """Encoded documents, one behind the other."""

    ids_n: np.ndarray
    """(n,) int32."""
    offsets: np.ndarray
    """(documents + 1,) int64: document i is ids_n[offsets[i] : offsets[i + 1]]."""
    labels: np.ndarray | None = None
    """(documents,) int32."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @classmethod
    def from_batches(cls, batches: list[pa.RecordBatch]) -> Documents:
        """The documents of ids.parquet's row groups."""
        ids = [batch.column("ids").flatten().to_numpy() for batch in batches]
        lengths = [pc.list_value_length(batch.column("ids")).to_numpy() for batch in batches]
        offsets = np.concatenate([np.zeros(1, np.int64), *lengths]).cumsum()
        labels = None
        if batches and "label" in batches[0].schema.names:
            labels = np.concatenate([batch.column("label").to_numpy() for batch in batches])
        return cls(np.concatenate([np.zeros(0, np.int32), *ids]), offsets, labels)

    def select(self, documents: np.ndarray) -> Documents:
        """Those documents, in the order given."""
        lengths = np.diff(self.offsets)[documents]
        offsets = np.concatenate([np.zeros(1, np.int64), lengths.cumsum()])
        within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
        ids = self.ids_n[np.repeat(self.offsets[documents], lengths) + within]
        return Documents(ids, offsets, None if self.labels is None else self.labels[documents])


def split(documents: Documents, fraction: float, seed: int) -> tuple[Documents, Documents]:
    """The documents to train on and those held out, each in corpus order; drawn by `seed`."""
    held_out = max(1, round(len(documents) * fraction))
    if held_out >= len(documents):
        raise DataError(
            f"--valid-fraction {fraction} of {len(documents)} documents leaves none to train on",
            hint="hold out less, or give held-out documents of their own with --valid",
        )
    order = generator(seed, 0).permutation(len(documents))
    return (
        documents.select(np.sort(order[held_out:])),
        documents.select(np.sort(order[:held_out])),
    )


def generator(seed: int, *stream: int) -> np.random.Generator:
    """A random generator of its own for each (seed, stream), so that none needs to be stored."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *stream])))


@dataclass(frozen=True)
class Window:
    """A step's part of the streams.

    >>> documents = Documents(np.array([0, 1, 2, 5, 1], np.int32), np.array([0, 3, 5]))
    >>> window = Streams(documents, batch_size=1, length=5)[0]
    >>> window.ids_BT.tolist(), window.predicts_BT.tolist(), window.targets_N.tolist()
    ([[0, 1, 2, 5, 1]], [[True, True, False, True, False]], [1, 2, 1])
    """

    ids_BT: Tensor
    """int64."""
    predicts_BT: Tensor
    """bool: False where a document ends, since what follows is another document."""
    targets_N: Tensor
    """int64: the tokens that follow the positions where predicts_BT is True."""


class Streams:
    """The documents packed one behind the other and cut into B streams, read in windows of T.

    The streams' lengths differ by at most one; the last position of the longer ones makes a
    narrower window of its own.
    """

    def __init__(self, documents: Documents, batch_size: int, length: int) -> None:
        n = len(documents.ids_n)
        self.length = length
        self.streams = max(1, min(batch_size, n // length))
        self._shortest, self._longer = divmod(n, self.streams)
        each = np.arange(self.streams)
        self._starts = each * self._shortest + np.minimum(each, self._longer)
        self._ids = documents.ids_n
        self._is_end = np.zeros(n, bool)
        self._is_end[documents.offsets[1:] - 1] = True

    def __len__(self) -> int:
        return -(-self._shortest // self.length) + bool(self._longer)

    def __getitem__(self, step: int) -> Window:
        if not 0 <= step < len(self):  # what ends a for loop over it
            raise IndexError(step)
        begin = min(step * self.length, self._shortest)
        end = min(begin + self.length, self._shortest)
        starts = self._starts
        if begin == end:  # what the longer streams have left
            starts, end = starts[: self._longer], end + 1
        positions = starts[:, None] + np.arange(begin, end)
        predicts = ~self._is_end[positions]
        return Window(
            torch.from_numpy(self._ids[positions].astype(np.int64)),
            torch.from_numpy(predicts),
            torch.from_numpy(self._ids[positions[predicts] + 1].astype(np.int64)),
        )


@dataclass(frozen=True)
class LabelledBatch:
    """Documents by falling length, position by position: what torch calls a packed sequence."""

    ids_n: Tensor
    """(n,) int64: the first ids of all documents, then the second ids of those that have one, …"""
    sizes_T: Tensor
    """(T,) int64: how many documents reach each position."""
    labels_B: Tensor
    """(B,) int64."""


class Shuffled:
    """Labelled documents in batches of similar length, in a new order every epoch."""

    def __init__(
        self, documents: Documents, batch_size: int, longest: int, shuffle: tuple[int, ...] | None
    ) -> None:
        lengths = np.minimum(np.diff(documents.offsets), longest)
        order = np.arange(len(documents))
        self._documents = documents
        self._lengths = lengths
        self._batch_size = batch_size
        self._turns = np.arange(-(-len(documents) // batch_size))
        if shuffle:
            random = generator(*shuffle)
            order = random.permutation(order)
            # Sorted within a pool of batches: short steps waste nothing on long documents.
            pool = np.arange(len(order)) // (batch_size * 50)
            order = order[np.lexsort((-lengths[order], pool))]
            random.shuffle(self._turns)
        self._order = order

    def __len__(self) -> int:
        return len(self._turns)

    def __getitem__(self, step: int) -> LabelledBatch:
        if not 0 <= step < len(self):
            raise IndexError(step)
        begin = self._turns[step] * self._batch_size
        chosen = self._order[begin : begin + self._batch_size]
        chosen = chosen[np.argsort(-self._lengths[chosen], kind="stable")]
        lengths = self._lengths[chosen]
        sizes = np.count_nonzero(lengths[:, None] > np.arange(lengths[0]), axis=0)
        position = np.repeat(np.arange(len(sizes)), sizes)
        rank = np.arange(len(position)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        ids = self._documents.ids_n[self._documents.offsets[chosen][rank] + position]
        labels = self._documents.labels
        if labels is None:
            raise DataError("the documents have no labels")
        return LabelledBatch(
            torch.from_numpy(ids.astype(np.int64)),
            torch.from_numpy(sizes.astype(np.int64)),
            torch.from_numpy(labels[chosen].astype(np.int64)),
        )
