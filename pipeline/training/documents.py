"""Encoded documents in memory, and which of their tokens are thinned out.

Everything here is NumPy and a pure function of its arguments. A draw is seeded by (seed, stream),
so a run that resumes draws the same again without storing a generator. The documents of a whole
corpus are on disk, in `blocks`, each of which is read as `Documents`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.strings.slices import ranges


@dataclass(frozen=True)
class Documents:
    """Encoded documents, concatenated."""

    ids_n: np.ndarray
    """(n,) int32."""
    offsets: np.ndarray
    """(documents + 1,) int64: document i is ids_n[offsets[i] : offsets[i + 1]]."""
    labels: np.ndarray | None = None
    """(documents,) int32."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @classmethod
    def of(cls, ids_n: np.ndarray, lengths: np.ndarray, labels: np.ndarray | None) -> Documents:
        """Return the documents with these lengths, (documents,), one after the other."""
        offsets = np.zeros(len(lengths) + 1, np.int64)
        np.cumsum(lengths, out=offsets[1:])
        return cls(ids_n, offsets, labels)

    @classmethod
    def from_batch(cls, batch: pa.RecordBatch) -> Documents:
        """Return the documents of a row group of ids.parquet."""
        lists = batch.column("ids")
        labels = batch.column("label").to_numpy() if "label" in batch.schema.names else None
        lengths = pc.list_value_length(lists).to_numpy()
        return cls.of(lists.flatten().to_numpy(), lengths, labels)

    @classmethod
    def from_batches(cls, batches: Iterable[pa.RecordBatch]) -> Documents:
        """Return the documents of all row groups of ids.parquet."""
        return cls.joined([cls.from_batch(batch) for batch in batches])

    @classmethod
    def joined(cls, parts: Sequence[Documents]) -> Documents:
        """Return the documents of all parts, in order."""
        ids_n = np.concatenate([np.zeros(0, np.int32), *(each.ids_n for each in parts)])
        lengths = np.concatenate([np.zeros(0, np.int64), *(each.lengths for each in parts)])
        labels = [each.labels for each in parts if each.labels is not None]
        return cls.of(ids_n, lengths, np.concatenate(labels) if labels else None)

    @property
    def lengths(self) -> np.ndarray:
        """(documents,) int64: tokens in each document."""
        return np.diff(self.offsets)

    def select(self, documents: np.ndarray) -> Documents:
        """Return the documents with these numbers, in the order given."""
        lengths = self.lengths[documents]
        ids_n = self.ids_n[ranges(self.offsets[documents], lengths)]
        return Documents.of(ids_n, lengths, None if self.labels is None else self.labels[documents])

    def owners(self, places: np.ndarray) -> np.ndarray:
        """Return the number of the document that each place among the tokens belongs to.

        >>> Documents(np.zeros(3), np.array([0, 2, 2, 3])).owners(np.array([0, 1, 2])).tolist()
        [0, 0, 2]
        """
        return np.searchsorted(self.offsets[1:], places, side="right")


def generator(seed: int, *stream: int) -> np.random.Generator:
    """Return a random generator for (seed, stream); other streams of the seed are independent.

    Zeros at the end of a stream count for nothing: (1, 0) is the same stream as (1,).
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *stream])))


def kept_shares(counts_V: np.ndarray, threshold: float) -> np.ndarray:
    """Return the share (V,) of each token's occurrences that are kept, float32.

    An occurrence of a token of relative frequency f is kept with probability sqrt(t/f) + t/f, as
    in word2vec's program; the paper (Mikolov et al. 2013, section 2.3) lacks the second term.
    """
    ratio_V = threshold * counts_V.sum() / np.maximum(counts_V, 1)
    shares: np.ndarray = np.minimum(np.sqrt(ratio_V) + ratio_V, 1).astype(np.float32)
    return shares


def drawn(ids_n: np.ndarray, kept_V: np.ndarray, draw: tuple[int, ...]) -> np.ndarray:
    """Draw which tokens stay, (n,) bool: of each id the share `kept_V`."""
    stays: np.ndarray = generator(*draw).random(len(ids_n), dtype=np.float32) < kept_V[ids_n]
    return stays


def subsample(documents: Documents, kept_V: np.ndarray, draw: tuple[int, ...]) -> Documents:
    """Return the documents with each token thinned out to its share `kept_V` of occurrences.

    A document that loses all its tokens stays, empty.
    """
    stays = drawn(documents.ids_n, kept_V, draw)
    upto = np.concatenate([np.zeros(1, np.int64), np.cumsum(stays)])
    return Documents(documents.ids_n[stays], upto[documents.offsets], documents.labels)
