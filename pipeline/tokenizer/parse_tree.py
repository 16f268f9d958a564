r"""A regular expression → a tree of six kinds of nodes. The only module that opens `re`'s parser.

`re._parser` is private: another Python may lack it, or shape its trees otherwise. Then, and for
syntax that looks at more than single characters (a back-reference), `parse` raises `Unreadable`,
and the tokenizer takes the plain path, spaCy's own.

Flags are resolved here: (?i), (?s) and their scoped forms end up in the sets of characters.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from corpus2vec.pipeline.tokenizer.char_sets import (
    NEWLINE,
    CharSet,
    caseless,
    category,
    complement,
    union,
)

CATEGORIES = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}
PLACES = {
    "AT_BEGINNING": "^",
    "AT_BEGINNING_STRING": r"\A",
    "AT_END": "$",
    "AT_END_STRING": r"\Z",
    "AT_BOUNDARY": r"\b",
    "AT_NON_BOUNDARY": r"\B",
}


class Unreadable(Exception):
    """The rules of a tokenizer cannot be read; its documents go through spaCy itself."""


@dataclass(frozen=True)
class OneOf:
    r"""One character of a set: `a`, `[^a-z]`, `.`, `\d`."""

    chars: CharSet


@dataclass(frozen=True)
class Repeat:
    """`inner*`, `inner+?`, `inner{2,3}`."""

    least: int
    most: int | None
    """None: no limit."""
    inner: Tree
    lazy: bool = False
    """Whether as few as possible are tried first."""


@dataclass(frozen=True)
class Group:
    """`(inner)`, `(?:inner)`, `(?>inner)`."""

    inner: Tree


@dataclass(frozen=True)
class Branch:
    """`a|b|…`."""

    branches: tuple[Tree, ...]


@dataclass(frozen=True)
class Look:
    """A look ahead or behind, which takes no characters: `(?=…)`, `(?!…)`, `(?<=…)`, `(?<!…)`."""

    inner: Tree
    negated: bool
    behind: bool = False


@dataclass(frozen=True)
class At:
    r"""A place between characters: one of ^ \A $ \Z \b \B."""

    place: str


Node = OneOf | Repeat | Group | Branch | Look | At
Tree = tuple[Node, ...]
"""What must match one after the other."""


def parse(pattern: re.Pattern[str]) -> Tree:
    """Return the tree of an expression. Raises Unreadable."""
    if pattern.flags & (re.ASCII | re.LOCALE | re.MULTILINE):
        raise Unreadable(f"flags of {pattern.pattern:.40}")
    try:
        parser = importlib.import_module("re._parser")
        return _tree(parser.parse(pattern.pattern, pattern.flags), pattern.flags)
    except (AttributeError, ImportError, IndexError, TypeError, ValueError) as problem:
        raise Unreadable(f"this Python's re parses {pattern.pattern:.40} otherwise") from problem


def _tree(items: Iterable[Any], flags: int) -> Tree:
    return tuple(_node(op.name, argument, flags) for op, argument in items)


def _node(op: str, argument: Any, flags: int) -> Node:
    if op in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
        return OneOf(_char_set(op, argument, flags))
    if op in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        least, most, inner = argument
        limit = None if getattr(most, "name", "") == "MAXREPEAT" else int(most)
        return Repeat(int(least), limit, _tree(inner, flags), op == "MIN_REPEAT")
    if op == "SUBPATTERN":
        _, more, fewer, inner = argument
        if (more | fewer) & ~(re.IGNORECASE | re.DOTALL):
            raise Unreadable("flags of a group")
        return Group(_tree(inner, (flags | more) & ~fewer))
    if op == "ATOMIC_GROUP":
        return Group(_tree(argument, flags))
    if op == "BRANCH":
        _, branches = argument
        return Branch(tuple(_tree(each, flags) for each in branches))
    if op in ("ASSERT", "ASSERT_NOT"):
        direction, inner = argument
        return Look(_tree(inner, flags), op == "ASSERT_NOT", behind=direction < 0)
    if op == "AT" and argument.name in PLACES:
        return At(PLACES[argument.name])
    if op == "FAILURE":
        return Look((), negated=True)
    raise Unreadable(op)  # such as GROUPREF, a group matched before


def _char_set(op: str, argument: Any, flags: int) -> CharSet:
    if op == "ANY":
        return complement(() if flags & re.DOTALL else NEWLINE)
    items: Sequence[tuple[str, Any]] = [("LITERAL", argument)]
    negated = op == "NOT_LITERAL"
    if op == "IN":
        items = [(kind.name, value) for kind, value in argument]
        negated = items[0][0] == "NEGATE"
    ranges: list[tuple[int, int]] = []
    source = ""
    for kind, value in items:
        if kind == "LITERAL":
            ranges.append((value, value + 1))
            source += f"\\U{value:08x}"
        elif kind == "RANGE":
            first, last = value
            ranges.append((first, last + 1))
            source += f"\\U{first:08x}-\\U{last:08x}"
        elif kind == "CATEGORY" and value.name in CATEGORIES:
            ranges += category(CATEGORIES[value.name])
            source += CATEGORIES[value.name]
        elif kind != "NEGATE":
            raise Unreadable(kind)
    found = union([ranges])
    if flags & re.IGNORECASE:
        found = caseless(found, source)
    return complement(found) if negated else found
