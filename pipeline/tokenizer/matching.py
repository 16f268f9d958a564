"""Patterns in many lists of tokens at once: which may change, and what becomes of them.

A token is a number, those of `patterns` the first ones. What a pattern is, is in `patterns.py`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from corpus2vec.pipeline.strings.slices import ranges
from corpus2vec.pipeline.tokenizer.arrays import PairSet, TokenSet
from corpus2vec.pipeline.tokenizer.patterns import Patterns


class Matching:
    """The patterns, and the special cases that they were found to be."""

    def __init__(self, patterns: Patterns, intern: Callable[[list[str]], list[int]]) -> None:
        self._patterns = patterns
        self._intern = intern
        number = {token: i for i, token in enumerate(patterns.tokens)}
        self._alone = TokenSet(number, patterns.alone)
        self._singles = TokenSet(number, patterns.singles)
        self._effective = PairSet(number, patterns.effective)
        self.pairs = PairSet(number, patterns.pairs)
        self.spaced = PairSet(number, patterns.spaced)
        self.forget()

    def forget(self) -> None:
        """Forget the numbers of tokens, since they are given out again."""
        self._cases: dict[tuple[int | bool, ...], list[int] | None] = {}
        """The tokens of a special case, by the tokens and gaps of its pattern."""

    def may_change(self, ids: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Return which of n lists of tokens a pattern may change: (n,) bool."""
        owners = np.repeat(np.arange(len(counts)), counts)
        found = self._singles.holds(ids)
        found[:-1] |= self._effective.holds(ids[:-1], ids[1:]) & (owners[:-1] == owners[1:])
        may = np.zeros(len(counts), bool)
        may[owners[found]] = True
        return may

    def applied(
        self, ids: np.ndarray, counts: np.ndarray, gaps: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Put special cases in place of patterns in n lists of tokens; return lists and lengths.

        `gaps`: whether a space follows a token; by default, none does.
        """
        ends = np.cumsum(counts)
        may_begin = self._alone.holds(ids)
        may_begin[:-1] |= self.pairs.holds(ids[:-1], ids[1:])
        places = np.flatnonzero(may_begin)
        reach = np.searchsorted(places, ends).tolist()
        firsts, tokens = places.tolist(), ids.tolist()
        spaces = None if gaps is None else gaps.tolist()
        edits: list[tuple[int, int, int, int]] = []
        more: list[int] = []
        low = 0
        for number, (end, high) in enumerate(zip(ends.tolist(), reach, strict=True)):
            if low < high:
                for first, last in self._patterns.matches(tokens, firsts[low:high], end):
                    case = self._case(tokens[first:last], spaces and spaces[first : last - 1])
                    if case is not None:
                        edits.append((number, first, last, len(case)))
                        more += case
                low = high
        if not edits:
            return ids, counts
        owners, begins, after, sizes = np.array(edits).T
        kept = np.ones(len(ids), bool)
        kept[ranges(begins, after - begins)] = False
        where = (np.cumsum(kept) - kept)[begins]
        counts = counts.copy()
        np.add.at(counts, owners, sizes - (after - begins))
        return np.insert(ids[kept], np.repeat(where, sizes), more), counts

    def _case(self, tokens: list[int], gaps: list[bool] | None) -> list[int] | None:
        """Return the tokens that replace those of a pattern; None if they stay."""
        key = (*tokens, *(gaps or ()))
        if key not in self._cases:
            case = self._patterns.special_case(tokens, gaps or [False] * (len(tokens) - 1))
            self._cases[key] = None if case is None else self._intern(case)
        return self._cases[key]
