"""Split many chunks at once, as `affixes.py` splits each: for the first chunk of every new shape.

Turn by turn, a prefix and a suffix come off every chunk. Mostly one character or two decide: `(` is
a prefix whatever follows, `'` only before another, `+` before no digit. So each expression's rules
become bits: a rule may match where a character has its bit among the rules' first ones, and the
next character among the second ones. Where no bit is left, arrays do the turn; where one is, the
expression itself is asked. What is left of a chunk is searched for infixes, or kept as a URL, only
where an infix may be.

All that is here is necessary for a match, never sufficient; no expression is taken at less than its
word. No special case is looked up, but every string that spaCy would look up is noted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from corpus2vec.pipeline.strings.slices import ranges, replaced
from corpus2vec.pipeline.tokenizer.affixes import NO_SPECIAL_CASES, Affixes
from corpus2vec.pipeline.tokenizer.char_sets import NEWLINE, CharSet
from corpus2vec.pipeline.tokenizer.shapes import partition

FEW = 24
"""So many chunks are faster split one by one."""
BITS = 12
LONGEST = 1 << BITS
"""A longer chunk is split by itself. Only white space is longer."""
MOST_RULES = 63


@dataclass(frozen=True)
class SplitMany:
    """The splits of n chunks."""

    starts: np.ndarray
    """(tokens,) int64: where tokens begin, in characters, chunk after chunk"""
    start_counts: np.ndarray
    """(n,) int64: how many tokens each chunk has"""
    looked_up: np.ndarray
    """(strings, 2) int64: begin and end of each string that was looked up, chunk after chunk"""
    looked_up_counts: np.ndarray
    """(n,) int64: how many strings of each chunk were looked up"""


class Peeling:
    """Splits chunks by the rules of `affixes`."""

    def __init__(self, affixes: Affixes) -> None:
        self._affixes = affixes
        sides = (affixes.prefix_rules, affixes.suffix_rules, affixes.infix_rules)
        prefixes, suffixes, infixes = ([*(each or ())] for each in sides)
        firsts = [rule.first for rule in infixes]
        self._possible = not affixes.keep and None not in (*sides[:2], *firsts)
        """Whether many chunks can be split at once. If not, all are split one by one."""
        sets: set[CharSet | None] = {NEWLINE}
        for rule in (*prefixes, *suffixes, *infixes):
            sets |= {rule.first, rule.last, rule.second, rule.penultimate, rule.before}
        self._atom_of = partition(each for each in sets if each)
        """(code points,): characters that are in the same sets are one atom."""
        codes = np.unique(self._atom_of, return_index=True)[1].tolist()
        many = [rule for rule in prefixes if not rule.single]
        self.prefix = _Edge(
            codes,
            [rule.first for rule in prefixes if rule.single],
            [(rule.first, rule.second) for rule in many],
        )
        many = [rule for rule in suffixes if not rule.single]
        self.suffix = _Edge(
            codes,
            [rule.last for rule in suffixes if rule.single],
            [(NEWLINE, None), *((rule.last, rule.penultimate) for rule in many)],  # for $
        )
        self.infix = _Edge(codes, [], [(rule.first, rule.second) for rule in infixes])
        self.before_infix = _bits(codes, [rule.before for rule in infixes])

    def split(
        self, codes: np.ndarray, begins: np.ndarray, lengths: np.ndarray, chunks: Sequence[str]
    ) -> SplitMany:
        """Split n chunks. Their code points are in `codes`: (n,) int64 where each begins."""
        count = len(chunks)
        alone = np.full(count, not self._possible) | (lengths >= LONGEST)
        together = np.flatnonzero(~alone)
        atoms = self._atom_of[codes[ranges(begins, lengths)]]
        ends = np.cumsum(lengths)
        turns = _Turns(self, self._affixes, atoms, ends - lengths, chunks)
        alone[turns.run(together, ends[together])] = True
        rest = np.flatnonzero(alone)
        splits = [self._affixes.split(chunks[each], NO_SPECIAL_CASES) for each in rest.tolist()]
        begin, _, counts = turns.starts.sorted(alone)
        starts, start_counts = replaced(
            begin,
            counts,
            rest,
            np.array([start for split in splits for start in split.starts], np.int64),
            [len(split.starts) for split in splits],
        )
        begin, end, counts = turns.looked_up.sorted(alone)
        looked_up, looked_up_counts = replaced(
            begin << 32 | end,
            counts,
            rest,
            np.array([a << 32 | b for split in splits for a, b in split.looked_up], np.int64),
            [len(split.looked_up) for split in splits],
        )
        both = np.stack([looked_up >> 32, looked_up & (1 << 32) - 1], axis=1)
        return SplitMany(starts, start_counts, both, looked_up_counts)


class _Turns:
    """The turns of some chunks, and what they found."""

    def __init__(
        self,
        rules: Peeling,
        affixes: Affixes,
        atoms: np.ndarray,
        begins: np.ndarray,
        chunks: Sequence[str],
    ) -> None:
        self._rules, self._affixes = rules, affixes
        self._atoms, self._origins, self._chunks = atoms, begins, chunks
        self.starts, self.looked_up = _Found(len(chunks)), _Found(len(chunks))

    def run(self, owners: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Split the chunks `owners`; return those that are left to be split one by one."""
        atoms, rules, longest = self._atoms, self._rules, self._affixes.longest_special
        begin = self._origins[owners]
        inner = []
        while len(owners) > FEW:
            size = end - begin
            self._look_up(size <= longest, owners, begin, end)
            beside = atoms[np.minimum(begin + 1, end - 1)]
            prefix = rules.prefix.lengths(atoms[begin], beside, size > 1)
            self._ask(self._affixes.prefix, prefix, owners, begin, end)
            rest = begin + prefix
            size = end - rest
            taken, there = prefix > 0, size > 0
            self._look_up(taken & there & (size <= longest), owners, rest, end)
            beside = atoms[np.maximum(end - 2, begin)]
            suffix = rules.suffix.lengths(atoms[end - 1], beside, size > 1)
            suffix[~there] = 0
            self._ask(self._affixes.suffix, suffix, owners, rest, end)
            before = end - suffix
            size = before - begin
            also = suffix > 0
            self._look_up(also & (size > 0) & (size <= longest), owners, begin, before)
            self._start(taken, owners, begin)
            self._start(also, owners, before)
            stays = ~(taken | also)
            inner.append((owners[stays], begin[stays], end[stays]))
            goes = ~stays & (rest < before)
            owners, begin, end = owners[goes], rest[goes], before[goes]
        if inner:
            self._split_inner(*map(np.concatenate, zip(*inner, strict=True)))
        return owners

    def _split_inner(self, owners: np.ndarray, begin: np.ndarray, end: np.ndarray) -> None:
        """Split what is left of the chunks at infixes."""
        if not len(owners):
            return
        atoms, rules = self._atoms, self._rules
        size = end - begin
        places = ranges(begin, size)
        heads = np.cumsum(size) - size
        is_last = np.zeros(len(places), bool)
        is_last[heads + size - 1] = True
        here = atoms[places]
        beside = atoms[np.minimum(places + 1, len(atoms) - 1)]
        bits = rules.infix.bits(here, beside, ~is_last)
        bits &= rules.before_infix[atoms[np.maximum(places - 1, 0)]]
        bits[heads] = 0  # where an infix would be no infix
        may = np.logical_or.reduceat(bits != 0, heads)
        self._start(~may, owners, begin)
        origins = self._origins[owners[may]]
        for owner, first, last in zip(
            owners[may].tolist(),
            (begin[may] - origins).tolist(),
            (end[may] - origins).tolist(),
            strict=True,
        ):
            starts = self._affixes.split_inner(self._chunks[owner][first:last], first)
            self.starts.add_to(owner, starts)

    def _ask(
        self,
        measure: Callable[[str], int],
        lengths: np.ndarray,
        owners: np.ndarray,
        begin: np.ndarray,
        end: np.ndarray,
    ) -> None:
        """Measure where no character has decided."""
        places = np.flatnonzero(lengths < 0)
        if not len(places):
            return
        owners = owners[places]
        origins = self._origins[owners]
        begins, ends = begin[places] - origins, end[places] - origins
        strings = zip(owners.tolist(), begins.tolist(), ends.tolist(), strict=True)
        lengths[places] = [measure(self._chunks[owner][a:b]) for owner, a, b in strings]

    def _look_up(
        self, which: np.ndarray, owners: np.ndarray, begin: np.ndarray, end: np.ndarray
    ) -> None:
        owners = owners[which]
        origins = self._origins[owners]
        self.looked_up.add(owners, begin[which] - origins, end[which] - origins)

    def _start(self, which: np.ndarray, owners: np.ndarray, begin: np.ndarray) -> None:
        owners = owners[which]
        self.starts.add(owners, begin[which] - self._origins[owners], np.zeros(1, np.int64))


