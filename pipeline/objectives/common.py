"""What objectives share: batches brought to their device, and steps enough an epoch."""

from __future__ import annotations

from typing import Any

import torch

from pipeline.config import TrainConfig

# Steps an epoch, where the corpus allows it: on 25 KB of prose, 2 epochs of 50 small steps reached
# the held-out loss that 11 epochs of 6 large ones did.
LEAST_STEPS = 50
BOTH_WAYS = 3  # operations, forwards and back, for one forwards: a product has two gradients


def at_once(pieces: int, config: TrainConfig) -> int:
    """How many of an epoch's pieces a step takes, so that there are steps enough."""
    return max(1, min(config.streams, pieces // LEAST_STEPS))


def move(batch: Any, device: torch.device) -> Any:
    """The batch with its tensors on `device`; a packed batch's sizes stay, as torch wants them."""
    if device.type == "cpu":
        return batch
    moved = {
        name: value if name == "sizes_T" else value.to(device, non_blocking=True)
        for name, value in vars(batch).items()
    }
    return type(batch)(**moved)
