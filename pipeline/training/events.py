"""TensorBoard's event files: numbers by step, written without TensorBoard and without a thread.

A file is a sequence of TFRecords: the length of the data (uint64), the masked CRC-32C of the
length, the data, the masked CRC-32C of the data (uint32 each), all little-endian. The data is an
`Event` of tensorflow/core/util/event.proto: field 1 is the time (double), 2 the step (int64), 3 the
version (in the first event only), 5 the summary. A summary's field 1 is a value, whose field 1 is
the name and 2 the number (float).
"""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from corpus2vec.pipeline.files.failures import writing

POSITION = ("step", "epoch", "tokens", "seconds")  # what a line is about, and no metric
VERSION = b"brain.Event:2"
OWN = "events.out.tfevents.*.corpus2vec"
POLYNOMIAL = 0x82F63B78  # of CRC-32C (RFC 3720, appendix B.4), reflected
VARINT, DOUBLE, BYTES, FLOAT = 0, 1, 2, 5  # protocol buffers' types of fields


class Events:
    """The event file of one run, in TensorBoard's folder.

    A run removes the event files that other runs of corpus2vec wrote there, since TensorBoard would
    draw their curves over its own. It leaves alone whatever else is in the folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder
        self._file: IO[bytes]
        self._began = 0.0

    def begin(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Open a new file, with the lines of metrics so far."""
        self._began = time.time() - (lines[-1]["seconds"] if lines else 0.0)
        with writing(self._folder, untouched=False):
            self._folder.mkdir(parents=True, exist_ok=True)
            for other in self._folder.glob(OWN):
                other.unlink(missing_ok=True)
            # TensorBoard goes on to the file whose name is the next in order.
            self._path = self._folder / OWN.replace("*", f"{time.time():017.6f}")
            self._file = self._path.open("xb")
        first = field(1, DOUBLE, self._began) + field(3, BYTES, VERSION)
        self._write(record(first) + b"".join(map(self._events_of, lines)))

    def add(self, line: Mapping[str, Any]) -> None:
        """Add the numbers of a line of metrics."""
        self._write(self._events_of(line))

    def close(self) -> None:
        """Close the file."""
        with writing(self._path, untouched=False):
            self._file.close()

    def is_there(self) -> bool:
        """Return whether the file still has its name: another run may have removed it."""
        return self._path.exists()

    def _write(self, content: bytes) -> None:
        with writing(self._path, untouched=False):
            self._file.write(content)
            self._file.flush()

    def _events_of(self, line: Mapping[str, Any]) -> bytes:
        # So the time between two events is time of training, also where the run was resumed.
        moment = self._began + line["seconds"]
        return b"".join(
            record(scalar(moment, line["step"], name, value))
            for name, value in line.items()
            if name not in POSITION and isinstance(value, int | float)
        )


def scalar(moment: float, step: int, name: str, value: float) -> bytes:
    """Return an event: the number `value` at a time and a step."""
    number = field(1, BYTES, name.encode()) + field(2, FLOAT, value)
    summary = field(5, BYTES, field(1, BYTES, number))
    return field(1, DOUBLE, moment) + field(2, VARINT, step) + summary


def record(data: bytes) -> bytes:
    """Return the TFRecord of an event."""
    length = struct.pack("<Q", len(data))
    return length + _checksum(length) + data + _checksum(data)


def field(number: int, kind: int, value: Any) -> bytes:
    """Return a field of a protocol buffer.

    >>> field(2, VARINT, 300).hex(), field(1, BYTES, b"loss").hex()
    ('10ac02', '0a046c6f7373')
    """
    head = bytes([number << 3 | kind])
    if kind == VARINT:
        return head + _varint(value)
    if kind == BYTES:
        return head + _varint(len(value)) + bytes(value)
    return head + struct.pack("<d" if kind == DOUBLE else "<f", value)


def crc32c(data: bytes) -> int:
    """Return the CRC-32C of the data.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def _remainder(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (POLYNOMIAL if byte & 1 else 0)
    return byte


TABLE = tuple(_remainder(byte) for byte in range(256))


def _checksum(data: bytes) -> bytes:
    """Return the checksum as TFRecords have it: rotated, and a constant added."""
    crc = crc32c(data)
    rotated = (crc >> 15 | crc << 17) & 0xFFFFFFFF
    return struct.pack("<I", (rotated + 0xA282EAD8) & 0xFFFFFFFF)


def _varint(value: int) -> bytes:
    """Return a number of 0 or more, seven bits a byte, the lowest first."""

    def groups() -> Iterator[int]:
        left = value
        while left > 0x7F:
            yield left & 0x7F | 0x80
            left >>= 7
        yield left

    return bytes(groups())
