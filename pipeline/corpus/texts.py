"""A batch of documents, as the pipeline's front end hands it on: bytes, and where each one is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from corpus2vec.pipeline.strings.slices import WORD, Slices, padded


@dataclass(frozen=True)
class Texts:
    """n documents in one buffer of UTF-8.

    Every byte that belongs to no document is white space, and behind each document is such a byte.

    >>> Texts.of(["Hope to see", "you"]).decoded()
    ['Hope to see', 'you']
    """

    data: np.ndarray
    """uint8, with eight bytes behind the end, whatever they are."""
    begins: np.ndarray
    """(n,) int64"""
    ends: np.ndarray
    """(n,) int64"""
    labels: pa.Array | None = None
    """(n,) string, where the corpus has labels."""

    @staticmethod
    def of(
        texts: Sequence[str] | pa.Array, labels: Sequence[str] | pa.Array | None = None
    ) -> Texts:
        """The documents of a sequence of strings, or of an Arrow array without nulls."""
        slices = Slices.of(texts if isinstance(texts, pa.Array) else pa.array(texts, pa.string()))
        ends = np.cumsum(slices.lengths + 1) - 1
        size = int(slices.lengths.sum())
        data = np.full(size + len(slices) + WORD, ord("\n"), np.uint8)
        inside = np.ones(len(data), bool)
        inside[ends] = False
        inside[len(data) - WORD :] = False
        data[inside] = slices.data[:size]  # the strings of an Arrow array lie one behind the other
        named = None if labels is None else pa.array(labels, pa.string())
        return Texts(data, ends - slices.lengths, ends, named)

    @staticmethod
    def of_lines(block: bytes | memoryview, label: str | None = None) -> Texts:
        r"""Lines, every one of which ends with \n or \r\n."""
        data = padded(np.frombuffer(block, np.uint8))
        ends = np.flatnonzero(data[:-WORD] == ord("\n"))
        begins = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
        returns = (ends > begins) & (data[ends - 1] == ord("\r"))
        labels = pa.repeat(pa.scalar(label, pa.string()), len(ends)) if label is not None else None
        return Texts(data, begins, ends - returns, labels)

    @staticmethod
    def joined(parts: Sequence[Texts]) -> Texts:
        """All documents of `parts`, one behind the other."""
        if len(parts) == 1:
            return parts[0]
        sizes = np.array([len(part.used) for part in parts])
        before = np.cumsum(sizes) - sizes
        shifted = list(zip(parts, before, strict=True))
        labels = [part.labels for part in parts if part.labels is not None]
        return Texts(
            padded(np.concatenate([part.used for part in parts])),
            np.concatenate([part.begins + shift for part, shift in shifted]),
            np.concatenate([part.ends + shift for part, shift in shifted]),
            pa.chunked_array(labels).combine_chunks() if labels else None,
        )

    def __len__(self) -> int:
        return len(self.begins)

    @property
    def used(self) -> np.ndarray:
        """The bytes, without those behind the end."""
        return self.data[:-WORD]

    def decoded(self) -> list[str]:
        """The documents as strings."""
        return Slices(self.data, self.begins, self.ends - self.begins).decoded()
