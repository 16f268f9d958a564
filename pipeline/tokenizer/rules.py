r"""What a tokenizer's regular expressions can tell apart, read off the expressions themselves.

A regular expression sees a string only through tests of single characters: is it this one, is it
in that set. So two strings of one length that give every test the same answers, place by place,
are matched at the same places, and need matching once. Characters that no test tells apart make up
an *atom*; a string's *shape* is the row of its characters' atoms.

Units ("km"), clitics ("'s") and the like tell single letters apart, and would leave few strings
with a shape in common. But an alternative of the expression that needs a digit cannot match in a
string that has none, and may be left out of account there. So a string has *traits*, the needs
that it can meet, and only the alternatives that those allow count for its atoms.

Nothing here knows any language: sets and needs come from the parse tree of `re`. An expression
that this reading does not cover raises `Unreadable`, and its tokenizer takes the plain path.
"""

from __future__ import annotations

import functools
import itertools
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import numpy as np

CODE_POINTS = sys.maxunicode + 1
CharSet = tuple[tuple[int, int], ...]
"""A set of characters as ranges of code points (begin, end), sorted and apart."""

NEWLINE: CharSet = ((10, 11),)
CATEGORIES = {
    sre.CATEGORY_DIGIT: r"\d",
    sre.CATEGORY_NOT_DIGIT: r"\D",
    sre.CATEGORY_SPACE: r"\s",
    sre.CATEGORY_NOT_SPACE: r"\S",
    sre.CATEGORY_WORD: r"\w",
    sre.CATEGORY_NOT_WORD: r"\W",
}
REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT)
ORDINARY: CharSet = ((48, 58), (65, 91), (97, 123))
"""What most text is made of: tests that part one of these ranges multiply shapes."""
MOST_TRAITS = 16


class Unreadable(Exception):
    """An expression that looks at more than single characters, or in ways not known here."""


@dataclass(frozen=True)
class Rule:
    """One alternative of an expression."""

    tests: frozenset[CharSet]
    """Every set that it compares a character with."""
    needs: CharSet | None
    """It matches only where one of these characters is in the string; None: not known."""
    anchored: bool
    """Whether it can match only at the start of the string."""
    width: int | None
    """The most characters that a match has; None: no bound."""
    ends: bool
    """Whether it can match only up to the end of the string."""
    first: CharSet | None
    """What a match can begin with; None: a match may be empty."""
    last: CharSet | None
    """What a match can end with; None: a match may be empty."""


@functools.lru_cache(maxsize=16)
def read_rules(pattern: re.Pattern[str]) -> tuple[Rule, ...]:
    """The alternatives of an expression. Raises Unreadable."""
    if pattern.flags & (re.ASCII | re.LOCALE | re.MULTILINE):
        raise Unreadable(f"flags of {pattern.pattern:.40}")
    tree = _parser.parse(pattern.pattern, pattern.flags)
    rules = []
    for alternative in _alternatives(list(tree)):
        tests: set[CharSet] = set()
        wanted = _read(alternative, tests, pattern.flags)
        width = _width(alternative)
        ends = bool(alternative) and alternative[-1] in (
            (sre.AT, sre.AT_END),
            (sre.AT, sre.AT_END_STRING),
        )
        rules.append(
            Rule(
                tests=frozenset(tests),
                needs=min(wanted, key=_commonness) if wanted else None,
                anchored=bool(alternative) and alternative[0] == (sre.AT, sre.AT_BEGINNING),
                width=width,
                ends=ends,
                first=_outermost(alternative, pattern.flags),
                last=_outermost(alternative, pattern.flags, backward=True),
            )
        )
    return tuple(rules)


def _alternatives(items: list[Any]) -> list[list[Any]]:
    """The parser takes out what all alternatives begin with, such as ^: it is put back."""
    if items and items[-1][0] is sre.BRANCH:
        return [
            each for branch in items[-1][1][1] for each in _alternatives([*items[:-1], *branch])
        ]
    return [items]


def _width(items: list[Any]) -> int | None:
    widest = sum(_width_of(op, argument) for op, argument in items)
    return None if widest >= sre.MAXREPEAT else widest


def _width_of(op: Any, argument: Any) -> int:
    if op in (sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN):
        return 1
    if op in REPEATS:
        _, most, inner = argument
        width: int = most * sum(_width_of(*item) for item in inner)
        return width
    if op is sre.SUBPATTERN:
        return sum(_width_of(*item) for item in argument[3])
    if op is sre.ATOMIC_GROUP:
        return sum(_width_of(*item) for item in argument)
    if op is sre.BRANCH:
        return max(sum(_width_of(*item) for item in branch) for branch in argument[1])
    return 0


