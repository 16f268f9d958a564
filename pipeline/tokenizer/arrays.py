"""What `distinct.py` asks about thousands of chunks at once, answered by arrays.

Characters of chunks, splits by number, sets of tokens and of token pairs by id. Nothing here knows
spaCy, a rule or a special case. In the shapes, n is the number of chunks or of questions.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from corpus2vec.pipeline.strings.slices import Slices, ranges
from corpus2vec.pipeline.tokenizer.affixes import Split
from corpus2vec.pipeline.tokenizer.patterns import Pair


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


@dataclass(frozen=True)
class Characters:
    """The characters of n chunks whose bytes are contiguous."""

    data: np.ndarray
    """uint8: the bytes, and eight more"""
    codes: np.ndarray
    """(characters,) code points"""
    bytes_before: np.ndarray
    """(characters + 1,) int64: where each character's bytes begin, and where the last one's end"""
    begins: np.ndarray
    """(n,) int64: each chunk's first character"""
    lengths: np.ndarray
    """(n,) int64: each chunk's number of characters"""

    @staticmethod
    def of(chunks: Slices) -> Characters:
        """Decode chunks that follow each other without a gap."""
        first = int(chunks.begins[0])
        last = int(chunks.begins[-1] + chunks.lengths[-1])
        used = chunks.data[first:last]
        data = chunks.data[first:]
        begins, lengths = chunks.begins - first, chunks.lengths
        if used.max(initial=0) < 0x80:
            return Characters(data, used, np.arange(len(used) + 1), begins, lengths)
        heads = (used & 0xC0) != 0x80
        codes = np.frombuffer(used.tobytes().decode().encode("utf-32-le"), np.uint32)
        bytes_before = np.append(np.flatnonzero(heads), len(used))
        characters = np.searchsorted(bytes_before, np.append(begins, len(used)))
        return Characters(data, codes, bytes_before, characters[:-1], np.diff(characters))


class Splits:
    """Splits, numbered in the order in which they are added, to be read many at a time."""

    def __init__(self) -> None:
        self._starts = _Lists()
        self._looked_up = _Lists()  # begin, end, begin, end, …

    @property
    def bytes(self) -> int:
        """The memory they take, roughly."""
        return 16 * (len(self._starts) + len(self._looked_up))

    def add(self, split: Split) -> int:
        """Store a split and return its number."""
        self._looked_up.add(itertools.chain.from_iterable(split.looked_up))
        return self._starts.add(split.starts)

    def starts(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return all token starts of n splits, as (which of the n, start)."""
        return self._starts.gather(numbers)

    def looked_up(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return all strings that n splits looked up, as (which of the n, begin, end)."""
        owners, places = self._looked_up.gather(numbers)
        return owners[::2], places[::2], places[1::2]


class _Lists:
    """Lists of numbers, numbered in the order in which they are added.

    >>> lists = _Lists()
    >>> lists.add([0, 2, 5]), lists.add([0])
    (0, 1)
    >>> lists.gather(np.array([1, 0, 1]))
    (array([0, 1, 1, 1, 2]), array([0, 0, 2, 5, 0]))
    """

    def __init__(self) -> None:
        self._values: list[int] = []
        self._ends: list[int] = [0]
        self._frozen_values = np.zeros(0, np.int64)
        self._frozen_ends = np.zeros(1, np.int64)

    def __len__(self) -> int:
        return len(self._values)

    def add(self, values: Iterable[int]) -> int:
        """Store a list and return its number."""
        self._values.extend(values)
        self._ends.append(len(self._values))
        return len(self._ends) - 2

    def gather(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the values of n lists, as (which of the n, value)."""
        if len(self._frozen_ends) < len(self._ends):
            self._frozen_values = np.array(self._values, np.int64)
            self._frozen_ends = np.array(self._ends, np.int64)
        begins = self._frozen_ends[numbers]
        counts = self._frozen_ends[numbers + 1] - begins
        owners = np.repeat(np.arange(len(numbers)), counts)
        return owners, self._frozen_values[ranges(begins, counts)]


class TokenSet:
    """Some of the tokens that have the ids 0, 1, … by `ids`; tokens with higher ids are not in it.

    >>> TokenSet({"a": 0, ".": 1, "m": 2}, ["a", "m"]).holds(np.array([0, 1, 2, 77]))
    array([ True, False,  True, False])
    """

    def __init__(self, ids: Mapping[str, int], tokens: Iterable[str]) -> None:
        self._flags = np.zeros(len(ids) + 1, bool)  # the last one is for all higher ids
        self._flags[[ids[token] for token in tokens]] = True

    def holds(self, tokens: np.ndarray) -> np.ndarray:
        """Return for n token ids whether each is in the set: (n,) bool."""
        held: np.ndarray = self._flags[np.minimum(tokens, len(self._flags) - 1)]
        return held


class PairSet:
    """Pairs of such tokens."""

    def __init__(self, ids: Mapping[str, int], pairs: Collection[Pair]) -> None:
        self.lefts = TokenSet(ids, {left for left, _ in pairs})
        """The tokens that are the first of any pair."""
        self.rights = TokenSet(ids, {right for _, right in pairs})
        """The tokens that are the second of any pair."""
        self._codes = np.sort([ids[left] << 32 | ids[right] for left, right in pairs])

    def holds(self, lefts: np.ndarray, rights: np.ndarray) -> np.ndarray:
        """Return for n token ids and n more whether each two are a pair: (n,) bool."""
        held: np.ndarray = self.lefts.holds(lefts) & self.rights.holds(rights)
        likely = np.flatnonzero(held)
        codes = lefts[likely].astype(np.int64) << 32 | rights[likely]
        held[likely] = np.isin(codes, self._codes)
        return held
