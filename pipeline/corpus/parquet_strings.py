"""Strings of a Parquet file's column: in memory as Arrow reads them, or in a temporary file."""

from __future__ import annotations

import abc
import codecs
from collections.abc import Iterator, Sequence
from typing import NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.corpus.parquet_columns import STRINGS
from corpus2vec.pipeline.corpus.parquet_pages import Cell
from corpus2vec.pipeline.corpus.sources import Source
from corpus2vec.pipeline.errors import DataError


class Strings(abc.ABC):
    """Rows of a column of strings; a string is decoded when it is asked for."""

    lengths: np.ndarray
    """(rows,) int64, in bytes; 0 for what is no string"""

    def __init__(self, name: str, source: Source, errors: str) -> None:
        self._title = f"{source.title}: the column {name}"
        self._errors = errors

    @abc.abstractmethod
    def has(self, row: int) -> bool:
        """Return whether a row has a string, be it an empty one."""

    def part(self, begin: int, end: int) -> pa.Array:
        """Return some rows; strings as large_string."""
        raw = self._raw(begin, end)
        if raw.type != pa.large_binary():
            return raw
        try:
            return raw.cast(pa.large_string())  # checks, as Arrow's reader did not, for UTF-8
        except pa.ArrowInvalid:
            return pa.array(map(self._decode, raw.to_pylist()), pa.large_string())

    def blocks(self, row: int) -> Iterator[bytes]:
        """Yield a string's valid UTF-8, block by block, without copying all of it."""
        try:
            for text in codecs.iterdecode(self._raw_blocks(row), "utf-8", self._errors):
                yield text.encode()
        except UnicodeDecodeError as problem:
            self._refuse(problem)

    @abc.abstractmethod
    def _raw(self, begin: int, end: int) -> pa.Array:
        """Return some rows; unchecked strings as large_binary, other values as they are."""

    @abc.abstractmethod
    def _raw_blocks(self, row: int) -> Iterator[bytes]:
        """Yield a string's bytes, block by block."""

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


class LongStrings(Strings):
    """Rows in a temporary file."""

    def __init__(
        self, cells: Sequence[Cell | None], name: str, source: Source, errors: str
    ) -> None:
        super().__init__(name, source, errors)
        self._cells = cells
        self.lengths = np.array([each.length if each else 0 for each in cells], np.int64)

    def has(self, row: int) -> bool:
        """Return whether a row has a string, be it an empty one."""
        return self._cells[row] is not None

    def _raw(self, begin: int, end: int) -> pa.Array:
        cells = self._cells[begin:end]
        raw = [None if each is None else b"".join(each.blocks()) for each in cells]
        return pa.array(raw, pa.large_binary())

    def _raw_blocks(self, row: int) -> Iterator[bytes]:
        cell = self._cells[row]
        return cell.blocks() if cell else iter(())


class ArrowStrings(Strings):
    """Rows in memory, as Arrow reads them; also of other kinds, for a label."""

    def __init__(self, column: pa.Array, name: str, source: Source, errors: str) -> None:
        super().__init__(name, source, errors)
        self._rows = None
        if pa.types.is_dictionary(column.type):
            self._rows = column.indices
            column = column.dictionary
        are_strings = str(column.type) in STRINGS
        self._values = column.cast(pa.large_binary()) if are_strings else column
        lengths = pa.nulls(len(column), pa.int64())
        if are_strings:
            lengths = pc.binary_length(self._values)
        lengths = lengths if self._rows is None else lengths.take(self._rows)
        self.lengths = lengths.fill_null(0).to_numpy()

    def has(self, row: int) -> bool:
        """Return whether a row has a string, be it an empty one."""
        if self._rows is not None:
            return bool(self._rows[row].is_valid and self._values[self._rows[row].as_py()].is_valid)
        return bool(self._values[row].is_valid)

    def _raw(self, begin: int, end: int) -> pa.Array:
        if self._rows is None:
            return self._values[begin:end]
        return self._values.take(self._rows[begin:end])

    def _raw_blocks(self, row: int) -> Iterator[bytes]:
        value = row if self._rows is None else self._rows[row].as_py()
        _, offsets, data = self._values.buffers()
        begin, end = np.frombuffer(offsets, np.int64)[self._values.offset + value :][:2].tolist()
        step = limits.BLOCK_BYTES
        return (data[at : min(at + step, end)].to_pybytes() for at in range(begin, end, step))
