"""Encoded documents, and the draws over them: which are held out, which tokens are thinned out.

Everything here is NumPy and a pure function of its arguments. A draw is seeded by (seed, stream),
so a run that resumes draws the same again without storing a generator.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.errors import DataError


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
    def from_batches(cls, batches: list[pa.RecordBatch]) -> Documents:
        """Return the documents of ids.parquet's row groups."""
        ids = [batch.column("ids").flatten().to_numpy() for batch in batches]
        lengths = [pc.list_value_length(batch.column("ids")).to_numpy() for batch in batches]
        offsets = np.concatenate([np.zeros(1, np.int64), *lengths]).cumsum()
        labels = None
        if batches and "label" in batches[0].schema.names:
            labels = np.concatenate([batch.column("label").to_numpy() for batch in batches])
        return cls(np.concatenate([np.zeros(0, np.int32), *ids]), offsets, labels)

    @property
    def lengths(self) -> np.ndarray:
        """(documents,) int64: tokens in each document."""
        return np.diff(self.offsets)

    def select(self, documents: np.ndarray) -> Documents:
        """Return the documents with these numbers, in the order given."""
        lengths = self.lengths[documents]
        offsets = np.concatenate([np.zeros(1, np.int64), lengths.cumsum()])
        within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
        ids = self.ids_n[np.repeat(self.offsets[documents], lengths) + within]
        return Documents(ids, offsets, None if self.labels is None else self.labels[documents])


def split(documents: Documents, fraction: float, seed: int) -> tuple[Documents, Documents]:
    """Draw the held-out documents; return those to train on and those held out, in corpus order.

    Raises DataError where none would be left to train on.
    """
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
    """Return a random generator for (seed, stream); other streams of the seed are independent."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *stream])))


def kept_shares(counts_V: np.ndarray, threshold: float) -> np.ndarray:
    """Return the share (V,) of each token's occurrences that `subsample` keeps, float32.

    An occurrence of a token of relative frequency f is kept with probability sqrt(t/f) + t/f, as
    in word2vec's program; the paper (Mikolov et al. 2013, section 2.3) lacks the second term.
    """
    ratio_V = threshold * counts_V.sum() / np.maximum(counts_V, 1)
    shares: np.ndarray = np.minimum(np.sqrt(ratio_V) + ratio_V, 1).astype(np.float32)
    return shares


def subsample(documents: Documents, kept_V: np.ndarray, draw: tuple[int, ...]) -> Documents:
    """Return the documents with each token thinned out to its share `kept_V` of occurrences.

    A document that loses all its tokens stays, empty.
    """
    random = generator(*draw).random(len(documents.ids_n), dtype=np.float32)
    kept = random < kept_V[documents.ids_n]
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(kept)])
    return Documents(documents.ids_n[kept], before[documents.offsets], documents.labels)
