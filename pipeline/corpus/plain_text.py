"""Plain text: a document a line, a paragraph or a file, streamed.

Lines are the fast path: blocks of bytes become documents without a Python object for any line.
Lines, paragraphs and files may have any size.
"""

from __future__ import annotations

import codecs
import itertools
from collections.abc import Iterable, Iterator

from corpus2vec.pipeline.config import CorpusConfig
from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.corpus.decoding import Line, decoded, lines, valid_utf8
from corpus2vec.pipeline.corpus.documents import bounded, cut, in_batches, labelled
from corpus2vec.pipeline.corpus.sources import Opened, Source
from corpus2vec.pipeline.corpus.spool import Spool
from corpus2vec.pipeline.corpus.texts import Texts


def read_text(opened: Opened, source: Source, config: CorpusConfig) -> Iterator[Texts]:
    """Yield the documents of a text file, as --doc-per says."""
    if config.doc_per == "line":
        return _read_lines(opened, source, config)
    if config.doc_per == "file":
        blocks = (text.encode() for text in decoded(opened, source, config.encoding_errors))
        documents: Iterable[Iterator[bytes]] = [bounded(blocks, opened)]
    else:
        paragraphs = _paragraphs(lines(opened, source, config.encoding_errors))
        documents = (bounded(paragraph, opened) for paragraph in paragraphs)
    rows = ((piece.decode(), source.label, None) for document in documents for piece in document)
    return in_batches(rows, opened, config)


def _read_lines(opened: Opened, source: Source, config: CorpusConfig) -> Iterator[Texts]:
    label = source.label if labelled(config) else None
    position = source.begin
    for block in _whole_lines(opened):
        valid = valid_utf8(block, position, source, config.encoding_errors)
        if position == 0:
            valid = valid.removeprefix(codecs.BOM_UTF8)
        position += len(block)
        if valid.endswith(b"\n"):
            yield Texts.of_lines(valid, label)
        elif valid:  # the end of the file, or of a piece: a return here ends no line
            yield Texts.of([valid.decode()], None if label is None else [label])


def _whole_lines(opened: Opened) -> Iterator[bytes]:
    """Yield the bytes in blocks that end where a line does, or where one is cut."""
    line = b""
    # So that only the first line of a block, or the last, can be too long.
    while block := opened.stream.read(min(limits.BLOCK_BYTES, limits.DOCUMENT_BYTES)):
        block = line + block
        first = block.find(b"\n")
        if first > limits.DOCUMENT_BYTES:
            *pieces, rest = cut(block[:first], opened)
            yield from pieces
            block = rest + block[first:]
        end = block.rfind(b"\n") + 1
        if end:
            yield block[:end]
        *pieces, line = cut(block[end:], opened)
        yield from pieces
    if line:
        yield line


def _paragraphs(lines: Iterator[Line]) -> Iterator[Iterator[bytes]]:
    """Yield each run of lines that are not blank, as the blocks that it is joined from."""
    with Spool() as white:
        told = (_told_blank(line, white) for line in lines)
        for blank, run in itertools.groupby(told, lambda line: line[0]):
            if not blank:
                yield _blocks(pieces for _, pieces in run)


def _blocks(lines: Iterator[Iterable[str]]) -> Iterator[bytes]:
    for number, pieces in enumerate(lines):
        if number:
            yield b"\n"
        yield from (piece.encode() for piece in pieces)


def _told_blank(line: Line, white: Spool) -> tuple[bool, Iterable[str]]:
    """Return whether a line is blank, and its pieces.

    The white space that a long line begins with may be long too; it is kept in `white`.
    """
    if isinstance(line, str):
        return not line or line.isspace(), (line,)
    white.clear()
    for piece in line:
        if piece and not piece.isspace():
            return False, itertools.chain(white.texts(), (piece,), line)
        white.write(piece)
    return True, ()
