"""Ids, one after the other: in memory while they are few, else in a file that is mapped into it.

The system reads the pages of the file when they are asked for and drops them when memory is short,
so a corpus may have more ids than memory holds. The file has no name: nothing is left of it,
however the program ends.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import IO

import numpy as np

from corpus2vec.pipeline.files.failures import reading, spooling

IN_MEMORY = 1 << 26
"""How many ids memory holds: 256 MB of them."""


class FlatIds:
    """Ids that are added at the end, of which there are `most` at most.

    >>> ids = FlatIds(most=9)
    >>> ids.add(np.array([1, 2]))
    >>> ids.add(np.array([3]))
    >>> ids.whole().tolist()
    [1, 2, 3]
    """

    def __init__(self, most: int, folder: Path | None = None) -> None:
        self._folder = folder
        self._size = 0
        self._file: IO[bytes] | None = None
        if most > IN_MEMORY:
            with spooling(folder):
                self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        # Of memory, what is not filled takes none.
        self._held = np.empty(0 if self._file else most, np.int32)

    def __len__(self) -> int:
        return self._size

    def add(self, ids: np.ndarray) -> None:
        """Add ids, (n,) int32."""
        if self._file:
            with spooling(self._folder):
                self._file.write(np.ascontiguousarray(ids, np.int32).data)
        else:
            self._held[self._size : self._size + len(ids)] = ids
        self._size += len(ids)

    def whole(self) -> np.ndarray:
        """Return all ids, (n,) int32. Nothing may be added after that."""
        if not self._file:
            return self._held[: self._size]
        with self._file:  # what is mapped stays, also when the file is closed
            with spooling(self._folder):
                self._file.flush()
            if not self._size:
                return self._held
            with reading("the temporary file of ids"):
                mapped = np.memmap(self._file, np.int32, "r", shape=(self._size,))
        return mapped.view(np.ndarray)
