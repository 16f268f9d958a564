"""Thrift's compact protocol, as far as it takes to find pages in a Parquet file.

A struct becomes a dictionary by field number, a list a list. Only what is wanted is kept, so a
footer of any size takes little memory. `wanted` has the numbers of the fields, each with what is
wanted within it: `{1: {}, 4: {3: {}}}` is field 1, and field 3 of each struct in the list 4.

Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

Wanted = Mapping[int, "Wanted"]
DEEPEST = 16
LONGEST = 1 << 10
"""Longer strings, such as the least and the greatest value of a page, are read as empty ones."""
AHEAD = 1 << 12
(TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT) = range(1, 13)


class Compact:
    """Reads structs from a file, from a place on. Raises OSError where it is damaged."""

    def __init__(self, stream: IO[bytes], at: int, end: int) -> None:
        self._stream, self._end = stream, end
        self._held, self._place, self._from = b"", 0, at

    @property
    def at(self) -> int:
        """Where the next byte is."""
        return self._from + self._place

    def struct(self, wanted: Wanted, depth: int = 0) -> dict[int, Any]:
        """Read a struct."""
        if depth > DEEPEST:
            raise OSError("its metadata is nested too deeply")
        found: dict[int, Any] = {}
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._integer()
            kind = head & 15
            inner = wanted.get(number)
            value = kind == TRUE if kind <= FALSE else self._value(kind, inner or {}, depth + 1)
            if inner is not None:
                found[number] = value
        return found

    def _value(self, kind: int, wanted: Wanted, depth: int) -> Any:
        if kind in (I16, I32, I64):
            return self._integer()
        if kind == STRUCT:
            return self.struct(wanted, depth)
        if kind in (LIST, SET):
            return self._list(wanted, depth)
        if kind == BINARY:
            return self._bytes(self._unsigned())
        if kind in (TRUE, FALSE, BYTE):
            return self._byte()
        if kind == DOUBLE:
            return self._bytes(8)
        raise OSError(f"its metadata has a value of the kind {kind}")

    def _list(self, wanted: Wanted, depth: int) -> list[Any]:
        head = self._byte()
        count = head >> 4
        if count == 15:
            count = self._unsigned()
        kept = []
        for _ in range(count):
            value = self._value(head & 15, wanted, depth + 1)
            if wanted or isinstance(value, bytes):
                kept.append(value)
        return kept

    def _integer(self) -> int:
        value = self._unsigned()
        return value >> 1 ^ -(value & 1)

    def _unsigned(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
            if shift > 63:
                raise OSError("its metadata has a number of too many bytes")

    def _byte(self) -> int:
        if self._place == len(self._held):
            self._move(self.at)
        byte = self._held[self._place]
        self._place += 1
        return byte

    def _bytes(self, count: int) -> bytes:
        if count > LONGEST:
            self._move(self.at + count)
            return b""
        return bytes(self._byte() for _ in range(count))

    def _move(self, at: int) -> None:
        if at < self._end:
            self._stream.seek(at)
            self._held = self._stream.read(min(AHEAD, self._end - at))
        if at >= self._end or not self._held:
            raise OSError("its metadata is cut off")
        self._from, self._place = at, 0
