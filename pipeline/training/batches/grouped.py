"""The batches of an epoch: those of one group of documents after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic

import numpy as np

from corpus2vec.pipeline.training.batches.batch import AnyBatch, Batches, check_step


class Grouped(Generic[AnyBatch]):
    """Batches of groups, whose steps are known; memory holds one group, which `build` makes.

    >>> grouped = Grouped([2, 3], lambda group: ["ab", "cde"][group])
    >>> [grouped[step] for step in range(len(grouped))]
    ['a', 'b', 'c', 'd', 'e']
    >>> [step for step in range(len(grouped)) if grouped.begins(step)]
    [0, 2]
    """

    def __init__(self, steps: Sequence[int], build: Callable[[int], Batches[AnyBatch]]) -> None:
        self._ends = np.cumsum(steps)
        self._firsts = self._ends - steps
        self._build = build
        self._held: tuple[int, Batches[AnyBatch]] | None = None

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, step: int) -> AnyBatch:
        check_step(step, self)
        group = int(np.searchsorted(self._ends, step, side="right"))
        if self._held is None or self._held[0] != group:
            self._held = None  # the memory of the one before is free while the next is made
            self._held = group, self._build(group)
        return self._held[1][step - int(self._firsts[group])]

    def begins(self, step: int) -> bool:
        """Return whether a group begins with that step, and the text of the one before ends."""
        return step in self._firsts
