"""word2vec, GloVe and fastText text: a line a row.

    word2vec   a line `V D`, then a line a row: the token, a space, D numbers separated by spaces
    fasttext   the same, as fastText's own .vec files are
    glove      the same without the first line

UTF-8 with LF and no byte order mark. A token cannot have white space: readers split rows there.

The reader also accepts a byte order mark, CR LF, trailing spaces, and tokens with spaces, as GloVe
has them. It is tried last: a file that no other format recognizes may be GloVe's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

import numpy as np
import pyarrow as pa

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.strings.lines import joined_lines
from corpus2vec.pipeline.tables.formats import VectorFile
from corpus2vec.pipeline.tables.formats.rows import (
    BYTE_ORDER_MARK,
    as_text,
    line_blocks,
    parsed,
    printed,
    require_fitting,
    table_of,
    vector_of,
)
from corpus2vec.pipeline.tables.table import Table

SAMPLED_LINES = 100  # that show how many columns a file without a header has
HEADER = re.compile(rb"([0-9]{1,12})[ \t]([0-9]{1,7})[ \t\r]*")


def write(sink: IO[bytes], table: Table, config: DumpConfig) -> None:
    """Write the table as text."""
    if config.format != "glove":
        sink.write(header_of(table))
    for rows, numbers in printed(table, config, " "):
        sink.write(joined_lines(table.tokens[rows], " ", numbers))


def header_of(table: Table) -> bytes:
    """Return word2vec's first line."""
    return f"{len(table)} {table.dim}\n".encode()


def header_in(probe: bytes) -> tuple[int, int] | None:
    r"""Return the rows and columns that word2vec's first line names; None if it is not one.

    >>> header_in(b"2 100\nHope ..."), header_in(b"Hope 0.25\n")
    ((2, 100), None)
    """
    found = HEADER.fullmatch(probe.partition(b"\n")[0].removeprefix(BYTE_ORDER_MARK))
    return None if found is None else (int(found[1]), int(found[2]))


def recognizes(probe: bytes) -> bool:
    """Return True: what is nothing else may be lines of tokens and numbers."""
    return True


def read(file: VectorFile) -> Iterator[Table]:
    """Yield the rows. Raise DataError where there are fewer than the first line names."""
    header = header_in(file.probe)
    if header:
        file.stream.readline()
    count, dim = header or (0, _usual_dim(file.probe))
    if dim < 1:
        raise DataError(
            f"{file.path} holds no word vectors: its first line is not a token and numbers"
        )
    rows = 0
    for lines in line_blocks(file.stream):
        block = parsed(lines, dim)
        if block is None:
            block, number = _line_by_line(lines, dim, file, rows + bool(header))
        else:
            number = len(block)
        rows += number
        yield block
    if rows < count:
        raise DataError(f"{file.path} ends after {rows} of {count} rows", hint="is it complete?")


def _usual_dim(probe: bytes) -> int:
    r"""Return how many numbers most of the first lines have; of as many, what the first one has.

    The first token may have spaces in it: GloVe's 840B table has `. . .`, and its like.

    >>> _usual_dim(b". . . 1 2\na 3 4\nb 5 6\n"), _usual_dim(b"a 1 2\nb 3\n")
    (2, 2)
    """
    *whole, last = probe.split(b"\n", SAMPLED_LINES)
    lines = [line for line in whole if line] or [last]
    counts = [line.rstrip(b" \r").count(b" ") for line in lines]
    return max(counts, key=counts.count)


def _line_by_line(lines: bytes, dim: int, file: VectorFile, before: int) -> tuple[Table, int]:
    """Return the wanted rows of the lines, and how many lines there are; `before` are earlier."""
    tokens, vectors = [], []
    each_line = lines.removesuffix(b"\n").split(b"\n")
    for number, line in enumerate(each_line, start=before + 1):
        # From the right: GloVe has tokens with spaces in them.
        name, *numbers = line.rstrip(b" \r\n").rsplit(b" ", dim)
        place = f"{file.path} line {number}"
        token = as_text(name)
        require_fitting(numbers, dim, place)
        if file.wanted is None or token in file.wanted:
            tokens.append(token)
            vectors.append(vector_of(numbers, place))
    return table_of(tokens, vectors, dim), len(each_line)


# --- verifying -------------------------------------------------------------------------------


def read_strictly(file: VectorFile, ready: Table, config: DumpConfig) -> Iterator[Table]:
    """Yield the rows. Raise DataError unless each line is a token and D numbers, and no more."""
    if config.format == "glove":
        first = file.probe.partition(b"\n")[0]
        if first.startswith(BYTE_ORDER_MARK):
            raise DataError("readers would drop the byte order mark that it begins with")
        if header_in(first):
            raise DataError("readers would take its first row for word2vec's header")
    elif (header := file.stream.readline()) != header_of(ready):
        raise DataError(f"its header is {header!r}")
    begin = 0
    for lines in line_blocks(file.stream):
        block = parsed(lines, ready.dim)
        if block is None:
            # More columns than the parser takes, or a token that it reads otherwise.
            block = _split(lines, ready.dim)
        if block is None:
            raise DataError(f"lines from row {begin} on are not a token and {ready.dim} numbers")
        begin += len(block)
        yield block


def _split(lines: bytes, dim: int) -> Table | None:
    """Return the rows of the lines, split at single spaces; None if one does not fit."""
    rows = [line.split(b" ") for line in lines.removesuffix(b"\n").split(b"\n")]
    if any(len(row) != dim + 1 for row in rows):
        return None
    vectors = np.array([[float(each) for each in row[1:]] for row in rows]).astype(np.float32)
    return Table(pa.array([row[0].decode() for row in rows], pa.string()), vectors)
