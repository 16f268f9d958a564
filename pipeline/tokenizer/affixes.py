"""How spaCy splits one chunk into tokens: its own algorithm, with its own expressions.

After `Tokenizer._split_affixes` and `_attach_tokens` of spaCy 3.8 (spacy/tokenizer.pyx). Each turn
takes off one prefix and one suffix, until nothing comes off or what is left must stay whole; that
is then split at its infixes. Every turn looks up what is left among the special cases:

    ("don't!")   ( and ) come off
    "don't!"     " and " come off
    don't!       without its suffix ! it is a special case, with the tokens do and n't
                 so the tokens are   ( " do n't ! " )

What spaCy does afterwards, over the tokens of a whole document, is in `patterns.py`.

Why not call spaCy? A `Split` also records which strings were looked up: another chunk of the same
shape is split at the same places only if none of *its* strings there is a special case. And a turn
costs the same for a chunk of any length, where spaCy's turn takes longer in a longer chunk.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from corpus2vec.pipeline.tokenizer.char_sets import NEWLINE, CharSet, is_rare, one_of, union
from corpus2vec.pipeline.tokenizer.parse_tree import Unreadable
from corpus2vec.pipeline.tokenizer.rules import Rule, read_rules
from corpus2vec.pipeline.tokenizer.shapes import Shapes

if TYPE_CHECKING:
    from spacy.tokenizer import Tokenizer

NO_SPECIAL_CASES: Mapping[str, Sequence[str]] = {}


class Split(NamedTuple):
    """A chunk's tokens, as positions in it, in characters.

    `don't,` has the tokens `do`, `n't` and `,`: starts 0, 2, 5.
    """

    starts: tuple[int, ...]
    """Where each token begins; the first at 0. A token ends where the next begins."""
    looked_up: tuple[tuple[int, int], ...]
    """(begin, end) of each string that was looked up among the special cases."""


class Affixes:
    """The expressions and special cases of a spaCy tokenizer.

    Raises Unreadable where something else than a regular expression decides.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        prefix, suffix = _compiled(tokenizer.prefix_search), _compiled(tokenizer.suffix_search)
        infix = _compiled(tokenizer.infix_finditer, "finditer")
        keep, url = _compiled(tokenizer.token_match), _compiled(tokenizer.url_match)
        given = (prefix, suffix, infix, keep, url)
        self.shapes = Shapes([pattern for pattern in given if pattern])
        self.special_cases: dict[str, list[str]] = {
            chunk: [_orth(tokenizer, token) for token in tokens]
            for chunk, tokens in tokenizer.rules.items()
        }
        self.longest_special = max(map(len, self.special_cases), default=0)
        """Only strings of so many characters are looked up."""
        self.prefix = _prefix_finder(prefix, tokenizer.prefix_search)
        """Measures a string's prefix."""
        self.suffix = _suffix_finder(suffix, tokenizer.suffix_search)
        """Measures a string's suffix."""
        self._prefix_of = _Decided(prefix, tokenizer.prefix_search, self.prefix, at_start=True)
        self._suffix_of = _Decided(suffix, tokenizer.suffix_search, self.suffix, at_start=False)
        self.prefix_rules = _rules(prefix, tokenizer.prefix_search, "anchored")
        """None: its rules do not decide alone."""
        self.suffix_rules = _rules(suffix, tokenizer.suffix_search, "ends")
        self.infix_rules = read_rules(infix) if infix else ()
        self._infixes = _infix_finder(infix, tokenizer.infix_finditer)
        self.keep = tokenizer.token_match  # what it matches stays whole
        self._url = tokenizer.url_match
        self._url_needs = _needs(url)

    def split(self, chunk: str, special_cases: Mapping[str, Sequence[str]]) -> Split:
        """Split `chunk` as spaCy does, if these are the special cases."""
        begin, end = 0, len(chunk)
        starts: list[int] = []
        suffixes: list[int] = []
        looked_up: list[tuple[int, int]] = []
        longest, keep = self.longest_special, self.keep
        prefix_of, suffix_of = self._prefix_of, self._suffix_of
        while begin < end:
            if end - begin <= longest:
                looked_up.append((begin, end))
                if special_cases and chunk[begin:end] in special_cases:
                    break
            if keep and keep(chunk[begin:end]):
                break
            prefix = prefix_of[chunk[begin]]
            if prefix < 0:
                prefix = self.prefix(chunk[begin:end])
            rest = begin + prefix
            if prefix and rest < end and end - rest <= longest:
                looked_up.append((rest, end))
                if special_cases and chunk[rest:end] in special_cases:
                    starts.append(begin)
                    begin = rest
                    break
            suffix = suffix_of[chunk[end - 1]] if rest < end else 0
            if suffix < 0:
                suffix = self.suffix(chunk[rest:end])
            if suffix and end - suffix - begin <= longest and begin < end - suffix:
                looked_up.append((begin, end - suffix))
                if special_cases and chunk[begin : end - suffix] in special_cases:
                    end -= suffix
                    suffixes.append(end)
                    break
            if prefix:
                starts.append(begin)
                begin = rest
            elif not suffix:
                break
            if suffix:
                end -= suffix
                suffixes.append(end)
        if begin < end:
            string = chunk[begin:end]
            if string in special_cases:
                for token in special_cases[string]:
                    starts.append(begin)
                    begin += len(token)
            else:
                starts += self.split_inner(string, begin)
        starts += reversed(suffixes)
        return Split(tuple(starts), tuple(looked_up))

    def split_inner(self, string: str, offset: int) -> list[int]:
        """Return where the tokens begin of what is left, counted from `offset`."""
        if len(string) == 1 or (self.keep and self.keep(string)) or self._is_url(string):
            return [offset]
        return self._split_infixes(string, offset)

    def _is_url(self, string: str) -> bool:
        # The search costs more than all the rest, and most strings lack what a URL must have.
        possible = self._url_needs is None or any(each in string for each in self._url_needs)
        return bool(possible and self._url and self._url(string))

    def _split_infixes(self, string: str, offset: int) -> list[int]:
        """Return where the tokens of `string` start, counted from `offset`."""
        starts = [offset]
        for match in self._infixes(string):
            begin, end = match.span()
            if begin == 0:
                continue
            # An infix is a token, and so is the text before it; an empty infix only separates.
            for place in (offset + begin, offset + end):
                if place > starts[-1]:
                    starts.append(place)
        if starts[-1] == offset + len(string):
            starts.pop()
        return starts


