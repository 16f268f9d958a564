"""Counts tokens, batch by batch, in order of first appearance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.strings.slices import Slices, first_places
from corpus2vec.pipeline.vocabulary.spill import Spill, Tally


@dataclass(frozen=True)
class LeftOut:
    """The tokens that get no id of their own."""

    types: int = 0
    """How many distinct ones."""
    tokens: int = 0
    """How often they were seen, all together."""
    most: int = 0
    """How often the most frequent of them was."""

    def and_those(self, counts: np.ndarray) -> LeftOut:
        """With others, which have these counts.

        >>> LeftOut().and_those(np.array([1, 2])).and_those(np.array([1]))
        LeftOut(types=3, tokens=4, most=2)
        """
        most = int(counts.max(initial=self.most))
        return LeftOut(self.types + len(counts), self.tokens + int(counts.sum()), most)


NOTHING = LeftOut()


class Counting:
    """Counts tokens batch by batch, in order of first appearance.

    Where `memory` is given, in bytes, counts that would take more go to a file without a name in
    `folder`, until the result is asked for. The bound is about the counts: the batch that is added
    and the result have to fit too.

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
        """What the result does not hold."""
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
        # A dictionary may hold what no token uses, in any order, and even the same string twice.
        numbers = tokens.indices.to_numpy()
        counts = np.bincount(numbers, minlength=len(tokens.dictionary))
        places = np.sort(first_places(numbers, len(counts))[counts > 0])
        distinct = numbers[places]
        strings = Slices.of(tokens.dictionary)[distinct]
        self._tally.add(strings, counts[distinct], self.tokens_read + places)
        self.tokens_read += len(tokens)
        # A table that grows is copied, so for a moment it takes as much again.
        if self._memory is not None and 2 * self._tally.bytes > self._memory:
            self._write_down()

    def result(self, least: int = 1, keep: Iterable[str] = ()) -> tuple[pa.Array, np.ndarray]:
        """The tokens in order of first appearance, as large_string, and the count of each.

        Those seen fewer times than `least` are left out, and `left_out` tells of them, unless they
        are in `keep`. This ends the counting: the result can be asked for once.
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
        """What was counted, each token in one of the tables only."""
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
    """(n,) bool: whether each token is one of a few.

    >>> among(pa.array(["Hope", "to", "see"]), ["see", "you"])
    array([False, False,  True])
    """
    held = pc.is_in(tokens, value_set=pa.array(list(few), tokens.type))
    chosen: np.ndarray = held.to_numpy(zero_copy_only=False)
    return chosen
