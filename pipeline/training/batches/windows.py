"""Windows of text with the tokens on both sides: what the context objective reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from corpus2vec.pipeline.training.batches.batch import check_step, split_targets
from corpus2vec.pipeline.training.documents import Documents, generator


@dataclass(frozen=True)
class WindowBatch:
    """Windows of text and the tokens around them.

    A window has S = reach + T + reach positions; the T in the middle are predicted.
    """

    ids_BS: Tensor
    """int64."""
    documents_BS: Tensor
    """int64: equal at positions of the same document."""
    predicts_BT: Tensor
    """bool: False where the document has no other token, or the position was predicted before."""
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

    def shards(self, number: int) -> list[WindowBatch]:
        """Return the batch cut into at most `number` parts, each with some of the windows."""
        targets = split_targets(self.targets_N, self.predicts_BT, number)
        whole = (self.ids_BS, self.documents_BS, self.predicts_BT)
        parts = map(WindowBatch, *(each.tensor_split(number) for each in whole), targets)
        return [part for part in parts if part.rows]


class Windows:
    """The documents concatenated and cut into windows of T tokens, B of them a step.

    `shuffle` is what seeds an epoch's draw: the order of the windows, and where the first one
    begins, so that no token is always at a window's edge. The last window then reads on at the
    beginning of the text, where nothing is predicted a second time. None keeps the order.
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
        self._alone = documents.lengths == 1
        self._length = max(1, min(length, n))
        self._reach = reach
        self._batch_size = batch_size
        self._first = 0
        self._order = np.arange(-(-n // self._length))
        if shuffle:
            random = generator(*shuffle)
            self._first = int(random.integers(self._length))
            random.shuffle(self._order)

    @staticmethod
    def steps(tokens: int, batch_size: int, length: int) -> int:
        """Return how many steps that many tokens take."""
        return -(-tokens // (length * batch_size))

    def __len__(self) -> int:
        return self.steps(len(self._ids), self._batch_size, self._length)

    def __getitem__(self, step: int) -> WindowBatch:
        check_step(step, self)
        n, reach = len(self._ids), self._reach
        begin = step * self._batch_size
        starts = self._order[begin : begin + self._batch_size, None] * self._length
        around = self._first + starts + np.arange(-reach, self._length + reach)
        positions = around % n
        # What lies before the text's beginning, or after its end, counts as another document.
        owners = self._documents.owners(positions)
        documents = owners + (around // n) * len(self._documents)
        inner = slice(reach, reach + self._length)
        again = starts + np.arange(self._length) >= n
        predicts = ~(again | self._alone[owners[:, inner]])
        return WindowBatch(
            torch.from_numpy(self._ids[positions].astype(np.int64)),
            torch.from_numpy(documents),
            torch.from_numpy(predicts),
            torch.from_numpy(self._ids[positions[:, inner][predicts]].astype(np.int64)),
        )
