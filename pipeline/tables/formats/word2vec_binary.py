"""word2vec's binary format, as word2vec.c and gensim write and read it.

A line `V D`, then for each row the token, a space, D float32 little-endian and a newline. A token
cannot have white space: readers end it there. The reader does without the newline, which gensim
does not write.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import IO

import numpy as np
import pyarrow as pa

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tables.formats import VectorFile
from corpus2vec.pipeline.tables.formats.rows import as_text, table_of
from corpus2vec.pipeline.tables.formats.text import header_in, header_of
from corpus2vec.pipeline.tables.table import Table

BLOCK_NUMBERS = 1 << 19  # that are written at one time
BLOCK_BYTES = 8 << 20  # that are read at one time
TEXT_BYTES = bytes([*range(32, 127), *b"\t\r\n"])


def write(sink: IO[bytes], table: Table, config: DumpConfig) -> None:
    """Write the table."""
    sink.write(header_of(table))
    width = 4 * table.dim
    for rows in table.blocks(BLOCK_NUMBERS):
        numbers = table.vectors_VD[rows].astype("<f4", copy=False).tobytes()
        pieces = []
        for row, token in enumerate(table.tokens[rows].to_pylist()):
            pieces += [token.encode(), b" ", numbers[row * width : (row + 1) * width], b"\n"]
        sink.write(b"".join(pieces))


def recognizes(probe: bytes) -> bool:
    """Return whether a first row that is no text follows word2vec's first line."""
    header = header_in(probe)
    if header is None:
        return False
    sample, dim = probe.partition(b"\n")[2], header[1]
    line = sample.split(b"\n", 1)[0].rstrip(b" \r")
    with contextlib.suppress(ValueError):
        if len([float(each) for each in line.rsplit(b" ", dim)[1:]]) == dim:
            return False
    numbers = sample.partition(b" ")[2][: 4 * dim]
    return bool(numbers.translate(None, TEXT_BYTES))


def read(file: VectorFile) -> Iterator[Table]:
    """Yield the rows. Raise DataError where there are fewer or more than the first line names."""
    header = header_in(file.stream.readline().removesuffix(b"\n"))
    if header is None:
        raise DataError(f"{file.path} does not begin with its numbers of rows and columns")
    yield from _rows(file, *header)


def read_strictly(file: VectorFile, ready: Table, config: DumpConfig) -> Iterator[Table]:
    """Yield the rows. Raise DataError unless the first line is as `write` wrote it."""
    if (header := file.stream.readline()) != header_of(ready):
        raise DataError(f"its header is {header!r}")
    yield from _rows(file, len(ready), ready.dim)


def _rows(file: VectorFile, count: int, dim: int) -> Iterator[Table]:
    width = 4 * dim
    buffer, place = b"", 0
    tokens: list[str] = []
    numbers: list[bytes] = []
    for row in range(1, count + 1):
        space = buffer.find(b" ", place)
        while space < 0 or space + 1 + width > len(buffer):
            if tokens:
                yield _table(tokens, numbers, dim)
                tokens, numbers = [], []
            more = file.stream.read(max(BLOCK_BYTES, width))
            if not more:
                raise DataError(f"{file.path} ends in row {row} of {count}", hint="is it complete?")
            buffer, place = buffer[place:] + more, 0
            space = buffer.find(b" ")
        tokens.append(as_text(buffer[place:space].lstrip(b"\n")))
        place = space + 1 + width
        numbers.append(buffer[space + 1 : place])
    yield _table(tokens, numbers, dim) if tokens else table_of([], [], dim)
    if (buffer[place:] + file.stream.read(2)).strip(b"\n"):
        raise DataError(f"{file.path} goes on after the {count} rows that its first line names")


def _table(tokens: list[str], numbers: list[bytes], dim: int) -> Table:
    vectors = np.frombuffer(b"".join(numbers), "<f4").reshape(len(tokens), dim)
    return Table(pa.array(tokens, pa.string()), vectors)
