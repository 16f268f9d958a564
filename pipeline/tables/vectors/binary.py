"""Word vectors in one binary file: word2vec's binary format, and Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.tables.vectors.text import Stream, as_text, table_of

BLOCK_BYTES = 8 << 20
PARQUET_ROWS = 1 << 12  # that are numbers at one time
COLUMNS = ("token", "vector", "count", "id")
CAREFULLY = {"page_checksum_verification": True, "pre_buffer": False}


def word2vec_binary_blocks(stream: Stream, count: int, dim: int, path: Path) -> Iterator[Table]:
    """Token, a space, 4·D bytes little-endian; a newline may follow, as in Mikolov's own files."""
    width = 4 * dim
    buffer, place = b"", 0
    tokens: list[str] = []
    numbers: list[bytes] = []
    for row in range(1, count + 1):
        space = buffer.find(b" ", place)
        while space < 0 or space + 1 + width > len(buffer):
            if tokens:
                yield _rows(tokens, numbers, dim)
                tokens, numbers = [], []
            more = stream.read(max(BLOCK_BYTES, width))
            if not more:
                raise DataError(f"{path} ends in row {row} of {count}", hint="is it complete?")
            buffer, place = buffer[place:] + more, 0
            space = buffer.find(b" ")
        tokens.append(as_text(buffer[place:space].lstrip(b"\n")))
        place = space + 1 + width
        numbers.append(buffer[space + 1 : place])
    yield _rows(tokens, numbers, dim) if tokens else table_of([], [], dim)
    if (buffer[place:] + stream.read(2)).strip(b"\n"):
        raise DataError(f"{path} goes on after the {count} rows that its first line tells of")


def _rows(tokens: list[str], numbers: list[bytes], dim: int) -> Table:
    vectors = np.frombuffer(b"".join(numbers), "<f4").reshape(len(tokens), dim)
    return Table(pa.array(tokens, pa.string()), vectors)


def parquet_blocks(path: Path) -> Iterator[Table]:
    """The columns token and vector, and count and id where they are, row group by row group."""
    try:
        # Of the open file: of its name pyarrow might make a data set, with columns from folders.
        with path.open("rb") as opened, pq.ParquetFile(opened, **CAREFULLY) as file:
            names = [name for name in COLUMNS if name in file.schema_arrow.names]
            if not file.metadata.num_rows:
                yield _rows_of(file.read(names), path)
            # Group by group, since asked for all of them it would read far ahead.
            for group in range(file.num_row_groups):
                for batch in file.iter_batches(
                    PARQUET_ROWS, row_groups=[group], columns=names, use_threads=False
                ):
                    yield _rows_of(pa.Table.from_batches([batch]), path)
    except (KeyError, pa.ArrowException) as problem:
        raise DataError(f"{path} holds no word vectors: {problem}") from problem


def _rows_of(rows: pa.Table, path: Path) -> Table:
    tokens = rows.column("token").cast(pa.string()).combine_chunks()
    vectors = rows.column("vector").combine_chunks()
    kind = vectors.type
    if not (pa.types.is_fixed_size_list(kind) and pa.types.is_floating(kind.value_type)):
        raise DataError(f"{path}: its column vector is not a list of floats of a fixed size")
    if tokens.null_count or vectors.null_count or vectors.flatten().null_count:
        raise DataError(f"{path} has a row without a token or without a vector")
    with np.errstate(over="ignore"):
        flat = vectors.flatten().to_numpy().astype(np.float32, copy=False)
    matrix = flat.reshape(len(tokens), kind.list_size)
    return Table(tokens, matrix, _integers(rows, "count"), _integers(rows, "id"))


def _integers(rows: pa.Table, name: str) -> np.ndarray | None:
    """A column of whole numbers, if there is one."""
    if name not in rows.column_names:
        return None
    column = rows.column(name)
    if not pa.types.is_integer(column.type) or column.null_count:
        return None
    numbers: np.ndarray = column.cast(pa.int64()).combine_chunks().to_numpy()
    return numbers
