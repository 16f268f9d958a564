"""Count pairs of numbers within a bound on memory: sorted runs that are merged, or go to disk.

A pair is an integer of 64 bits. It is multiplied by an odd constant, which is a one-to-one mapping
that spreads pairs evenly, so the order of the products is a random one: a sorted run is divided
into equal parts by its highest bits, and each part is merged by itself, in a sixty-fourth of the
memory that all would take (partitioned hash aggregation: Graefe, "Query evaluation techniques for
large databases", ACM Computing Surveys 25, 1993, section 4).
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple

import numpy as np

from corpus2vec.pipeline.files.failures import reading, spooling

SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / the golden ratio: Knuth, TAOCP 3, section 6.4
BACK = np.uint64(pow(int(SPREAD), -1, 1 << 64))
PARTS = 64
EACH = 16  # bytes that a pair takes in a run
MERGING = 4  # runs being merged take as many times their own memory


class Run(NamedTuple):
    """Distinct pairs with their counts; `keys` are the pairs times SPREAD, ascending."""

    keys: np.ndarray
    """(n,) uint64"""
    counts: np.ndarray
    """(n,) int64"""


class PairCounts:
    """Counts of pairs. `memory` is in bytes; what it does not hold goes to a file in `folder`.

    The file has no name, so nothing is left there however the program ends.

    >>> with PairCounts() as counts:
    ...     counts.add(np.array([7, 8, 7], np.uint64))
    ...     counts.add(np.array([9, 7], np.uint64))
    ...     pairs, numbers = counts.result(least=2)
    >>> pairs.tolist(), numbers.tolist(), counts.distinct
    ([7], [3], 3)
    """

    def __init__(self, memory: int | None = None, folder: Path | None = None) -> None:
        self.distinct = 0
        """How many distinct pairs there are; known when there is a result."""
        self._memory = memory
        self._folder = folder
        self._runs: list[Run] = []
        self._file: IO[bytes] | None = None
        self._written: list[tuple[int, np.ndarray]] = []
        """Of each run on disk: where it begins, and where its parts end, in pairs."""

    def __enter__(self) -> PairCounts:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file:
            with contextlib.suppress(OSError):  # closing tries once more what could not be written
                self._file.close()

    def add(self, pairs: np.ndarray) -> None:
        """Count pairs, (n,) uint64, in any order."""
        keys = pairs * SPREAD
        keys.sort()
        self._runs.append(_counted(keys))
        if self._memory is None or self._held * MERGING <= self._memory:
            return
        self._runs = [merged(self._runs)]
        if self._held * MERGING * 2 > self._memory:  # it would soon be full again
            self._write_down()

    def result(self, least: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Return the pairs that occur `least` times and their counts. Call it once."""
        found = []
        for part in self._parts():
            self.distinct += len(part.keys)
            stays = part.counts >= least
            found.append(Run(part.keys[stays] * BACK, part.counts[stays]))
        return np.concatenate([each.keys for each in found]), np.concatenate(
            [each.counts for each in found]
        )

    @property
    def _held(self) -> int:
        """How much memory the runs take."""
        return sum(EACH * len(run.keys) for run in self._runs)

    def _parts(self) -> Iterator[Run]:
        """Yield what was counted, as runs that have no pair in common."""
        if self._file:
            self._runs = [merged(self._runs)]
            self._write_down()
        borders = [_ends_of_parts(run.keys) for run in self._runs]
        for part in range(PARTS):  # also of what is in memory: a part fits into the cache
            yield merged(
                [
                    *self._read(part),
                    *(
                        Run(*(column[ends[part] : ends[part + 1]] for column in run))
                        for run, ends in zip(self._runs, borders, strict=True)
                    ),
                ]
            )

    def _write_down(self) -> None:
        """Write the run in memory to disk."""
        [run] = self._runs
        with spooling(self._folder):
            self._file = self._file or tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115
            self._written.append((self._file.tell(), _ends_of_parts(run.keys)))
            self._file.write(run.keys.data)
            self._file.write(run.counts.data)
        self._runs = []

    def _read(self, part: int) -> Iterator[Run]:
        """Yield that part of each run on disk."""
        for begin, ends in self._written:
            first, last, size = int(ends[part]), int(ends[part + 1]), int(ends[-1])
            keys = self._column(begin + EACH // 2 * first, last - first)
            counts = self._column(begin + EACH // 2 * (size + first), last - first)
            yield Run(keys, counts.view(np.int64))

    def _column(self, begin: int, number: int) -> np.ndarray:
        """Return so many numbers from the file."""
        column = np.empty(number, np.uint64)
        with reading("the temporary file of counts"):
            if self._file:
                self._file.seek(begin)
                if self._file.readinto(column) != column.nbytes:  # type: ignore[attr-defined]
                    raise EOFError("it is too short")
        return column


def merged(runs: Sequence[Run]) -> Run:
    """Return the sum of runs.

    >>> keys = np.array([3, 5, 4, 5], np.uint64)
    >>> both = merged([Run(keys[:2], np.array([1, 1])), Run(keys[2:], np.array([2, 2]))])
    >>> both.keys.tolist(), both.counts.tolist()
    ([3, 4, 5], [1, 2, 3])
    """
    if len(runs) == 1:
        return runs[0]
    keys = np.concatenate([np.zeros(0, np.uint64), *(run.keys for run in runs)])
    counts = np.concatenate([np.zeros(0, np.int64), *(run.counts for run in runs)])
    order = np.argsort(keys)
    keys, counts = keys[order], counts[order]
    begins = _begins(keys)
    return Run(keys[begins], np.add.reduceat(counts, begins) if len(begins) else counts)


def _counted(keys: np.ndarray) -> Run:
    """Return the run of keys that ascend, and may repeat."""
    begins = _begins(keys)
    return Run(keys[begins], np.diff(begins, append=len(keys)))


def _ends_of_parts(keys: np.ndarray) -> np.ndarray:
    """Return where the parts of ascending keys end, after a zero: (PARTS + 1,)."""
    borders = np.arange(1, PARTS, dtype=np.uint64) << np.uint64(64 - PARTS.bit_length() + 1)
    return np.array([0, *np.searchsorted(keys, borders), len(keys)])


def _begins(keys: np.ndarray) -> np.ndarray:
    """Return where each new key begins among keys that ascend."""
    if not len(keys):
        return np.zeros(0, np.int64)
    return np.append(0, 1 + np.flatnonzero(keys[1:] != keys[:-1]))
