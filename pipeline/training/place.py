"""Where a run of training stands, and what it takes to go on from there."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor


@dataclass
class Place:
    """Where in the run training stands, and what it must remember of the way there."""

    epoch: int = 0
    step: int = 0
    """Of the epoch."""
    steps: int = 0
    """Of the run."""
    tokens: int = 0
    loss_sum: float = 0.0
    """Of this epoch's steps."""
    loss_count: int = 0
    best_loss: float = math.inf
    best_epoch: int = 0
    scores: list[dict[str, float]] = field(default_factory=list)
    """Of each finished epoch."""
    seconds: float = 0.0
    """Of training, those before a stop and a resume included."""
    metrics_size: int = 0
    """Bytes of the metrics file that belong to the run so far."""


@dataclass(frozen=True)
class Mark:
    """A moment of the run, to measure from."""

    time: float
    tokens: int
    loss_sum: float
    loss_count: int

    @classmethod
    def at(cls, place: Place) -> Mark:
        """Now, at that place."""
        return cls(time.monotonic(), place.tokens, place.loss_sum, place.loss_count)


@dataclass(frozen=True)
class Checkpoint:
    """All that is needed to go on."""

    tensors: Mapping[str, Tensor]
    place: Place
    steps: Mapping[str, int]
    """The optimizers' own counters."""
