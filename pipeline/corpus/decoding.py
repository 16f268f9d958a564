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
    offset = 0
    first = True
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


def lines(opened: Opened, source: Source, errors: str) -> Iterator[str]:
    """Yield the lines, without their ends."""
    unfinished: list[str] = []  # a list, since adding up a line of many blocks would be quadratic
    for text in decoded(opened, source, errors):
        head, *rest = text.split("\n")
        unfinished.append(head)
        if rest:
            yield _without_return("".join(unfinished))
            *whole, tail = rest
            yield from map(_without_return, whole)
            unfinished = [tail]
    last = "".join(unfinished)
    if last:
        yield last  # a return that no newline follows ends no line


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
            f"{where} has half a surrogate pair, which is no character: {half[0]!r}",
            hint="correct the text, or use --encoding-errors replace",
        )
    return HALF_PAIR.sub("\ufffd", text) if half else text