def _compiled(method: Any, *names: str) -> re.Pattern[str] | None:
    """Return the expression whose method this is, as in re.compile(…).search."""
    if method is None:
        return None
    pattern = getattr(method, "__self__", None)
    names = names or ("search", "match", "fullmatch")
    if not isinstance(pattern, re.Pattern) or method.__name__ not in names:
        raise Unreadable(f"{method!r} is no method of a regular expression")
    return pattern


def _orth(tokenizer: Tokenizer, token: Mapping[Any, Any]) -> str:
    from spacy.attrs import ORTH

    for name, value in token.items():
        if name in (ORTH, "ORTH", "orth"):
            return value if isinstance(value, str) else str(tokenizer.vocab.strings[value])
    raise Unreadable("a special case has a token without ORTH")


def _needs(pattern: re.Pattern[str] | None) -> str | None:
    """Return characters of which every match has at least one; None where none are known."""
    needs = [rule.needs for rule in read_rules(pattern)] if pattern else []
    if None in needs or sum(end - begin for each in needs for begin, end in each or ()) > 16:
        return None
    return "".join(chr(c) for each in needs for begin, end in each or () for c in range(begin, end))


def _rules(pattern: re.Pattern[str] | None, search: Any, edge: str) -> tuple[Rule, ...] | None:
    """Return the rules of an expression, if all of them are at that edge of the string."""
    rules = read_rules(pattern) if pattern else ()
    if any(not getattr(rule, edge) for rule in rules):
        return None
    return rules if not rules or search.__name__ == "search" else None


