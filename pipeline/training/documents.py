"""Encoded documents, and the draws over them: which are held out, which tokens are thinned out.

Everything here is NumPy and a pure function of its arguments. A draw is seeded by (seed, stream),
so a run that resumes draws the same again without storing a generator. What is as long as the
corpus is only the ids themselves (see `flat_ids`): the rest is made block by block.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.strings.slices import ranges
from corpus2vec.pipeline.training.flat_ids import FlatIds

BLOCK = 1 << 20
"""Tokens that are thinned out together."""
SELECTED = 1 << 14
"""Documents that are copied together."""


@dataclass(frozen=True)
class Documents:
    """Encoded documents, concatenated."""

    ids_n: np.ndarray
    """(n,) int32."""
    offsets: np.ndarray
    """(documents + 1,) int64: document i is ids_n[offsets[i] : offsets[i + 1]]."""
    labels: np.ndarray | None = None
    """(documents,) int32."""
    folder: Path | None = None
    """Where ids are kept that memory does not hold; None is the system's."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @classmethod
    def from_batches(
        cls, batches: Iterable[pa.RecordBatch], most: int, folder: Path | None = None
    ) -> Documents:
        """Return the documents of ids.parquet's row groups, which have `most` tokens at most."""
        ids = FlatIds(most, folder)
        lengths, labels = [np.zeros(1, np.int64)], []
        for batch in batches:
            ids.add(batch.column("ids").flatten().to_numpy())
            lengths.append(pc.list_value_length(batch.column("ids")).to_numpy())
            if "label" in batch.schema.names:
                labels.append(batch.column("label").to_numpy())
        offsets = np.concatenate(lengths).cumsum()
        return cls(ids.whole(), offsets, np.concatenate(labels) if labels else None, folder)

    @property
    def lengths(self) -> np.ndarray:
        """(documents,) int64: tokens in each document."""
        return np.diff(self.offsets)

    def select(self, documents: np.ndarray) -> Documents:
        """Return the documents with these numbers, in the order given."""
        lengths = self.lengths[documents]
        offsets = np.concatenate([np.zeros(1, np.int64), lengths.cumsum()])
        ids = FlatIds(int(offsets[-1]), self.folder)
        for begin in range(0, len(documents), SELECTED):
            part = slice(begin, begin + SELECTED)
            ids.add(self.ids_n[ranges(self.offsets[documents[part]], lengths[part])])
        labels = None if self.labels is None else self.labels[documents]
        return Documents(ids.whole(), offsets, labels, self.folder)

    def owners(self, places: np.ndarray) -> np.ndarray:
        """Return the number of the document that each place among the tokens belongs to.

        >>> Documents(np.zeros(3), np.array([0, 2, 2, 3])).owners(np.array([0, 1, 2])).tolist()
        [0, 0, 2]
        """
        return np.searchsorted(self.offsets[1:], places, side="right")


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
    random, n = generator(*draw), len(documents.ids_n)
    left = FlatIds(n, documents.folder)
    offsets = np.zeros(len(documents.offsets), np.int64)
    for begin in range(0, n, BLOCK):
        ids = documents.ids_n[begin : begin + BLOCK]
        stays = random.random(len(ids), dtype=np.float32) < kept_V[ids]
        first, last = np.searchsorted(documents.offsets, [begin, begin + len(ids)], side="right")
        upto = np.concatenate([np.zeros(1, np.int64), np.cumsum(stays)])
        offsets[first:last] = len(left) + upto[documents.offsets[first:last] - begin]
        left.add(ids[stays])
    return Documents(left.whole(), offsets, documents.labels, documents.folder)
