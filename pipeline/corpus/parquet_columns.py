"""Columns of Parquet files: found by name, also within a struct, and what they hold."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.corpus.fields import column_number, listed
from corpus2vec.pipeline.corpus.sources import Source
from corpus2vec.pipeline.errors import DataError

STRINGS = ("string", "large_string", "string_view")
Path = tuple[str, ...]
"""Where a column is: its name, or those of a struct and of a field in it."""


def path_of(schema: pa.Schema, name: str, option: str, source: Source) -> Path:
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


def holds_strings(kind: pa.DataType) -> bool:
    """Return whether a column of this kind has strings, be they in a dictionary."""
    return str(kind.value_type if pa.types.is_dictionary(kind) else kind) in STRINGS


def require_strings(name: str, kind: pa.DataType, source: Source) -> None:
    """Raise DataError for a column of texts that does not hold strings."""
    if holds_strings(kind):
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
