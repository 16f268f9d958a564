"""Streams that are looked at before they are read, or whose digest is taken while they are."""

from __future__ import annotations

import io
import sys
from typing import IO, Any, cast

from corpus2vec.pipeline.corpus.signatures import HEAD_BYTES


def begun(stream: IO[bytes]) -> tuple[IO[bytes], bytes]:
    """Return a stream from its beginning, and its first bytes."""
    head = b""
    while len(head) < HEAD_BYTES and (piece := stream.read(HEAD_BYTES - len(head))):
        head += piece
    if stream.seekable():
        stream.seek(0)
        return stream, head
    return cast("IO[bytes]", PutBack(head, stream)), head


class PutBack(io.RawIOBase):
    """A stream of which the first bytes were read, and are read again."""

    def __init__(self, head: bytes, stream: IO[bytes]) -> None:
        self._head = head
        self._stream = stream

    def readable(self) -> bool:
        """Return true."""
        return True

    def read(self, size: int | None = -1) -> bytes:
        """Return the next bytes, at most `size`."""
        if size is None or size < 0:  # Arrow's streams take no negative size
            piece, self._head = self._head, b""
            return piece + self._stream.read()
        piece, self._head = self._head[:size], self._head[size:]
        return piece + self._stream.read(size - len(piece)) if len(piece) < size else piece

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer`, or less of it; return the number of bytes."""
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def tell(self) -> int:
        """Return the number of bytes read, without those that are to be read again."""
        return self._stream.tell() - len(self._head)


class Stream(io.RawIOBase):
    """What is read once, or a part of it. Every byte that is read is also fed to a digest."""

    def __init__(self, owner: Any, stream: Any, digest: Any, size: int = sys.maxsize) -> None:
        # The text stream of standard input, not only its buffer: at exit Python closes what nobody
        # refers to, and aborts if a thread is still reading from it.
        self._owner = owner
        self._stream = stream
        self._digest = digest
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        """Return true."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer`, or less of it at the end; return the number of bytes."""
        piece = self._stream.read(min(len(buffer), self._size - self._position))
        buffer[: len(piece)] = piece
        self._digest.update(piece)
        self._position += len(piece)
        return len(piece)

    def tell(self) -> int:
        """Return the number of bytes read so far."""
        return self._position
