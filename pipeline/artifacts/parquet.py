"""The two Parquet artifacts, `tokens.parquet` and `ids.parquet`: their schema and their reader.

    tokens.parquet   a row a document   tokens: list<string>   label: string, if there are labels
    ids.parquet      a row a document   ids: list<int32>       label: int32, if there are labels

Both have a column `id: string` too, the last, where documents were given ids (--id-field).

Row groups are bounded in rows and in list items, so that Arrow's int32 list offsets cannot overflow
and so that memory depends on the row group, not on the corpus. Pages carry checksums, which are
verified on reading. A file with any other schema is refused by name.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus2vec.pipeline.artifacts.parts import part_files
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.files.failures import reading
from corpus2vec.pipeline.files.json_text import parse_json, require_shape

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


class RowGroupReader:
    """An artifact of `kind`, a file or a folder of parts, read a row group at a time.

    Raises DataError for a file that is not Parquet, is damaged or has another schema.
    """

    def __init__(self, path: Path, kind: str) -> None:
        self.path = path
        self._kind = kind
        self._footers = {file: self._footer(file) for file in part_files(path)}
        columns = [footer.schema.to_arrow_schema().names for footer in self._footers.values()]
        self.labelled = "label" in columns[0]
        self.identified = "id" in columns[0]
        for file, names in zip(self._footers, columns, strict=True):
            if names != columns[0]:
                raise DataError(f"{file} has other columns than the first part")

    def _footer(self, file: Path) -> pq.FileMetaData:
        """Return the footer of a file, whose schema is that of the kind."""
        with _reading(file, "is not Parquet"):
            footer = pq.read_metadata(file)
            stored = footer.schema.to_arrow_schema()
            names = stored.names
            expected = schema(self._kind, "label" in names, "id" in names)
            found = pa.schema([_plain(field) for field in stored])
        if not found.equals(expected):
            raise DataError(
                f"{file} is not a {self._kind} artifact: its columns are {', '.join(names)}",
                hint=f"expected {', '.join(f'{each.name}: {each.type}' for each in expected)}",
            )
        return footer

    @property
    def rows(self) -> int:
        """The number of documents."""
        return sum(footer.num_rows for footer in self._footers.values())

    @property
    def sizes(self) -> list[int]:
        """The number of list items in each row group; an empty list counts as one."""
        return [
            footer.row_group(number).column(0).num_values
            for footer in self._footers.values()
            for number in range(footer.num_row_groups)
        ]

    @property
    def metadata(self) -> dict[str, str]:
        """The key-value metadata of the file, or of the first part.

        Raises DataError if it is not text.
        """
        return _metadata(*next(iter(self._footers.items())))

    @functools.cached_property
    def label_names(self) -> list[str]:
        """The names of the labels of an ids artifact, by label id; empty if it has no labels.

        A part of ids has the labels up to its end, so the longest list is that of all.
        """
        lists = [_label_names(*each) for each in self._footers.items()] if self.labelled else []
        return max(lists, key=len, default=[])

    def label_names_before(self, end: int) -> pa.Array:
        """Return the labels in the row groups before `end`, by first appearance: (L,) string.

        A part of tokens has the list of its labels in its metadata, so it need not be read.
        """
        found = [pa.array([], pa.string())]
        for path, footer in self._footers.items():
            number = min(end, footer.num_row_groups)
            end -= number
            names = _label_names(path, footer) if number == footer.num_row_groups else []
            if names or not number:
                found.append(pa.array(names, pa.string()))
                continue
            with _reading(path, "is damaged"):
                file = pq.ParquetFile(path, page_checksum_verification=True)
                labels = file.read_row_groups(range(number), columns=["label"]).column(0)
            found += [each.unique() for each in labels.chunks]
        return pa.concat_arrays(found).unique()

    def row_groups(self, begin: int = 0, end: int | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows in order, one batch per row group; tokens are dictionary-encoded.

        Of some row groups only, from `begin` to before `end`, if they are given.
        """
        before = rows = 0
        for path, footer in self._footers.items():
            numbers = range(footer.num_row_groups)
            chosen = numbers[max(0, begin - before) : None if end is None else max(0, end - before)]
            before += len(numbers)
            for batch in self._row_groups(path, footer, chosen):
                rows += batch.num_rows
                yield batch
        if begin == 0 and end is None and rows != self.rows:
            raise DataError(f"{self.path} is damaged: it has {rows} rows, not {self.rows}")

    def _row_groups(
        self, path: Path, footer: pq.FileMetaData, numbers: range
    ) -> Iterator[pa.RecordBatch]:
        with _reading(path, "is not Parquet"):
            file = pq.ParquetFile(
                path,
                metadata=footer,
                read_dictionary=["tokens.list.element"] if self._kind == "tokens" else None,
                page_checksum_verification=True,
            )
        for number in numbers:
            with _reading(path, "is damaged"):
                table = file.read_row_group(number).combine_chunks()
                table.validate(full=True)
            if not table.num_rows:
                continue
            batch = table.to_batches()[0]
            if any(column.null_count for column in (*batch.columns, batch.column(0).flatten())):
                raise DataError(f"{path}: row group {number} has a null, which is not allowed")
            # Checksums cover pages but not their headers; the footer has the same numbers. They
            # are asked for only now: pyarrow aborts the process where the metadata of a column is
            # damaged, and whatever is damaged there has let the reading above fail.
            lengths = pc.list_value_length(batch.column(0)).to_numpy()
            said = footer.row_group(number).column(0).num_values
            if np.maximum(lengths, 1).sum() != said:  # an empty list counts as one value
                raise DataError(f"{path} is damaged: row group {number} has the wrong size")
            if self._kind == "ids":
                self._require_ids(path, batch)
            yield batch

    def _require_ids(self, path: Path, batch: pa.RecordBatch) -> None:
        """Raise DataError for an id that is negative, and for a label's that has no name."""
        labels = [batch.column("label")] if self.labelled else []
        if any((pc.min(each).as_py() or 0) < 0 for each in (batch.column(0).flatten(), *labels)):
            raise DataError(f"{path} has a negative id")
        if self.label_names and pc.max(labels[0]).as_py() >= len(self.label_names):
            raise DataError(f"{path} has a label without a name")


def _metadata(path: Path, footer: pq.FileMetaData) -> dict[str, str]:
    with reading(path, "is damaged: its metadata"):
        return {key.decode(): value.decode() for key, value in (footer.metadata or {}).items()}


def _label_names(path: Path, footer: pq.FileMetaData) -> list[str]:
    """Return the list of labels in a file's metadata; nothing if there is none."""
    name = f"{path}: its list of labels"
    names: list[str] = parse_json(_metadata(path, footer).get("labels", "[]"), name)
    require_shape(names, [str], name)
    return names


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
        names: list[str] = pq.read_schema(part_files(path)[0]).names
    return names


def _plain(field: pa.Field) -> pa.Field:
    """Return the field as `schema` writes it: the name of a list's items does not matter."""
    kind = field.type
    return pa.field(field.name, pa.list_(kind.value_type) if pa.types.is_list(kind) else kind)
