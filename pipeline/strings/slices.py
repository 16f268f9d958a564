"""Many strings as pieces of one buffer, without a Python object for any of them.

Strings are compared and looked up by a key, an integer. The key of a string of up to 7 bytes has
the string itself in its bits; the key of a longer one is a hash, so where two such keys are equal
the bytes must be compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

WORD = 8
"""Bytes that are read at once."""
SHORT = WORD - 1
"""Length of the longest string that is its own key; the eighth byte of the key is the length."""
HASH_BITS = 60
TOGETHER = 128
"""Words that are compared or hashed for all strings at once; the rest, string by string."""
LOW_BYTES = np.array([(1 << (8 * size)) - 1 for size in range(WORD + 1)], np.uint64)
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / the golden ratio: Knuth, TAOCP 3, section 6.4


@dataclass(frozen=True)
class Slices:
    """n strings, each a piece of the same bytes.

    >>> Slices.of(pa.array(["Hope", "to", "see"])).decoded()
    ['Hope', 'to', 'see']
    """

    data: np.ndarray
    """uint8, with at least eight more bytes of any value after the last string."""
    begins: np.ndarray
    """(n,) int64"""
    lengths: np.ndarray
    """(n,) int64, in bytes"""

    @staticmethod
    def of(strings: pa.Array) -> Slices:
        """Make slices of an Arrow array without nulls."""
        strings = strings.cast(pa.large_string())
        _, offsets, data = strings.buffers()
        ends = np.frombuffer(offsets, np.int64)[strings.offset :][: len(strings) + 1]
        first, last = int(ends[0]), int(ends[-1])
        used = np.frombuffer(data, np.uint8)[first:last] if last > first else np.zeros(0, np.uint8)
        return Slices(padded(used), ends[:-1] - first, np.diff(ends))

    @staticmethod
    def of_texts(strings: Iterable[str]) -> Slices:
        """Make slices of Python strings."""
        return Slices.of(pa.array(strings, pa.large_string()))

    def __len__(self) -> int:
        return len(self.begins)

    def __getitem__(self, chosen: np.ndarray | slice) -> Slices:
        return Slices(self.data, self.begins[chosen], self.lengths[chosen])

    def words(self, number: int) -> np.ndarray:
        """Return word `number` of each string, padded with zeros: (n,) uint64.

        Every string must reach that word, or end just before it.
        """
        # An element may begin at any byte, so one look-up reads eight bytes of a string.
        overlapping = np.ndarray((len(self.data) - SHORT,), "<u8", buffer=self.data, strides=(1,))
        left = self.lengths - WORD * number
        words: np.ndarray = overlapping[self.begins + WORD * number]
        words &= LOW_BYTES[np.minimum(left, WORD)]
        return words

    def keys(self, seed: int = 0) -> np.ndarray:
        """Return the keys, (n,) uint64: never 0, equal for equal strings, distinct for short ones.

        The seed decides the keys of long strings.
        """
        lengths = self.lengths.astype(np.uint64)
        keys = self.words(0)
        long = np.flatnonzero(self.lengths > SHORT)
        keys |= (lengths + np.uint64(1)) << np.uint64(8 * SHORT)
        if len(long):
            rest = self[long]
            hashes = scattered(lengths[long] + np.uint64(seed << 32))
            reaching = np.arange(len(long))
            number = 0
            while len(reaching) and number < TOGETHER:
                hashes[reaching] = scattered(hashes[reaching] ^ rest.words(number))
                number += 1
                longer = rest.lengths > WORD * number
                reaching, rest = reaching[longer], rest[longer]
            digests = [_digest(tail) for tail in rest.tails()]
            hashes[reaching] = scattered(hashes[reaching] ^ np.array(digests, np.uint64))
            keys[long] = hashes >> np.uint64(64 - HASH_BITS)
            keys[long] |= np.uint64(0xF << 60)  # so it is no short string's key
        return keys

    def equal(self, others: Slices) -> np.ndarray:
        """Compare each string with its counterpart in `others`: (n,) bool."""
        same: np.ndarray = self.lengths == others.lengths
        same &= self.words(0) == others.words(0)
        alike = np.flatnonzero(same & (self.lengths > WORD))
        mine, theirs = self[alike], others[alike]
        number = 1
        while len(alike) and number < TOGETHER:
            agree = mine.words(number) == theirs.words(number)
            same[alike[~agree]] = False
            number += 1
            on = agree & (mine.lengths > WORD * number)
            alike, mine, theirs = alike[on], mine[on], theirs[on]
        pairs = zip(mine.tails(), theirs.tails(), strict=True)
        same[alike] = np.array([np.array_equal(*pair) for pair in pairs], bool)
        return same

    def tails(self) -> Iterator[np.ndarray]:
        """Yield the bytes of each string after its first `TOGETHER` words."""
        for begin, length in zip(self.begins.tolist(), self.lengths.tolist(), strict=True):
            yield self.data[begin + WORD * TOGETHER : begin + length]

    def packed(self) -> np.ndarray:
        """Concatenate the bytes of all strings: uint8."""
        packed: np.ndarray = self.data[ranges(self.begins, self.lengths)]
        return packed

    def array(self) -> pa.Array:
        """Return the strings as an Arrow array of large_string."""
        ends = np.concatenate([[0], np.cumsum(self.lengths)])
        buffers = [None, pa.py_buffer(ends), pa.py_buffer(self.packed())]
        return pa.Array.from_buffers(pa.large_string(), len(self), buffers)

    def decoded(self) -> list[str]:
        """Return the strings as Python's."""
        strings: list[str] = self.array().to_pylist()
        return strings


