"""Word vectors as lines of text: a token and D numbers, parted by single spaces.

Arrow's CSV parser reads blocks of lines; it rounds each number once, to float32. A block that it
will not take (tokens with spaces in them, as GloVe has; odd spellings; faults) is read line by
line, which takes more and tells where a fault is.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tables.table import Table

Stream = BufferedIOBase
BLOCK_BYTES = 4 << 20
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
CSV_COLUMNS = 1 << 14  # with more of them, setting the parser up takes longer than the numbers do


def text_blocks(
    stream: Stream,
    dim: int,
    path: Path,
    wanted: frozenset[str] | None,
    header: bool = False,
    count: int = 0,
) -> Iterator[Table]:
    """The rows of word2vec, GloVe or fastText text; `header` says whether one was read already.

    Raises DataError where there are fewer than `count`.
    """
    if dim < 1:
        raise DataError(f"{path} holds no word vectors: its first line is not a token and numbers")
    rows = 0
    for lines in line_blocks(stream):
        block = parsed(lines, dim)
        if block is None:
            block, number = _line_by_line(lines, dim, path, wanted, rows + header)
        else:
            number = len(block)
        rows += number
        yield block
    if rows < count:
        raise DataError(f"{path} ends after {rows} of {count} rows", hint="is it complete?")


def line_blocks(stream: Stream) -> Iterator[bytes]:
    """The stream in blocks of whole lines."""
    while block := stream.read(BLOCK_BYTES):
        yield block if block.endswith(b"\n") else block + stream.readline()


def parsed(lines: bytes, dim: int, separator: str = " ", with_token: bool = True) -> Table | None:
    """The rows of whole lines; None unless each is a token and `dim` finite numbers.

    Without tokens, lines are numbers alone, and the table's tokens are null.
    """
    if dim > CSV_COLUMNS:
        return None
    if b"\r" in lines:
        lines = lines.replace(b"\r\n", b"\n")
    space = separator.encode()
    if lines.partition(b"\n")[0].endswith(space):  # as word2vec.c and fastText end their rows
        lines = lines.replace(space + b"\n", b"\n").removesuffix(space)
    if lines.startswith(BYTE_ORDER_MARK):
        lines = BYTE_ORDER_MARK + lines  # the parser takes the first one off
    names = [str(column) for column in range(dim)]
    types: dict[str, pa.DataType] = dict.fromkeys(names, pa.float32())
    if with_token:
        names = ["token", *names]
        types["token"] = pa.binary()
    try:
        columns = pa.csv.read_csv(
            pa.py_buffer(lines),
            pa.csv.ReadOptions(use_threads=False, column_names=names, block_size=len(lines) + 1),
            pa.csv.ParseOptions(delimiter=separator, quote_char=False, ignore_empty_lines=False),
            pa.csv.ConvertOptions(column_types=types, null_values=[]),
        )
        tokens = pa.nulls(columns.num_rows, pa.string())
        if with_token:
            tokens = columns.column("token").combine_chunks().cast(pa.string())
    except pa.ArrowException:
        return None
    # Else a carriage return alone ended a line for the parser, and only for it.
    if columns.num_rows != lines.count(b"\n") + (not lines.endswith(b"\n")):
        return None
    vectors = np.empty((columns.num_rows, dim), np.float32)
    for column in range(dim):
        vectors[:, column] = columns.column(column + with_token).to_numpy()
    return Table(tokens, vectors) if np.isfinite(vectors).all() else None


def _line_by_line(
    lines: bytes, dim: int, path: Path, wanted: frozenset[str] | None, before: int
) -> tuple[Table, int]:
    """The wanted rows of the lines, and how many lines there are; `before` are those before."""
    tokens, vectors = [], []
    each_line = lines.removesuffix(b"\n").split(b"\n")
    for number, line in enumerate(each_line, start=before + 1):
        # From the right: GloVe has tokens with spaces in them.
        name, *numbers = line.rstrip(b" \r\n").rsplit(b" ", dim)
        place = f"{path} line {number}"
        token = as_text(name)
        require_fitting(numbers, dim, place)
        if wanted is None or token in wanted:
            tokens.append(token)
            vectors.append(vector_of(numbers, place))
    return table_of(tokens, vectors, dim), len(each_line)


def table_of(tokens: list[str], vectors: list[np.ndarray], dim: int) -> Table:
    """The table of rows that were read one by one."""
    matrix = np.stack(vectors) if vectors else np.zeros((0, dim), np.float32)
    return Table(pa.array(tokens, pa.string()), matrix)


def as_text(token: bytes) -> str:
    """The token; bytes that are not UTF-8 become U+FFFD."""
    return token.decode("utf-8", "replace")


def require_fitting(numbers: list[bytes], dim: int, place: str) -> None:
    """Raise DataError unless a row has as many numbers as the others."""
    if len(numbers) != dim:
        # What is no number at all is the better thing to tell.
        vector_of(numbers, place)
        raise DataError(f"{place} has {len(numbers)} numbers where {dim} are expected")


def vector_of(numbers: list[bytes], place: str) -> np.ndarray:
    """The numbers of a row, float32. Raises DataError for one that is none, or not finite."""
    try:
        with np.errstate(over="ignore"):
            vector = np.array([float(each) for each in numbers], np.float32)
    except ValueError as problem:
        raise DataError(
            f"{place}: {problem}",
            hint="word vectors are read from word2vec, GloVe, fastText .vec, Parquet and dumps",
        ) from problem
    if not np.isfinite(vector).all():
        raise DataError(f"{place} has a number that is not finite")
    return vector
