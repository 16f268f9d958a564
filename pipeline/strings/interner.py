"""Give each distinct string an id, from 0, by order of first appearance.

A corpus has few distinct strings and many occurrences of them. `Slices` holds the occurrences, an
`Interner` their distinct strings, over any number of calls. Chunks, tokens, the vocabulary and the
ids all use it.

Strings are looked up by key (see `slices`). Where keys of long strings are equal, the bytes are
compared; if two different strings ever share a key, all get new keys from another seed. So no
result depends on a hash.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from corpus2vec.pipeline.strings.slices import MULTIPLIER, SHORT, WORD, Slices, first_places

LEAST_SLOTS = 1 << 12


class Growing:
    """A one-dimensional array that grows at its end, in amortized constant time."""

    def __init__(self, dtype: type[np.generic], spare: int = 0) -> None:
        self._held = np.zeros(1024 + spare, dtype)
        self._spare = spare
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def values(self) -> np.ndarray:
        """All that was added."""
        return self._held[: self._size]

    @property
    def values_and_spare(self) -> np.ndarray:
        """All that was added, and `spare` more elements of any value."""
        return self._held[: self._size + self._spare]

    def extend(self, more: np.ndarray) -> None:
        """Add `more` at the end."""
        size = self._size + len(more)
        if size + self._spare > len(self._held):
            grown = np.zeros(max(size + self._spare, 2 * len(self._held)), self._held.dtype)
            grown[: self._size] = self.values
            self._held = grown
        self._held[self._size : size] = more
        self._size = size


class CollisionError(Exception):
    """Two strings have the same key, so another seed is needed. It never leaves this module."""


class Interner:
    """Distinct strings, with ids from 0 by order of first appearance.

    The keys are in an open-addressing hash table with linear probing (Knuth, TAOCP 3, section
    6.4). Each probe is made for all strings of a call at once.

    >>> interner = Interner()
    >>> interner.intern(Slices.of_texts(["Hope", "to", "see", "to"])).tolist()
    [0, 1, 2, 1]
    >>> interner.find(Slices.of_texts(["Nice", "to"])).tolist()
    [-1, 1]
    """

    def __init__(self) -> None:
        self._seed = 0
        self._data = Growing(np.uint8, spare=WORD)
        self._ends = Growing(np.int64)
        self._ends.extend(np.zeros(1, np.int64))
        self._slot_keys = np.zeros(LEAST_SLOTS, np.uint64)  # 0: a free slot
        self._slot_ids = np.zeros(LEAST_SLOTS, np.int32)

    def __len__(self) -> int:
        return len(self._ends) - 1

    @property
    def bytes(self) -> int:
        """About how much memory the strings and their table take."""
        return len(self._data) + 8 * len(self._ends) + 12 * len(self._slot_keys)

    def slices(self, ids: np.ndarray | slice = slice(None)) -> Slices:
        """Return the strings of `ids`; by default, all."""
        ends = self._ends.values
        begins, lengths = ends[:-1][ids], np.diff(ends)[ids] if isinstance(ids, slice) else None
        if lengths is None:
            lengths = ends[1:][ids] - begins
        return Slices(self._data.values_and_spare, begins, lengths)

    def find(self, strings: Slices) -> np.ndarray:
        """Return the ids, (n,) int32; -1 for a string that has none."""
        found = self._look_up(strings.keys(self._seed))
        long = np.flatnonzero((strings.lengths > SHORT) & (found >= 0))
        if len(long):
            other = ~strings[long].equal(self.slices(found[long]))
            found[long[other]] = -1
        return found

    def intern(self, strings: Slices) -> np.ndarray:
        """Return the ids, (n,) int32; a string that has none gets the next one."""
        while True:
            try:
                return self._intern(strings)
            except CollisionError:
                self._reseed()

    def _intern(self, strings: Slices) -> np.ndarray:
        if not len(strings):
            return np.zeros(0, np.int32)
        encoded = pa.array(strings.keys(self._seed)).dictionary_encode()
        places, keys = encoded.indices.to_numpy(), encoded.dictionary.to_numpy()
        first = first_places(places, len(keys))
        long = np.flatnonzero(strings.lengths > SHORT)
        if not strings[long].equal(strings[first[places[long]]]).all():
            raise CollisionError

        distinct = strings[first]
        ids = self._look_up(keys)
        known = np.flatnonzero((ids >= 0) & (distinct.lengths > SHORT))
        if not distinct[known].equal(self.slices(ids[known])).all():
            raise CollisionError
        new = np.flatnonzero(ids < 0)
        if len(new):
            ids[new] = np.arange(len(self), len(self) + len(new))
            self._add(distinct[new], keys[new])
        interned: np.ndarray = ids[places]
        return interned

    def _add(self, strings: Slices, keys: np.ndarray) -> None:
        """Store distinct strings that have no id yet."""
        before = len(self)
        self._ends.extend(len(self._data) + np.cumsum(strings.lengths))
        self._data.extend(strings.packed())
        if 2 * len(self) > len(self._slot_keys):
            held = self._slot_keys > 0
            old_keys, old_ids = self._slot_keys[held], self._slot_ids[held]
            slots = 1 << (4 * len(self) - 1).bit_length()
            self._slot_keys = np.zeros(slots, np.uint64)
            self._slot_ids = np.zeros(slots, np.int32)
            self._insert(old_keys, old_ids)
        self._insert(keys, np.arange(before, len(self), dtype=np.int32))

    def _slots(self, keys: np.ndarray) -> np.ndarray:
        """Return the slot in which to look for each key first."""
        bits = len(self._slot_keys).bit_length() - 1
        return ((keys * MULTIPLIER) >> np.uint64(64 - bits)).astype(np.int64)

    def _look_up(self, keys: np.ndarray) -> np.ndarray:
        ids = np.full(len(keys), -1, np.int32)
        looking = np.arange(len(keys))
        slots = self._slots(keys)
        while len(looking):
            held = self._slot_keys[slots]
            hit = held == keys[looking]
            ids[looking[hit]] = self._slot_ids[slots[hit]]
            on = ~hit & (held > 0)
            looking, slots = looking[on], self._next(slots[on])
        return ids

    def _insert(self, keys: np.ndarray, ids: np.ndarray) -> None:
        """Put distinct keys, none of which is there yet, into free slots."""
        slots = self._slots(keys)
        while len(keys):
            free = self._slot_keys[slots] == 0
            self._slot_keys[slots[free]] = keys[free]  # of several keys for a slot, the last wins
            won = self._slot_keys[slots] == keys
            self._slot_ids[slots[won]] = ids[won]
            keys, ids, slots = keys[~won], ids[~won], self._next(slots[~won])

    def _next(self, slots: np.ndarray) -> np.ndarray:
        return (slots + 1) & (len(self._slot_keys) - 1)

    def _reseed(self) -> None:
        """Give all strings new keys, until no two of them share one."""
        while True:
            self._seed += 1
            keys = self.slices().keys(self._seed)
            if len(np.unique(keys)) == len(keys):
                break
        self._slot_keys[:] = 0
        self._insert(keys, np.arange(len(self), dtype=np.int32))


class KeySet:
    """A few strings, to ask of many others at once whether they are among them."""

    def __init__(self, strings: Slices) -> None:
        self._keys = np.unique(strings.keys())
        self._possible = np.zeros(1 << 16, bool)
        self._possible[self._hashes(self._keys)] = True

    def holds(self, strings: Slices) -> np.ndarray:
        """Return (n,) bool: true for every string of the set, and almost never for another."""
        keys = strings.keys()
        held: np.ndarray = self._possible[self._hashes(keys)]
        likely = np.flatnonzero(held)
        held[likely] = np.isin(keys[likely], self._keys)
        return held

    @staticmethod
    def _hashes(keys: np.ndarray) -> np.ndarray:
        return ((keys * MULTIPLIER) >> np.uint64(48)).astype(np.int64)
