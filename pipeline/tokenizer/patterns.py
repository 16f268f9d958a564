"""Special cases that spaCy finds in the tokens of a document, after every chunk was split.

A special case that would itself be split ("a.m.", ":-)"), or has a space in it, is a *pattern*.
spaCy matches its tokens against the tokens of the whole document, takes the longest of matches that
overlap, and puts the special case's tokens there. So a chunk's tokens may depend on its neighbours:
the one place where tokenizing each distinct chunk once could go wrong.

Here are three questions about patterns. Each may be answered yes too often, never no too often, and
wherever the answer is yes, `apply` does what spaCy does:

    May one change the tokens of this chunk?            `x:)`: yes, by `:)`
    May one match across the gap between two chunks?    `: )`: yes, `:)` may
    If it does, can that make a difference?             `: )`: no, `:)` has no white space in it
                                                        `x:) )`: yes, `:))` displaces `:)`
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from corpus2vec.pipeline.tokenizer.affixes import NO_SPECIAL_CASES, Affixes
from corpus2vec.pipeline.tokenizer.parse_tree import Unreadable

if TYPE_CHECKING:
    from spacy.tokenizer import Tokenizer

Pair = tuple[str, str]
_Node = dict[str, "_Node"]
"""Patterns that begin alike: the next token of each, and what may come after it."""


class Patterns:
    """The special cases of `tokenizer` that are patterns. Raises Unreadable.

    Which ones are: `Tokenizer.add_special_case` of spaCy 3.8.
    """

    def __init__(self, tokenizer: Tokenizer, affixes: Affixes) -> None:
        self.singles: set[str] = set()
        """The tokens of patterns of one token that change it."""
        self.pairs: set[Pair] = set()
        """Any two neighbours in any pattern."""
        self.effective: set[Pair] = set()
        """The first two tokens of each pattern that may change the tokens of a chunk."""
        self.spaced: set[Pair] = set()
        """The `pairs` that may surround white space within a special case."""
        self._special_cases = affixes.special_cases
        self._split = affixes.split
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
            node = node.setdefault(token, {})
        if pattern:
            node[""] = {}  # no token is empty, so this says: a pattern ends here
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

    def within(self, tokens: Sequence[str]) -> bool:
        """Return whether a pattern may change these tokens of one chunk."""
        return not self.singles.isdisjoint(tokens) or not self.effective.isdisjoint(
            itertools.pairwise(tokens)
        )

    def tokens(self, text: str) -> list[str]:
        """Return the tokens of a text, as spaCy does."""
        tokens: list[str] = []
        begins: list[int] = []
        place = 0
        for chunk in split_at_white_space(text):
            starts = self._split(chunk, self._special_cases).starts
            begins += [place + start for start in starts]
            place += len(chunk)
            if not chunk.isspace() and text.startswith(" ", place):
                place += 1  # swallowed
            tokens += [chunk[a:b] for a, b in itertools.pairwise((*starts, len(chunk)))]
        return self.apply(text, tokens, begins)

    def apply(self, text: str, tokens: Sequence[str], begins: Sequence[int]) -> list[str]:
        """Return the tokens of `text` with special cases in place of patterns.

        Takes its tokens before that, and where each begins in it. After `_apply_special_cases` of
        spaCy 3.8: of matches that overlap it takes the longest, and the first of several.
        """
        found = []
        for first in range(len(tokens)):
            node, place = self._tree.get(tokens[first]), first
            while node is not None:
                place += 1
                if "" in node:
                    found.append((first - place, first, place))
                node = node.get(tokens[place]) if place < len(tokens) else None
        taken: set[int] = set()
        chosen = []
        for _, first, end in sorted(found):
            if first not in taken and end - 1 not in taken:
                chosen.append((first, end))
            taken.update(range(first, end))  # a match that is not taken hides others too
        applied: list[str] = []
        place = 0
        for first, end in sorted(chosen):
            spelled = text[begins[first] : begins[end - 1] + len(tokens[end - 1])]
            applied += tokens[place:first]
            applied += self._special_cases.get(spelled, tokens[first:end])
            place = end
        return [*applied, *tokens[place:]]


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