def _length(match: re.Match[str] | None) -> int:
    return match.end() - match.start() if match else 0


def _prefix_finder(pattern: re.Pattern[str] | None, search: Any) -> Callable[[str], int]:
    """Return a function that measures a string's prefix."""
    if pattern is None:
        return lambda string: 0
    rules = read_rules(pattern)
    if search.__name__ != "search" or not all(rule.anchored for rule in rules):
        return lambda string: _length(search(string))
    match = pattern.match  # `search` would try every place, though only the first can match
    may_begin = _one_of([rule.first for rule in rules])
    return lambda string: _length(match(string)) if may_begin.match(string) else 0


def _suffix_finder(pattern: re.Pattern[str] | None, search: Any) -> Callable[[str], int]:
    """Return a function that measures a string's suffix.

    `search` finds the leftmost match that ends the string. It may begin where the longest possible
    match would, instead of at the start of the string.
    """
    if pattern is None:
        return lambda string: 0
    rules = read_rules(pattern)
    if search.__name__ != "search" or not all(rule.ends for rule in rules):
        return lambda string: _length(search(string))
    may_end = _one_of([NEWLINE, *(rule.last for rule in rules)])  # $ matches before a newline too
    width = 1 + max((rule.width for rule in rules if rule.width is not None), default=0)
    # A rule without a longest match: each character of a match passes one of its tests.
    unbounded = {test for rule in rules if rule.width is None for test in rule.tests}
    repeated = _one_of(list(unbounded))

    def suffix(string: str) -> int:
        if not string or not may_end.match(string, len(string) - 1):
            return 0
        begin = max(0, len(string) - width)
        while begin > 0 and unbounded and repeated.match(string, begin - 1):
            begin -= 1
        return _length(search(string, begin))

    return suffix


class _Decided(dict[str, int]):
    """How long a prefix or suffix is, by the character that a string begins or ends with.

    -1 where that character does not decide. Most punctuation does: `(` is a prefix whatever
    follows it, but `+` only before no digit.
    """

    def __init__(
        self,
        pattern: re.Pattern[str] | None,
        search: Any,
        measure: Callable[[str], int],
        at_start: bool,
    ) -> None:
        self._measure = measure
        rules = read_rules(pattern) if pattern else ()
        followed = all(rule.anchored if at_start else rule.ends for rule in rules)
        edges = [rule.first if at_start else rule.last for rule in rules if not rule.single]
        if rules and (search.__name__ != "search" or not followed):
            edges.append(None)
        if not at_start:
            edges.append(NEWLINE)  # $ matches before a newline too
        self._undecided = _one_of(edges)

    def __missing__(self, character: str) -> int:
        decided = not self._undecided.match(character)
        self[character] = self._measure(character) if decided else -1
        return self[character]


def _infix_finder(
    pattern: re.Pattern[str] | None, finditer: Any
) -> Callable[[str], Iterable[re.Match[str]]]:
    """Return a function that finds a string's infixes, the matches of `finditer`."""
    if pattern is None:
        return lambda string: ()
    firsts = [rule.first for rule in read_rules(pattern)]
    if not all(first is not None and is_rare(first) for first in firsts):
        found: Callable[[str], Iterable[re.Match[str]]] = finditer
        return found
    may_begin, match = _one_of(firsts), pattern.match

    def infixes(string: str) -> list[re.Match[str]]:
        # One set of characters is found much faster than all the alternatives.
        found = []
        place = may_begin.search(string)
        while place:
            infix = match(string, place.start())
            if infix:
                found.append(infix)
            place = may_begin.search(string, infix.end() if infix else place.end())
        return found

    return infixes


def _one_of(sets: Sequence[CharSet | None]) -> re.Pattern[str]:
    """Compile an expression for one character of these sets; any character if a set is None."""
    known = union(each for each in sets if each is not None)
    return re.compile(one_of(known) if known and None not in sets else "(?s:.)")
