r"""Which strings a set of regular expressions cannot tell apart.

A regular expression sees a string only through tests of single characters: is it this one, is it
in that set? Two strings of one length that give every test the same answers, place by place, are
matched at the same places, so matching one of them is enough. Characters that no test tells apart
are one *atom*; the sequence of a string's atoms is its *shape*.

Units ("km"), clitics ("'s") and the like test single letters, and would leave few strings with a
shape in common. But an alternative that needs a digit cannot match in a string without one, and is
ignored there. So a string has *traits*, a bit for each need that it meets, and only the
alternatives with those needs (and those without a known need) decide its atoms.

    >>> shapes = Shapes([re.compile("(?<=°)[CF]$")])
    >>> def shape(text):
    ...     codes = list(map(ord, text))
    ...     traits = int(np.bitwise_or.reduce(shapes.traits[codes]))
    ...     return traits, shapes.atoms(traits)[codes].tolist()
    >>> shape("Cat") == shape("Dog")  # without ° the expression cannot match
    True
    >>> shape("9°C") == shape("7°F"), shape("9°C") == shape("9°D")
    (True, False)
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence

import numpy as np

from corpus2vec.pipeline.tokenizer.char_sets import CODE_POINTS, ORDINARY, CharSet, size
from corpus2vec.pipeline.tokenizer.rules import Rule, read_rules

MOST_TRAITS = 16
"""Bits of a trait; the rules of further needs always count."""


class Shapes:
    """The traits and atoms that some expressions give to characters."""

    def __init__(self, patterns: Sequence[re.Pattern[str]]) -> None:
        """Read the rules of the expressions. Raises Unreadable."""
        self._always: list[Rule] = []
        """Rules that count for the atoms of every string."""
        self._by_need: dict[CharSet, list[Rule]] = {}
        """The others, in the order of the traits' bits."""
        for rule in itertools.chain.from_iterable(map(read_rules, patterns)):
            room = rule.needs in self._by_need or len(self._by_need) < MOST_TRAITS
            if rule.needs and room and _splits_ordinary(rule.tests):
                self._by_need.setdefault(rule.needs, []).append(rule)
            else:
                self._always.append(rule)
        self.traits = np.zeros(CODE_POINTS, np.uint16)
        """By code point: a bit for each need that the character meets for its string."""
        for bit, chars in enumerate(self._by_need):
            for begin, end in chars:
                self.traits[begin:end] |= 1 << bit
        self._atoms: dict[int, np.ndarray] = {}

    def atoms(self, traits: int) -> np.ndarray:
        """Return the atom of each code point in strings with these traits: uint8 or uint16."""
        if traits not in self._atoms:
            rules = list(self._always)
            for bit, of_need in enumerate(self._by_need.values()):
                if traits >> bit & 1:
                    rules += of_need
            self._atoms[traits] = partition({test for rule in rules for test in rule.tests})
        return self._atoms[traits]


def _splits_ordinary(tests: Iterable[CharSet]) -> bool:
    """Return whether a test tells ordinary letters or digits apart, which multiplies shapes."""
    return any(
        0 < size(chars, ordinary) < ordinary[1] - ordinary[0]
        for chars in tests
        for ordinary in ORDINARY
    )


def partition(tests: Iterable[CharSet]) -> np.ndarray:
    """Return the atom of each code point: characters that pass the same tests share a number."""
    bounds = [np.array(chars, np.int64).ravel() for chars in sorted(tests)]
    edges = np.unique(np.concatenate([[0, CODE_POINTS], *bounds]))
    # A character is in a set if an odd number of the set's bounds is at or before it.
    inside = [np.searchsorted(each, edges[:-1], side="right") & 1 for each in bounds]
    answers = np.packbits(np.array(inside, bool).reshape(len(bounds), len(edges) - 1), axis=0)
    _, atoms = np.unique(answers, axis=1, return_inverse=True)
    dtype = np.uint8 if atoms.max(initial=0) < 256 else np.uint16
    return np.repeat(atoms.ravel().astype(dtype), np.diff(edges))