def _read(items: Iterable[Any], tests: set[CharSet], flags: int) -> list[CharSet]:
    """Add the sets that `items` test; return sets of which a match must meet one each."""
    wanted: list[CharSet] = []
    for op, argument in items:
        if op in (sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN):
            tested = _char_set(op, argument, flags)
            tests.add(tested)
            wanted.append(tested)
        elif op in REPEATS:
            least, _, inner = argument
            found = _read(inner, tests, flags)
            wanted += found if least else []
        elif op is sre.SUBPATTERN:
            _, more, fewer, inner = argument
            if (more | fewer) & ~(re.IGNORECASE | re.DOTALL):
                raise Unreadable("flags of a group")
            wanted += _read(inner, tests, (flags | more) & ~fewer)
        elif op is sre.ATOMIC_GROUP:
            wanted += _read(argument, tests, flags)
        elif op is sre.BRANCH:
            branches = [_read(branch, tests, flags) for branch in argument[1]]
            if all(branches):
                rarest = [min(branch, key=_commonness) for branch in branches]
                wanted.append(union(rarest))
        elif op is sre.ASSERT:
            wanted += _read(argument[1], tests, flags)
        elif op is sre.ASSERT_NOT:
            _read(argument[1], tests, flags)
        elif op is sre.AT:
            if argument in (sre.AT_BOUNDARY, sre.AT_NON_BOUNDARY):
                tests.add(_category(r"\w"))
            tests.add(NEWLINE)  # before which $ matches too
        elif op is not sre.FAILURE:
            raise Unreadable(str(op))  # a group matched before, for one
    return wanted


def _outermost(items: Sequence[Any], flags: int, backward: bool = False) -> CharSet | None:
    """What a match of `items` can begin with, or end with; None if it may be empty."""
    chars: list[CharSet] = []
    for op, argument in reversed(items) if backward else items:
        inner: list[CharSet | None]
        optional = False
        if op in (sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN):
            return union([*chars, _char_set(op, argument, flags)])
        if op in REPEATS:
            least, _, repeated = argument
            optional = least == 0
            inner = [_outermost(repeated, flags, backward)]
        elif op is sre.SUBPATTERN:
            _, more, fewer, grouped = argument
            inner = [_outermost(grouped, (flags | more) & ~fewer, backward)]
        elif op is sre.ATOMIC_GROUP:
            inner = [_outermost(argument, flags, backward)]
        elif op is sre.BRANCH:
            inner = [_outermost(branch, flags, backward) for branch in argument[1]]
        else:
            continue  # it looks, and takes nothing
        if None in inner:
            return None  # what such an item may begin with is not worth knowing
        chars += [each for each in inner if each is not None]
        if not optional:
            return union(chars)
    return None


# --- sets of characters ----------------------------------------------------------------------


def _char_set(op: Any, argument: Any, flags: int) -> CharSet:
    if op is sre.ANY:
        return _complement(() if flags & re.DOTALL else NEWLINE)
    if op is sre.IN:
        items = list(argument)
        negated = items[0][0] is sre.NEGATE
    else:
        items = [(sre.LITERAL, argument)]
        negated = op is sre.NOT_LITERAL
    ranges: list[tuple[int, int]] = []
    for kind, value in items:
        if kind is sre.LITERAL:
            ranges.append((value, value + 1))
        elif kind is sre.RANGE:
            ranges.append((value[0], value[1] + 1))
        elif kind is sre.CATEGORY and value in CATEGORIES:
            ranges += _category(CATEGORIES[value])
        elif kind is not sre.NEGATE:
            raise Unreadable(str(kind))
    found = union([ranges])
    if flags & re.IGNORECASE:
        found = _caseless(found, tuple(items))
    return _complement(found) if negated else found


def union(sets: Iterable[Iterable[tuple[int, int]]]) -> CharSet:
    """All characters of the sets."""
    joined: list[list[int]] = []
    for begin, end in sorted(itertools.chain.from_iterable(sets)):
        if joined and begin <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([begin, end])
    return tuple((begin, end) for begin, end in joined)


def _complement(chars: CharSet) -> CharSet:
    edges = [0, *itertools.chain.from_iterable(chars), CODE_POINTS]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return tuple((begin, end) for begin, end in pairs if begin < end)


@functools.cache
def _all_characters() -> str:
    codes = np.arange(CODE_POINTS, dtype="<u4")
    return codes.tobytes().decode("utf-32-le", "surrogatepass")


@functools.cache
def _category(name: str) -> CharSet:
    r"""What \d, \w or \s takes, asked of `re` itself."""
    return tuple(match.span() for match in re.finditer(f"{name}+", _all_characters()))


