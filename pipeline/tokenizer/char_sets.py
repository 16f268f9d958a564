r"""Sets of characters, as ranges of code points, and what `re` takes \d, \w, \s and (?i) to mean.

A set is a tuple of ranges (begin, end), end not included, sorted, without overlaps or contacts:
`[a-cx]` is ((97, 100), (120, 121)). What a class or a letter without case matches is not written
down here: `re` itself is asked, for all 1,114,112 code points.
"""

from __future__ import annotations

import functools
import itertools
import re
import sys
from collections.abc import Iterable

import numpy as np

CODE_POINTS = sys.maxunicode + 1
CharSet = tuple[tuple[int, int], ...]

NEWLINE: CharSet = ((10, 11),)
ORDINARY: CharSet = ((48, 58), (65, 91), (97, 123))
"""ASCII digits, capitals and small letters: most text is made of them."""


def union(sets: Iterable[Iterable[tuple[int, int]]]) -> CharSet:
    """Return the characters that are in any of the sets.

    >>> union([[(97, 100)], [(120, 121), (100, 101)]])
    ((97, 101), (120, 121))
    """
    joined: list[list[int]] = []
    for begin, end in sorted(itertools.chain.from_iterable(sets)):
        if joined and begin <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([begin, end])
    return tuple((begin, end) for begin, end in joined)


def complement(chars: CharSet) -> CharSet:
    """Return all other characters."""
    edges = [0, *itertools.chain.from_iterable(chars), CODE_POINTS]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return tuple((begin, end) for begin, end in pairs if begin < end)


@functools.cache
def category(name: str) -> CharSet:
    r"""Return what a class such as \d matches."""
    return tuple(match.span() for match in re.finditer(f"{name}+", _all_characters()))


@functools.cache
def caseless(chars: CharSet, source: str) -> CharSet:
    """Return what `chars` matches under (?i). `source` is how the set was written, without [].

    The spelling matters: `re` folds the case of a letter, a range and a class in different ways.
    """
    cased = [(ord(each), ord(each) + 1) for each in _cased()]
    taken = [(ord(each), ord(each) + 1) for each in re.findall(f"(?i)[{source}]", _cased())]
    uncased = complement(union([complement(chars), cased]))
    return union([uncased, taken])


@functools.cache
def _all_characters() -> str:
    codes = np.arange(CODE_POINTS, dtype="<u4")
    return codes.tobytes().decode("utf-32-le", "surrogatepass")


@functools.cache
def _cased() -> str:
    """Return every character that has another case, or is one."""
    changed = [c for c in _all_characters() if c.lower() != c or c.upper() != c]
    images = {image for c in changed for image in c.lower() + c.upper() + c.title()}
    return "".join(sorted(images.union(changed)))


def one_of(chars: Iterable[tuple[int, int]]) -> str:
    """Write the expression for one character of a set that is not empty."""
    return "[" + "".join(f"\\U{begin:08x}-\\U{end - 1:08x}" for begin, end in chars) + "]"


def size(chars: CharSet, within: tuple[int, int] = (0, CODE_POINTS)) -> int:
    """Count the characters of a set, or those within a range."""
    begin, end = within
    return sum(max(0, min(last, end) - max(first, begin)) for first, last in chars)


def is_rare(chars: CharSet) -> bool:
    """Return whether the set has no ASCII letter or digit."""
    return not any(size(chars, ordinary) for ordinary in ORDINARY)


@functools.cache
def commonness(chars: CharSet) -> tuple[int, int, int]:
    """Return a key that sorts rare sets first. It is a guess; a wrong one costs only time."""
    letters = sum(chr(each).isalnum() for a, b in chars for each in range(a, min(b, a + 512)))
    return letters, size(chars), -chars[0][0] if chars else 0
