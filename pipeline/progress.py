"""How a stage says how far it is and learns that it should stop.

The library never prints and never handles a signal: the command line hands it a `Progress`, and
tests hand it `SILENT`.
"""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """What a stage reports to while it works."""

    def advance(self, done: int, total: int | None, unit: str, **facts: float | str) -> None:
        """`done` of `total` units (bytes, tokens, steps) are finished; `total` None is unknown.

        `facts` are what a person wants to see beside the bar: `loss=5.1`.
        """

    def notice(self, text: str) -> None:
        """Something a person should know that is not an error: a resume on another machine."""

    @property
    def stop_signal(self) -> int | None:
        """The number of the signal that asked for an orderly stop, or None."""

    def finish_step_before_stopping(self, wanted: bool) -> None:
        """While wanted, a signal sets `stop_signal` instead of breaking in at once."""


class Silent:
    """A Progress that says nothing."""

    stop_signal: int | None = None

    def advance(self, done: int, total: int | None, unit: str, **facts: float | str) -> None:
        """Say nothing."""

    def notice(self, text: str) -> None:
        """Say nothing."""

    def finish_step_before_stopping(self, wanted: bool) -> None:
        """Nothing interrupts a silent run."""


SILENT = Silent()
