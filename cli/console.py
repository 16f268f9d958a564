"""What a person sees on stderr: progress, summaries and errors.

A terminal gets a live line with rate and time left; a pipe or a log gets a plain line every 30
seconds; --quiet gets neither. Untrusted text (tokens, labels, paths) is escaped by `visible`, and
never taken as markup.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from typing import TYPE_CHECKING, Any

from corpus2vec.cli import streams
from corpus2vec.cli.wording import advice_on, facts_of, progress_line
from corpus2vec.pipeline.errors import Interrupted
from corpus2vec.pipeline.strings.display import visible

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from corpus2vec.pipeline.artifacts.store import Outcome

HEARTBEAT_SECONDS = 30.0
REDRAW_SECONDS = 0.1
LABEL, BAR, WIDE = 11, 21, 90
"""Columns of the stage's name and of the bar; a narrower terminal gets no bar."""
LINE_END = re.compile(r"\s*\n\s*")
"""In a message: what libraries break into lines is printed as one."""


class Console:
    """Prints messages; it is also the `Progress` that the pipeline reports to."""

    def __init__(self) -> None:
        self.quiet = False
        self.debug = False
        self.stop_signal: int | None = None
        self.finishes_step = False
        self._stage = ""
        self._shown = 0.0
        self._origin: tuple[float, int] | None = None  # when the stage first reported
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    # --- what the pipeline calls ---

    def advance(self, done: int, total: int | None, unit: str, **facts: float | str) -> None:
        """Show how far the stage is, as often as a terminal or a log needs it."""
        now = time.monotonic()
        if self._origin is None or done < self._origin[1]:  # perhaps that of the next part
            self._origin = now, done
        since, already = self._origin
        wait = REDRAW_SECONDS if self.is_live else HEARTBEAT_SECONDS
        if self.quiet or now - self._shown < wait:
            return
        self._shown = now
        rate = (done - already) / (now - since) if now > since else 0.0
        if self.is_live:
            width = shutil.get_terminal_size().columns - LABEL
            line = progress_line(done, total, unit, rate, facts, width - BAR * (width > WIDE))
            self._draw(done, total, line, with_bar=width > WIDE)
        else:
            self.say(f"{self._stage}: {progress_line(done, total, unit, rate, facts)}")

    def notice(self, text: str) -> None:
        """Print a line that is neither progress nor error."""
        self.say(f"{self._stage}: {visible(text, keep_spaces=True)}")

    def finish_step_before_stopping(self, wanted: bool) -> None:
        """Let a signal wait for the end of the step, while wanted."""
        self.finishes_step = wanted

    # --- what the commands call ---

    @property
    def is_live(self) -> bool:
        """Whether stderr is a terminal that can redraw a line."""
        return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def begin(self, stage: str) -> None:
        """Start a stage."""
        self._stage = stage
        self._shown = time.monotonic()
        self._origin = None

    def end(self) -> None:
        """Remove the live line: the stage is over, whether it succeeded or not."""
        if self._bar:
            self._bar.stop()
        self._bar = self._task = None

    def say(self, text: str) -> None:
        """Print a line on stderr, unless --quiet; above the live line if there is one."""
        if self.quiet:
            return
        if self._bar:
            from rich.text import Text

            self._bar.console.print(Text(text), soft_wrap=True)
        else:
            streams.say(text)

    def stage_done(self, outcome: Outcome) -> None:
        """Print the summary of a stage, and stop if a signal came while it ended."""
        self.end()
        self.summary(outcome)
        if self.stop_signal is not None:
            raise Interrupted(self.stop_signal, hint="the stage itself has finished")

    def summary(self, outcome: Outcome) -> None:
        """Print the closing lines of a stage."""
        name = visible(str(outcome.output), keep_spaces=True)
        reason = visible(outcome.reason, keep_spaces=True)
        if outcome.hit:
            self.say(f"{outcome.stage:<9} {self._coloured('hit', '32')}   {name} ({reason})")
            return
        self.say(f"{outcome.stage:<9} {self._coloured('built', '36')} {name} (miss: {reason})")
        for line in facts_of(outcome):
            self.say(f"{'':<15} {line}")
        if advice := advice_on(outcome):
            self.say(f"{'':<15} {self._coloured(advice, '33')}")

    def error(self, message: str, hint: str) -> None:
        """Print one line `error: …` and, if there is a hint, one line `hint: …`."""
        self.end()
        one_line = visible(LINE_END.sub(" ", message.strip()), keep_spaces=True)
        streams.say(f"{self._coloured('error:', '31')} {one_line}")
        if hint:
            streams.say(f"hint: {visible(LINE_END.sub(' ', hint.strip()), keep_spaces=True)}")

    def _coloured(self, text: str, code: str) -> str:
        plain = not self.is_live or os.environ.get("NO_COLOR")
        return text if plain else f"\x1b[{code}m{text}\x1b[0m"

    def _draw(self, done: int, total: int | None, line: str, with_bar: bool) -> None:
        if self._bar is None:
            self._bar = self._new_bar(with_bar)
            self._task = self._bar.add_task("", total=total)
        if self._task is not None:
            self._bar.update(self._task, completed=done, total=total, description=line)
            self._bar.refresh()

    def _new_bar(self, with_bar: bool) -> Bar:
        from rich.console import Console as Terminal
        from rich.progress import BarColumn, Progress, TextColumn
        from rich.text import Text

        class Plain(TextColumn):
            """The description, without markup."""

            def render(self, task: Any) -> Text:
                return Text(task.description, no_wrap=True, overflow="ellipsis")

        bar = Progress(
            TextColumn(f"{self._stage:<9}"),
            *([BarColumn(bar_width=20)] if with_bar else []),
            Plain(""),
            console=Terminal(stderr=True),
            transient=True,
            auto_refresh=False,
        )
        bar.start()
        return bar
