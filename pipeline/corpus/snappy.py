"""Decompress Snappy piece by piece; Arrow's decoder takes and returns the whole.

Snappy's elements are runs of bytes and copies of what was up to 2³² bytes before, though its own
compressor looks back no further than 64 kB. So elements are gathered until they make SEGMENT bytes,
and Arrow decodes them behind a run with the last 64 kB. A copy from further back is read from the
file that the result goes to.

Source: https://github.com/google/snappy/blob/main/format_description.txt
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import pyarrow as pa

SEGMENT = 1 << 20
WINDOW = (1 << 16) - 1
"""How far back copies of two and three bytes reach."""
MOST_STEP = 64
"""The longest element whose first byte says how long it is."""
LONG_RUN = 1 << 16
"""A run of more bytes is passed on as it is."""


class Target(Protocol):
    """Where the result goes."""

    size: int

    def write(self, data: bytes) -> object:
        """Append bytes."""

    def read(self, begin: int, length: int) -> bytes:
        """Return bytes that were written."""


def _steps() -> tuple[list[int], list[int]]:
    """Return for each first byte of an element its length, and that of what it makes.

    The length is 0 where the first byte does not say all: for long runs, and far copies.
    """
    steps, makes = [], []
    for tag in range(256):
        kind, size = tag & 3, tag >> 2
        made = (size + 1, (size & 7) + 4, size + 1, 0)[kind]
        step = (size + 2 if size < 60 else 0, 2, 3, 0)[kind]
        steps.append(step)
        makes.append(made)
    return steps, makes


STEPS, MAKES = _steps()


def unsnap(blocks: Iterator[bytes], target: Target) -> int:
    """Write what the blocks decompress to; return its length. Raise OSError if they are damaged."""
    return _Decoder(blocks, target).run()


class _Decoder:
    def __init__(self, blocks: Iterator[bytes], target: Target) -> None:
        self._blocks, self._target = blocks, target
        self._held = b""
        self._at = self._begin = 0  # of the next element, and of the first that is not yet decoded
        self._makes = 0
        """What the elements between the two make."""
        self._window = b""
        self._size = self._written = 0

    def run(self) -> int:
        """Decompress everything."""
        more = True
        while more and not self._header():
            more = self._fill()
        while True:
            limit = len(self._held) - (MOST_STEP if more else 0)
            if self._at < limit:
                self._gather(limit)
                if self._makes >= SEGMENT:
                    self._decode()
            elif more:
                more = self._fill()
            else:
                break
        self._decode()
        if self._written != self._size:
            raise OSError("a page is shorter or longer than it should be")
        return self._written

    def _header(self) -> bool:
        """Read how long the result is; return whether all of it was there."""
        value = 0
        for place, byte in enumerate(self._held[:5]):
            value |= (byte & 127) << 7 * place
            if byte < 128:
                self._size, self._at, self._begin = value, place + 1, place + 1
                return True
        return False

    def _fill(self) -> bool:
        block = next(self._blocks, b"")
        self._held = self._held[self._begin :] + block
        self._at -= self._begin
        self._begin = 0
        return bool(block)

    def _gather(self, limit: int) -> None:
        """Pass elements until they make enough, up to `limit`, or up to one that is special."""
        held, at, makes = self._held, self._at, self._makes
        steps, made_by = STEPS, MAKES
        while at < limit and makes < SEGMENT:
            tag = held[at]
            step = steps[tag]
            if not step:
                self._at, self._makes = at, makes
                self._special(tag)
                return
            at += step
            makes += made_by[tag]
        self._at, self._makes = at, makes

    def _special(self, tag: int) -> None:
        """Pass a run whose length follows, or a copy from anywhere."""
        if tag & 3 == 0:
            width = (tag >> 2) - 59
            size = 1 + self._number(width)
            if size > LONG_RUN:
                self._decode()
                self._at += 1 + width
                self._pass_on(size)
            else:
                while len(self._held) < self._at + 1 + width + size and self._fill():
                    pass
                self._at += 1 + width + size
                self._makes += size
            return
        size, back = 1 + (tag >> 2), self._number(4)
        if back <= self._makes + len(self._window):
            self._at += 5
            self._makes += size
            return
        self._decode()
        if back > self._written:
            raise OSError("a page refers to what is before it")
        self._write(self._target.read(self._target.size - back, size))
        self._at = self._begin = self._at + 5

    def _number(self, width: int) -> int:
        raw = self._held[self._at + 1 : self._at + 1 + width]
        return int.from_bytes(raw, "little")

    def _pass_on(self, size: int) -> None:
        """Write a run as it is."""
        while True:
            piece = self._held[self._at : self._at + size]
            self._write(piece)
            size -= len(piece)
            self._at = self._begin = self._at + len(piece)
            if not size:
                return
            if not self._fill():
                raise OSError("a page is cut off")

    def _decode(self) -> None:
        """Write what the elements make that were passed."""
        if self._begin == self._at:
            return
        window = self._window
        run = bytes([61 << 2]) + (len(window) - 1).to_bytes(2, "little") + window if window else b""
        elements = self._held[self._begin : self._at]
        size = len(window) + self._makes
        whole = _varint(size) + run + elements
        made = pa.decompress(whole, size, codec="snappy", asbytes=True)
        self._begin, self._makes = self._at, 0
        self._write(made[len(window) :])

    def _write(self, piece: bytes) -> None:
        self._written += len(piece)
        if self._written > self._size:
            raise OSError("a page is longer than it should be")
        self._target.write(piece)
        self._window = (self._window + piece)[-WINDOW:] if len(piece) < WINDOW else piece[-WINDOW:]


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    made.append(value)
    return bytes(made)
