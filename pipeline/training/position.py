"""What a checkpoint holds: the position in the run, and all else that the run needs to go on.

Values only. `checkpoints` has their files, and `loop` knows what to do with them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor


@dataclass
class Position:
    """How far a run has got, and the results so far that it still needs."""

    epoch: int = 0
    """Finished epochs."""
    step: int = 0
    """Steps of the current epoch."""
    steps: int = 0
    """Steps of the run."""
    tokens: int = 0
    """Tokens that the run has read."""
    loss_sum: float = 0.0
    """Sum of the losses of this epoch's steps."""
    loss_count: int = 0
    """How many losses that is: steps with nothing to predict have none."""
    best_loss: float = math.inf
    best_epoch: int = 0
    scores: list[dict[str, Any]] = field(default_factory=list)
    """Scores of each finished epoch: numbers, and a classifier's confusion."""
    seconds: float = 0.0
    """Seconds of training, including those before a stop and a resume."""
    reported_sum: float = 0.0
    """What `loss_sum` was at the last line of metrics."""
    reported_count: int = 0
    """What `loss_count` was then."""

    @classmethod
    def from_json(cls, entry: Any) -> Position:
        """Return the position that `dataclasses.asdict` wrote.

        Raises ValueError, naming the field, for another.
        """
        default = vars(cls())
        if not isinstance(entry, dict) or set(entry) != set(default):
            raise ValueError("it has other fields than a position")
        for name, value in entry.items():
            if not is_like(value, default[name]):
                raise ValueError(f"its {name} is {value!r}"[:80])
        for each in entry["scores"]:
            if not isinstance(each, dict) or not all(map(is_score, each.values())):
                raise ValueError("its scores are no numbers")
        if entry["epoch"] != len(entry["scores"]) or entry["epoch"] < entry["best_epoch"]:
            raise ValueError("it has other epochs than scores")
        return cls(**entry)


@dataclass(frozen=True)
class Checkpoint:
    """All that a run needs to go on."""

    tensors: Mapping[str, Tensor]
    position: Position
    steps: Mapping[str, int]
    """The optimizers' own counters."""
    metrics: bytes = b""
    """The lines of metrics so far."""


def is_score(value: Any) -> bool:
    """Return whether it is a number, or a square of counts.

    >>> is_score(0.5), is_score([[3, 0], [1, 2]]), is_score([[3, 0]]), is_score("3")
    (True, True, False, False)
    """
    if not isinstance(value, list):
        return is_like(value, 0.0)
    rows = [row for row in value if isinstance(row, list) and len(row) == len(value)]
    return len(rows) == len(value) and all(is_like(each, 0) for row in rows for each in row)


def is_like(value: Any, example: Any) -> bool:
    """Return whether a value read from JSON has the type of the example; a number, also its sign.

    >>> is_like(7, 0), is_like(True, 0), is_like(-1, 0), is_like(2, 0.5), is_like("2", 0.5)
    (True, False, False, True, False)
    """
    if isinstance(example, int | float):
        kinds = {int, float} if isinstance(example, float) else {int}
        return type(value) in kinds and (isinstance(example, float) or 0 <= value < 1 << 63)
    return isinstance(value, type(example))
