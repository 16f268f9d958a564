"""Parquet files of any origin as corpora: a row a document, its text and its label in columns.

Arrow reads rows in batches, and holds each string of a batch, and the page that it comes from, as
a whole; so a batch has few rows where strings are long. Everything after that goes by pieces of
bounded size. A file that is a stream or is compressed is copied to a temporary file first, since
Parquet is read from its end.

The pipeline's own Parquet artifacts are another matter (`artifacts/parquet.py`): they have one
schema, and checksums that are verified.
"""

from __future__ import annotations

import codecs
import contextlib
import itertools
import os
from collections.abc import Iterator
from typing import IO, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus2vec.pipeline.config import CorpusConfig
from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.corpus.documents import (
    bounded,
    column_number,
    id_text,
    in_batches,
    label_text,
    labelled,
)
from corpus2vec.pipeline.corpus.sources import Opened, Source
from corpus2vec.pipeline.corpus.spool import temporary_file
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.files.failures import spooling

STRINGS = ("string", "large_string", "string_view")


def read_parquet(opened: Opened, source: Source, config: CorpusConfig) -> Iterator[Texts]:
    """Yield the documents of a Parquet file."""
    if source.is_stream or source.compression:
        with _spooled(opened) as spool:
            yield from _texts(spool, opened, source, config)
    else:
        yield from _texts(opened.stream, opened, source, config)
        opened.raw.seek(0, os.SEEK_END)  # where it was read last says nothing of how much


@contextlib.contextmanager
def _spooled(opened: Opened) -> Iterator[IO[bytes]]:
    """Copy the decompressed bytes to a temporary file."""
    with temporary_file() as spool:
        while block := opened.stream.read(limits.BLOCK_BYTES):
            with spooling():
                spool.write(block)
        with spooling():
            spool.seek(0)
        yield spool


def _texts(
    stream: IO[bytes], opened: Opened, source: Source, config: CorpusConfig
) -> Iterator[Texts]:
    file = pq.ParquetFile(stream)
    names = file.schema_arrow.names
    wanted = {config.text_field: "--text-field"}
    if config.label_field:
        wanted[config.label_field] = "--label-field"
    if config.id_field:
        wanted[config.id_field] = "--id-field"
    for name, option in wanted.items():
        column_number(names, name, option, source)
    kind = file.schema_arrow.field(config.text_field).type
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if str(kind) not in STRINGS:
        raise DataError(f"{source.title}: the column {config.text_field} holds {kind}, not strings")
    row = 1
    for batch in _batches(file, stream, list(wanted)):
        text = _column(batch, config.text_field, source, config)
        label = _column(batch, config.label_field, source, config) if config.label_field else None
        named = _column(batch, config.id_field, source, config) if config.id_field else None
        sizes = text.lengths + sum(each.lengths for each in (label, named) if each)
        for begin, end in _within_block(sizes):
            labels = None
            if label:
                values = label.part(begin, end).to_pylist()
                labels = [
                    label_text(value, f"{source.title} row {number}")
                    for number, value in enumerate(values, start=row + begin)
                ]
            elif labelled(config):
                labels = [source.label] * (end - begin)
            ids = None
            if named:
                values = named.part(begin, end).to_pylist()
                ids = [
                    id_text(value, f"{source.title} row {number}")
                    for number, value in enumerate(values, start=row + begin)
                ]
            if text.lengths[begin:end].max() > limits.DOCUMENT_BYTES:  # a row by itself
                pieces = bounded(text.blocks(begin), opened)
                beside = labels[0] if labels else None, ids[0] if ids else None
                yield from in_batches(
                    ((piece.decode(), *beside) for piece in pieces), opened, config
                )
            else:
                yield from _short(text.part(begin, end), labels, ids, opened, config)
        row += batch.num_rows


def _short(
    texts: pa.Array,
    labels: list[str] | None,
    ids: list[str] | None,
    opened: Opened,
    config: CorpusConfig,
) -> Iterator[Texts]:
    texts = texts.fill_null("")
    if pc.max(pc.binary_length(texts)).as_py() <= limits.DOCUMENT_BYTES:
        yield Texts.of(texts, labels, ids)
    else:  # replaced bytes are longer than they were
        nothing = itertools.repeat(None)
        rows = zip(texts.to_pylist(), labels or nothing, ids or nothing, strict=False)
        yield from in_batches(rows, opened, config)


