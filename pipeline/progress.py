"""How a stage reports its progress, and learns that it should stop.

The library never prints and never handles a signal. The command line passes a `Progress` to it that
does both; the default is `SILENT`.
"""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """What a stage reports to, and asks whether to stop."""

    def advance(self, done: int, total: int | None, unit: str, **facts: float | str) -> None:
        """Report that `done` of `total` units are finished: bytes, tokens, steps.

        `total` is None if it is unknown. `facts` are shown beside the bar: `loss=5.1`.
        """

    def notice(self, text: str) -> None:
        """Report what a person should know although it is no error: a resume on another machine."""

    @property
    def stop_signal(self) -> int | None:
        """The number of the signal that asked for an orderly stop, or None."""

    def finish_step_before_stopping(self, wanted: bool) -> None:
        """While `wanted`, let a signal only set `stop_signal`, instead of interrupting at once."""


class Silent:
    """A Progress that reports nothing and never stops."""

    stop_signal: int | None = None

    def advance(self, done: int, total: int | None, unit: str, **facts: float | str) -> None:
        """Report nothing."""

    def notice(self, text: str) -> None:
        """Report nothing."""

    def finish_step_before_stopping(self, wanted: bool) -> None:
        """Do nothing: nothing interrupts a silent run."""


SILENT = Silent()
