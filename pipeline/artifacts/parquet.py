"""The two Parquet artifacts, `tokens.parquet` and `ids.parquet`: writer and reader.

    tokens.parquet   a row a document   tokens: list<string>   label: string, if there are labels
    ids.parquet      a row a document   ids: list<int32>       label: int32, if there are labels

Both have a column `id: string` too, the last, where documents were given ids (--id-field).

Row groups are bounded in rows and in list items, so that Arrow's int32 list offsets cannot overflow
and so that memory depends on the row group, not on the corpus. Pages carry checksums, which are
verified on reading. A file with any other schema is refused by name.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.files.failures import reading
from corpus2vec.pipeline.files.json_text import parse_json, require_shape

ROW_GROUP_ITEMS = 1 << 20
ROW_GROUP_ROWS = 1 << 19

ITEMS = {"tokens": pa.string(), "ids": pa.int32()}
LABELS = {"tokens": pa.string(), "ids": pa.int32()}


def schema(kind: str, labelled: bool, identified: bool = False) -> pa.Schema:
    """Return the schema of an artifact of `kind`, tokens or ids."""
    fields = [pa.field(kind, pa.list_(ITEMS[kind]))]
    if labelled:
        fields.append(pa.field("label", LABELS[kind]))
    if identified:
        fields.append(pa.field("id", pa.string()))
    return pa.schema(fields)


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


class RowGroupReader:
    """An artifact of `kind`, read a row group at a time.

    Raises DataError for a file that is not Parquet, is damaged or has another schema.
    """

    def __init__(self, path: Path, kind: str) -> None:
        self.path = path
        self._kind = kind
        with _reading(path, "is not Parquet"):
            stored = pq.ParquetFile(path)
            names = stored.schema_arrow.names
            self.labelled = "label" in names
            self.identified = "id" in names
            expected = schema(kind, self.labelled, self.identified)
            found = pa.schema([_plain(field) for field in stored.schema_arrow])
        if not found.equals(expected):
            raise DataError(
                f"{path} is not a {kind} artifact: its columns are {', '.join(names)}",
                hint=f"expected {', '.join(f'{each.name}: {each.type}' for each in expected)}",
            )
        with _reading(path, "is not Parquet"):
            self._file = pq.ParquetFile(
                path,
                metadata=stored.metadata,
                read_dictionary=["tokens.list.element"] if kind == "tokens" else None,
                page_checksum_verification=True,
            )

    @property
    def rows(self) -> int:
        """The number of documents in the file."""
        return int(self._file.metadata.num_rows)

    @property
    def most_items(self) -> int:
        """The number of list items in the file; an empty list counts as one."""
        stored = self._file.metadata
        return sum(stored.row_group(n).column(0).num_values for n in range(stored.num_row_groups))

    @property
    def metadata(self) -> dict[str, str]:
        """The file's key-value metadata. Raises DataError if it is not text."""
        stored = self._file.metadata.metadata or {}
        with reading(self.path, "is damaged: its metadata"):
            return {key.decode(): value.decode() for key, value in stored.items()}

    @functools.cached_property
    def label_names(self) -> list[str]:
        """The names of the labels of an ids artifact, by label id; empty if it has no labels."""
        if not self.labelled:
            return []
        name = f"{self.path}: its list of labels"
        names: list[str] = parse_json(self.metadata.get("labels", "[]"), name)
        require_shape(names, [str], name)
        return names

    def row_groups(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows in order, one batch per row group; tokens are dictionary-encoded."""
        rows = 0
        for number in range(self._file.num_row_groups):
            with _reading(self.path, "is damaged"):
                table = self._file.read_row_group(number).combine_chunks()
                table.validate(full=True)
            if not table.num_rows:
                continue
            batch = table.to_batches()[0]
            if any(column.null_count for column in (*batch.columns, batch.column(0).flatten())):
                raise DataError(f"{self.path}: row group {number} has a null, which is not allowed")
            # Checksums cover pages but not their headers; the footer has the same numbers. They
            # are asked for only now: pyarrow aborts the process where the metadata of a column is
            # damaged, and whatever is damaged there has let the reading above fail.
            lengths = pc.list_value_length(batch.column(0)).to_numpy()
            said = self._file.metadata.row_group(number).column(0).num_values
            if np.maximum(lengths, 1).sum() != said:  # an empty list counts as one value
                raise DataError(f"{self.path} is damaged: row group {number} has the wrong size")
            if self._kind == "ids":
                self._require_ids(batch)
            rows += batch.num_rows
            yield batch
        if rows != self.rows:
            raise DataError(f"{self.path} is damaged: it has {rows} rows, not {self.rows}")

    def _require_ids(self, batch: pa.RecordBatch) -> None:
        """Raise DataError for an id that is negative, and for a label's that has no name."""
        labels = [batch.column("label")] if self.labelled else []
        if any((pc.min(each).as_py() or 0) < 0 for each in (batch.column(0).flatten(), *labels)):
            raise DataError(f"{self.path} has a negative id")
        if self.label_names and pc.max(labels[0]).as_py() >= len(self.label_names):
            raise DataError(f"{self.path} has a label without a name")


def _reading(path: Path, verdict: str) -> AbstractContextManager[None]:
    """Report what Arrow cannot read; of a field that it does not find, it raises a KeyError."""
    return reading(path, verdict, also=(KeyError,))


def documents(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the documents of either artifact as Python values: `{'ids': [0, 1, 2, 3, 4]}`.

    A label is given by its name, not by its id.
    """
    kind = "ids" if "ids" in _names(path) else "tokens"
    reader = RowGroupReader(path, kind)
    names = reader.label_names if kind == "ids" else []
    for batch in reader.row_groups():
        for number in range(batch.num_rows):
            row: dict[str, Any] = batch.slice(number, 1).to_pylist()[0]
            if "label" in row and names:
                row["label"] = names[row["label"]]
            yield row


def _names(path: Path) -> list[str]:
    with _reading(path, "is not Parquet"):
        names: list[str] = pq.read_schema(path).names
    return names


def _plain(field: pa.Field) -> pa.Field:
    """Return the field as `schema` writes it: the name of a list's items does not matter."""
    kind = field.type
    return pa.field(field.name, pa.list_(kind.value_type) if pa.types.is_list(kind) else kind)
