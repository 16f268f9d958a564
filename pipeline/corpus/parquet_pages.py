"""Strings of Parquet files whose pages are too long for memory.

Arrow holds a page as a whole, and each string of it once or twice more. Here a page is decompressed
piece by piece into a temporary file, and a string is a place in that file, a *cell*. It may be in a
page of its own or be one of a dictionary that many rows refer to; both are read as they come.

What is read: pages of both versions, plain strings and dictionaries, without compression or with
Snappy, gzip, Brotli or Zstandard. Arrow reads all others.

Source: https://parquet.apache.org/docs/file-format/
"""

from __future__ import annotations

import array
import contextlib
import io
import itertools
import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import IO, Any, NamedTuple, Self

import numpy as np
import pyarrow as pa

from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.corpus.parquet_layout import (
    CODECS,
    DAMAGED,
    DATA,
    DICTIONARY,
    PLAIN,
    SNAPPY,
    Chunk,
    Page,
)
from corpus2vec.pipeline.corpus.snappy import unsnap
from corpus2vec.pipeline.corpus.spool import temporary_file
from corpus2vec.pipeline.files.failures import spooling


class Cell(NamedTuple):
    """A string in a temporary file."""

    file: Unpacked
    begin: int
    length: int

    def blocks(self) -> Iterator[bytes]:
        """Yield its bytes."""
        for begin in range(0, self.length, limits.BLOCK_BYTES):
            yield self.file.read(self.begin + begin, min(limits.BLOCK_BYTES, self.length - begin))