def _digest(data: np.ndarray) -> int:
    return int.from_bytes(hashlib.blake2b(data.data, digest_size=8).digest(), "little")


def scattered(numbers: np.ndarray) -> np.ndarray:
    """Hash numbers, (n,) uint64, so that each of their bits changes many, and none collide."""
    high = numbers * MULTIPLIER  # a bit changes only bits above it
    return (high ^ (high >> np.uint64(32))) * MULTIPLIER


def padded(data: np.ndarray) -> np.ndarray:
    """Append the bytes that `Slices` needs after `data` (uint8)."""
    return np.concatenate([data, np.zeros(WORD, np.uint8)])


def replaced(
    values: np.ndarray,
    counts: np.ndarray,
    chosen: np.ndarray,
    others: np.ndarray,
    other_counts: Sequence[int],
) -> tuple[np.ndarray, np.ndarray]:
    """Replace some of n concatenated lists by others; return the values and the lists' lengths.

    Of [1], [2, 2] and [3], list 1 becomes [9]:

    >>> replaced(np.array([1, 2, 2, 3]), np.array([1, 2, 1]), np.array([1]), np.array([9]), [1])
    (array([1, 9, 3]), array([1, 1, 1]))
    """
    kept = np.ones(len(counts), bool)
    kept[chosen] = False
    new_counts = counts.copy()
    new_counts[chosen] = other_counts
    stay = np.repeat(kept, new_counts)
    replaced = np.empty(len(stay), values.dtype)
    replaced[stay] = values[np.repeat(kept, counts)]
    replaced[~stay] = others
    return replaced, new_counts


def ranges(begins: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Concatenate ranges of numbers.

    >>> ranges(np.array([5, 0]), np.array([2, 3]))
    array([5, 6, 0, 1, 2])
    """
    before = np.cumsum(lengths) - lengths
    return np.repeat(begins - before, lengths) + np.arange(int(lengths.sum()))


def first_places(numbers: np.ndarray, count: int) -> np.ndarray:
    """Return where each of the numbers 0 … count-1 occurs first. All of them must occur.

    >>> first_places(np.array([0, 0, 1, 0, 2]), 3)
    array([0, 2, 4])
    """
    first = np.empty(count, np.int64)
    first[numbers[::-1]] = np.arange(len(numbers) - 1, -1, -1)
    return first
