r"""A language's rules as a pre-tokenizer of Hugging Face's tokenizers: nearly the same tokens.

spaCy peels prefixes and suffixes off a chunk in turns, until what is left is a special case or has
neither; then it splits at infixes. Here each kind has one step, in this order, and each step is a
regular expression whose matches become pieces:

    white space
    prefixes         from the start, one after another, unless a special case begins there
    suffixes         up to the end; a special case is left whole
    special cases    don't → do n't
    infixes          but not in a special case, a URL, a prefix or a suffix

What is lost: a prefix that spaCy would find only after a suffix, special cases that span pieces
(`ex-Mrs.`), and the expression for whole tokens that a few languages have. Expressions are written
again from their trees, since the two libraries spell them differently.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.errors import UsageError
from corpus2vec.pipeline.tokenizer.char_sets import CharSet, complement
from corpus2vec.pipeline.tokenizer.parse_tree import (
    At,
    Branch,
    Group,
    Look,
    Node,
    OneOf,
    Repeat,
    Tree,
    Unreadable,
    parse,
)
from corpus2vec.pipeline.tokenizer.spacy_pipeline import load_pipeline

PLACES = {"^": r"\A", r"\A": r"\A", "$": r"\z", r"\Z": r"\z", r"\b": r"\b", r"\B": r"\B"}
NEVER = "(?!)"
SEARCHES = ("prefix_search", "suffix_search", "infix_finditer", "url_match")
"""spaCy's methods that apply the expressions."""


def pre_tokenizer(language: str, caseless: bool) -> dict[str, Any] | None:
    """Return the pre-tokenizer of a language, as tokenizer.json has it; None if there is none.

    `caseless`: the text is lower-cased before, so special cases are too.
    """
    try:
        spacy: Any = load_pipeline(TokenizeConfig(lang=language)).tokenizer
        trees = [_tree(getattr(spacy, each)) for each in SEARCHES]
        cases = _special_cases(spacy.rules, caseless)
    except (AttributeError, Unreadable, UsageError):  # its rules are no expressions
        return None
    prefix, suffix, infix, url = map(_unbound, trees)
    affix = _any(_unbound(tree, loose=True) for tree in trees[:2])
    return sequence(prefix, suffix, infix, _any([url, affix]), cases)


