"""A span: a part of a file that is read as if it were the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


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
