"""The metrics of a run: JSON Lines beside the model, and TensorBoard's event files if wanted.

`model.metrics.jsonl` has a line every few steps (step, epoch, tokens, seconds, loss,
tokens_per_second, and of the learning rates lr and table_lr those in use) and one line an epoch
(train_loss; with held-out documents also valid_loss and the objective's own scores).

Each run writes a file of its own, which takes the name when the run begins, so that it can be read
while the run goes on. If another run takes the name meanwhile, the lines of the two do not mix: the
file that has lost its name is still written, and takes it again when its run ends. A checkpoint has
the lines so far, so a run that resumes has every step once, whatever became of the file.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from corpus2vec.pipeline.errors import UsageError
from corpus2vec.pipeline.files.failures import reading, writing
from corpus2vec.pipeline.files.publication import publication, publishable
from corpus2vec.pipeline.training.events import Events

BEGINNING = b'{"step": '


class Metrics:
    """The files of one run, open while it trains."""

    def __init__(self, path: Path, before: bytes = b"", events: Path | None = None) -> None:
        """Go on after the lines `before`; `events` is TensorBoard's folder."""
        self._path = path
        self._lines = bytearray(before)
        self._file: IO[bytes]
        self._events = Events(events) if events else None

    @property
    def content(self) -> bytes:
        """All lines so far."""
        return bytes(self._lines)

    def __enter__(self) -> Metrics:
        self._path = publishable(self._path)
        _refuse_foreign(self._path)
        with contextlib.ExitStack() as opened:
            with publication(self._path) as temporary:
                temporary.write_bytes(self._lines)
                # Opened while it is nobody else's: whatever has the name later, lines go in here.
                self._file = opened.enter_context(temporary.open("ab"))
            self._begin_events()
            opened.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.ExitStack() as closed:
            if self._events:
                closed.callback(self._events.close)
            with writing(self._path, untouched=False):  # closing tries again what was not written
                self._file.close()
            if kind is None:
                with publication(self._path) as temporary:
                    temporary.write_bytes(self._lines)
                if self._events and not self._events.is_there():
                    self._events.close()
                    self._begin_events()

    def _begin_events(self) -> None:
        if self._events:
            self._events.begin([json.loads(line) for line in self._lines.splitlines()])

    def record(self, line: Mapping[str, Any]) -> None:
        """Write one line."""
        facts = {name: jsonable(value) for name, value in line.items()}
        written = json.dumps(facts).encode() + b"\n"
        self._lines += written
        with writing(self._path, untouched=False):
            self._file.write(written)
            self._file.flush()
        if self._events:
            self._events.add(facts)


def _refuse_foreign(path: Path) -> None:
    """Raise UsageError if there is a file that holds something else than metrics."""
    with reading(path):
        try:
            with path.open("rb") as file:
                beginning = file.read(len(BEGINNING))
        except FileNotFoundError:
            return
    if beginning not in (b"", BEGINNING):
        raise UsageError(
            f"{path} does not hold the metrics of a run, and would be replaced by them",
            hint="move that file away, or name another output",
        )


def jsonable(value: Any) -> Any:
    """Return the value as JSON can hold it: null for NaN and infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