@functools.cache
def _cased() -> str:
    """The characters that letter case concerns at all."""
    changed = [c for c in _all_characters() if c.lower() != c or c.upper() != c]
    images = {image for c in changed for image in c.lower() + c.upper() + c.title()}
    return "".join(sorted(images.union(changed)))


@functools.cache
def _caseless(chars: CharSet, items: tuple[tuple[Any, Any], ...]) -> CharSet:
    """What the set `chars` takes under (?i), asked of `re` itself.

    It is asked for the very `items` that the set was written with, since it takes a letter, a
    range and a category differently.
    """
    source = ""
    for kind, value in items:
        if kind is sre.LITERAL:
            source += f"\\U{value:08x}"
        elif kind is sre.RANGE:
            source += f"\\U{value[0]:08x}-\\U{value[1]:08x}"
        elif kind is sre.CATEGORY:
            source += CATEGORIES[value]
    cased = [(ord(each), ord(each) + 1) for each in _cased()]
    taken = [(ord(each), ord(each) + 1) for each in re.findall(f"(?i)[{source}]", _cased())]
    uncased = _complement(union([_complement(chars), cased]))
    return union([uncased, taken])


def one_of(chars: Iterable[tuple[int, int]]) -> str:
    """The expression for one character of a set that is not empty."""
    return "[" + "".join(f"\\U{begin:08x}-\\U{end - 1:08x}" for begin, end in chars) + "]"


def is_rare(chars: CharSet) -> bool:
    """Whether no letter or digit of ASCII is in the set."""
    return not any(_size(chars, ordinary) for ordinary in ORDINARY)


def _size(chars: CharSet, within: tuple[int, int] = (0, CODE_POINTS)) -> int:
    begin, end = within
    return sum(max(0, min(last, end) - max(first, begin)) for first, last in chars)


@functools.cache
def _commonness(chars: CharSet) -> tuple[int, int, int]:
    """Sorts sets by how seldom text has one of their characters; a guess that costs only time."""
    letters = sum(chr(each).isalnum() for a, b in chars for each in range(a, min(b, a + 512)))
    return letters, _size(chars), -chars[0][0] if chars else 0


# --- shapes ----------------------------------------------------------------------------------


class Shapes:
    """The traits and atoms that some expressions give to characters."""

    def __init__(self, patterns: Sequence[re.Pattern[str]]) -> None:
        """Raises Unreadable."""
        self._always: list[Rule] = []
        """Rules that every string's atoms allow for."""
        self._by_need: dict[CharSet, list[Rule]] = {}
        """The others, in the order of the traits' bits."""
        for rule in itertools.chain.from_iterable(map(read_rules, patterns)):
            room = rule.needs in self._by_need or len(self._by_need) < MOST_TRAITS
            if rule.needs and room and _parts_ordinary(rule.tests):
                self._by_need.setdefault(rule.needs, []).append(rule)
            else:
                self._always.append(rule)
        self.traits = np.zeros(CODE_POINTS, np.uint16)
        """By code point: a bit for each trait that the character gives to its string."""
        for bit, chars in enumerate(self._by_need):
            for begin, end in chars:
                self.traits[begin:end] |= 1 << bit
        self._atoms: dict[int, np.ndarray] = {}

    def atoms(self, traits: int) -> np.ndarray:
        """By code point: the atom, in strings with these traits. uint8 or uint16."""
        if traits not in self._atoms:
            rules = list(self._always)
            for bit, concerned in enumerate(self._by_need.values()):
                if traits >> bit & 1:
                    rules += concerned
            self._atoms[traits] = _partition({test for rule in rules for test in rule.tests})
        return self._atoms[traits]


def _parts_ordinary(tests: Iterable[CharSet]) -> bool:
    return any(
        0 < _size(chars, ordinary) < ordinary[1] - ordinary[0]
        for chars in tests
        for ordinary in ORDINARY
    )


def _partition(tests: Iterable[CharSet]) -> np.ndarray:
    """By code point: the number of its atom, where characters in the same tests share one."""
    bounds = [np.array(chars, np.int64).ravel() for chars in sorted(tests)]
    edges = np.unique(np.concatenate([[0, CODE_POINTS], *bounds]))
    # A character is in a set if an odd number of the set's bounds is at or before it.
    inside = [np.searchsorted(each, edges[:-1], side="right") & 1 for each in bounds]
    answers = np.packbits(np.array(inside, bool).reshape(len(bounds), len(edges) - 1), axis=0)
    _, atoms = np.unique(answers, axis=1, return_inverse=True)
    dtype = np.uint8 if atoms.max(initial=0) < 256 else np.uint16
    return np.repeat(atoms.ravel().astype(dtype), np.diff(edges))
