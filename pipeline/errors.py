"""Every error that the pipeline raises on purpose, and the exit code each one ends in.

    PipelineError            70  internal or numerical failure
    ├── UsageError            2  the request itself cannot be met: options, missing inputs
    ├── DataError            65  the corpus or an artifact is not what it should be
    ├── StorageError         74  a file could not be read, written or published
    └── Interrupted     128 + n  signal n arrived; what had to be saved is saved

An error carries one line that says what and where, and one that says what to do next. Only
`cli/app.py` turns an error into text and an exit code. Nothing else may be defined here.
"""

from __future__ import annotations

import signal


class PipelineError(Exception):
    """A failure told in one line, with a hint that says what to do next."""

    exit_code = 70

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(PipelineError):
    """The request cannot be met as it was put: contradictory options, an input that is missing."""

    exit_code = 2


class DataError(PipelineError):
    """A corpus or an artifact does not hold what it must: bad bytes, a wrong field, damage."""

    exit_code = 65


class StorageError(PipelineError):
    """The file system refused: disk full, read-only, no permission."""

    exit_code = 74


class Interrupted(PipelineError):
    """A signal ended the run in good order."""

    def __init__(self, signal_number: int, *, hint: str = "") -> None:
        super().__init__(f"stopped by {signal.Signals(signal_number).name}", hint=hint)
        self.signal_number = signal_number
        self.exit_code = 128 + signal_number
