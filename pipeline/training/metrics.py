"""The metrics of a run: JSON Lines beside the model, and TensorBoard's event files if wanted.

`model.metrics.jsonl` has a line every few steps (step, epoch, tokens, seconds, loss,
tokens_per_second, and of the learning rates lr and table_lr those in use) and one line an epoch
(train_loss; with held-out documents also valid_loss and the objective's own score). A run that
resumes cuts it back to the checkpoint, so that no step is in it twice.
`model.tensorboard/` has the same numbers by step, for TensorBoard.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from corpus2vec.pipeline.errors import UsageError
from corpus2vec.pipeline.files.failures import writing

POSITION = ("step", "epoch", "tokens", "seconds")  # what a line is about, and no metric


class Metrics:
    """The files of one run, open while it trains."""

    def __init__(self, path: Path, size: int, step: int, events: Path | None = None) -> None:
        """Go on after the first `size` bytes and after `step`; `events` is TensorBoard's folder.

        Raises UsageError where TensorBoard's files are wanted and their library is missing.
        """
        self._path = path
        self._size = size
        self._file: IO[bytes]
        self._events = _event_writer(events, step) if events else None

    def __enter__(self) -> Metrics:
        with writing(self._path, untouched=False):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("r+b" if self._path.exists() else "w+b")
            # A file that somebody has shortened is not made longer again.
            self._file.truncate(min(self._size, self._path.stat().st_size))
            self._file.seek(0, 2)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with writing(self._path, untouched=False):  # closing tries once more what was not written
            self._file.close()
        if self._events:
            self._events.close()

    def record(self, line: Mapping[str, Any]) -> int:
        """Write one line and return how many bytes there are now."""
        facts = {name: jsonable(value) for name, value in line.items()}
        with writing(self._path, untouched=False):
            self._file.write(json.dumps(facts).encode() + b"\n")
            self._file.flush()
        if self._events:
            for name, value in facts.items():
                if name not in POSITION and value is not None:
                    self._events.add_scalar(name, value, line["step"])
            self._events.flush()
        return self._file.tell()


def _event_writer(folder: Path, step: int) -> Any:
    try:
        from tensorboardX import SummaryWriter
    except ImportError as problem:
        raise UsageError(
            "--tensorboard needs the package tensorboardX",
            hint="pip install 'corpus2vec[tensorboard]'",
        ) from problem
    if not step:  # a new run: TensorBoard would draw an old one's curves over it
        shutil.rmtree(folder, ignore_errors=True)
    # What was written after the checkpoint is written again. The suffix is for a resume within the
    # same second, whose file would otherwise have the same name.
    return SummaryWriter(
        str(folder), purge_step=step + 1 if step else None, filename_suffix=f".{step}"
    )


def jsonable(value: Any) -> Any:
    """Return the value as JSON can hold it: null for NaN and infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
