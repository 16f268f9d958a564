"""A batch of documents: their bytes in one buffer, and where each document begins and ends.

This is how documents travel from the readers to the tokenizer, without a Python object for any of
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from corpus2vec.pipeline.strings.slices import WORD, Slices, padded


@dataclass(frozen=True)
class Texts:
    """n documents in one buffer of UTF-8.

    At least one byte follows each document. Every byte outside the documents is white space.

    >>> Texts.of(["Hope to see", "you"]).decoded()
    ['Hope to see', 'you']
    """

    data: np.ndarray
    """uint8, and eight more bytes of any value, as `Slices` needs."""
    begins: np.ndarray
    """(n,) int64"""
    ends: np.ndarray
    """(n,) int64"""
    labels: pa.Array | None = None
    """(n,) string, if the corpus has labels."""
    ids: pa.Array | None = None
    """(n,) string: the id that each document has in the corpus, if ids were asked for."""

    @staticmethod
    def of(
        texts: Sequence[str] | pa.Array,
        labels: Sequence[str] | pa.Array | None = None,
        ids: Sequence[str] | pa.Array | None = None,
    ) -> Texts:
        """Make a batch of strings, a sequence or an Arrow array without nulls."""
        slices = Slices.of(texts if isinstance(texts, pa.Array) else pa.array(texts, pa.string()))
        ends = np.cumsum(slices.lengths + 1) - 1
        size = int(slices.lengths.sum())
        data = np.full(size + len(slices) + WORD, ord("\n"), np.uint8)
        inside = np.ones(len(data), bool)
        inside[ends] = False
        inside[len(data) - WORD :] = False
        data[inside] = slices.data[:size]  # an Arrow array has its strings concatenated
        beside = [None if each is None else pa.array(each, pa.string()) for each in (labels, ids)]
        return Texts(data, ends - slices.lengths, ends, *beside)

    @staticmethod
    def of_lines(block: bytes | memoryview, label: str | None = None) -> Texts:
        r"""Make a batch of lines, each of which ends in \n or \r\n."""
        data = padded(np.frombuffer(block, np.uint8))
        ends = np.flatnonzero(data[:-WORD] == ord("\n"))
        begins = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
        returns = (ends > begins) & (data[ends - 1] == ord("\r"))
        labels = pa.repeat(pa.scalar(label, pa.string()), len(ends)) if label is not None else None
        return Texts(data, begins, ends - returns, labels)

    @staticmethod
    def joined(parts: Sequence[Texts]) -> Texts:
        """Concatenate batches."""
        if len(parts) == 1:
            return parts[0]
        sizes = np.array([len(part.used) for part in parts])
        before = np.cumsum(sizes) - sizes
        shifted = list(zip(parts, before, strict=True))
        return Texts(
            padded(np.concatenate([part.used for part in parts])),
            np.concatenate([part.begins + shift for part, shift in shifted]),
            np.concatenate([part.ends + shift for part, shift in shifted]),
            _joined([part.labels for part in parts]),
            _joined([part.ids for part in parts]),
        )

    def __len__(self) -> int:
        return len(self.begins)

    @property
    def used(self) -> np.ndarray:
        """The bytes, without the eight more."""
        return self.data[:-WORD]

    def feed(self, digest: Any) -> None:
        """Feed all that the batch has to a digest."""
        for array in (self.ends - self.begins, self.used):
            digest.update(np.ascontiguousarray(array))
        for column in (self.labels, self.ids):
            digest.update(repr(None if column is None else column.to_pylist()).encode())

    def decoded(self) -> list[str]:
        """Return the documents as strings."""
        return Slices(self.data, self.begins, self.ends - self.begins).decoded()


def _joined(columns: Sequence[pa.Array | None]) -> pa.Array | None:
    there = [each for each in columns if each is not None]
    return pa.chunked_array(there).combine_chunks() if there else None
