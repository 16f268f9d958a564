r"""Vectors of documents in a temporary file, and from there into a file of one of the formats.

    word2vec   a line `n D`, then a line a document: its id, a space, D numbers
    parquet    a row a document   id: string, if the corpus has ids   vector: list of D floats
    npy        (n, D) float32

All three are written in a second pass: the first line of word2vec and the header of npy have the
number of documents, and SIF takes away what all documents have in common. A file is read back
before it is published. In word2vec's text white space in an id is written \uXXXX, as a dump writes
it; without ids, a document's is its number, from 0.
"""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.errors import DataError, PipelineError
from corpus2vec.pipeline.strings.lines import joined_lines
from corpus2vec.pipeline.tables.formats.arrays import mapped
from corpus2vec.pipeline.tables.formats.rows import line_blocks, parsed, printed
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.tables.tokens import as_written

ROWS = 1 << 13
"""Read back at a time."""
TEXT = DumpConfig(format="word2vec")


class Sum:
    """Which numbers there were, in order: how many rows, and a checksum of their bits."""

    def __init__(self) -> None:
        self.rows = 0
        self.checksum = 0

    def add(self, vectors_nD: np.ndarray) -> None:
        """Take rows of float32 into account."""
        self.rows += len(vectors_nD)
        self.checksum = zlib.crc32(np.ascontiguousarray(vectors_nD).data, self.checksum)


class Spool:
    """Vectors and ids of documents on the disk, batch by batch; gone when it is closed."""

    def __init__(self, dim: int, folder: Path | None) -> None:
        self.dim = dim
        self.rows = 0
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        types = [("id", pa.string()), ("vector", pa.list_(pa.float32(), dim))]
        self._schema = pa.schema(types)
        self._writer = pa.ipc.new_stream(self._file, self._schema)

    def add(self, vectors_nD: np.ndarray, ids: pa.Array | None) -> None:
        """Add documents."""
        names = pa.nulls(len(vectors_nD), pa.string()) if ids is None else ids.cast(pa.string())
        lists = pa.FixedSizeListArray.from_arrays(
            pa.array(vectors_nD.reshape(-1), pa.float32()), self.dim
        )
        self._writer.write_batch(pa.record_batch([names, lists], schema=self._schema))
        self.rows += len(vectors_nD)

    def batches(self) -> Iterator[tuple[np.ndarray, pa.Array]]:
        """Yield all that was added: vectors (n, D), and ids, null where the corpus has none."""
        self._writer.close()
        self._file.seek(0)
        for batch in pa.ipc.open_stream(self._file):
            numbers = batch.column("vector").flatten().to_numpy()
            yield numbers.reshape(-1, self.dim), batch.column("id")

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


class VectorWriter:
    """Writes the vectors of `rows` documents to a sink in one of the formats."""

    def __init__(self, sink: IO[bytes], format: str, rows: int, dim: int, *, ids: bool) -> None:
        self._sink = sink
        self._format = format
        self._ids = ids
        self.sum = Sum()
        """Of what was written."""
        self._parquet: Any = None
        if format == "word2vec":
            sink.write(f"{rows} {dim}\n".encode())
        elif format == "npy":
            header = {"descr": "<f4", "fortran_order": False, "shape": (rows, dim)}
            np.lib.format.write_array_header_1_0(sink, header)
        else:
            vector = pa.field("vector", pa.list_(pa.float32(), dim))
            fields = [*([pa.field("id", pa.string())] if ids else []), vector]
            self._parquet = pq.ParquetWriter(
                sink,
                pa.schema(fields),
                compression="zstd",
                write_page_checksum=True,
                use_dictionary=False,
            )

    def write(self, vectors_nD: np.ndarray, ids: pa.Array) -> None:
        """Write documents."""
        first = self.sum.rows
        vectors_nD = np.ascontiguousarray(vectors_nD, np.float32)
        self.sum.add(vectors_nD)
        if self._format == "npy":
            self._sink.write(vectors_nD.reshape(-1).view(np.uint8).data)
        elif self._format == "parquet":
            dim = vectors_nD.shape[1]
            lists = pa.FixedSizeListArray.from_arrays(pa.array(vectors_nD.reshape(-1)), dim)
            columns = {**({"id": ids} if self._ids else {}), "vector": lists}
            self._parquet.write_table(pa.table(columns))
        elif len(vectors_nD):
            numbered = enumerate(ids.to_pylist(), start=first)
            names = [as_written(name or str(number), "word2vec") for number, name in numbered]
            table = Table(pa.array(names, pa.string()), vectors_nD)
            for rows, numbers in printed(table, TEXT, " "):
                self._sink.write(joined_lines(table.tokens[rows], " ", numbers))

    def __enter__(self) -> VectorWriter:
        return self

    def __exit__(self, *_: object) -> None:
        if self._parquet:
            self._parquet.close()


# --- read back -------------------------------------------------------------------------------


def verify(path: Path, format: str, dim: int, written: Sum) -> None:
    """Raise PipelineError unless a file, read back, has the numbers that were written."""
    found = Sum()
    try:
        for vectors_nD in _read(path, format, dim):
            found.add(vectors_nD)
    except (pa.ArrowException, DataError) as problem:
        raise _failure(f"a fault: {problem}") from problem
    if found.rows != written.rows:
        raise _failure(f"{found.rows} of {written.rows} rows")
    if found.checksum != written.checksum:
        raise _failure("other numbers")


def _read(path: Path, format: str, dim: int) -> Iterator[np.ndarray]:
    if format == "npy":
        vectors = mapped(path)
        for begin in range(0, len(vectors), ROWS):
            yield vectors[begin : begin + ROWS]
    elif format == "parquet":
        stored = pq.ParquetFile(path, page_checksum_verification=True)
        for batch in stored.iter_batches(ROWS, columns=["vector"]):
            yield batch.column("vector").flatten().to_numpy().reshape(-1, dim)
    else:
        with path.open("rb") as stream:
            stream.readline()
            for lines in line_blocks(stream):
                table = parsed(lines, dim)
                if table is None:
                    raise DataError(f"a line is not a document and {dim} numbers")
                yield table.vectors_VD


def _failure(found: str) -> PipelineError:
    return PipelineError(
        f"reading the vectors back, before publishing them, found {found}",
        hint="nothing was published; another --format may do, and please report this",
    )
