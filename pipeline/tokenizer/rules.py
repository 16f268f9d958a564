"""What a regular expression tests, needs and can match, alternative by alternative.

`(?<=°)[CF]$|^[.,]+` has two rules:

    (?<=°)[CF]$   tests °, CF, newline   needs °     at most 1 wide   up to the end
    ^[.,]+        tests .,  newline      needs .,    of any width     at the start

All of it comes from the expression's tree (`parse_tree.py`); nothing here knows any language.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from corpus2vec.pipeline.tokenizer.char_sets import (
    NEWLINE,
    CharSet,
    category,
    commonness,
    union,
)
from corpus2vec.pipeline.tokenizer.parse_tree import (
    At,
    Branch,
    Group,
    Look,
    OneOf,
    Repeat,
    Tree,
    parse,
)


@dataclass(frozen=True)
class Rule:
    """One alternative of an expression."""

    tests: frozenset[CharSet]
    """Every set that it compares a character with."""
    needs: CharSet | None
    """It can match only in a string that has one of these characters; None: no such set known."""
    anchored: bool
    """Whether it can match only at the start of the string."""
    width: int | None
    """The longest match, in characters; None: no limit."""
    ends: bool
    """Whether it can match only up to the end of the string."""
    first: CharSet | None
    """The characters a match can begin with; None: a match may be empty."""
    last: CharSet | None
    """The characters a match can end with; None: a match may be empty."""
    second: CharSet | None
    """The characters that follow the first one of a match; None: none may, or any."""
    penultimate: CharSet | None
    """The characters that precede the last one of a match; None: none may, or any."""
    before: CharSet | None
    """The characters that precede a match; None: none may, or any."""
    single: bool
    """Whether it is one character at the start, or one at the end, and looks at no other."""


@functools.lru_cache(maxsize=16)
def read_rules(pattern: re.Pattern[str]) -> tuple[Rule, ...]:
    """Read the alternatives of an expression. Raises Unreadable.

    >>> degrees, marks = read_rules(re.compile("(?<=°)[CF]$|^[.,]+"))
    >>> degrees.needs == ((ord("°"), ord("°") + 1),), degrees.width, degrees.ends, degrees.anchored
    (True, 1, True, False)
    >>> marks.width, marks.ends, marks.anchored
    (None, False, True)
    """
    return tuple(map(_rule, _alternatives(parse(pattern))))


START, ENDS = At("^"), (At("$"), At(r"\Z"))


def _rule(alternative: Tree) -> Rule:
    tests: set[CharSet] = set()
    needs = _read(alternative, tests)
    width = _width(alternative)
    return Rule(
        tests=frozenset(tests),
        needs=_rarest(needs) if needs else None,
        anchored=alternative[:1] == (START,),
        width=None if math.isinf(width) else int(width),
        ends=bool(alternative) and alternative[-1] in ENDS,
        first=_outermost(alternative),
        last=_outermost(alternative, backward=True),
        second=_at(_edge(alternative, 2), 1),
        penultimate=_at(_edge(alternative, 2, backward=True), 1),
        before=_before(alternative),
        single=_is_single(alternative),
    )


def _at(sets: list[CharSet], place: int) -> CharSet | None:
    return sets[place] if place < len(sets) else None


def _before(alternative: Tree) -> CharSet | None:
    match alternative:
        case (Look(inner, False, True), *_):
            return _at(_edge(inner, 1, backward=True), 0)
    return None


def _is_single(alternative: Tree) -> bool:
    match alternative:
        case (At() as place, OneOf()):
            return place == START
        case (OneOf(), At() as place):
            return place in ENDS
    return False


def _rarest(sets: list[CharSet]) -> CharSet:
    return min(sets, key=commonness)


def _alternatives(tree: Tree) -> list[Tree]:
    """Split at the top-level |.

    The parser factors out what all alternatives begin with, such as ^. Put it back.
    """
    if tree and isinstance(tree[-1], Branch):
        return [
            each for branch in tree[-1].branches for each in _alternatives((*tree[:-1], *branch))
        ]
    return [tree]


def _read(tree: Tree, tests: set[CharSet]) -> list[CharSet]:
    """Add the sets that `tree` tests to `tests`; return the sets that every match meets."""
    needs: list[CharSet] = []
    for node in tree:
        match node:
            case OneOf(chars):
                tests.add(chars)
                needs.append(chars)
            case Repeat(least, _, inner):
                found = _read(inner, tests)
                needs += found if least else []
            case Group(inner):
                needs += _read(inner, tests)
            case Branch(branches):
                of_each = [_read(branch, tests) for branch in branches]
                if all(of_each):
                    needs.append(union(map(_rarest, of_each)))
            case Look(inner, negated):
                found = _read(inner, tests)
                needs += [] if negated else found
            case At(place):
                if place in (r"\b", r"\B"):
                    tests.add(category(r"\w"))
                tests.add(NEWLINE)  # $ matches before a newline too
    return needs


def _width(tree: Tree) -> float:
    """Return the length of the longest match."""
    width = 0.0
    for node in tree:
        match node:
            case OneOf():
                width += 1
            case Repeat(_, most, inner):
                once = _width(inner)
                width += (math.inf if most is None else most) * once if once else 0
            case Group(inner):
                width += _width(inner)
            case Branch(branches):
                width += max(map(_width, branches))
    return width


def _outermost(tree: Tree, backward: bool = False) -> CharSet | None:
    """Return what a match of `tree` can begin with, or end with; None if it may be empty."""
    chars: list[CharSet] = []
    for node in reversed(tree) if backward else tree:
        inner: Sequence[Tree]
        optional = False
        match node:
            case OneOf(tested):
                return union([*chars, tested])
            case Repeat(least, _, repeated):
                optional, inner = least == 0, [repeated]
            case Group(grouped):
                inner = [grouped]
            case Branch(branches):
                inner = branches
            case _:
                continue  # a place or a look takes no characters
        found = [_outermost(each, backward) for each in inner]
        if None in found:
            return None  # rare; not worth following up
        chars += [each for each in found if each is not None]
        if not optional:
            return union(chars)
    return None


def _edge(tree: Tree, count: int, backward: bool = False) -> list[CharSet]:
    """Return what the first characters of a match must be, or the last ones, and those beside it.

    They are `count` sets, or fewer where no more is known. `(?<=[0-9])%$` has, backward, % and
    digits.
    """
    if not tree or not count:
        return []
    node, others = (tree[-1], tree[:-1]) if backward else (tree[0], tree[1:])

    def then(inner: Tree, most: int = count) -> list[CharSet]:
        return _edge((*others, *inner) if backward else (*inner, *others), most, backward)

    match node:
        case OneOf(chars):
            return [chars, *then((), count - 1)]
        case At():
            return then(())
        case Look(inner, negated, behind):
            beside = [] if negated or behind != backward else _edge(inner, count, backward)
            return max(beside, then(()), key=len)
        case Group(inner):
            return then(inner)
        case Branch(branches):
            of_each = list(map(then, branches))
            return [union(sets) for sets in zip(*of_each, strict=False)]
        case Repeat(least, most, inner, lazy) if least:
            if most == 1:
                return then(inner)
            more = Repeat(least - 1, None if most is None else most - 1, inner, lazy)
            return then((more, *inner) if backward else (*inner, more))
    return []
