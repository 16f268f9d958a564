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

from corpus2vec.pipeline.errors import DataError


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

    @property
    def rows(self) -> int:
        """B."""
        return len(self.ids_BT)

    @property
    def predicted(self) -> int:
        """N."""
        return len(self.targets_N)

    def shards(self, number: int) -> list[Window]:
        """The same in so many parts by streams, or fewer where there are fewer streams."""
        targets = _split_targets(self.targets_N, self.predicts_BT, number)
        ids, predicts = self.ids_BT.tensor_split(number), self.predicts_BT.tensor_split(number)
        parts = map(Window, ids, predicts, targets)
        return [part for part in parts if part.rows]


def _split_targets(targets_N: Tensor, predicts_BT: Tensor, number: int) -> tuple[Tensor, ...]:
    counts = [int(part.sum()) for part in predicts_BT.tensor_split(number)]
    return torch.split(targets_N, counts)


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

    @property
    def rows(self) -> int:
        """B."""
        return len(self.labels_B)

    @property
    def predicted(self) -> int:
        """B: a label a document."""
        return len(self.labels_B)

    def shards(self, number: int) -> list[LabelledBatch]:
        """Itself: its documents stand position by position."""
        return [self]


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


@dataclass(frozen=True)
class Surrounded:
    """Windows of text, with what stands around them.

    S = reach + T + reach places a window; the T in the middle are to be predicted.
    """

    ids_BS: Tensor
    """int64."""
    documents_BS: Tensor
    """int64: equal for places of one document."""
    predicts_BT: Tensor
    """bool: False where a document has no other token, or where the place was met before."""
    targets_N: Tensor
    """int64: the tokens where predicts_BT is True."""

    @property
    def rows(self) -> int:
        """B."""
        return len(self.ids_BS)

    @property
    def predicted(self) -> int:
        """N."""
        return len(self.targets_N)

    def shards(self, number: int) -> list[Surrounded]:
        """The same in so many parts by windows, or fewer where there are fewer windows."""
        targets = _split_targets(self.targets_N, self.predicts_BT, number)
        whole = (self.ids_BS, self.documents_BS, self.predicts_BT)
        parts = map(Surrounded, *(each.tensor_split(number) for each in whole), targets)
        return [part for part in parts if part.rows]


class Surroundings:
    """The text cut into windows of T tokens, B of them a step, in an order drawn anew every epoch.

    `shuffle` also draws where the first window begins, so that no token always stands at a
    window's edge; the last window then reads on at the beginning of the text, where nothing is
    predicted a second time.
    """

    def __init__(
        self,
        documents: Documents,
        batch_size: int,
        length: int,
        reach: int,
        shuffle: tuple[int, ...] | None,
    ) -> None:
        self._documents = documents
        self._ids = documents.ids_n
        n = len(self._ids)
        lengths = np.diff(documents.offsets)
        self._owner = np.repeat(np.arange(len(documents), dtype=np.int32), lengths)
        self._alone = np.repeat(lengths == 1, lengths)
        self._length = max(1, min(length, n))
        self._reach = reach
        self._batch_size = batch_size
        self._first = 0
        self._order = np.arange(-(-n // self._length))
        if shuffle:
            random = generator(*shuffle)
            self._first = int(random.integers(self._length))
            random.shuffle(self._order)

    def __len__(self) -> int:
        return -(-len(self._order) // self._batch_size)

    def __getitem__(self, step: int) -> Surrounded:
        if not 0 <= step < len(self):
            raise IndexError(step)
        n, reach = len(self._ids), self._reach
        begin = step * self._batch_size
        starts = self._order[begin : begin + self._batch_size, None] * self._length
        around = self._first + starts + np.arange(-reach, self._length + reach)
        places = around % n
        # What lies before the text's beginning, or behind its end, is another document.
        documents = self._owner[places] + (around // n) * len(self._documents)
        inner = slice(reach, reach + self._length)
        again = starts + np.arange(self._length) >= n
        predicts = ~(again | self._alone[places[:, inner]])
        return Surrounded(
            torch.from_numpy(self._ids[places].astype(np.int64)),
            torch.from_numpy(documents),
            torch.from_numpy(predicts),
            torch.from_numpy(self._ids[places[:, inner][predicts]].astype(np.int64)),
        )


def kept_shares(counts_V: np.ndarray, threshold: float) -> np.ndarray:
    """The share (V,) of each token's occurrences that `subsample` keeps, float32.

    An occurrence of a token of relative frequency f is kept with probability sqrt(t/f) + t/f, as
    word2vec's program has it; the paper (Mikolov et al. 2013, section 2.3) lacks the second term.
    """
    ratio_V = threshold * counts_V.sum() / np.maximum(counts_V, 1)
    shares: np.ndarray = np.minimum(np.sqrt(ratio_V) + ratio_V, 1).astype(np.float32)
    return shares


def subsample(documents: Documents, kept_V: np.ndarray, draw: tuple[int, ...]) -> Documents:
    """The documents with each token's occurrences thinned out to that share of them.

    A document that comes to nothing stays, empty.
    """
    random = generator(*draw).random(len(documents.ids_n), dtype=np.float32)
    kept = random < kept_V[documents.ids_n]
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(kept)])
    return Documents(documents.ids_n[kept], before[documents.offsets], documents.labels)
