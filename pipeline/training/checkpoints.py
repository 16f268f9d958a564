"""The checkpoints of a run on disk: which are ours, how they are written, and what is refused.

`model.checkpoint.safetensors` is the newest. With --keep-checkpoints 3, `model.checkpoint-1` and
`model.checkpoint-2` are the two before it, the second the older. Each is replaced atomically and
carries a digest of itself, so that one which a disk has damaged is found out and the one before it
is used.

A name alone makes no checkpoint: `model.checkpoint-2026.safetensors` may be somebody's backup. So
each says how many its run keeps. What has a lower age than that is ours; nothing else is replaced
or removed. One that is `kept` is the last of a finished run, for --resume with more epochs: only a
later run replaces it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from corpus2vec.pipeline.artifacts.beside import checkpoint_path
from corpus2vec.pipeline.artifacts.weights import read_arrays, read_header, verify, write_arrays
from corpus2vec.pipeline.config import MOST_CHECKPOINTS
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.files.failures import writing
from corpus2vec.pipeline.files.publication import discard, publication
from corpus2vec.pipeline.progress import Progress
from corpus2vec.pipeline.training.position import Checkpoint, Position, is_like

FORMAT = 2
KIND = "checkpoint"
KEPT = "kept"
METRICS = "metrics"
HEADER: Mapping[str, Any] = {
    **{"fingerprint": "", "config": {}, "environment": {}},
    **{"steps": {}, "position": {}},
}
"""What a header has, with an example of its type."""
START_AGAIN = "leave out --resume to train from the start"


@dataclass(frozen=True)
class Found:
    """A checkpoint, and what its file says of the run that wrote it."""

    path: Path
    checkpoint: Checkpoint
    fingerprint: str
    config: Mapping[str, Any]
    environment: Mapping[str, Any]


class Checkpoints:
    """The checkpoints of the run that makes `model`; the recipe's `fingerprint` is in each."""

    def __init__(self, model: Path, fingerprint: str, keep: int = 1) -> None:
        self.newest = checkpoint_path(model)
        self._model = model
        self._fingerprints = {fingerprint}  # whose checkpoints this run may remove
        self._keep = keep
        self._saved = False
        self._claimed = False

    def exist(self) -> bool:
        """Return whether there is one."""
        return bool(self._headers())

    def claim(self) -> None:
        """Take over the checkpoints that are there: they may be replaced, whoever made them.

        Raises UsageError where another file has the name of a checkpoint that this run needs.
        """
        headers = self._headers()
        self._claimed = True
        self._fingerprints |= {header.get("fingerprint", "") for header in headers.values()}
        for age in range(_recorded(headers), self._keep):
            path = checkpoint_path(self._model, age)
            if path.exists():
                raise UsageError(
                    f"{path} is no checkpoint of corpus2vec, and would be replaced by one",
                    hint="move that file away, or name another output",
                )

    def save(self, checkpoint: Checkpoint, header: Mapping[str, Any]) -> None:
        """Write the newest one; the oldest goes when there are more than are kept."""
        own = {
            "kind": KIND,
            "format": FORMAT,
            "keep": self._keep,
            "position": dataclasses.asdict(checkpoint.position),
            "steps": dict(checkpoint.steps),
        }
        arrays = arrays_of(checkpoint.tensors)
        arrays[METRICS] = np.frombuffer(checkpoint.metrics, np.uint8)
        with publication(self.newest) as temporary:
            write_arrays(temporary, arrays, {**header, **own})
            self._age()
        self._saved = True

    def _age(self) -> None:
        """Make each checkpoint one older; the newest keeps its name too, until it is replaced."""
        for age in range(self._keep - 1, 0, -1):
            younger, older = (checkpoint_path(self._model, each) for each in (age - 1, age))
            # Another run that makes the same model may remove them at any moment.
            with writing(older, untouched=False), contextlib.suppress(FileNotFoundError):
                if age > 1:
                    younger.replace(older)
                else:
                    older.unlink(missing_ok=True)
                    _link(younger, older)

    def read(self, progress: Progress) -> Found | None:
        """Return the newest that is whole; None where there is none.

        Raises DataError where there are some but none can be read.
        """
        failure: DataError | None = None
        for age in range(max(1, _recorded(self._headers()))):
            path = checkpoint_path(self._model, age)
            if not path.exists():
                continue
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

    def discard(self, keep_newest: bool = False) -> None:
        """Remove those of this run, and those it took over, once its model is written.

        The newest stays if it is to be kept, or was kept by the run that made the model.
        """
        headers = self._headers()
        own = {age: each for age, each in headers.items() if self._is_own(each)}
        if own.get(0, {}).get(KEPT) and (keep_newest or not self._claimed):
            del own[0]
        most = max(_recorded(own), self._keep if self._saved else 0)
        for age in reversed(range(most)):  # the newest last: it says that there are others
            if age not in headers or age in own:
                discard(checkpoint_path(self._model, age))

    def _is_own(self, header: Mapping[str, Any]) -> bool:
        return header.get("fingerprint", "") in self._fingerprints

    def _headers(self) -> dict[int, dict[str, Any]]:
        """Return the headers of the checkpoints that runs have written here, by age."""
        headers = {}
        for age in range(MOST_CHECKPOINTS):
            with contextlib.suppress(DataError):
                path = checkpoint_path(self._model, age)
                if path.exists() and age < _kept(header := read_header(path, KIND)):
                    headers[age] = header
        return headers


def _recorded(headers: Mapping[int, Mapping[str, Any]]) -> int:
    """Return below which age the names are those of checkpoints, by what these say themselves."""
    return max(map(_kept, headers.values()), default=0)


def _kept(header: Mapping[str, Any]) -> int:
    """Return how many checkpoints the run keeps that wrote this one."""
    keep = header.get("keep")
    return min(keep, MOST_CHECKPOINTS) if isinstance(keep, int) else 1


def _link(file: Path, name: Path) -> None:
    """Give the file a second name; where the file system has no such thing, a new one."""
    try:
        os.link(file, name)
    except FileNotFoundError:
        raise
    except OSError:
        file.replace(name)


def _read(path: Path) -> Found:
    """Return a checkpoint. Raises DataError where it is damaged, incomplete or outdated."""
    verify(path)  # a checkpoint has no manifest beside it
    header = read_header(path, KIND)
    if header.get("format") != FORMAT:
        raise DataError(f"{path} was written by another version of corpus2vec", hint=START_AGAIN)
    arrays = read_arrays(path)
    try:
        for name, example in HEADER.items():
            if not is_like(header.get(name), example):
                raise ValueError(f"it has no {name}")
        if not all(is_like(each, 0) for each in header["steps"].values()):
            raise ValueError("its steps are no numbers")
        metrics = arrays.pop(METRICS, None)
        if metrics is None or metrics.dtype != np.uint8:
            raise ValueError(f"it has no {METRICS}")
        position = Position.from_json(header["position"])
    except ValueError as problem:
        raise unusable(path, problem) from problem
    tensors = {name: torch.from_numpy(each) for name, each in arrays.items()}
    checkpoint = Checkpoint(tensors, position, header["steps"], metrics.tobytes())
    return Found(
        path, checkpoint, *(header[each] for each in ("fingerprint", "config", "environment"))
    )


def unusable(path: Path, problem: ValueError) -> DataError:
    """Return the error for a checkpoint that is undamaged, but does not hold what it should."""
    return DataError(f"{path} is no checkpoint to go on from: {problem}", hint=START_AGAIN)


def arrays_of(tensors: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """Return the tensors as NumPy arrays."""
    return {name: each.detach().cpu().numpy() for name, each in tensors.items()}