class _Found:
    """Places in n chunks, as they are found: begin and end."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._keys: list[np.ndarray] = []
        self._more: list[int] = []

    def add(self, owners: np.ndarray, begin: np.ndarray, end: np.ndarray) -> None:
        """Add a place to each of some chunks."""
        self._keys.append(owners << 2 * BITS | begin << BITS | end)

    def add_to(self, owner: int, begins: Iterable[int]) -> None:
        """Add places to a chunk."""
        self._more += [owner << 2 * BITS | begin << BITS for begin in begins]

    def sorted(self, without: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return begins and ends, chunk after chunk in order, and how many each has.

        What was found in chunks `without` (n,) bool is left out.
        """
        keys = np.concatenate([np.array(self._more, np.int64), *self._keys])
        keys = np.sort(keys[~without[keys >> 2 * BITS]])
        counts = np.bincount(keys >> 2 * BITS, minlength=self._count)
        return keys >> BITS & LONGEST - 1, keys & LONGEST - 1, counts


class _Edge:
    """Rules that decide by the character at the edge of a string, and the one beside it."""

    def __init__(
        self,
        codes: Sequence[int],
        single: Sequence[CharSet | None],
        pairs: Sequence[tuple[CharSet | None, CharSet | None]],
    ) -> None:
        """Take rules for one character, and others that may match where their pair is."""
        self._single = (_bits(codes, single) > 0) & bool(single)
        self._first = _bits(codes, [first for first, _ in pairs])
        self._second = _bits(codes, [second for _, second in pairs])
        self._none = _bits([], [second for _, second in pairs], 1)[0]

    def bits(self, here: np.ndarray, beside: np.ndarray, there: np.ndarray) -> np.ndarray:
        """Return the rules that may match, by the atoms; `there`: whether there are two."""
        second = np.where(there, self._second[beside], self._none)
        found: np.ndarray = self._first[here] & second
        return found

    def lengths(self, here: np.ndarray, beside: np.ndarray, there: np.ndarray) -> np.ndarray:
        """Return 1 where a rule for one character matches, 0 where none does; -1: who knows."""
        undecided = self.bits(here, beside, there) != 0
        return np.where(undecided, -1, self._single[here].astype(np.int64))


def _bits(codes: Sequence[int], sets: Sequence[CharSet | None], more: int = 0) -> np.ndarray:
    """Return for each character, and for `more` that are none, in which sets it is, as bits.

    Everything is in a set that is None. The sets from MOST_RULES on share a bit.
    """
    bits = np.zeros(len(codes) + more, np.uint64)
    for number, chars in enumerate(sets):
        bit = np.uint64(1 << min(number, MOST_RULES))
        for place, code in enumerate(codes):
            if chars is None or any(begin <= code < end for begin, end in chars):
                bits[place] |= bit
        if chars is None:
            bits[len(codes) :] |= bit
    return bits
