"""Counts of more distinct strings than memory holds: written to disk, and summed part by part.

A `Tally` counts in memory. When it is full, its table is written to disk and an empty one begins.
Each string belongs to one of 64 parts, by its hash, and a table is written part by part. So in the
end each part is summed by itself, in a sixty-fourth of the memory that all of them would take, and
64 times as many strings can be counted as memory holds (partitioned hash aggregation: Graefe,
"Query evaluation techniques for large databases", ACM Computing Surveys 25, 1993, section 4).
"""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.files.failures import reading, spooling
from corpus2vec.pipeline.strings.interner import Growing, Interner
from corpus2vec.pipeline.strings.slices import Slices, first_places

TABLE = pa.schema([("token", pa.large_string()), ("count", pa.int64()), ("place", pa.int64())])
"""Distinct strings, their counts, and the place of their first occurrence; places ascend."""
PARTS = 64
PIECE = 1 << 15  # strings that are handled together, so that their arrays stay in the cache

# 2^64 / the plastic number. Not the Interner's multiplier: with that one, the strings of a part
# would all fall into the same sixty-fourth of its hash table.
SPREAD = np.uint64(0xC13FA9A902A6328F)


class Tally:
    """Distinct strings in order of first appearance, with count and first place.

    >>> tally = Tally()
    >>> tally.add(Slices.of_texts(["see", "to"]), np.array([1, 2]), np.array([0, 1]))
    >>> tally.add(Slices.of_texts(["you", "to"]), np.array([1, 3]), np.array([3, 4]))
    >>> tally.table().to_pydict()
    {'token': ['see', 'to', 'you'], 'count': [1, 5, 1], 'place': [0, 1, 3]}
    """

    def __init__(self) -> None:
        self._strings = Interner()
        self._counts = Growing(np.int64)
        self._places = Growing(np.int64)

    def __len__(self) -> int:
        return len(self._strings)

    @property
    def bytes(self) -> int:
        """About how much memory it takes."""
        return self._strings.bytes + 16 * len(self._strings)

    def add(self, strings: Slices, counts: np.ndarray, places: np.ndarray) -> None:
        """Add the counts of some strings, and the place of the first occurrence of each.

        `places` ascend, and are greater than all that were added before.
        """
        for piece in pieces(len(strings)):
            self._add(strings[piece], counts[piece], places[piece])

    def _add(self, strings: Slices, counts: np.ndarray, places: np.ndarray) -> None:
        before = len(self._strings)
        ids = self._strings.intern(strings)
        added = len(self._strings) - before
        new = np.flatnonzero(ids >= before)
        self._places.extend(places[new[first_places(ids[new] - before, added)]])
        self._counts.extend(np.zeros(added, np.int64))
        np.add.at(self._counts.values, ids, counts)

    def table(self) -> pa.RecordBatch:
        """Return what was added, with the schema `TABLE`. Nothing may be added after that."""
        strings = self._strings.slices()
        # An interner's strings are contiguous, so their bytes need not be gathered.
        ends = np.append(0, strings.begins + strings.lengths)
        tokens = pa.Array.from_buffers(
            pa.large_string(), len(strings), [None, pa.py_buffer(ends), pa.py_buffer(strings.data)]
        )
        numbers = [pa.array(each.values) for each in (self._counts, self._places)]
        return pa.RecordBatch.from_arrays([tokens, *numbers], schema=TABLE)


class Spill:
    """Tables on disk, read back part by part, each part as one table.

    The file is in `folder`, or where the system has its temporary files. It has no name, so nothing
    is left there however the program ends.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        with spooling(folder):
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self._writer = pa.ipc.new_file(self._file, TABLE)
        self._tables: list[tuple[Path | None, int]] = []
        """Where each table is, and what is added to its places: in a file, or after those before it
        in the unnamed one."""

    def write(self, table: pa.RecordBatch) -> None:
        """Write a table; its places are greater than those of the tables before it."""
        with spooling(self._folder):
            for part in divided(table):
                self._writer.write_batch(part)
        self._tables.append((None, 0))

    def refer(self, path: Path, before: int) -> None:
        """Take a table from a file, which stays where it is; `before` is added to its places."""
        self._tables.append((path, before))

    def parts(self) -> Iterator[pa.RecordBatch]:
        """Yield each part, the sum of its tables. Nothing may be written after that."""
        with spooling(self._folder):
            self._writer.close()
        written = pa.ipc.open_file(self._file)
        for part in range(PARTS):
            tally = Tally()
            number = 0
            for path, before in self._tables:
                if path is None:
                    with reading("the temporary file of counts"):
                        columns = written.get_batch(number * PARTS + part).columns
                    number += 1
                else:
                    columns = read_stored(path, part).columns
                token, count, place = columns
                tally.add(Slices.of(token), count.to_numpy(), place.to_numpy() + before)
            yield tally.table()

    def close(self) -> None:
        """Free the space on disk."""
        with contextlib.suppress(OSError):  # closing tries once more what could not be written
            self._file.close()


def read_stored(path: Path, part: int) -> pa.RecordBatch:
    """Read a part of a table that is in a file. Raises DataError for any other file."""
    with reading(path), path.open("rb") as file:
        stored = pa.ipc.open_file(file)
        is_tables = stored.schema.equals(TABLE) and stored.num_record_batches == PARTS
        table = stored.get_batch(part) if is_tables else None
        if table:
            table.validate(full=True)
    if table is None or any(column.null_count for column in table.columns):
        raise DataError(f"{path} has no counts of tokens in it", hint="remove it")
    return table


def divided(table: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Yield the parts of a table, each in its order."""
    parts = parts_of(table["token"])
    ordered = table.take(pa.array(np.argsort(parts, kind="stable")))
    ends = np.cumsum(np.bincount(parts, minlength=PARTS)).tolist()
    for begin, end in itertools.pairwise([0, *ends]):
        yield ordered.slice(begin, end - begin)


def parts_of(strings: pa.Array) -> np.ndarray:
    """Return the part that each string belongs to, (n,) uint8.

    >>> parts_of(pa.array(["Hope", "to", "Hope"]))
    array([16, 29, 16], dtype=uint8)
    """
    parts = np.empty(len(strings), np.uint8)
    for piece in pieces(len(strings)):
        mixed = Slices.of(strings[piece]).keys() * SPREAD
        # Twice, since the keys of short strings are far from random.
        mixed = (mixed ^ (mixed >> np.uint64(32))) * SPREAD
        parts[piece] = mixed >> np.uint64(64 - (PARTS - 1).bit_length())
    return parts


def pieces(number: int) -> Iterator[slice]:
    """Cut so many strings into pieces that are handled together.

    >>> list(pieces(40_000))
    [slice(0, 32768, None), slice(32768, 65536, None)]
    """
    return (slice(begin, begin + PIECE) for begin in range(0, number, PIECE))
