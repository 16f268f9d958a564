"""Counts tokens batch by batch, in order of first appearance, within a bound on memory.

Strings are counted as arrays: no Python loop runs over tokens. Which of them get an id is decided
in `selection`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.strings.slices import Slices, first_places
from corpus2vec.pipeline.vocabulary.spill import Spill, Tally, divided


@dataclass(frozen=True)
class LeftOut:
    """The tokens that get no id of their own, in numbers."""

    types: int = 0
    """How many distinct tokens."""
    tokens: int = 0
    """How often they occurred, all together."""
    most: int = 0
    """How often the most frequent of them occurred."""

    def and_those(self, counts: np.ndarray) -> LeftOut:
        """Add tokens with these counts.

        >>> LeftOut().and_those(np.array([1, 2])).and_those(np.array([1]))
        LeftOut(types=3, tokens=4, most=2)
        """
        most = int(counts.max(initial=self.most))
        return LeftOut(self.types + len(counts), self.tokens + int(counts.sum()), most)


NOTHING = LeftOut()


class Counting:
    """Counts tokens batch by batch, in order of first appearance.

    With a bound on `memory`, in bytes, counts that would take more are kept in an unnamed file in
    `folder` until the result is asked for. The bound is on the counts only: the batch being added
    and the result must fit into memory too.

    >>> with Counting() as counting:
    ...     counting.add(pa.array(["Hope", "to", "see"]))
    ...     counting.add(pa.array(["Nice", "to", "see"]))
    ...     tokens, counts = counting.result(least=2)
    >>> tokens.to_pylist(), counts.tolist(), counting.left_out
    (['to', 'see'], [2, 2], LeftOut(types=2, tokens=2, most=1))
    """

    def __init__(self, memory: int | None = None, folder: Path | None = None) -> None:
        self.tokens_read = 0
        self.left_out = NOTHING
        """The tokens that are not in the result."""
        self._memory = memory
        self._folder = folder
        self._tally = Tally()
        self._spill: Spill | None = None

    def __enter__(self) -> Counting:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._spill:
            self._spill.close()

    def add(self, tokens: pa.Array) -> None:
        """Count `tokens`, a flat array of strings, plain or dictionary-encoded."""
        if not len(tokens):
            return
        if not pa.types.is_dictionary(tokens.type):
            tokens = tokens.dictionary_encode()
        # A dictionary may have unused strings, in any order, and even the same string twice.
        numbers = tokens.indices.to_numpy()
        counts = np.bincount(numbers, minlength=len(tokens.dictionary))
        places = np.sort(first_places(numbers, len(counts))[counts > 0])
        distinct = numbers[places]
        strings = Slices.of(tokens.dictionary)[distinct]
        self._tally.add(strings, counts[distinct], self.tokens_read + places)
        self.tokens_read += len(tokens)
        # A table is copied when it grows, so for a moment it takes twice the memory.
        if self._memory is not None and 2 * self._tally.bytes > self._memory:
            self._write_down()

    def add_stored(self, path: Path, tokens: int) -> None:
        """Add so many tokens that were counted before, into a file with the tables of `parts`."""
        if len(self._tally):
            self._write_down()
        self._spill = self._spill or Spill(self._folder)
        self._spill.refer(path, self.tokens_read)
        self.tokens_read += tokens

    def parts(self) -> Iterator[pa.RecordBatch]:
        """Yield all that was counted, divided by the hash of the tokens. This ends the counting."""
        if self._spill:
            yield from self._tables()
        else:
            yield from divided(self._tally.table())

    def result(self, least: int = 1, keep: Iterable[str] = ()) -> tuple[pa.Array, np.ndarray]:
        """Return the tokens in order of first appearance, as large_string, and their counts.

        Tokens that occur fewer than `least` times and are not in `keep` are left out; `left_out`
        counts them. This ends the counting, so call it once.
        """
        keep = list(keep)
        kept = [self._frequent(table, least, keep) for table in self._tables()]
        if len(kept) == 1:
            tokens, counts, _ = kept[0].columns
            return tokens, counts.to_numpy()
        tokens, counts, places = pa.Table.from_batches(kept).columns
        order = np.argsort(places.to_numpy())
        return pa.concat_arrays(tokens.chunks).take(pa.array(order)), counts.to_numpy()[order]

    def _write_down(self) -> None:
        self._spill = self._spill or Spill(self._folder)
        self._spill.write(self._tally.table())
        self._tally = Tally()

    def _tables(self) -> Iterator[pa.RecordBatch]:
        """Yield what was counted, as tables that have no token in common."""
        if not self._spill:
            yield self._tally.table()
            return
        self._write_down()
        yield from self._spill.parts()

    def _frequent(self, table: pa.RecordBatch, least: int, keep: Sequence[str]) -> pa.RecordBatch:
        counts = table["count"].to_numpy()
        if counts.min(initial=least) >= least:
            return table
        stays = (counts >= least) | among(table["token"], keep)
        self.left_out = self.left_out.and_those(counts[~stays])
        return table.filter(pa.array(stays))


def among(tokens: pa.Array, few: Iterable[str]) -> np.ndarray:
    """Return (n,) bool: whether each token is one of a few.

    >>> among(pa.array(["Hope", "to", "see"]), ["see", "you"])
    array([False, False,  True])
    """
    held = pc.is_in(tokens, value_set=pa.array(list(few), tokens.type))
    chosen: np.ndarray = held.to_numpy(zero_copy_only=False)
    return chosen
