"""Parquet: columns token, count, id and vector.

    token    string
    count    int64, where the corpus's counts are known
    id       int64, where the rows are not in the order of ids
    vector   fixed_size_list<float32 or float16>[D]

Pages have checksums, which are verified. A row group has at most 2 MB of vectors, which are not
compressed: that would save a twelfth, and take longer to read. A token can be any string.

The reader also accepts what pandas, DuckDB and Polars write: lists of no fixed size, float64, and
other names. Without a column `token` (or `vector`) it takes one with a usual name for it (WORDS,
LISTS), or else the only column of strings (of lists of floats). Without lists, the columns of
floats are the numbers, in their order, as in a data frame that has a column for each dimension. It
ignores other columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tables.formats import VectorFile
from corpus2vec.pipeline.tables.formats.arrays import stored
from corpus2vec.pipeline.tables.table import Table

MAGIC = b"PAR1\x15"  # and how the Thrift struct behind it begins: no text does
GROUP_NUMBERS = 1 << 19  # of a row group: readers hold several times as much
READ_ROWS = 1 << 12  # that are numbers at one time
WORDS = ("token", "word", "words", "term", "tokens", "text", "key")
LISTS = ("vector", "embedding", "vectors", "embeddings", "vec")
INTEGERS = ("count", "id")
CAREFULLY = {"page_checksum_verification": True, "pre_buffer": False}


def write(sink: IO[bytes], table: Table, config: DumpConfig) -> None:
    """Write the table."""
    number = pa.from_numpy_dtype(np.dtype(config.dtype))
    fields: list[tuple[str, pa.DataType]] = [("token", table.tokens.type)]
    if table.counts is not None:
        fields.append(("count", pa.int64()))
    if table.ids is not None:
        fields.append(("id", pa.int64()))
    fields.append(("vector", pa.list_(number, table.dim)))
    schema = pa.schema(fields)
    compression = {name: "zstd" for name, _ in fields[:-1]} | {"vector.list.element": "none"}
    with pq.ParquetWriter(
        sink, schema, compression=compression, use_dictionary=False, write_page_checksum=True
    ) as writer:
        for rows in table.blocks(GROUP_NUMBERS):
            flat = pa.array(stored(table.vectors_VD[rows], config).reshape(-1))
            columns = {
                "token": table.tokens[rows],
                "count": None if table.counts is None else pa.array(table.counts[rows]),
                "id": None if table.ids is None else pa.array(table.ids[rows]),
                "vector": pa.FixedSizeListArray.from_arrays(flat, table.dim),
            }
            writer.write_table(pa.table([columns[name] for name in schema.names], schema=schema))


def recognizes(probe: bytes) -> bool:
    """Return whether the file begins with Parquet's magic."""
    return probe.startswith(MAGIC)


def read_strictly(file: VectorFile, ready: Table, config: DumpConfig) -> Iterator[Table]:
    """Yield the rows; `read` is strict."""
    return read(file)


def read(file: VectorFile) -> Iterator[Table]:
    """Yield the rows, row group by row group."""
    try:
        # Of the open file: of its name pyarrow might make a data set, with columns from folders.
        with file.path.open("rb") as opened, pq.ParquetFile(opened, **CAREFULLY) as parquet:
            columns = _columns(parquet.schema_arrow, file.path)
            names = columns.names
            if not parquet.metadata.num_rows:
                yield _table(parquet.read(names), columns, 0, file.path)
            begin = 0
            # Group by group, since asked for all of them it would read far ahead.
            for group in range(parquet.num_row_groups):
                for batch in parquet.iter_batches(
                    READ_ROWS, row_groups=[group], columns=names, use_threads=False
                ):
                    yield _table(pa.Table.from_batches([batch]), columns, begin, file.path)
                    begin += len(batch)
    except (KeyError, pa.ArrowException) as problem:
        raise DataError(f"{file.path} holds no word vectors: {problem}") from problem


