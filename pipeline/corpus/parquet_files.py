"""Parquet files of any origin as corpora: a row a document, its text and its label in columns.

A row must fit in memory, and a file that is a stream or is compressed is copied to a temporary
file first, since Parquet is read from its end. The pipeline's own Parquet artifacts are another
matter (`artifacts/parquet.py`): they have one schema, and checksums that are verified.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import tempfile
from collections.abc import Iterator
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus2vec.pipeline.config import CorpusConfig
from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.corpus.documents import column_number, in_batches, label_text, labelled
from corpus2vec.pipeline.corpus.sources import Opened, Source
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.files.failures import spooling

STRINGS = ("string", "large_string", "string_view")


def read_parquet(opened: Opened, source: Source, config: CorpusConfig) -> Iterator[Texts]:
    """Yield the documents of a Parquet file."""
    if source.is_stream or source.compression:
        with _spooled(opened) as spool:
            yield from _texts(pq.ParquetFile(spool), opened, source, config)
    else:
        yield from _texts(pq.ParquetFile(opened.stream), opened, source, config)
        opened.raw.seek(0, os.SEEK_END)  # where it was read last says nothing of how much


@contextlib.contextmanager
def _spooled(opened: Opened) -> Iterator[IO[bytes]]:
    """Copy the decompressed bytes to a temporary file. It has no name, so it cannot be left."""
    with spooling():
        spool = tempfile.TemporaryFile()  # noqa: SIM115
    try:
        while block := opened.stream.read(limits.BLOCK_BYTES):
            with spooling():
                spool.write(block)
        with spooling():
            spool.seek(0)
        yield spool
    finally:
        with contextlib.suppress(OSError):  # closing tries once more what could not be written
            spool.close()


def _texts(
    file: pq.ParquetFile, opened: Opened, source: Source, config: CorpusConfig
) -> Iterator[Texts]:
    names = file.schema_arrow.names
    wanted = {config.text_field: "--text-field"}
    if config.label_field:
        wanted[config.label_field] = "--label-field"
    for name, option in wanted.items():
        column_number(names, name, option, source)
    kind = file.schema_arrow.field(config.text_field).type
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if str(kind) not in STRINGS:
        raise DataError(f"{source.title}: the column {config.text_field} holds {kind}, not strings")
    row = 0
    for batch in file.iter_batches(batch_size=limits.PARQUET_ROWS, columns=list(wanted)):
        texts = _column(batch, config.text_field, source, config)
        labels = None
        if config.label_field:
            values = _column(batch, config.label_field, source, config).to_pylist()
            labels = [
                label_text(value, f"{source.title} row {number}")
                for number, value in enumerate(values, start=row + 1)
            ]
        elif labelled(config):
            labels = [source.label] * len(texts)
        row += batch.num_rows
        texts = texts.fill_null("")
        if 4 * max(pc.max(pc.binary_length(texts)).as_py() or 0, 1) <= limits.DOCUMENT_BYTES:
            yield Texts.of(texts, labels)
        else:
            rows = zip(texts.to_pylist(), labels or itertools.repeat(None), strict=False)
            yield from in_batches(rows, opened, config)


def _column(batch: pa.RecordBatch, name: str, source: Source, config: CorpusConfig) -> pa.Array:
    """Return the column. Strings are checked: Arrow does not ask whether they are UTF-8."""
    column = batch.column(name)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if str(column.type) not in STRINGS:  # a label may be a number
        return column
    raw = column.cast(pa.large_binary())
    try:
        return raw.cast(pa.large_string())
    except pa.ArrowInvalid:
        texts = [_decode(each, name, source, config) for each in raw.to_pylist()]
        return pa.array(texts, pa.large_string())


def _decode(raw: bytes | None, name: str, source: Source, config: CorpusConfig) -> str | None:
    try:
        return None if raw is None else raw.decode("utf-8", config.encoding_errors)
    except UnicodeDecodeError as problem:
        bad = problem.object[problem.start]
        raise DataError(
            f"{source.title}: the column {name} has a string that is not UTF-8: 0x{bad:02x}",
            hint="correct the text, or use --encoding-errors replace",
        ) from problem
