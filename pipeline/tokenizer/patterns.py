"""Special cases that spaCy finds in the tokens of a document, after every chunk was split.

A special case that would itself be split ("a.m.", ":-)"), or has a space in it, is a *pattern*.
spaCy matches its tokens against the tokens of the whole document, takes the longest of matches that
overlap, and puts the special case's tokens there. So a chunk's tokens may depend on its neighbours:
the one place where tokenizing each distinct chunk once could go wrong.

Here are three questions about patterns. Each may be answered yes too often, never no too often, and
wherever the answer is yes, `matches` finds what spaCy finds:

    May one change the tokens of this chunk?            `x:)`: yes, by `:)`
    May one match across the gap between two chunks?    `: )`: yes, `:)` may
    If it does, can that make a difference?             `: )`: no, `:)` has no white space in it
                                                        `x:) )`: yes, `:))` displaces `:)`
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from corpus2vec.pipeline.tokenizer.affixes import NO_SPECIAL_CASES, Affixes
from corpus2vec.pipeline.tokenizer.parse_tree import Unreadable

if TYPE_CHECKING:
    from spacy.tokenizer import Tokenizer

Pair = tuple[str, str]
_Node = dict[int, "_Node"]
"""Patterns that begin alike: the next token of each, and what may come after it."""
END = -1
"""Among what may come next, where a pattern ends."""


class Patterns:
    """The special cases of `tokenizer` that are patterns. Raises Unreadable.

    Which ones are: `Tokenizer.add_special_case` of spaCy 3.8.
    """

    def __init__(self, tokenizer: Tokenizer, affixes: Affixes) -> None:
        self.tokens: list[str] = []
        """The tokens of all patterns. Each is known by its place here."""
        self.alone: set[str] = set()
        """The tokens that are patterns by themselves."""
        self.singles: set[str] = set()
        """The tokens of patterns of one token that change it."""
        self.pairs: set[Pair] = set()
        """Any two neighbours in any pattern."""
        self.effective: set[Pair] = set()
        """The first two tokens of each pattern that may change the tokens of a chunk."""
        self.spaced: set[Pair] = set()
        """The `pairs` that may surround white space within a special case."""
        self._special_cases = affixes.special_cases
        self._numbers: dict[str, int] = {}
        self._tree: _Node = {}
        for case in affixes.special_cases:
            split = (
                tokenizer.find_prefix(case)
                or tokenizer.find_infix(case)
                or tokenizer.find_suffix(case)
            )
            if split or " " in case or not tokenizer.faster_heuristics:
                self._add(case, affixes)
        for case in affixes.special_cases:
            for left, right in itertools.pairwise(split_at_white_space(case)):
                ends = [left[begin:] for begin in range(len(left))]
                begins = [right[:end] for end in range(1, len(right) + 1)]
                self.spaced.update(self.pairs.intersection(itertools.product(ends, begins)))

    def _add(self, case: str, affixes: Affixes) -> None:
        chunks = split_at_white_space(case)
        pattern = [token for chunk in chunks for token in _tokens(chunk, affixes)]
        node = self._tree
        for token in pattern:
            if token not in self._numbers:
                self._numbers[token] = len(self.tokens)
                self.tokens.append(token)
            node = node.setdefault(self._numbers[token], {})
        if pattern:
            node[END] = {}
        self.alone.update(pattern if len(pattern) == 1 else ())
        neighbours = list(itertools.pairwise(pattern))
        self.pairs.update(neighbours)
        for chunk in chunks:
            # spaCy may cache what it made of a chunk for the pattern, and return it for a document.
            if chunk not in affixes.special_cases and _holds_special_case(chunk, affixes):
                raise Unreadable(f"the special case {case!r} has another in {chunk!r}")
        if _changes(pattern, affixes):
            self.effective.update(neighbours[:1])
            if len(pattern) == 1:
                self.singles.update(pattern)

    def matches(
        self, tokens: Sequence[int], firsts: Iterable[int], end: int
    ) -> list[tuple[int, int]]:
        """Return where patterns are among `tokens`, as (begin, end), in order.

        `firsts` are the places where one may begin, and `end` is where the last must end. Numbers
        beyond those of the patterns' tokens are any others. After `_apply_special_cases` of spaCy
        3.8: of matches that overlap it takes the longest, and the first of several.
        """
        found = []
        for first in firsts:
            node, place = self._tree.get(tokens[first]), first
            while node is not None:
                place += 1
                if END in node:
                    found.append((first - place, first, place))
                node = node.get(tokens[place]) if place < end else None
        if len(found) < 2:
            return [(first, place) for _, first, place in found]
        taken: set[int] = set()
        chosen = []
        for _, first, place in sorted(found):
            if first not in taken and place - 1 not in taken:
                chosen.append((first, place))
            taken.update(range(first, place))  # a match that is not taken hides others too
        return sorted(chosen)

    def special_case(self, tokens: Sequence[int], gaps: Sequence[bool]) -> list[str] | None:
        """Return the tokens of the special case that a match spells; None if it is none.

        `gaps`: whether there is a space after each token but the last.
        """
        spaces = [" " * gap for gap in gaps]
        words = (self.tokens[token] for token in tokens)
        spelled = "".join(map("".join, itertools.zip_longest(words, spaces, fillvalue="")))
        return self._special_cases.get(spelled)


def _tokens(chunk: str, affixes: Affixes) -> list[str]:
    starts = affixes.split(chunk, NO_SPECIAL_CASES).starts
    return [chunk[begin:end] for begin, end in itertools.pairwise((*starts, len(chunk)))]


def _holds_special_case(chunk: str, affixes: Affixes) -> bool:
    split = affixes.split(chunk, affixes.special_cases)
    return split.starts != affixes.split(chunk, NO_SPECIAL_CASES).starts


def _changes(tokens: Sequence[str], affixes: Affixes) -> bool:
    """Return whether spaCy, finding these tokens without a gap, would replace them by others."""
    return affixes.special_cases.get("".join(tokens), tokens) != list(tokens)


def split_at_white_space(text: str) -> list[str]:
    r"""Split a text into chunks and white-space tokens as spaCy does.

    One space after a chunk is swallowed; any further white space is a token.

    >>> split_at_white_space("to see  you \n soon")
    ['to', 'see', ' ', 'you', '\n ', 'soon']
    """
    runs = ["".join(run) for _, run in itertools.groupby(text, str.isspace)]
    follow = [run[1:] if run.startswith(" ") and number else run for number, run in enumerate(runs)]
    return [run for run in follow if run]
