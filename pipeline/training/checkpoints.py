"""The checkpoints of a run on disk: the newest, and as many before it as are wanted.

`model.checkpoint.safetensors` is the newest. With --keep-checkpoints 3, `model.checkpoint-1` and
`model.checkpoint-2` are the two before it, the second the older. Each is replaced atomically and
carries a digest of itself: one that a disk has damaged is found out, and the one before it taken.
"""

from __future__ import annotations

import dataclasses
import glob
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from corpus2vec.pipeline.artifacts.beside import checkpoint_path
from corpus2vec.pipeline.artifacts.weights import read_arrays, read_header, verify, write_arrays
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.files.publication import discard, publication
from corpus2vec.pipeline.progress import Progress
from corpus2vec.pipeline.training.place import Checkpoint, Place


class Checkpoints:
    """Those of the run that makes `model`."""

    def __init__(self, model: Path, keep: int = 1) -> None:
        self.newest = checkpoint_path(model)
        self._model = model
        self._keep = keep

    def exist(self) -> bool:
        """Whether there is any."""
        return bool(self._all())

    def save(self, checkpoint: Checkpoint, header: Mapping[str, Any]) -> None:
        """Write one as the newest; the oldest goes when there are more than are kept."""
        if self.newest.exists():
            for age in range(self._keep - 1, 0, -1):
                younger = checkpoint_path(self._model, age - 1)
                if younger.exists():
                    younger.replace(checkpoint_path(self._model, age))
        place = dataclasses.asdict(checkpoint.place)
        whole = {**header, "kind": "checkpoint", "place": place, "steps": dict(checkpoint.steps)}
        with publication(self.newest) as temporary:
            write_arrays(temporary, arrays_of(checkpoint.tensors), whole)

    def read(self, progress: Progress) -> tuple[Checkpoint, dict[str, Any]] | None:
        """The newest that is whole, and its header; None where there is none.

        Raises DataError where there are some, and all are damaged.
        """
        damage: DataError | None = None
        for path in self._all():
            try:
                verify(path)  # a checkpoint has no manifest beside it
                header = read_header(path, "checkpoint")
                tensors = {name: torch.from_numpy(each) for name, each in read_arrays(path).items()}
            except DataError as problem:
                damage = damage or problem
                continue
            if damage:
                progress.notice(f"{damage}: going on from {path.name}, the one before it")
            return Checkpoint(tensors, Place(**header["place"]), header["steps"]), header
        if damage:
            raise damage
        return None

    def discard(self) -> None:
        """Remove them all, and what writers of them left behind that died."""
        discard(self.newest)
        for path in self._all():
            discard(path)

    def _all(self) -> list[Path]:
        """Those that there are, the newest first."""
        stem, suffix = glob.escape(self.newest.stem), self.newest.suffix
        older = self.newest.parent.glob(f"{stem}-[1-9]*{suffix}")
        by_age = sorted(older, key=lambda path: (len(path.name), path.name))
        return [*([self.newest] if self.newest.exists() else []), *by_age]


def arrays_of(tensors: Mapping[str, torch.Tensor]) -> dict[str, np.ndarray]:
    """The tensors as NumPy's arrays."""
    return {name: each.detach().cpu().numpy() for name, each in tensors.items()}