class Unpacked:
    """A decompressed page, in a temporary file."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._file = self._stack.enter_context(temporary_file())
        self.size = 0
        self._flushed = 0

    def close(self) -> None:
        """Remove the file."""
        self._stack.close()

    def write(self, data: bytes) -> None:
        """Append bytes."""
        self.size += len(data)
        with spooling():
            self._file.write(data)

    def read(self, begin: int, length: int) -> bytes:
        """Return bytes. Raise OSError if there are not so many."""
        if self._flushed < self.size:
            with spooling():
                self._file.flush()
            self._flushed = self.size
        data = os.pread(self._file.fileno(), length, begin)
        if len(data) < length:
            raise OSError(DAMAGED)
        return data


@dataclass
class LongColumn:
    """A column of a row group, read row by row."""

    stream: IO[bytes]
    chunk: Chunk

    def __post_init__(self) -> None:
        self._files: list[Unpacked] = []
        self._dictionary: tuple[Unpacked, array.array[int]] | None = None
        self._cells = self._read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._cells.close()
        self._close(len(self._files))
        if self._dictionary:
            self._dictionary[0].close()

    def take(self, count: int) -> list[Cell | None]:
        """Return the next rows. What was returned before is invalid then."""
        self._close(len(self._files) - 1)
        cells = list(itertools.islice(self._cells, count))
        if len(cells) < count:
            raise OSError("a column has fewer rows than it should have")
        return cells

    def _close(self, count: int) -> None:
        for each in self._files[: max(0, count)]:
            each.close()
        del self._files[: max(0, count)]

    def _read(self) -> Generator[Cell | None]:
        for page in self.chunk.pages:
            file = Unpacked()
            if page.kind == DICTIONARY:
                self._dictionary = file, array.array("q")
                _unpack(self.stream, page, self.chunk.codec, file)
                begins = self._dictionary[1]
                begins.extend(cell.begin for cell in _plain(file, 0, page.values))
            else:
                self._files.append(file)
                _unpack(self.stream, page, self.chunk.codec, file)
                yield from self._rows(page, file)

    def _rows(self, page: Page, file: Unpacked) -> Iterator[Cell | None]:
        at, end = 0, page.levels
        if page.kind == DATA and self.chunk.depth:
            end = 4 + _number(file, 0)
            at = 4
        values: Iterator[Cell]
        if page.encoding == PLAIN:
            values = _plain(file, end, page.values)
        else:
            width = file.read(end, 1)[0]
            values = map(self._of_dictionary, _hybrid(file, end + 1, file.size, width))
        levels: Iterator[int] = itertools.repeat(0)
        if self.chunk.depth:
            levels = _hybrid(file, at, end, self.chunk.depth.bit_length())
        for _ in range(page.values):
            if next(levels, -1) == self.chunk.depth:
                cell = next(values, None)
                if cell is None:
                    raise OSError(DAMAGED)
                yield cell
            else:
                yield None

    def _of_dictionary(self, index: int) -> Cell:
        if not self._dictionary or index >= len(self._dictionary[1]):
            raise OSError("a page refers to a string that is not in its dictionary")
        file, begins = self._dictionary
        begin = begins[index]
        return Cell(file, begin, _number(file, begin - 4))


def _number(file: Unpacked, at: int) -> int:
    return int.from_bytes(file.read(at, 4), "little")


def _plain(file: Unpacked, at: int, count: int) -> Iterator[Cell]:
    """Yield strings, each behind its length in four bytes."""
    for _ in range(count):
        length = _number(file, at)
        at += 4 + length
        if at > file.size:
            raise OSError(DAMAGED)
        yield Cell(file, at - length, length)


def _hybrid(file: Unpacked, at: int, end: int, width: int) -> Iterator[int]:
    """Yield numbers of `width` bits: runs of one, and groups of eight that are packed."""
    if width > 32 or end > file.size:
        raise OSError(DAMAGED)
    while at < end:
        head = shift = 0
        byte = 128
        while byte >= 128:
            if at >= end or shift > 28:
                raise OSError(DAMAGED)
            byte = file.read(at, 1)[0]
            head |= (byte & 127) << shift
            at, shift = at + 1, shift + 7
        count = head >> 1
        if head & 1:
            for groups in _steps(count):
                raw = file.read(at, max(0, min(width * groups, end - at)))
                at += width * groups
                bits = np.frombuffer(raw.ljust(width * groups, b"\0"), np.uint8)
                bits = np.unpackbits(bits, bitorder="little").reshape(8 * groups, width)
                yield from (bits @ (1 << np.arange(width, dtype=np.int64))).tolist()
        else:
            size = (width + 7) // 8
            yield from itertools.repeat(int.from_bytes(file.read(at, size), "little"), count)
            at += size


def _steps(count: int, most: int = 1024) -> Iterator[int]:
    for begin in range(0, count, most):
        yield min(most, count - begin)


# --- decompression ---------------------------------------------------------------------------


def _unpack(stream: IO[bytes], page: Page, codec: int, file: Unpacked) -> None:
    """Write the decompressed page to the file."""
    for block in _blocks(stream, page.at, page.levels):
        file.write(block)
    blocks = _blocks(stream, page.at + page.levels, page.stored - page.levels)
    if codec == SNAPPY and page.is_compressed:
        unsnap(blocks, file)
    else:
        name = CODECS[codec] if page.is_compressed else ""
        for block in _decompressed(blocks, name, page.size - page.levels):
            file.write(block)
    if file.size != page.size:
        raise OSError(DAMAGED)


def _blocks(stream: IO[bytes], at: int, size: int) -> Iterator[bytes]:
    end = at + size
    while at < end:
        stream.seek(at)  # each time, since others read from the stream too
        block = stream.read(min(1 << 20, end - at))
        if not block:
            raise OSError(DAMAGED)
        at += len(block)
        yield block


class _Stream(io.RawIOBase):
    """Blocks as a file."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks, self._left = blocks, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._left = self._left or next(self._blocks, b"")
        piece = self._left[: len(buffer)]
        self._left = self._left[len(piece) :]
        buffer[: len(piece)] = piece
        return len(piece)


def _decompressed(blocks: Iterator[bytes], codec: str, size: int) -> Iterator[bytes]:
    """Yield `size` bytes at most."""
    if not codec:
        yield from blocks
        return
    with pa.CompressedInputStream(pa.PythonFile(_Stream(blocks), mode="r"), codec) as stream:
        while size and (block := stream.read(min(1 << 20, size))):
            size -= len(block)
            yield block
