"""Compressed files as streams of bytes; several members or frames in a row are one stream."""

from __future__ import annotations

import bz2
import contextlib
import io
import lzma
from collections.abc import Callable, Iterator
from typing import IO, Any

import pyarrow as pa

COMPRESSIONS = {".gz": "gzip", ".bz2": "bz2", ".xz": "xz", ".zst": "zstd"}
DECODERS: dict[str, Callable[[], Any]] = {"bz2": bz2.BZ2Decompressor, "xz": lzma.LZMADecompressor}
TRUNCATED = "Truncated compressed stream"  # as Arrow says it


class MemberStream(io.RawIOBase):
    """The bytes of .xz and .bz2 files, which may be several such files one behind the other.

    Arrow cannot read an empty .bz2 member; Python's own file objects take a member whose start is
    damaged for the end, and pass over the rest.
    """

    def __init__(self, raw: IO[bytes], compression: str) -> None:
        self._raw = raw
        self._new_decoder = DECODERS[compression]
        self._decoder = self._new_decoder()

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` as far as what is at hand goes."""
        piece = b""
        while not piece:
            given = b""
            if self._decoder.eof:
                given = self._next_member()
                if not given:
                    return 0
                self._decoder = self._new_decoder()
            elif self._decoder.needs_input:
                given = self._raw.read(1 << 16)
                if not given:
                    raise EOFError(TRUNCATED)
            piece = self._decoder.decompress(given, len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def _next_member(self) -> bytes:
        """Where the next member begins, behind the zeros that may stand between two."""
        given: bytes = self._decoder.unused_data.lstrip(b"\0")
        while not given:
            block = self._raw.read(1 << 16)
            if not block:
                return b""
            given = block.lstrip(b"\0")
        return given


@contextlib.contextmanager
def decompressed(raw: IO[bytes], compression: str) -> Iterator[IO[bytes]]:
    """`raw` seen through its compression; several members or frames in a row are one stream."""
    if compression in DECODERS:
        yield io.BufferedReader(MemberStream(raw, compression), 1 << 20)
    elif compression:
        with pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), compression) as stream:
            yield stream
            if not raw.tell():  # Arrow finds no fault with an empty file
                raise EOFError(TRUNCATED)
    else:
        yield raw
