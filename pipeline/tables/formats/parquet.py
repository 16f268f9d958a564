"""Parquet: columns token, count, id and vector.

    token    string
    count    int64, where the corpus's counts are known
    id       int64, where the rows are not in the order of ids
    vector   fixed_size_list<float32 or float16>[D]

Pages have checksums, which are verified. A row group has at most 2 MB of vectors, which are not
compressed: that would save a twelfth, and take longer to read. A token can be any string. The
reader also accepts float64, and ignores other columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tables.formats import VectorFile
from corpus2vec.pipeline.tables.formats.arrays import stored
from corpus2vec.pipeline.tables.table import Table

MAGIC = b"PAR1\x15"  # and how the Thrift struct behind it begins: no text does
GROUP_NUMBERS = 1 << 19  # of a row group: readers hold several times as much
READ_ROWS = 1 << 12  # that are numbers at one time
COLUMNS = ("token", "vector", "count", "id")
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
            names = [name for name in COLUMNS if name in parquet.schema_arrow.names]
            if not parquet.metadata.num_rows:
                yield _table(parquet.read(names), file.path)
            # Group by group, since asked for all of them it would read far ahead.
            for group in range(parquet.num_row_groups):
                for batch in parquet.iter_batches(
                    READ_ROWS, row_groups=[group], columns=names, use_threads=False
                ):
                    yield _table(pa.Table.from_batches([batch]), file.path)
    except (KeyError, pa.ArrowException) as problem:
        raise DataError(f"{file.path} holds no word vectors: {problem}") from problem


def _table(rows: pa.Table, path: Path) -> Table:
    tokens = rows.column("token").cast(pa.string()).combine_chunks()
    tokens.validate(full=True)  # Parquet's strings need not be UTF-8
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
    """Return a column of whole numbers, if there is one."""
    if name not in rows.column_names:
        return None
    column = rows.column(name)
    if not pa.types.is_integer(column.type) or column.null_count:
        return None
    numbers: np.ndarray = column.cast(pa.int64()).combine_chunks().to_numpy()
    return numbers
