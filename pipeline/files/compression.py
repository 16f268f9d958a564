"""Decompress files as streams of bytes.

Several members or frames in a row, as `cat a.gz b.gz` makes them, are one stream. A file that is
cut off or damaged raises an error: an OSError without errno, or one that `failures.reading` knows.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
from collections.abc import Callable, Iterator
from typing import IO, Any, cast

import pyarrow as pa

COMPRESSIONS = {".gz": "gzip", ".bz2": "bz2", ".xz": "xz", ".zst": "zstd"}
HEADS = {
    "gzip": (b"\x1f\x8b\x08",),
    "bz2": tuple(
        b"BZh%d" % level + rest
        for level in range(1, 10)
        for rest in (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")
    ),
    "xz": (b"\xfd7zXZ\0",),
    "zstd": (b"\x28\xb5\x2f\xfd",),
}
"""How each begins; a .bz2 file with its first block, or with the end of an empty one."""
HEAD_BYTES = 10
DECODERS: dict[str, Callable[[], Any]] = {"bz2": bz2.BZ2Decompressor, "xz": lzma.LZMADecompressor}
TRUNCATED = "Truncated compressed stream"  # as Arrow says it


class MemberStream(io.RawIOBase):
    """The decompressed bytes of an .xz or .bz2 file, which may be several such files concatenated.

    Arrow cannot read an empty .bz2 member. Python's own file objects take a member with a damaged
    start for the end of the file, and silently drop the rest.
    """

    def __init__(self, raw: IO[bytes], compression: str) -> None:
        self._raw = raw
        self._new_decoder = DECODERS[compression]
        self._decoder = self._new_decoder()

    def readable(self) -> bool:
        """Return true."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Put the next bytes into `buffer`; return how many, 0 at the end."""
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
        """Return the first bytes of the next member, after the zeros that may separate two."""
        given: bytes = self._decoder.unused_data.lstrip(b"\0")
        while not given:
            block = self._raw.read(1 << 16)
            if not block:
                return b""
            given = block.lstrip(b"\0")
        return given


def compression_of(head: bytes) -> str:
    """Return how a file that begins with these bytes is compressed, or "".

    >>> compression_of(bz2.compress(b"Hope")), compression_of(b"BZh is a name")
    ('bz2', '')
    """
    return next((name for name, heads in HEADS.items() if head.startswith(heads)), "")


@contextlib.contextmanager
def compressed(sink: IO[bytes], compression: str) -> Iterator[IO[bytes]]:
    """Give a stream whose bytes go to `sink` compressed by gzip or zstd; without either, `sink`.

    The same bytes give the same bytes: no name and no time is written down.
    """
    if compression == "gzip":
        with gzip.GzipFile("", "wb", 6, sink, mtime=0) as stream:
            yield cast("IO[bytes]", stream)
    elif compression:
        with pa.CompressedOutputStream(pa.PythonFile(sink, mode="w"), compression) as stream:
            yield stream
    else:
        yield sink


@contextlib.contextmanager
def decompressed(raw: IO[bytes], compression: str) -> Iterator[IO[bytes]]:
    """Give the decompressed bytes of `raw`; without a compression, `raw` itself."""
    if compression in DECODERS:
        yield io.BufferedReader(MemberStream(raw, compression), 1 << 20)
    elif compression:
        with pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), compression) as stream:
            yield stream
            if not raw.tell():  # Arrow finds no fault with an empty file
                raise EOFError(TRUNCATED)
    else:
        yield raw
