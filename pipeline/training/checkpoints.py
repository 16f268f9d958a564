"""The checkpoints of a run on disk, and what is in one: the weights and the position in the run.

`model.checkpoint.safetensors` is the newest. With --keep-checkpoints 3, `model.checkpoint-1` and
`model.checkpoint-2` are the two before it, the second the older. Each is replaced atomically and
carries a digest of itself, so that one which a disk has damaged is found out and the one before it
is used.
"""

from __future__ import annotations

import dataclasses
import glob
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from corpus2vec.pipeline.artifacts.beside import checkpoint_path
from corpus2vec.pipeline.artifacts.weights import read_arrays, read_header, verify, write_arrays
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.files.publication import discard, publication
from corpus2vec.pipeline.progress import Progress


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
    scores: list[dict[str, float]] = field(default_factory=list)
    """Scores of each finished epoch."""
    seconds: float = 0.0
    """Seconds of training, including those before a stop and a resume."""
    metrics_size: int = 0
    """Bytes of the metrics file that belong to the run so far."""


@dataclass(frozen=True)
class Checkpoint:
    """All that a run needs to go on."""

    tensors: Mapping[str, Tensor]
    position: Position
    steps: Mapping[str, int]
    """The optimizers' own counters."""


class Checkpoints:
    """The checkpoints of the run that makes `model`."""

    def __init__(self, model: Path, keep: int = 1) -> None:
        self.newest = checkpoint_path(model)
        self._model = model
        self._keep = keep

    def exist(self) -> bool:
        """Return whether there is one."""
        return bool(self._all())

    def save(self, checkpoint: Checkpoint, header: Mapping[str, Any]) -> None:
        """Write the newest one; the oldest goes when there are more than are kept."""
        if self.newest.exists():
            for age in range(self._keep - 1, 0, -1):
                younger = checkpoint_path(self._model, age - 1)
                if younger.exists():
                    younger.replace(checkpoint_path(self._model, age))
        own = {
            "kind": "checkpoint",
            "position": dataclasses.asdict(checkpoint.position),
            "steps": dict(checkpoint.steps),
        }
        with publication(self.newest) as temporary:
            write_arrays(temporary, arrays_of(checkpoint.tensors), {**header, **own})

    def read(self, progress: Progress) -> tuple[Checkpoint, dict[str, Any]] | None:
        """Return the newest that is whole, and its header; None where there is none.

        Raises DataError where there are some but none can be read.
        """
        failure: DataError | None = None
        for path in self._all():
            try:
                found = _read(path)
            except DataError as problem:
                failure = failure or problem
                continue
            if failure:
                progress.notice(f"{failure}: going on from {path.name}, the one before it")
            return found
        if failure:
            raise failure
        return None

    def discard(self) -> None:
        """Remove all of them, and what an interrupted write left behind."""
        discard(self.newest)
        for path in self._all():
            discard(path)

    def _all(self) -> list[Path]:
        """Return the files that exist, the newest first."""
        stem, suffix = glob.escape(self.newest.stem), self.newest.suffix
        older = self.newest.parent.glob(f"{stem}-[1-9]*{suffix}")
        by_age = sorted(older, key=lambda path: (len(path.name), path.name))
        return [*([self.newest] if self.newest.exists() else []), *by_age]


def _read(path: Path) -> tuple[Checkpoint, dict[str, Any]]:
    """Return a checkpoint and its header. Raises DataError where it is damaged or outdated."""
    verify(path)  # a checkpoint has no manifest beside it
    header = read_header(path, "checkpoint")
    tensors = {name: torch.from_numpy(each) for name, each in read_arrays(path).items()}
    try:
        return Checkpoint(tensors, Position(**header["position"]), header["steps"]), header
    except (KeyError, TypeError) as problem:
        raise DataError(
            f"{path} was written by another version of corpus2vec",
            hint="leave out --resume to train from the start",
        ) from problem


def arrays_of(tensors: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """Return the tensors as NumPy arrays."""
    return {name: each.detach().cpu().numpy() for name, each in tensors.items()}
