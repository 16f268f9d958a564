"""Parquet files of any origin as corpora: a row a document, its text and its label in columns.

Arrow reads rows in batches, and holds each string of a batch, and the page that it comes from, as
a whole; so a batch has few rows where strings are long, and very long pages are read otherwise
(`parquet_pages.py`). Everything after that goes by pieces of bounded size. A file that is a stream
or is compressed is copied to a temporary file first, since Parquet is read from its end.

The pipeline's own Parquet artifacts are another matter (`artifacts/parquet.py`): they have one
schema, and checksums that are verified.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus2vec.pipeline.config import CorpusConfig
from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.corpus.documents import bounded, in_batches, labelled
from corpus2vec.pipeline.corpus.fields import (
    JOINT,
    MissingFieldError,
    id_text,
    label_text,
    skipped,
    text_fields,
)
from corpus2vec.pipeline.corpus.parquet_columns import (
    STRINGS,
    Path,
    holds_strings,
    leaf,
    path_of,
    require_strings,
    type_of,
)
from corpus2vec.pipeline.corpus.parquet_layout import Layout
from corpus2vec.pipeline.corpus.parquet_pages import Cell, LongColumn
from corpus2vec.pipeline.corpus.parquet_strings import ArrowStrings, LongStrings, Strings
from corpus2vec.pipeline.corpus.sources import Opened, Source
from corpus2vec.pipeline.corpus.spool import temporary_file
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.files.failures import spooling


def read_parquet(opened: Opened, source: Source, config: CorpusConfig) -> Iterator[Texts]:
    """Yield the documents of a Parquet file."""
    if source.is_stream or opened.stream is not opened.raw:
        with _spooled(opened) as spool:
            yield from _texts(spool, opened, source, config)
    else:
        for texts in _texts(opened.stream, opened, source, config):
            if (
                source.row_groups
            ):  # of which no digest of bytes is taken: they are read here and there
                texts.feed(source.digest)
            yield texts
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
    schema = file.schema_arrow
    names = text_fields(config, schema.names)
    columns = {name: path_of(schema, name, "--text-field", source) for name in names}
    for name in names:
        require_strings(name, type_of(schema, columns[name]), source)
    beside = {config.label_field: "--label-field", config.id_field: "--id-field"}
    for other, option in beside.items():
        if other:
            columns[other] = path_of(schema, other, option, source)
    groups = range(file.num_row_groups)
    if span := source.row_groups:
        groups = groups[span.begin : span.end]
    row = 1 + sum(file.metadata.row_group(number).num_rows for number in range(groups.start))
    for batch in _batches(file, stream, groups, list(dict.fromkeys(columns.values()))):
        held = {
            name: _strings(batch.columns[path], name, source, config.encoding_errors)
            for name, path in columns.items()
        }
        texts = [held[name] for name in names]
        text_sizes = np.sum([each.lengths for each in texts], axis=0)
        for begin, end in _within_block(np.sum([each.lengths for each in held.values()], axis=0)):
            kept, labels, ids = _beside(held, begin, end, row, opened, source, config)
            if not kept:
                continue
            if text_sizes[begin:end].max() > limits.DOCUMENT_BYTES:  # a row by itself
                pieces = bounded(_joined_blocks(texts, begin), opened)
                rest = labels[0] if labels else None, ids[0] if ids else None
                yield from in_batches(((piece.decode(), *rest) for piece in pieces), opened, config)
            else:
                whole = functools.reduce(_joined, [each.part(begin, end) for each in texts])
                if len(kept) < end - begin:
                    whole = whole.take(pa.array(kept))
                yield from _short(whole, labels, ids, opened, config)
        row += batch.num_rows


def _strings(
    column: pa.Array | Sequence[Cell | None], name: str, source: Source, errors: str
) -> Strings:
    if isinstance(column, pa.Array):
        return ArrowStrings(column, name, source, errors)
    return LongStrings(column, name, source, errors)


def _beside(
    held: Mapping[str, Strings],
    begin: int,
    end: int,
    row: int,
    opened: Opened,
    source: Source,
    config: CorpusConfig,
) -> tuple[Sequence[int], list[str] | None, list[str] | None]:
    """Return which rows stay, counted from `begin`, their labels and their ids."""
    labels, ids = [source.label] * (end - begin), None
    if not (config.label_field or config.id_field):
        return range(end - begin), labels if labelled(config) else None, ids
    nothing = itertools.repeat(None)
    labels_given = (
        held[config.label_field].part(begin, end).to_pylist() if config.label_field else nothing
    )
    ids_given = held[config.id_field].part(begin, end).to_pylist() if config.id_field else nothing
    kept, labels, ids = [], [], []
    for place, label, own_id in zip(range(end - begin), labels_given, ids_given, strict=False):
        where = f"{source.title} row {row + begin + place}"
        try:
            if config.label_field:
                label = label_text(label, where)
            if config.id_field:
                own_id = id_text(own_id, where)
        except MissingFieldError as problem:
            skipped(problem, opened, config)
            continue
        kept.append(place)
        labels.append(label if config.label_field else source.label)
        ids.append(own_id)
    return kept, labels if labelled(config) else None, ids if config.id_field else None


def _joined(one: pa.Array, other: pa.Array) -> pa.Array:
    """Return the texts of two columns, joined where neither is null."""
    both = pc.binary_join_element_wise(one, other, pa.scalar(JOINT, pa.large_string()))
    return pc.coalesce(both, one, other)


def _joined_blocks(texts: Sequence[Strings], row: int) -> Iterator[bytes]:
    there = [each for each in texts if each.has(row)]
    for number, each in enumerate(there):
        if number:
            yield JOINT.encode()
        yield from each.blocks(row)


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


# --- batches ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Batch:
    """Rows of some columns: arrays of Arrow, or cells where strings are long."""

    num_rows: int
    columns: Mapping[Path, pa.Array | Sequence[Cell | None]]


def _batches(
    file: pq.ParquetFile, stream: IO[bytes], groups: Sequence[int], paths: Sequence[Path]
) -> Iterator[Batch]:
    """Yield these columns of these row groups in batches that memory can hold."""
    metadata, buffer, schema = file.metadata, limits.PARQUET_BUFFER, file.schema_arrow
    plain = pq.ParquetFile(stream, metadata=metadata, buffer_size=buffer)
    flat = [".".join(path) for path in paths if not pa.types.is_nested(type_of(schema, path))]
    encoded = pq.ParquetFile(stream, metadata=metadata, buffer_size=buffer, read_dictionary=flat)
    layout = Layout(stream, file.schema)
    for number in groups:
        group = metadata.row_group(number)
        # Of all columns together: pyarrow aborts where the metadata of a column is damaged.
        size = max(group.total_byte_size, 0)
        fitting = limits.PARQUET_BYTES * group.num_rows // max(1, size)
        rows = min(limits.PARQUET_ROWS, max(1, fitting))
        with contextlib.ExitStack() as stack:
            long = {
                path: stack.enter_context(LongColumn(stream, chunk))
                for path in paths
                if holds_strings(type_of(schema, path)) and (chunk := layout.long(number, path))
            }
            others = [path for path in paths if path not in long]
            names = [".".join(path) for path in others]
            if others and size * (min(rows, group.num_rows) - 1) > limits.PARQUET_BYTES:
                # All rows may repeat one string. The first row comes with the whole dictionary.
                first = next(encoded.iter_batches(1, row_groups=[number], columns=names), None)
                longest = _longest_string([leaf(first, path) for path in others]) if first else 0
                rows = min(rows, max(1, limits.PARQUET_BYTES // max(1, longest)))
            if others:
                for batch in plain.iter_batches(rows, row_groups=[number], columns=names):
                    columns = {path: leaf(batch, path) for path in others}
                    taken = {path: each.take(batch.num_rows) for path, each in long.items()}
                    yield Batch(batch.num_rows, {**columns, **taken})
                continue
            for begin in range(0, group.num_rows, rows):
                count = min(rows, group.num_rows - begin)
                yield Batch(count, {path: each.take(count) for path, each in long.items()})


def _longest_string(columns: Sequence[pa.Array]) -> int:
    """Return the bytes of the longest string in the dictionaries of these columns."""
    held = [each.dictionary for each in columns if pa.types.is_dictionary(each.type)]
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
