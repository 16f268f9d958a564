r"""Phrases and their file, `phrases.tsv`.

The file is UTF-8 with LF: a header `pass words phrase count score`, then a line for each phrase,
with five fields separated by tabs. `words` are separated by spaces; `phrase` is the token that
takes their place. Phrases of pass 1 are joined first, then those of pass 2, and so on; each pass
has the highest scores first. In a text, backslash, tab, newline, carriage return and space are
written `\\`, `\t`, `\n`, `\r` and `\s`. A line may be removed or added by hand.

    pass    words             phrase             count   score
    1       bank of england   bank_of_england    57      31.25
    2       new_york times    new_york_times     12      18.5
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus2vec.pipeline.artifacts.manifest import Input
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.files.failures import reading

HEADER = "pass\twords\tphrase\tcount\tscore"
ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", " ": "\\s"}
ESCAPING = str.maketrans(ESCAPES)
WRITTEN = {escaped: plain for plain, escaped in ESCAPES.items()}
MOST_PASSES = 1000


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that are joined into one token."""

    number: int
    """Of the pass in which they are joined, from 1."""
    words: tuple[str, ...]
    """Two or more; those inside are connector words."""
    token: str
    """What takes their place."""
    count: int = 0
    """How often the words stand together."""
    score: float = 0.0


def passes(phrases: Iterable[Phrase]) -> list[list[Phrase]]:
    """Return the phrases of each pass that has any, first to last.

    >>> one, two = Phrase(1, ("new", "york"), "new_york"), Phrase(3, ("a", "b"), "a_b")
    >>> passes([two, one]) == [[one], [two]]
    True
    """
    found: dict[int, list[Phrase]] = {}
    for each in phrases:
        found.setdefault(each.number, []).append(each)
    return [found[number] for number in sorted(found)]


def phrase_lines(phrases: Sequence[Phrase]) -> Iterator[bytes]:
    """Yield the lines of `phrases.tsv`."""
    yield f"{HEADER}\n".encode()
    for each in phrases:
        words = " ".join(word.translate(ESCAPING) for word in each.words)
        token = each.token.translate(ESCAPING)
        yield f"{each.number}\t{words}\t{token}\t{each.count}\t{each.score!r}\n".encode()


def parse_phrases(text: bytes, name: str) -> list[Phrase]:
    """Parse the bytes of a `phrases.tsv`; `name` is its name, for errors.

    Raises DataError for anything that is not such a file, for a phrase that is there twice, and for
    a word that would be both inside a phrase and at the end of one in the same pass.
    """
    try:
        header, *lines = text.decode().split("\n")
    except UnicodeDecodeError as problem:
        raise DataError(f"{name} is not UTF-8 at byte {problem.start}") from problem
    if header != HEADER:
        columns = ", ".join(HEADER.split())
        raise DataError(f"{name} is not a list of phrases: its first line is not {columns}")
    if lines and not lines[-1]:
        lines.pop()
    phrases = [_parsed(line, f"{name} line {place}") for place, line in enumerate(lines, 2)]
    known: set[tuple[int, tuple[str, ...]]] = set()
    for place, each in enumerate(phrases, 2):
        if (each.number, each.words) in known:
            words = " ".join(each.words)
            raise DataError(f"{name} line {place}: these words are there twice: {words}")
        known.add((each.number, each.words))
    for group in passes(phrases):
        ends = {word for each in group for word in (each.words[0], each.words[-1])}
        inside = {word for each in group for word in each.words[1:-1]}
        if both := ends & inside:
            raise DataError(
                f"{name}: in pass {group[0].number}, '{min(both)}' is at the end of a phrase and "
                "inside another",
                hint="give one of the two a later pass",
            )
    return phrases


def read_phrases(given: Input) -> list[Phrase]:
    """Read the phrases of an input."""
    with reading(given.name):
        text = Path(given.name).read_bytes()
    return parse_phrases(text, given.name)


def _parsed(line: str, place: str) -> Phrase:
    fields = line.split("\t")
    if len(fields) != 5:
        raise DataError(f"{place} has {len(fields)} fields, not 5")
    number, words, token, count, score = fields
    if not (_is_number(number) and 1 <= int(number) <= MOST_PASSES):
        raise DataError(f"{place}: its pass is '{number}', not a number from 1 to {MOST_PASSES}")
    if not _is_number(count):
        raise DataError(f"{place}: its count is '{count}', not a number")
    try:
        value = float(score)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(f"{place}: its score is '{score}', not a number")
    parts = tuple(_unescaped(word, place) for word in words.split(" "))
    if len(parts) < 2:
        raise DataError(f"{place}: '{words}' is one word, and a phrase has two or more")
    return Phrase(int(number), parts, _unescaped(token, place), int(count), value)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def _unescaped(text: str, place: str) -> str:
    if not text:
        raise DataError(f"{place} has a word without letters")

    def plain(found: re.Match[str]) -> str:
        if found[0] not in WRITTEN:
            raise DataError(f"{place} has the unknown escape '{found[0]}'")
        return WRITTEN[found[0]]

    return re.sub(r"\\.?", plain, text, flags=re.DOTALL) if "\\" in text else text
