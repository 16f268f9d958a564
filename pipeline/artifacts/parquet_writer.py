"""The writer of the two Parquet artifacts, whose layout is in `parquet`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus2vec.pipeline.artifacts.parquet import schema

ROW_GROUP_ITEMS = 1 << 20
ROW_GROUP_ROWS = 1 << 19


class RowGroupWriter:
    """Gathers record batches, and writes them as bounded row groups."""

    def __init__(self, path: Path, kind: str, labelled: bool, identified: bool = False) -> None:
        self._kind = kind
        self.schema = schema(kind, labelled, identified)
        self.rows = 0
        self.items = 0
        """How many list items were written: tokens or ids."""
        self._pending: list[pa.RecordBatch] = []
        self._pending_items = 0
        self._pending_rows = 0
        self._writer = pq.ParquetWriter(
            path,
            _in_memory(self.schema),
            store_schema=False,  # it would record that a column was dictionary-encoded in memory
            compression="zstd",
            write_page_checksum=True,
            # Vocabulary building reads the dictionary, so a row group never gives it up half-way.
            # Ids of documents repeat themselves too rarely for one.
            use_dictionary=["tokens.list.element", "label"] if kind == "tokens" else False,
            dictionary_pagesize_limit=1 << 30,
            write_statistics=False,
        )

    def write(self, batch: pa.RecordBatch) -> None:
        """Add the rows of `batch`, which has the columns of the schema.

        A row group takes the rows that fit; a single row that is longer than the bound is a row
        group by itself. Row groups of ids do not depend on how the rows came in batches. A batch of
        tokens that fills at least half a row group becomes one by itself, since joining the
        dictionaries of two batches takes longer than writing them.
        """
        lengths = pc.list_value_length(batch.column(0)).to_numpy(zero_copy_only=False)
        ends = np.cumsum(lengths)
        items = int(ends[-1]) if len(ends) else 0
        self.rows += len(ends)
        self.items += items
        fits = items <= ROW_GROUP_ITEMS and len(ends) <= ROW_GROUP_ROWS
        if self._kind == "tokens" and fits and 2 * items >= ROW_GROUP_ITEMS:
            self._flush()
            self._write(pa.Table.from_batches([batch]))
        else:
            self._divide(batch, ends)

    def _divide(self, batch: pa.RecordBatch, ends: np.ndarray) -> None:
        """Gather the rows that fit, and write what is full; `ends` is the cumulated item counts."""
        begin = 0
        while begin < len(ends):
            before = int(ends[begin - 1]) if begin else 0
            room = before + ROW_GROUP_ITEMS - self._pending_items
            end = int(np.searchsorted(ends, room, side="right"))
            end = min(end, begin + ROW_GROUP_ROWS - self._pending_rows)
            if not self._pending:
                end = max(end, begin + 1)
            if end > begin:
                self._pending.append(batch.slice(begin, end - begin))
                self._pending_items += int(ends[end - 1]) - before
                self._pending_rows += end - begin
                begin = end
            else:
                self._flush()

    def _flush(self) -> None:
        if self._pending:
            # In one chunk, since a page ends where a chunk of the table ends.
            table = pa.Table.from_batches(self._pending).unify_dictionaries().combine_chunks()
            if self._kind == "tokens":
                table = table.set_column(0, table.schema.names[0], _tidied(table.column(0)))
            self._write(table)
        self._pending = []
        self._pending_items = self._pending_rows = 0

    def _write(self, table: pa.Table) -> None:
        self._writer.write_table(table.cast(self._writer.schema), row_group_size=table.num_rows)

    def add_metadata(self, metadata: Mapping[str, str]) -> None:
        """Add to the file's key-value metadata."""
        self._writer.add_key_value_metadata(dict(metadata))

    def __enter__(self) -> RowGroupWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._flush()
        finally:
            self._writer.close()


def _in_memory(schema: pa.Schema) -> pa.Schema:
    """Return the schema with lists of strings dictionary-encoded, as they are in memory."""
    encoded = pa.list_(pa.dictionary(pa.int32(), pa.string()))
    return pa.schema(
        field.with_type(encoded) if field.type == pa.list_(pa.string()) else field
        for field in schema
    )


def _tidied(column: pa.ChunkedArray) -> pa.ListArray:
    """Return the lists with a dictionary of just what occurs in them, by first appearance.

    So the bytes written do not depend on how the rows came in batches.
    """
    lists = column.chunk(0)
    values = lists.flatten()
    if not pa.types.is_dictionary(values.type):
        values = values.dictionary_encode()
    encoded = values.indices.dictionary_encode()
    dictionary = values.dictionary.take(encoded.dictionary)
    tidy = pa.DictionaryArray.from_arrays(encoded.indices, dictionary)
    offsets = pc.subtract(lists.offsets, lists.offsets[0])
    return pa.ListArray.from_arrays(offsets, tidy)
