"""The two Parquet artifacts, `tokens.parquet` and `ids.parquet`: written and read back.

    tokens.parquet   a row a document   tokens: list<string>   label: string, if there are labels
    ids.parquet      a row a document   ids: list<int32>       label: int32, if there are labels

Row groups are bounded, in rows and in list items, so that Arrow's int32 list offsets cannot
overflow and so that memory is set by the row group, not by the corpus. Pages carry checksums,
which are verified when they are read. A file with any other schema is refused by name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import DataError

ROW_GROUP_ITEMS = 1 << 20
ROW_GROUP_ROWS = 1 << 17

ITEMS = {"tokens": pa.string(), "ids": pa.int32()}
LABELS = {"tokens": pa.string(), "ids": pa.int32()}


def schema(kind: str, labelled: bool) -> pa.Schema:
    """The schema of an artifact of `kind`, tokens or ids."""
    fields = [pa.field(kind, pa.list_(ITEMS[kind]))]
    if labelled:
        fields.append(pa.field("label", LABELS[kind]))
    return pa.schema(fields)


class RowGroupWriter:
    """Gathers record batches and writes them as bounded row groups."""

    def __init__(self, path: Path, kind: str, labelled: bool) -> None:
        self.schema = schema(kind, labelled)
        self.rows = 0
        self.items = 0
        """List items written: tokens or ids."""
        self._pending: list[pa.RecordBatch] = []
        self._pending_items = 0
        self._pending_rows = 0
        self._writer = pq.ParquetWriter(
            path,
            self.schema,
            compression="zstd",
            write_page_checksum=True,
            # A row group's dictionary is never given up half-way: vocabulary building reads it.
            use_dictionary=kind == "tokens",
            dictionary_pagesize_limit=1 << 30,
            write_statistics=False,
        )

    def write(self, batch: pa.RecordBatch) -> None:
        """Add the rows of `batch`, whose columns are those of the schema."""
        items = len(batch.column(0).flatten())
        if self._pending_items + items > ROW_GROUP_ITEMS or self._pending_rows > ROW_GROUP_ROWS:
            self._flush()
        self._pending.append(batch)
        self._pending_items += items
        self._pending_rows += batch.num_rows
        self.rows += batch.num_rows
        self.items += items

    def _flush(self) -> None:
        if self._pending:
            table = pa.Table.from_batches(self._pending).unify_dictionaries().cast(self.schema)
            self._writer.write_table(table, row_group_size=max(1, table.num_rows))
        self._pending = []
        self._pending_items = self._pending_rows = 0

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


class RowGroupReader:
    """An artifact of `kind`, read a row group at a time.

    Raises DataError for a file that is not Parquet or has another schema.
    """

    def __init__(self, path: Path, kind: str) -> None:
        self.path = path
        try:
            self._file = pq.ParquetFile(
                path,
                read_dictionary=["tokens.list.element"] if kind == "tokens" else None,
                page_checksum_verification=True,
            )
        except pa.ArrowException as problem:
            raise DataError(f"{path} is not Parquet: {problem}") from problem
        names = self._file.schema_arrow.names
        self.labelled = "label" in names
        expected = schema(kind, self.labelled)
        found = pa.schema([_plain(field) for field in self._file.schema_arrow])
        if not found.equals(expected):
            raise DataError(
                f"{path} is no {kind} artifact: it has the columns {', '.join(names)}",
                hint=f"expected {', '.join(f'{each.name}: {each.type}' for each in expected)}",
            )

    @property
    def rows(self) -> int:
        """Documents in the file."""
        return int(self._file.metadata.num_rows)

    @property
    def metadata(self) -> dict[str, str]:
        """The file's key-value metadata."""
        stored = self._file.metadata.metadata or {}
        return {key.decode(): value.decode() for key, value in stored.items()}

    def row_groups(self) -> Iterator[pa.RecordBatch]:
        """The rows in order, a row group a batch; tokens come dictionary-encoded."""
        for number in range(self._file.num_row_groups):
            try:
                table = self._file.read_row_group(number)
            except (OSError, pa.ArrowException) as problem:
                raise DataError(f"{self.path} is damaged: {problem}") from problem
            yield from table.combine_chunks().to_batches()


def documents(path: Path) -> Iterator[dict[str, Any]]:
    """The documents of either artifact, as Python values; labels by name.

    >>> next(documents(Path("build/ids.parquet")))          # doctest: +SKIP
    {'ids': [0, 1, 2, 3, 4]}
    """
    kind = "ids" if "ids" in _names(path) else "tokens"
    reader = RowGroupReader(path, kind)
    names = json.loads(reader.metadata.get("labels", "[]"))
    for batch in reader.row_groups():
        for number in range(batch.num_rows):
            row: dict[str, Any] = batch.slice(number, 1).to_pylist()[0]
            if "label" in row and names:
                row["label"] = names[row["label"]]
            yield row


def _names(path: Path) -> list[str]:
    try:
        names: list[str] = pq.read_schema(path).names
    except (pa.ArrowException, OSError) as problem:
        raise DataError(f"{path} is not Parquet: {problem}") from problem
    return names


def _plain(field: pa.Field) -> pa.Field:
    """The field as `schema` spells it: dictionary encoding is no part of the layout."""
    kind = field.type
    if pa.types.is_list(kind) and pa.types.is_dictionary(kind.value_type):
        kind = pa.list_(kind.value_type.value_type)
    elif pa.types.is_list(kind):
        kind = pa.list_(kind.value_type)
    return pa.field(field.name, kind)
