"""What all batches have in common: their protocol, their device, how many rows a step takes."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from typing import Protocol, Self, TypeVar

import torch
from torch import Tensor

# Steps an epoch, where the corpus allows it: on 25 KB of prose, 2 epochs of 50 small steps reached
# the held-out loss that 11 epochs of 6 large ones did.
LEAST_STEPS = 50


class Batch(Protocol):
    """What one step trains on."""

    @property
    def rows(self) -> int:
        """B."""

    @property
    def predicted(self) -> int:
        """How many predictions the batch asks for; its loss is their mean."""

    def shards(self, number: int) -> Sequence[Self]:
        """Return the batch cut into at most `number` parts, none of them without rows."""


AnyBatch = TypeVar("AnyBatch", bound=Batch)
AnyBatch_co = TypeVar("AnyBatch_co", bound=Batch, covariant=True)


class Batches(Protocol[AnyBatch_co]):
    """The batches of an epoch, by step."""

    def __len__(self) -> int: ...

    def __getitem__(self, step: int) -> AnyBatch_co: ...


class Epoch(Batches[AnyBatch_co], Protocol[AnyBatch_co]):
    """The batches of an epoch, which reads one group of documents after the other."""

    def begins(self, step: int) -> bool:
        """Return whether a group begins with that step, and the text of the one before ends."""


def move(batch: AnyBatch, device: torch.device) -> AnyBatch:
    """Return the batch with its tensors on `device`; torch wants a packed batch's sizes here."""
    if device.type == "cpu":
        return batch
    moved = {
        name: value if name == "sizes_T" else value.to(device, non_blocking=True)
        for name, value in vars(batch).items()
    }
    return type(batch)(**moved)


def rows_a_step(rows_an_epoch: int, most: int) -> int:
    """Return how many rows a step takes, at most `most`, so that an epoch has steps enough."""
    return max(1, min(most, rows_an_epoch // LEAST_STEPS))


def check_step(step: int, batches: Sized) -> None:
    """Raise IndexError past the end, which is what ends a for loop over the batches."""
    if not 0 <= step < len(batches):
        raise IndexError(step)


def split_targets(targets_N: Tensor, predicts_BT: Tensor, number: int) -> tuple[Tensor, ...]:
    """Cut the targets where `tensor_split` cuts the rows that they belong to."""
    counts = [int(part.sum()) for part in predicts_BT.tensor_split(number)]
    return torch.split(targets_N, counts)
