"""How the learning rates rise and fall over a run."""

from __future__ import annotations

import math

from corpus2vec.pipeline.config import TrainConfig


def share_of_rate(config: TrainConfig, done: float) -> float:
    """What --warmup and --schedule leave of the learning rates, from 0 to 1, where `done` is.

    `done` is the share of the run that lies behind, of all its epochs.

    >>> config = TrainConfig(schedule="linear", warmup=0.2)
    >>> [round(share_of_rate(config, done), 3) for done in (0.1, 0.2, 0.6, 0.9)]
    [0.5, 1.0, 0.5, 0.125]
    """
    if done < config.warmup:
        return max(done, 1e-3) / config.warmup
    left = (1 - done) / (1 - config.warmup)
    if config.schedule == "linear":
        return left
    if config.schedule == "cosine":
        return (1 - math.cos(math.pi * left)) / 2
    return 1.0
