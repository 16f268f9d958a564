r"""Cut a corpus into parts of about equal size: a pure function of sizes and the number of parts.

A part is a range of bytes of the whole corpus, file after file. What can be cut (plain text by
lines or paragraphs, JSON Lines) is cut at the first end of a document from there on: so two
neighbours find the same place, each for itself, by reading a few lines. What cannot be cut (a
compressed file, CSV, whose quoted cells may hold line breaks, a row group of Parquet) belongs to
the part in which its middle is. This is how Hadoop splits its input (Dean and Ghemawat, "MapReduce:
simplified data processing on large clusters", OSDI 2004).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

BLOCK_BYTES = 1 << 20
BLANK_BYTES = 1 << 10
"""The longest blank line at which paragraphs are cut."""
ENDS = {
    "line": re.compile(rb"\n"),
    "paragraph": re.compile(rb"\n[ \t\r\v\f]{0,%d}\n" % BLANK_BYTES),
}
"""What ends a document, for sure: it begins with the end of a line, so it may be searched from any
byte on. Lines of other white space end a paragraph too, but nothing is cut there."""


@dataclass(frozen=True)
class Piece:
    """A range of one of several things that are cut."""

    place: int
    begin: int
    end: int


def cut(sizes: Sequence[int], whole: Sequence[bool], number: int, of: int) -> Iterator[Piece]:
    """Yield the pieces of part `number` (from 1) of `of` parts, in order.

    What is `whole` comes in one piece, and so does what has no size. The pieces of all parts, one
    part after the other, are everything, once.

    >>> [list(cut([5, 3], [False, True], number, 2)) for number in (1, 2)]
    [[Piece(place=0, begin=0, end=4)], [Piece(place=0, begin=4, end=5), Piece(place=1, begin=0, \
end=3)]]
    """
    total = sum(sizes)
    first, last = total * (number - 1) // of, total * number // of
    before = 0
    for place, (size, is_whole) in enumerate(zip(sizes, whole, strict=True)):
        if is_whole or not size:
            middle = before + size // 2
            if first <= middle < last or (number == of and middle >= last):
                yield Piece(place, 0, size)
        else:
            begin, end = max(first - before, 0), min(last - before, size)
            if begin < end:
                yield Piece(place, begin, end)
        before += size


def document_start(file: IO[bytes], at: int, document: str) -> int:
    """Return where the first document begins at byte `at` of a file or after; else the file's end.

    `document` is what one is: a line or a paragraph. A byte at which no document begins before has
    been looked at only from the byte before it on, so the work is small where documents are.
    """
    if at == 0:
        return 0
    ends = ENDS[document]
    before = at - 1  # where `held` begins
    file.seek(before)
    held = b""
    while block := file.read(BLOCK_BYTES):
        held += block
        if found := ends.search(held):
            return before + found.end()
        kept = held[-BLANK_BYTES - 2 :]
        before += len(held) - len(kept)
        held = kept
    return before + len(held)