def _batches(file: pq.ParquetFile, stream: IO[bytes], names: list[str]) -> Iterator[pa.RecordBatch]:
    """Yield the rows of these columns in batches that Arrow can hold."""
    metadata, buffer = file.metadata, limits.PARQUET_BUFFER
    plain = pq.ParquetFile(stream, metadata=metadata, buffer_size=buffer)
    flat = [each for each in names if not pa.types.is_nested(file.schema_arrow.field(each).type)]
    encoded = pq.ParquetFile(stream, metadata=metadata, buffer_size=buffer, read_dictionary=flat)
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        # Of all columns together: pyarrow aborts where the metadata of a column is damaged.
        size = max(group.total_byte_size, 0)
        fitting = limits.PARQUET_BYTES * group.num_rows // max(1, size)
        rows = min(limits.PARQUET_ROWS, max(1, fitting))
        if size * (min(rows, group.num_rows) - 1) > limits.PARQUET_BYTES:
            # All rows may repeat one string. The first row comes with the whole dictionary.
            first = next(encoded.iter_batches(1, row_groups=[number], columns=names), None)
            longest = _longest_string(first) if first else 0
            rows = min(rows, max(1, limits.PARQUET_BYTES // max(1, longest)))
        yield from plain.iter_batches(rows, row_groups=[number], columns=names)


def _longest_string(batch: pa.RecordBatch) -> int:
    """Return the bytes of the longest string in the dictionaries of these columns."""
    held = [each.dictionary for each in batch.columns if pa.types.is_dictionary(each.type)]
    strings = [each.cast(pa.large_binary()) for each in held if str(each.type) in STRINGS]
    return max((pc.max(pc.binary_length(each)).as_py() or 0 for each in strings), default=0)


def _within_block(sizes: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield ranges of rows, (begin, end), of BLOCK_BYTES at most or of one row.

    A row that is too long for one document is a range by itself.
    """
    ends = np.cumsum(sizes)
    begin = 0
    while begin < len(sizes):
        before = int(ends[begin - 1]) if begin else 0
        most = before + min(limits.BLOCK_BYTES, limits.DOCUMENT_BYTES)
        end = max(begin + 1, int(np.searchsorted(ends, most, side="right")))
        yield begin, end
        begin = end


class _Strings:
    """A column of strings, or of others for a label; a string is decoded when it is asked for."""

    def __init__(self, column: pa.Array, name: str, source: Source, errors: str) -> None:
        self._title = f"{source.title}: the column {name}"
        self._errors = errors
        self._rows = None
        if pa.types.is_dictionary(column.type):
            self._rows = column.indices
            column = column.dictionary
        self._are_strings = str(column.type) in STRINGS
        self._values = column.cast(pa.large_binary()) if self._are_strings else column
        lengths = pa.nulls(len(column), pa.int64())
        if self._are_strings:
            lengths = pc.binary_length(self._values)
        lengths = lengths if self._rows is None else lengths.take(self._rows)
        self.lengths: np.ndarray = lengths.fill_null(0).to_numpy()
        """(rows,) int64, in bytes; 0 for what is no string"""

    def part(self, begin: int, end: int) -> pa.Array:
        """Return some rows; strings as large_string."""
        if self._rows is None:
            raw = self._values[begin:end]
        else:
            raw = self._values.take(self._rows[begin:end])
        if not self._are_strings:
            return raw
        try:
            return raw.cast(pa.large_string())  # checks, as Arrow's reader did not, for UTF-8
        except pa.ArrowInvalid:
            return pa.array(map(self._decode, raw.to_pylist()), pa.large_string())

    def blocks(self, row: int) -> Iterator[bytes]:
        """Yield a string's valid UTF-8, block by block, without copying all of it."""
        value = row if self._rows is None else self._rows[row].as_py()
        _, offsets, data = self._values.buffers()
        begin, end = np.frombuffer(offsets, np.int64)[self._values.offset + value :][:2].tolist()
        step = limits.BLOCK_BYTES
        blocks = (data[at : min(at + step, end)].to_pybytes() for at in range(begin, end, step))
        try:
            for text in codecs.iterdecode(blocks, "utf-8", self._errors):
                yield text.encode()
        except UnicodeDecodeError as problem:
            self._refuse(problem)

    def _decode(self, raw: bytes | None) -> str | None:
        try:
            return None if raw is None else raw.decode("utf-8", self._errors)
        except UnicodeDecodeError as problem:
            self._refuse(problem)

    def _refuse(self, problem: UnicodeDecodeError) -> NoReturn:
        bad = problem.object[problem.start]
        raise DataError(
            f"{self._title} has a string that is not UTF-8: 0x{bad:02x}",
            hint="correct the text, or use --encoding-errors replace",
        ) from problem


def _column(batch: pa.RecordBatch, name: str, source: Source, config: CorpusConfig) -> _Strings:
    return _Strings(batch.column(name), name, source, config.encoding_errors)
