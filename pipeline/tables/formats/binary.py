"""The table in one binary file: Parquet, and word2vec's binary format.

parquet           columns token: string, count: int64 (where it is known),
                  vector: fixed_size_list<float32 or float16>[D], and id: int64 where the rows
                  are not in the order of ids; pages with checksums. A row group is at most
                  2 MB of vectors, which are not compressed: that would save a twelfth, and
                  take longer to read
word2vec-binary   a line `V D`, then for each row the token, a space, D float32 little-endian
                  and a newline, as word2vec.c writes it
"""

from __future__ import annotations

from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.tables.table import Table

BLOCK_NUMBERS = 1 << 19  # of a row group: Parquet readers hold several times as much


def blocks(table: Table) -> list[slice]:
    """The rows in blocks of bounded size."""
    rows = max(1, BLOCK_NUMBERS // max(1, table.dim))
    return [slice(begin, begin + rows) for begin in range(0, len(table), rows)]


def stored(vectors: np.ndarray, config: DumpConfig) -> np.ndarray:
    """The vectors in the type that --dtype wants, in the order of rows."""
    return np.ascontiguousarray(vectors, np.dtype(config.dtype))


def write_parquet(sink: IO[bytes], table: Table, config: DumpConfig) -> None:
    """Write the table as Parquet."""
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
        for rows in blocks(table):
            flat = pa.array(stored(table.vectors_VD[rows], config).reshape(-1))
            columns = {
                "token": table.tokens[rows],
                "count": None if table.counts is None else pa.array(table.counts[rows]),
                "id": None if table.ids is None else pa.array(table.ids[rows]),
                "vector": pa.FixedSizeListArray.from_arrays(flat, table.dim),
            }
            writer.write_table(pa.table([columns[name] for name in schema.names], schema=schema))


def write_word2vec_binary(sink: IO[bytes], table: Table) -> None:
    """Write the table in word2vec's binary format."""
    sink.write(f"{len(table)} {table.dim}\n".encode())
    width = 4 * table.dim
    for rows in blocks(table):
        numbers = table.vectors_VD[rows].astype("<f4", copy=False).tobytes()
        pieces = []
        for row, token in enumerate(table.tokens[rows].to_pylist()):
            pieces += [token.encode(), b" ", numbers[row * width : (row + 1) * width], b"\n"]
        sink.write(b"".join(pieces))
