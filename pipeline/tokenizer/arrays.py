"""What `distinct.py` asks about thousands of chunks at once, answered by arrays.

Characters of chunks, splits by number, sets of tokens and of token pairs by id. Nothing here knows
spaCy, a rule or a special case. In the shapes, n is the number of chunks or of questions.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from corpus2vec.pipeline.strings.interner import Growing
from corpus2vec.pipeline.strings.slices import Slices, ranges
from corpus2vec.pipeline.tokenizer.patterns import Pair
from corpus2vec.pipeline.tokenizer.peeling import SplitMany


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

    def add(self, splits: SplitMany) -> int:
        """Store splits; return the number of the first."""
        self._looked_up.add(splits.looked_up.ravel(), 2 * splits.looked_up_counts)
        return self._starts.add(splits.starts, splits.start_counts)

    def starts(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return all token starts of n splits, as (which of the n, start)."""
        return self._starts.gather(numbers)

    def lists(self, numbers: np.ndarray) -> list[list[int]]:
        """Return the token starts of n splits, each by itself."""
        owners, starts = self.starts(numbers)
        ends = np.cumsum(np.bincount(owners, minlength=len(numbers))).tolist()
        values = starts.tolist()
        return [values[begin:end] for begin, end in itertools.pairwise([0, *ends])]

    def looked_up(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return all strings that n splits looked up, as (which of the n, begin, end)."""
        owners, places = self._looked_up.gather(numbers)
        return owners[::2], places[::2], places[1::2]


class _Lists:
    """Lists of numbers, numbered in the order in which they are added.

    >>> lists = _Lists()
    >>> lists.add(np.array([0, 2, 5, 0]), np.array([3, 1]))
    0
    >>> lists.gather(np.array([1, 0, 1]))
    (array([0, 1, 1, 1, 2]), array([0, 0, 2, 5, 0]))
    """

    def __init__(self) -> None:
        self._values, self._ends = Growing(np.int64), Growing(np.int64)
        self._ends.extend(np.zeros(1, np.int64))

    def __len__(self) -> int:
        return len(self._values)

    def add(self, values: np.ndarray, counts: np.ndarray) -> int:
        """Store lists, given one after the other; return the number of the first."""
        first = len(self._ends) - 1
        self._ends.extend(len(self._values) + np.cumsum(counts))
        self._values.extend(values)
        return first

    def gather(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the values of n lists, as (which of the n, value)."""
        ends = self._ends.values
        begins = ends[numbers]
        counts = ends[numbers + 1] - begins
        owners = np.repeat(np.arange(len(numbers)), counts)
        return owners, self._values.values[ranges(begins, counts)]


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
