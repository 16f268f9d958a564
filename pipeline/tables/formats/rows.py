"""Rows of numbers as lines of text, printed and parsed: what the text formats share.

Without --precision a number is printed with the fewest digits that give the same float32 back. A
table is printed in blocks of rows, so that memory does not grow with it.

Arrow's CSV parser reads a block of lines; it rounds each number once, to float32. A block that it
refuses (tokens with spaces, as GloVe has; odd spellings; faults) is read line by line by the
format's module, which takes longer and finds the line at fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedIOBase

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tables.table import Table

PRINTED_NUMBERS = 1 << 18  # that are text at one time
BLOCK_BYTES = 4 << 20  # of text that is parsed at one time
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
CSV_COLUMNS = 1 << 14  # with more of them, setting the parser up takes longer than the numbers do

# The one float32 (all 2^32 were tried) whose fewest digits become its neighbour in a reader that
# goes by way of a double, as Python's do. One digit more, and it is itself again.
ROUNDED_TWICE = np.float32(7.0385307e-26)
ITS_DIGITS, ITS_SAFE_DIGITS = "7.038531e-26", "7.0385307e-26"


# --- printing --------------------------------------------------------------------------------


def printed(table: Table, config: DumpConfig, separator: str) -> Iterator[tuple[slice, pa.Array]]:
    """Yield block by block: which rows, and each row's numbers as one string."""
    row_format = separator.join([f"%.{config.precision}f"] * table.dim)
    for rows in table.blocks(PRINTED_NUMBERS):
        vectors = table.vectors_VD[rows]
        if config.precision is None:
            numbers = pa.array(vectors.reshape(-1)).cast(pa.string())
            if (np.abs(vectors) == ROUNDED_TWICE).any():
                numbers = pc.replace_substring(numbers, ITS_DIGITS, ITS_SAFE_DIGITS)
            offsets = pa.array(np.arange(len(vectors) + 1, dtype=np.int32) * table.dim)
            yield rows, pc.binary_join(pa.ListArray.from_arrays(offsets, numbers), separator)
        else:
            yield rows, pa.array([row_format % tuple(vector) for vector in vectors.tolist()])


# --- parsing ---------------------------------------------------------------------------------


def line_blocks(stream: BufferedIOBase) -> Iterator[bytes]:
    """Yield the stream in blocks of whole lines."""
    while block := stream.read(BLOCK_BYTES):
        yield block if block.endswith(b"\n") else block + stream.readline()


def parsed(lines: bytes, dim: int, separator: str = " ", with_token: bool = True) -> Table | None:
    """Return the rows of whole lines; None unless each is a token and `dim` finite numbers.

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


def table_of(tokens: list[str], vectors: list[np.ndarray], dim: int) -> Table:
    """Return the table of rows that were read one by one."""
    matrix = np.stack(vectors) if vectors else np.zeros((0, dim), np.float32)
    return Table(pa.array(tokens, pa.string()), matrix)


def as_text(token: bytes) -> str:
    """Return the token; bytes that are not UTF-8 become U+FFFD."""
    return token.decode("utf-8", "replace")


def require_fitting(numbers: list[bytes], dim: int, place: str) -> None:
    """Raise DataError unless a row has as many numbers as the others."""
    if len(numbers) != dim:
        vector_of(numbers, place)  # what is not a number at all is the better message
        raise DataError(f"{place} has {len(numbers)} numbers where {dim} are expected")


def vector_of(numbers: list[bytes], place: str) -> np.ndarray:
    """Return a row's numbers, float32. Raise DataError for one that is not a finite number."""
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