def sequence(
    prefix: str, suffix: str, infix: str, whole: str, cases: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Return the pre-tokenizer of these expressions and special cases.

    What `whole` matches is not split at infixes.
    """
    case = _any_of(sorted(cases))
    tail = rf"(?:{suffix})*\z"
    splits = [
        rf"\G(?!(?:{case}){tail})(?:{prefix})",
        rf"\A(?:{case})(?={tail})|(?:{suffix})\z|(?:{suffix})(?={tail})",
        _parts(cases.values()),
        rf"\A(?:{case}|{whole}|{infix})\z|(?!\G)(?:{infix})",
    ]
    return {
        "type": "Sequence",
        "pretokenizers": [
            {"type": "WhitespaceSplit"},
            *(
                {
                    "type": "Split",
                    "pattern": {"Regex": each},
                    "behavior": "Isolated",
                    "invert": False,
                }
                for each in splits
            ),
        ],
    }


def _special_cases(rules: Mapping[str, Any], caseless: bool) -> dict[str, list[str]]:
    """Return the strings that have tokens of their own, longest first, with these tokens."""
    cases: dict[str, list[str]] = {}
    for text, tokens in rules.items():
        words = [str(token[min(token)]) for token in tokens]  # ORTH is the least of its keys
        if not text or any(each.isspace() for each in text) or "".join(words) != text:
            continue
        cases.setdefault(
            text.lower() if caseless else text,
            [each.lower() if caseless else each for each in words],
        )
    return dict(sorted(cases.items(), key=lambda case: (-len(case[0]), case[0])))


def _parts(cases: Iterable[Sequence[str]]) -> str:
    r"""Return what matches the words of special cases but the last, each in its place.

    >>> _parts([["do", "n't"], ["I", "'d", "'ve"]])
    "\\A(?:do(?=n't\\z)|I(?='d've\\z))|(?!\\A)\\G(?:(?<=\\AI)'d(?='ve\\z))"
    """
    first, later = [], []
    for words in cases:
        for place, word in enumerate(words[:-1]):
            before, after = _escaped("".join(words[:place])), _escaped("".join(words[place + 1 :]))
            found = rf"{_escaped(word)}(?={after}\z)"
            if before:
                later.append(rf"(?<=\A{before}){found}")
            else:
                first.append(found)
    return rf"\A(?:{_any(first)})|(?!\A)\G(?:{_any(later)})"  # \G: behind the word before


def _any_of(words: Sequence[str]) -> str:
    """Return what matches any of sorted words, the longest first, character by character.

    >>> _any_of(["a", "do", "don", "dot"])
    'a|d(?:o(?:n|t|))'
    """
    found = []
    for letter, group in itertools.groupby(words, lambda word: word[:1]):
        more = _any_of([word[1:] for word in group]) if letter else ""
        found.append(_escaped(letter) + (f"(?:{more})" if "|" in more else more))
    # The empty word is the first of the sorted ones, and the shortest.
    return "|".join(found[1:] + found[:1] if words[:1] == [""] else found) if found else NEVER


def _any(expressions: Iterable[str]) -> str:
    return "|".join(expressions) or NEVER


def _escaped(text: str) -> str:
    return "".join(each if each.isalnum() or each in "'’" else _char(ord(each)) for each in text)


# --- an expression, spelt for the other library ------------------------------------------------


def _tree(method: Any) -> Tree:
    """Return the expression behind a method of spaCy's; one that never matches if there is none."""
    if method is None:
        return (Look((), negated=True),)
    pattern = method.__self__
    if not isinstance(pattern, re.Pattern):
        raise Unreadable("not the method of an expression")
    return parse(pattern)


def _unbound(tree: Tree, loose: bool = False) -> str:
    """Return the alternatives of a tree, each without `^` before and `$` behind.

    `loose`: also without a look at what is before or behind: for a piece that has been cut off.
    """
    if len(tree) and isinstance(tree[-1], Branch):
        return _any(_unbound((*tree[:-1], *branch), loose) for branch in tree[-1].branches)
    ends = [At("^"), At("$"), At(r"\A"), At(r"\Z")]

    def is_outside(node: Node) -> bool:
        return node in ends or (loose and isinstance(node, Look))

    first, last = 0, len(tree)
    while first < last and is_outside(tree[first]):
        first += 1
    while first < last and is_outside(tree[last - 1]):
        last -= 1
    # Nothing but a look would match everywhere.
    return _spelt(tree[first:last]) if first < last else NEVER


def _spelt(tree: Tree) -> str:
    return "".join(map(_node, tree))


def _node(node: Node) -> str:
    match node:
        case OneOf(chars):
            return _set(chars)
        case Repeat(least, most, inner, lazy):
            times = f"{{{least},{'' if most is None else most}}}"
            return f"(?:{_spelt(inner)}){times}{'?' if lazy else ''}"
        case Group(inner):
            return f"(?:{_spelt(inner)})"
        case Branch(branches):
            return f"(?:{'|'.join(map(_spelt, branches))})"
        case Look(inner, negated, behind):
            return f"(?{'<' if behind else ''}{'!' if negated else '='}{_spelt(inner)})"
        case At(place):
            return PLACES[place]
    raise Unreadable(type(node).__name__)


def _set(chars: CharSet) -> str:
    """Return a set of characters, or what is not in it if that is shorter."""
    others = complement(chars)
    if not others:
        return r"[\x{0}-\x{10ffff}]"
    if not chars:
        return NEVER
    if len(others) < len(chars):
        return f"[^{_ranges(others)}]"
    return f"[{_ranges(chars)}]"


def _ranges(chars: CharSet) -> str:
    return "".join(
        _char(begin) if end == begin + 1 else f"{_char(begin)}-{_char(end - 1)}"
        for begin, end in chars
    )


def _char(code: int) -> str:
    return rf"\x{{{code:x}}}"
