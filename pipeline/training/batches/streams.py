"""The text in reading order, as parallel streams: what the language model reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from corpus2vec.pipeline.training.batches.batch import check_step, split_targets
from corpus2vec.pipeline.training.documents import Documents


@dataclass(frozen=True)
class StreamBatch:
    """The same window of every stream.

    >>> documents = Documents(np.array([0, 1, 2, 5, 1], np.int32), np.array([0, 3, 5]))
    >>> batch = Streams(documents, batch_size=1, length=5)[0]
    >>> batch.ids_BT.tolist(), batch.predicts_BT.tolist(), batch.targets_N.tolist()
    ([[0, 1, 2, 5, 1]], [[True, True, False, True, False]], [1, 2, 1])
    """

    ids_BT: Tensor
    """int64."""
    predicts_BT: Tensor
    """bool: False where a document ends, since the next token belongs to another document."""
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

    def shards(self, number: int) -> list[StreamBatch]:
        """Return the batch cut into at most `number` parts, each with some of the streams."""
        targets = split_targets(self.targets_N, self.predicts_BT, number)
        ids, predicts = self.ids_BT.tensor_split(number), self.predicts_BT.tensor_split(number)
        parts = map(StreamBatch, ids, predicts, targets)
        return [part for part in parts if part.rows]


class Streams:
    """The documents concatenated and cut into B streams, which are read in windows of T tokens.

    The streams' lengths differ by at most one; the last position of the longer ones makes a
    narrower batch.
    """

    def __init__(self, documents: Documents, batch_size: int, length: int) -> None:
        streams, self._shortest, self._longer = _cut(len(documents.ids_n), batch_size, length)
        self._length = length
        each = np.arange(streams)
        self._starts = each * self._shortest + np.minimum(each, self._longer)
        self._documents = documents
        self._ids = documents.ids_n

    @staticmethod
    def steps(tokens: int, batch_size: int, length: int) -> int:
        """Return how many steps that many tokens take."""
        _, shortest, longer = _cut(tokens, batch_size, length)
        return -(-shortest // length) + bool(longer)

    def __len__(self) -> int:
        return -(-self._shortest // self._length) + bool(self._longer)

    def __getitem__(self, step: int) -> StreamBatch:
        check_step(step, self)
        begin = min(step * self._length, self._shortest)
        end = min(begin + self._length, self._shortest)
        starts = self._starts
        if begin == end:  # only the longer streams have a token left
            starts, end = starts[: self._longer], end + 1
        positions = starts[:, None] + np.arange(begin, end)
        ends = self._documents.offsets[1:]
        predicts = positions + 1 != ends[self._documents.owners(positions)]
        return StreamBatch(
            torch.from_numpy(self._ids[positions].astype(np.int64)),
            torch.from_numpy(predicts),
            torch.from_numpy(self._ids[positions[predicts] + 1].astype(np.int64)),
        )


def _cut(tokens: int, batch_size: int, length: int) -> tuple[int, int, int]:
    """Return the number of streams, the tokens of the shortest, how many have one token more."""
    streams = max(1, min(batch_size, tokens // length))
    return streams, *divmod(tokens, streams)
