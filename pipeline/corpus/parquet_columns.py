"""Columns of Parquet files: found by name, also within a struct, and read as strings or labels."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from typing import NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.corpus.fields import column_number, listed
from corpus2vec.pipeline.corpus.sources import Source
from corpus2vec.pipeline.errors import DataError

STRINGS = ("string", "large_string", "string_view")


def path_of(schema: pa.Schema, name: str, option: str, source: Source) -> tuple[str, ...]:
    """Return where a column is: its name, or those of a struct and of a field in it.

    Raise DataError if there is none.
    """
    parts = tuple(name.split("."))
    if name in schema.names or len(parts) == 1 or parts[0] not in schema.names:
        column_number(schema.names, name, option, source)
        return (name,)
    for depth in range(1, len(parts)):
        kind = type_of(schema, parts[:depth])
        within = [each.name for each in kind] if pa.types.is_struct(kind) else []
        if within.count(parts[depth]) != 1:
            above = ".".join(parts[:depth])
            raise DataError(
                f"{source.title}: the column {above} has no field {parts[depth]}",
                hint=f"it has {listed(within)}; choose one with {option} {above}."
                if within
                else f"it holds {kind}",
            )
    return parts


def type_of(schema: pa.Schema, path: Sequence[str]) -> pa.DataType:
    """Return what a column holds."""
    kind = schema.field(path[0]).type
    for name in path[1:]:
        kind = kind.field(name).type
    return kind


def require_strings(name: str, kind: pa.DataType, source: Source) -> None:
    """Raise DataError for a column of texts that does not hold strings."""
    if str(kind.value_type if pa.types.is_dictionary(kind) else kind) in STRINGS:
        return
    hint = ""
    if pa.types.is_struct(kind):
        within = [each.name for each in kind]
        hint = f"it has {listed(within)}; name one of them: --text-field {name}."
    raise DataError(f"{source.title}: the column {name} holds {kind}, not strings", hint=hint)


def leaf(batch: pa.RecordBatch, path: Sequence[str]) -> pa.Array:
    """Return the values of a column."""
    column = batch.column(path[0])
    return pc.struct_field(column, list(path[1:])) if len(path) > 1 else column


class Strings:
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

    def has(self, row: int) -> bool:
        """Return whether a row has a string, be it an empty one."""
        if self._rows is not None:
            return bool(self._rows[row].is_valid and self._values[self._rows[row].as_py()].is_valid)
        return bool(self._values[row].is_valid)

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
