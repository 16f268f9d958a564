r"""Decode the bytes of a text file of any kind as UTF-8, and split them into lines.

Only `\n` and `\r\n` end a line (not U+2028, U+0085 or a lone CR), a byte-order mark at the start is
not text, and NUL is a character like any other. An error names the file and the offset of the bad
byte in the decompressed bytes. Nothing here knows what a document is.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.corpus.sources import Opened, Source
from corpus2vec.pipeline.errors import DataError

HALF_PAIR = re.compile("[\ud800-\udfff]")


def decoded(opened: Opened, source: Source, errors: str) -> Iterator[str]:
    """Yield the text, block by block. Raise DataError for bytes that are not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors)
    offset = source.begin
    first = offset == 0
    while True:
        block = opened.stream.read(limits.BLOCK_BYTES)
        pending = len(decoder.getstate()[0])
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as problem:
            position = offset - pending + problem.start
            raise _not_utf8(source, position, problem.object[problem.start]) from problem
        offset += len(block)
        if first and text:
            text = text.removeprefix("\ufeff")
            first = False
        if text:
            yield text
        if not block:
            return


Line = str | Iterator[str]
"""A line; one of more than RECORD_CHARACTERS as its pieces, to be read before the next line is."""


def lines(opened: Opened, source: Source, errors: str) -> Iterator[Line]:
    """Yield the lines, without their ends."""
    blocks = _Blocks(decoded(opened, source, errors))
    unfinished: list[str] = []  # a list, since adding up a line of many blocks would be quadratic
    size = 0
    for text in blocks:
        head, *rest = text.split("\n")
        unfinished.append(head)
        size += len(head)
        if rest:
            yield _without_return("".join(unfinished))
            *whole, tail = rest
            yield from map(_without_return, whole)
            unfinished, size = [tail], len(tail)
        if size > limits.RECORD_CHARACTERS:
            pieces = _long_line("".join(unfinished), blocks)
            yield pieces
            for _ in pieces:  # what the caller did not want
                pass
            unfinished, size = [], 0
    last = "".join(unfinished)
    if last:
        yield last  # a return that no newline follows ends no line


def _long_line(begin: str, blocks: _Blocks) -> Iterator[str]:
    """Yield the pieces of a line without its end; give back what follows it."""
    held = begin.endswith("\r")  # a return that may belong to the end of the line
    yield begin.removesuffix("\r")
    for text in blocks:
        head, end, after = ("\r" * held + text).partition("\n")
        held = head.endswith("\r")
        yield head.removesuffix("\r")
        if end:
            blocks.put_back(after)
            return
    if held:
        yield "\r"


class _Blocks:
    """Blocks of text, of which the last one can be put back in part."""

    def __init__(self, blocks: Iterator[str]) -> None:
        self._blocks = blocks
        self._back = ""

    def put_back(self, text: str) -> None:
        self._back = text

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        text, self._back = self._back, ""
        return text or next(self._blocks)


def _without_return(line: str) -> str:
    return line[:-1] if line.endswith("\r") else line


def valid_utf8(block: bytes, position: int, source: Source, errors: str) -> bytes:
    """Return `block`, which begins at that byte of the source, with bad bytes replaced.

    Raise DataError instead if `errors` is strict.
    """
    try:
        block.decode()
    except UnicodeDecodeError as problem:
        if errors == "replace":
            return block.decode("utf-8", "replace").encode()
        raise _not_utf8(source, position + problem.start, block[problem.start]) from problem
    return block


def _not_utf8(source: Source, position: int, byte: int) -> DataError:
    return DataError(
        f"{source.title} is not UTF-8 at byte {position}: 0x{byte:02x}",
        hint="convert it (iconv -f LATIN1 -t UTF-8), or use --encoding-errors replace",
    )


def without_halves(text: str, where: str, errors: str) -> str:
    """Replace half surrogate pairs, which JSON can spell but UTF-8 cannot encode.

    Raise DataError instead if `errors` is strict.
    """
    half = HALF_PAIR.search(text)
    if half and errors == "strict":
        raise DataError(
            f"{where} has half a surrogate pair, which is no character: U+{ord(half[0]):04X}",
            hint="correct the text, or use --encoding-errors replace",
        )
    return HALF_PAIR.sub("\ufffd", text) if half else text