# --- which columns -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Columns:
    """The columns of a file that are read."""

    token: str
    numbers: Sequence[str]
    """One column of lists, or a column of floats for each dimension."""
    is_list: bool
    integers: Sequence[str]

    @property
    def names(self) -> list[str]:
        return [self.token, *self.numbers, *self.integers]


def _columns(schema: pa.Schema, path: Path) -> _Columns:
    """Return which columns hold what. Raise DataError where that is not to be known."""
    token = _chosen(schema, WORDS, _is_text)
    vector = _chosen(schema, LISTS, _is_list)
    floats = [
        each.name
        for each in schema
        if pa.types.is_floating(each.type) and each.name not in INTEGERS
    ]
    if token is None or not (vector or floats):
        lacks = "column of tokens" if token is None else "column of lists of floats"
        raise DataError(
            f"{path} holds no word vectors: its columns are "
            f"{', '.join(schema.names) or 'none'}, and no {lacks} is among them",
            hint="it needs a column token of strings, and a column vector of lists of floats",
        )
    integers = [name for name in INTEGERS if name in schema.names and name != token]
    return _Columns(token, [vector] if vector else floats, vector is not None, integers)


def _chosen(
    schema: pa.Schema, names: Sequence[str], fits: Callable[[pa.DataType], bool]
) -> str | None:
    """Return the first of the names that is there and fits, or the only column that fits."""
    fitting = [each.name for each in schema if fits(each.type)]
    usual = [name for name in names if name in fitting]
    return next(iter(usual), fitting[0] if len(fitting) == 1 else None)


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    of_strings = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(each(kind) for each in of_strings)


def _is_list(kind: pa.DataType) -> bool:
    of_lists = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(each(kind) for each in of_lists) and pa.types.is_floating(kind.value_type)


# --- rows --------------------------------------------------------------------------------------


def _table(rows: pa.Table, columns: _Columns, begin: int, path: Path) -> Table:
    """Return the rows; `begin` are before them in the file."""
    tokens = rows.column(columns.token).cast(pa.string()).combine_chunks()
    tokens.validate(full=True)  # Parquet's strings need not be UTF-8
    matrix = _matrix(rows, columns, begin, path)
    if tokens.null_count or matrix is None:
        raise DataError(f"{path} has a row without a token or without a vector")
    return Table(tokens, matrix, _integers(rows, "count"), _integers(rows, "id"))


def _matrix(rows: pa.Table, columns: _Columns, begin: int, path: Path) -> np.ndarray | None:
    """Return the numbers, (rows, D) float32; None where one is missing."""
    if not columns.is_list:
        found = [rows.column(name) for name in columns.numbers]
        if any(each.null_count for each in found):
            return None
        matrix = np.empty((rows.num_rows, len(found)), np.float32)
        with np.errstate(over="ignore"):
            for place, each in enumerate(found):
                matrix[:, place] = each.to_numpy()
        return matrix
    vectors = rows.column(columns.numbers[0]).combine_chunks()
    if vectors.null_count or vectors.flatten().null_count:
        return None
    lengths = pc.list_value_length(vectors).to_numpy()
    is_fixed = pa.types.is_fixed_size_list(vectors.type)
    dim = int(vectors.type.list_size if is_fixed else lengths[0] if len(lengths) else 0)
    wrong = np.flatnonzero(lengths != dim)
    if len(wrong):
        raise DataError(
            f"{path} row {begin + wrong[0] + 1} has {lengths[wrong[0]]} numbers "
            f"where {dim} are expected"
        )
    with np.errstate(over="ignore"):
        flat = vectors.flatten().to_numpy().astype(np.float32, copy=False)
    found_VD: np.ndarray = flat.reshape(len(vectors), dim)
    return found_VD


def _integers(rows: pa.Table, name: str) -> np.ndarray | None:
    """Return a column of whole numbers, if there is one."""
    if name not in rows.column_names:
        return None
    column = rows.column(name)
    if not pa.types.is_integer(column.type) or column.null_count:
        return None
    numbers: np.ndarray = column.cast(pa.int64()).combine_chunks().to_numpy()
    return numbers
