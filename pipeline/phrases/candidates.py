"""Which two words of a document may be the ends of a phrase, and a number for what they are.

Words are numbered; connector words have the lowest numbers. A candidate is two words that are no
connectors, with nothing or connectors between them: `new york`, `bank of england`. It never
crosses the border of a document. What it begins with, `bank` or `bank of`, is its *head*, which is
numbered too: a word by its own number, the others by chains of (head, connector).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.strings.interner import Interner
from corpus2vec.pipeline.strings.slices import SHORT, Slices, padded

MOST_BETWEEN = 8
"""Words that are further apart are no candidate: hostile text could have a million between."""
MOST_CONNECTORS = 1 << 24  # a connector's number takes three bytes of a chain's key
CHAINED = np.uint64(1 << 31)
"""The bit that a head's number has if it is not that of a word."""
HALF = np.uint64(32)
LOW = np.uint64(0xFFFFFFFF)


@dataclass(frozen=True)
class Candidates:
    """n candidates in the order of the text; consecutive ones may share a word."""

    left: np.ndarray
    """(n,) int64: where the first word is among the tokens."""
    right: np.ndarray
    """(n,) int64: where the last word is."""
    most: int
    """How many connectors are between at most."""

    def __getitem__(self, chosen: np.ndarray) -> Candidates:
        return Candidates(self.left[chosen], self.right[chosen], self.most)


def find_candidates(
    numbers: np.ndarray, lengths: np.ndarray, connectors: int
) -> tuple[Candidates, np.ndarray]:
    """Return the candidates in documents of these lengths, and the ordinal of each one's left word.

    `numbers` are the words of all documents, (tokens,) int32; those from 0 to `connectors` - 1 are
    connectors. Ordinals count the words that are not.

    >>> found, ordinals = find_candidates(np.array([5, 0, 6, 7, 8]), np.array([3, 2]), 1)
    >>> found.left.tolist(), found.right.tolist(), ordinals.tolist()
    ([0, 3], [2, 4], [0, 2])
    """
    document = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    if not connectors:
        left = np.flatnonzero(document[1:] == document[:-1])
        return Candidates(left, left + 1, 0), left
    # A word without a number, -1, is the largest of these.
    places = np.flatnonzero(numbers.astype(np.uint32) >= connectors)
    owners = document[places]
    near = (owners[1:] == owners[:-1]) & (np.diff(places) <= MOST_BETWEEN + 1)
    ordinals = np.flatnonzero(near)
    return Candidates(places[ordinals], places[ordinals + 1], MOST_BETWEEN), ordinals


class Heads:
    """Numbers of heads, each less than 2^32, and of candidates: of 64 bits, the head's first.

    >>> heads, text = Heads(), np.array([5, 0, 6, 5, 6])
    >>> found, _ = find_candidates(text, np.array([5]), 1)
    >>> numbers = heads.number(text, found, add=True)
    >>> heads.words(numbers >> HALF), (numbers & LOW).tolist()
    ([[5, 0], [6], [5]], [6, 5, 6])
    """

    def __init__(self) -> None:
        self._chains = Interner()

    def number(self, numbers: np.ndarray, found: Candidates, *, add: bool) -> np.ndarray:
        """Return the numbers of candidates, (n,) uint64, whose words' `numbers` are not negative.

        Without `add`, a head that was never numbered is 2^32 - 1.
        """
        words = numbers.astype(np.uint64)
        heads = words[found.left]
        between = found.right - found.left - 1 if found.most else np.zeros(0, np.int64)
        reaching = np.flatnonzero(between)
        for step in range(1, found.most + 1):
            chains = _as_strings(heads[reaching], words[found.left[reaching] + step])
            known = self._chains.intern(chains) if add else self._chains.find(chains)
            heads[reaching] = np.where(known < 0, LOW, known.astype(np.uint64) | CHAINED)
            reaching = reaching[between[reaching] > step]
            if not len(reaching):
                break
        heads <<= HALF
        heads |= words[found.right]
        candidates: np.ndarray = heads
        return candidates

    def firsts(self, heads: np.ndarray) -> np.ndarray:
        """Return the number of the first word of each head, (n,) int64."""
        parents, _ = self._parts()
        firsts = heads.copy()
        while len(chained := np.flatnonzero(firsts & CHAINED)):
            firsts[chained] = parents[(firsts[chained] ^ CHAINED).astype(np.int64)]
        return firsts.astype(np.int64)

    def words(self, heads: np.ndarray) -> list[list[int]]:
        """Return the numbers of each head's words."""
        parents, connectors = self._parts()
        words: list[list[int]] = [[] for _ in heads]
        heads = heads.copy()
        while len(chained := np.flatnonzero(heads & CHAINED)):
            chains = (heads[chained] ^ CHAINED).astype(np.int64)
            for place, connector in zip(chained, connectors[chains].tolist(), strict=True):
                words[place].append(connector)
            heads[chained] = parents[chains]
        return [[first, *each[::-1]] for first, each in zip(heads.tolist(), words, strict=True)]

    def _parts(self) -> tuple[np.ndarray, np.ndarray]:
        chains = self._chains.slices()
        keys = chains.words(0)
        return keys & LOW, keys >> HALF


def _as_strings(heads: np.ndarray, connectors: np.ndarray) -> Slices:
    """Return (head, connector) as strings of seven bytes, for an Interner."""
    keys = (heads | (connectors << HALF)).astype("<u8")
    begins = np.arange(len(keys)) * keys.itemsize
    return Slices(padded(keys.view(np.uint8)), begins, np.full(len(keys), SHORT))


def interned_connectors(words: Interner, connectors: tuple[str, ...]) -> None:
    """Give the connector words the lowest numbers. Raises DataError if they are too many."""
    if len(connectors) >= MOST_CONNECTORS:
        raise DataError(f"there are {len(connectors):,} connector words, too many to be some")
    words.intern(Slices.of(pa.array(connectors, pa.large_string())))
