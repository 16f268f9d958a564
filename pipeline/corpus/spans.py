"""A span: a part of a file that is read as if it were the whole, and what its digest is."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import IO, Any, Literal


@dataclass(frozen=True)
class Span:
    """The bytes of a file, or the row groups of a Parquet file, from `begin` to before `end`.

    >>> str(Span("bytes", 512, 1024, of=4096, size=512))
    '512-1024/4096'
    """

    unit: Literal["bytes", "row groups"]
    begin: int
    end: int
    of: int
    """How many the whole file has."""
    size: int
    """About how many bytes it has. The sizes of a file's spans add up to the file's."""

    def __str__(self) -> str:
        return f"{self.begin}-{self.end}/{self.of}"


class SpanStream(io.RawIOBase):
    """The bytes of a span. Every byte that is read from it is also fed to a digest."""

    def __init__(self, file: IO[bytes], span: Span, digest: Any) -> None:
        self._file = file
        self._left = span.end - span.begin
        self._size = self._left
        self._digest = digest
        file.seek(span.begin)

    def readable(self) -> bool:
        """Return true."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer`, or less of it at the end of the span; return the number of bytes."""
        piece = self._file.read(min(len(buffer), self._left))
        buffer[: len(piece)] = piece
        self._digest.update(piece)
        self._left -= len(piece)
        return len(piece)

    def tell(self) -> int:
        """Return the number of bytes read so far."""
        return self._size - self._left
