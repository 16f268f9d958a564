"""Every error that the pipeline raises on purpose, with the exit code that it leads to.

    PipelineError            70  internal or numerical failure
    ├── UsageError            2  the request cannot be met: options, missing inputs
    ├── DataError            65  the corpus or an artifact is not what it should be
    └── StorageError         74  a file cannot be read, written or published
    Interrupted         128 + n  signal n arrived, and what must be saved is saved

An error has one line that says what went wrong and where, and a hint that says what to do next.
Only `cli/app.py` turns an error into text and an exit code. Nothing else may be defined here.
"""

from __future__ import annotations

import signal


class PipelineError(Exception):
    """A failure, described in one line, with a hint that says what to do next."""

    exit_code = 70

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(PipelineError):
    """The request cannot be met: contradictory options, a missing input."""

    exit_code = 2


class DataError(PipelineError):
    """A corpus or an artifact is not what it should be: bad bytes, a wrong field, damage."""

    exit_code = 65


class StorageError(PipelineError):
    """The file system refuses: disk full, read-only, no permission."""

    exit_code = 74


class Interrupted(BaseException):
    """A signal ended the run in an orderly way.

    It comes from a signal's handler, at any line. As no `Exception` it passes through the libraries
    that take every one for a failure of their own, as readers of YAML do.
    """

    def __init__(self, signal_number: int, *, hint: str = "") -> None:
        self.message = f"stopped by {signal.Signals(signal_number).name}"
        super().__init__(self.message)
        self.hint = hint
        self.signal_number = signal_number
        self.exit_code = 128 + signal_number
