"""The encoded documents of a corpus, on disk: what training reads, a few blocks at a time.

A *block* is a run of documents, of a million tokens at most. A *group* is some blocks that memory
holds together; an epoch trains on one group after the other. Which blocks make a group, and what
is drawn within it, are pure functions of seed, epoch and number; so memory holds a group, whatever
the corpus, and a run can resume at any step. A corpus of one group is shuffled as a whole.

Blocks depend on the documents and their order alone, not on the files that they came in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.training.documents import Documents, generator
from corpus2vec.pipeline.training.flat_file import FlatFile

BLOCK = 1 << 20
"""Tokens of a block, at most."""
GROUP = 16
"""Blocks of a group, at most: 64 MB of ids."""
DRAWN = 1 << 20
"""Documents of which the held-out ones are drawn together."""


class Blocks:
    """Documents in blocks. `add` them in order; `folder` is where their file without a name is.

    A document belongs to one block. One that is longer than a block is cut into several, but with a
    label it is whole, as a block by itself.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.documents = 0
        """How many documents were added."""
        self.longest = 0
        """Tokens of the longest."""
        self._ids = FlatFile(np.int32, folder)
        self._lengths = FlatFile(np.int32, folder)
        self._labels = FlatFile(np.int32, folder)
        self._first_token = [0]
        """The place of each block's first token."""
        self._first_document = [0]

    @classmethod
    def of(cls, parts: Iterable[Documents], folder: Path | None = None) -> Blocks:
        """Return all documents of the parts."""
        blocks = cls(folder)
        for each in parts:
            blocks.add(each)
        return blocks

    def add(self, documents: Documents) -> None:
        """Add documents after those that are there; all have labels, or none has."""
        lengths = documents.lengths
        self.documents += len(lengths)
        self.longest = max(self.longest, int(lengths.max(initial=0)))
        if documents.labels is None:
            lengths = _cut(lengths)
        else:
            self._labels.add(documents.labels)
        self._divide(lengths)
        self._ids.add(documents.ids_n)
        self._lengths.add(lengths)

    def _divide(self, lengths: np.ndarray) -> None:
        """Note where blocks begin among documents that are about to be added."""
        before = len(self._lengths)
        ends = np.concatenate([[0], np.cumsum(lengths)]) + len(self._ids)
        begin = 0
        while True:
            room = self._first_token[-1] + BLOCK
            end = int(np.searchsorted(ends[1:], room, side="right"))
            if self._first_document[-1] == before + begin:  # no block is empty
                end = max(end, begin + 1)
            if end >= len(lengths):
                return
            self._first_token.append(int(ends[end]))
            self._first_document.append(before + end)
            begin = end

    def __len__(self) -> int:
        """Return the number of blocks."""
        return len(self._first_token)

    @property
    def tokens(self) -> int:
        """How many tokens there are."""
        return len(self._ids)

    @property
    def sizes(self) -> np.ndarray:
        """(blocks,) int64: the tokens of each block."""
        return np.diff(self._first_token, append=len(self._ids))

    @property
    def counts(self) -> np.ndarray:
        """(blocks,) int64: the documents of each block."""
        return np.diff(self._first_document, append=len(self._lengths))

    def __getitem__(self, number: int) -> Documents:
        """Read a block."""
        first, documents = self._first_document[number], int(self.counts[number])
        token = self._first_token[number]
        return Documents.of(
            self._ids.read(token, token + int(self.sizes[number])),
            self._lengths.read(first, first + documents),
            self._labels.read(first, first + documents) if len(self._labels) else None,
        )

    def __iter__(self) -> Iterator[Documents]:
        """Read one block after the other."""
        return map(self.__getitem__, range(len(self)))

    def join(self, numbers: Iterable[int]) -> Documents:
        """Read some blocks as one."""
        return Documents.joined([self[number] for number in numbers])

    def groups(self, draw: tuple[int, ...] | None) -> list[np.ndarray]:
        """Divide the blocks into groups of like size; return the numbers of each group's blocks.

        `draw` is what seeds the order of the blocks; None keeps that of the corpus.
        """
        order = np.arange(len(self))
        if draw:
            generator(*draw).shuffle(order)
        return np.array_split(order, -(-len(order) // GROUP))

    def in_order(self) -> Iterator[Documents]:
        """Read all groups in the order of the corpus."""
        return map(self.join, self.groups(None))

    def beyond(self, length: int) -> int:
        """Return how many tokens documents have beyond that length."""
        return sum(int(np.maximum(block.lengths - length, 0).sum()) for block in self)


def _cut(lengths: np.ndarray) -> np.ndarray:
    """Return the lengths with those that are longer than a block cut.

    >>> _cut(np.array([3, 2 * BLOCK + 5, 0])).tolist() == [3, BLOCK, BLOCK, 5, 0]
    True
    """
    pieces = np.maximum(-(-lengths // BLOCK), 1)
    cut = np.full(pieces.sum(), BLOCK, np.int64)
    cut[np.cumsum(pieces) - 1] = lengths - (pieces - 1) * BLOCK
    return cut


def split(
    parts: Iterable[Documents],
    number: int,
    fraction: float,
    seed: int,
    folder: Path | None = None,
) -> tuple[Blocks, Blocks]:
    """Draw the held-out ones of `number` documents; return the others and those, in corpus order.

    Raises DataError where none would be left to train on.
    """
    held_out = max(1, round(number * fraction))
    if held_out >= number:
        raise DataError(
            f"--valid-fraction {fraction} of {number} documents leaves none to train on",
            hint="hold out less, or give held-out documents of their own with --valid",
        )
    is_held_out = _draw(number, held_out, seed, folder)
    training, held = Blocks(folder), Blocks(folder)
    place = 0
    for each in parts:
        mask = is_held_out.read(place, place + len(each))
        place += len(each)
        training.add(each.select(np.flatnonzero(~mask)))
        held.add(each.select(np.flatnonzero(mask)))
    return training, held


def _draw(number: int, held_out: int, seed: int, folder: Path | None) -> FlatFile:
    """Draw `held_out` of `number` documents: bool, true for those.

    They are drawn from one run of documents after the other, from each its share.
    """
    drawn = FlatFile(np.bool_, folder)
    for run, begin in enumerate(range(0, number, DRAWN)):
        end = min(begin + DRAWN, number)
        mask = np.zeros(end - begin, np.bool_)
        share = held_out * end // number - held_out * begin // number
        mask[generator(seed, 0, run).permutation(end - begin)[:share]] = True
        drawn.add(mask)
    return drawn
