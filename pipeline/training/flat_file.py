"""Numbers in a file that has no name: added at its end, read from anywhere in it.

What is as long as a corpus is kept this way, so that memory holds only what is being read. Nothing
is left of the file, however the program ends.
"""

from __future__ import annotations

import contextlib
import errno
import tempfile
import weakref
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from corpus2vec.pipeline.files.failures import reading, spooling


class FlatFile:
    """Numbers of one type, in an unnamed file in `folder`; None is the system's folder for such.

    >>> ids = FlatFile(np.int32)
    >>> ids.add(np.array([1, 2]))
    >>> ids.add(np.array([3]))
    >>> len(ids), ids.read(1, 3).tolist()
    (3, [2, 3])
    """

    def __init__(self, kind: type[np.generic], folder: Path | None = None) -> None:
        self._kind: np.dtype[Any] = np.dtype(kind)
        self._folder = folder
        self._size = 0
        with spooling(folder):
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        weakref.finalize(self, _close, self._file)

    def __len__(self) -> int:
        return self._size

    def add(self, numbers: np.ndarray) -> None:
        """Add numbers, (n,), at the end. Raises StorageError where the disk is full."""
        with spooling(self._folder):
            self._file.seek(self._size * self._kind.itemsize)
            self._file.write(np.ascontiguousarray(numbers, self._kind).data)
            self._file.flush()
        self._size += len(numbers)

    def read(self, begin: int, end: int) -> np.ndarray:
        """Return the numbers from `begin` to before `end`, (end - begin,), in memory."""
        numbers = np.empty(end - begin, self._kind)
        with reading("a temporary file"):
            self._file.seek(begin * self._kind.itemsize)
            if self._file.readinto(numbers.data) != numbers.nbytes:
                raise OSError(errno.EIO, "it is shorter than what was written")
        return numbers


def _close(file: BinaryIO) -> None:
    # A full disk has refused what is still to be written, and that was reported.
    with contextlib.suppress(OSError):
        file.close()
