"""All that a person sees: progress, heartbeat, summaries and errors, on stderr.

A terminal gets a live line with rate and time left; a pipe or a log gets a plain line every 30
seconds; --quiet gets neither. What comes from outside (tokens, labels, paths) is shown with
`visible`, and never as markup. Data goes to stdout, by `write`.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from corpus2vec.pipeline.errors import Interrupted, StorageError
from corpus2vec.pipeline.strings.display import visible

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from corpus2vec.pipeline.artifacts.store import Outcome

HEARTBEAT_SECONDS = 30.0
REDRAW_SECONDS = 0.1


class Console:
    """Where messages go; also the `Progress` that the pipeline reports to."""

    def __init__(self) -> None:
        self.quiet = False
        self.debug = False
        self.stop_signal: int | None = None
        self.finishes_step = False
        self._stage = ""
        self._shown = 0.0
        self._origin: tuple[float, int] | None = None  # when the stage first told how far it was
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    # --- what the pipeline calls ---

    def advance(self, done: int, total: int | None, unit: str, **facts: float | str) -> None:
        """Show how far the stage is, as often as a person or a log wants it."""
        now = time.monotonic()
        since, already = self._origin = self._origin or (now, done)
        wait = REDRAW_SECONDS if self.is_live else HEARTBEAT_SECONDS
        if self.quiet or now - self._shown < wait:
            return
        self._shown = now
        rate = (done - already) / (now - since) if now > since else 0.0
        line = progress_line(done, total, unit, rate, facts)
        if self.is_live:
            self._draw(done, total, line)
        else:
            self.say(f"{self._stage}: {line}")

    def notice(self, text: str) -> None:
        """One line that is neither progress nor error."""
        self.say(f"{self._stage}: {visible(text, keep_spaces=True)}")

    def finish_step_before_stopping(self, wanted: bool) -> None:
        """While wanted, a signal waits for the step's end."""
        self.finishes_step = wanted

    # --- what the commands call ---

    @property
    def is_live(self) -> bool:
        """Whether stderr is a terminal that can redraw a line."""
        return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def begin(self, stage: str) -> None:
        """A stage starts."""
        self._stage = stage
        self._shown = time.monotonic()
        self._origin = None

    def end(self) -> None:
        """The stage is over, one way or the other: take the live line away."""
        if self._bar:
            self._bar.stop()
        self._bar = self._task = None

    def say(self, text: str) -> None:
        """A line on stderr, unless --quiet; above the live line if there is one."""
        if self.quiet:
            return
        if self._bar:
            from rich.text import Text

            self._bar.console.print(Text(text), soft_wrap=True)
        else:
            print(text, file=sys.stderr, flush=True)

    def stage_done(self, outcome: Outcome) -> None:
        """Close the stage: its summary, and the end if a signal came when it was all but done."""
        self.end()
        self.summary(outcome)
        if self.stop_signal is not None:
            raise Interrupted(self.stop_signal, hint="the stage itself was finished")

    def summary(self, outcome: Outcome) -> None:
        """The closing lines of a stage."""
        name = visible(str(outcome.output), keep_spaces=True)
        reason = visible(outcome.reason, keep_spaces=True)
        if outcome.hit:
            self.say(f"{outcome.stage:<9} {self._coloured('hit', '32')}   {name} ({reason})")
            return
        self.say(f"{outcome.stage:<9} {self._coloured('built', '36')} {name} (miss: {reason})")
        for line in facts_of(outcome):
            self.say(f"{'':<15} {line}")

    def error(self, message: str, hint: str) -> None:
        """One line `error: …` and, if there is a hint, one line `hint: …`."""
        self.end()
        one_line = visible(" ".join(message.split()), keep_spaces=True)
        print(f"{self._coloured('error:', '31')} {one_line}", file=sys.stderr)
        if hint:
            print(f"hint: {visible(' '.join(hint.split()), keep_spaces=True)}", file=sys.stderr)

    def _coloured(self, text: str, code: str) -> str:
        plain = not self.is_live or os.environ.get("NO_COLOR")
        return text if plain else f"\x1b[{code}m{text}\x1b[0m"

    def _draw(self, done: int, total: int | None, line: str) -> None:
        if self._bar is None:
            self._bar = self._new_bar()
            self._task = self._bar.add_task("", total=total)
        if self._task is not None:
            self._bar.update(self._task, completed=done, total=total, description=line)
            self._bar.refresh()

    def _new_bar(self) -> Bar:
        from rich.console import Console as Terminal
        from rich.progress import BarColumn, Progress, TextColumn
        from rich.text import Text

        class Plain(TextColumn):
            """The description as it is, without markup."""

            def render(self, task: Any) -> Text:
                return Text(task.description, no_wrap=True, overflow="ellipsis")

        bar = Progress(
            TextColumn(f"{self._stage:<9}"),
            BarColumn(bar_width=20),
            Plain(""),
            console=Terminal(stderr=True),
            transient=True,
            auto_refresh=False,
        )
        bar.start()
        return bar


# --- data on stdout --------------------------------------------------------------------------


class Stdout(io.RawIOBase):
    """Standard output as a sink of bytes: UTF-8 whatever the locale; a closed pipe is no error."""

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, block: Any) -> int:
        """Write, or leave quietly where nobody reads any more (`… | head`)."""
        try:
            sys.stdout.flush()
            sys.stdout.buffer.write(block.encode() if isinstance(block, str) else block)
            sys.stdout.buffer.flush()
        except OSError as problem:
            # Python would complain once more when it closes stdout at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if isinstance(problem, BrokenPipeError):
                raise typer.Exit(0) from None
            raise StorageError(
                f"cannot write to standard output: {os.strerror(problem.errno or 0)}"
            ) from problem
        return len(block)


STDOUT = Stdout()


def print_json(value: Any) -> None:
    """One JSON text on stdout."""
    STDOUT.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """The summary of a stage for programs."""
    return {
        "stage": outcome.stage,
        "output": str(outcome.output),
        "hit": outcome.hit,
        "reason": outcome.reason,
        "seconds": round(outcome.seconds, 3),
        "fingerprint": outcome.fingerprint,
        "counts": outcome.counts,
    }


# --- how things are said ---------------------------------------------------------------------


def progress_line(
    done: int, total: int | None, unit: str, rate: float, facts: Mapping[str, float | str]
) -> str:
    """How far, how fast (`rate` in units a second), how long still.

    >>> progress_line(50_000_000, 100_000_000, "bytes", 2_500_000.0, {"documents": 1200})
    '50%  50.0 MB of 100.0 MB  2.5 MB/s  0:20 left  1,200 documents'
    """
    parts = [amount(done, unit)]
    if total:
        parts = [f"{done / total:.0%}", f"{amount(done, unit)} of {amount(total, unit)}"]
    if rate:
        parts.append(f"{amount(rate, unit)}/s")
    if total and rate:
        parts.append(f"{clock((total - done) / rate)} left")
    for name, value in facts.items():
        if name == "loss" and isinstance(value, float):
            parts.append(f"loss {value:.3f}")
        elif name.endswith("_per_second") and isinstance(value, float):
            parts.append(f"{value:,.0f} {name.removesuffix('_per_second')}/s")
        elif name.startswith("of "):
            parts.append(f"{value} {name}")
        elif isinstance(value, str):
            parts.append(f"{name} {value}")
        else:
            parts.append(f"{value:,} {name}")
    return "  ".join(parts)


def amount(count: float, unit: str) -> str:
    """A count and its unit: `61.2 MB`, `1,200 steps`."""
    if unit == "bytes":
        return f"{count / 1e6:.1f} MB"
    return f"{count:,.0f} {unit}" if count >= 10 or count == int(count) else f"{count:.1f} {unit}"


def counted(count: int, words: str) -> str:
    """A count and what it counts: `2 rows`, `1 row`."""
    one = re.sub("^([a-z]+)s", r"\1", words)
    return f"{count:,} {one if count == 1 else words}"


def clock(seconds: float) -> str:
    """`0:07`, `12:30`, `1:02:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def facts_of(outcome: Outcome) -> list[str]:
    """What a person wants to know of a stage that ran, in one or two lines."""
    counts, seconds = outcome.counts, max(outcome.seconds, 1e-9)
    lines = [", ".join([*_accounts(counts), *_plain_facts(counts)])]
    speed = ""
    if "bytes" in counts:
        speed = f", {counts['bytes'] / 1e6 / seconds:.1f} MB/s"
    tokens = counts.get("tokens")
    if isinstance(tokens, Mapping):
        speed += f", {tokens['in'] / seconds:,.0f} tokens/s"
    elif isinstance(tokens, int) and "epochs" in counts and not counts.get("time_was_up"):
        speed = f", {tokens * counts['epochs'] / seconds:,.0f} tokens/s"
    lines.append(f"{outcome.seconds:.1f} s{speed}")
    return [line for line in lines if line]


def _accounts(counts: Mapping[str, Any]) -> list[str]:
    """The books in words: `10 tokens`, and where not all were kept, what became of the rest."""
    parts = []
    for unit in ("documents", "tokens"):
        account = counts.get(unit)
        if isinstance(account, Mapping):
            parts.append(counted(account["in"], unit))
            if account.get("unk"):
                parts.append(f"{account['unk']:,} of them <unk>")
            parts += [
                f"{counted(count, unit)} dropped ({reason})"
                for reason, count in account.get("dropped", {}).items()
            ]
    return parts


FACTS = {
    "rows": "rows",
    "cuts": "cuts",
    "documents_cut": "cuts in documents that were too long",
    "chunks_cut": "cuts in chunks that were too long",
    "types": "types",
    "types_left_out": "types left out",
    "keep_not_in_corpus": "tokens of --keep not in the corpus",
    "documents": "documents",
    "tokens": "tokens",
    "columns": "columns",
    "valid_documents": "documents held out",
    "cut_tokens": "tokens cut from long documents",
    "init_found": "rows from --init",
    "init_layers": "weights of layers from --init",
    "escaped": "tokens escaped",
    "skipped": "tokens skipped",
    "epochs": "epochs",
    "steps": "steps",
}
SCORES = ("train_loss", "valid_loss", "valid_perplexity", "valid_accuracy")


def _plain_facts(counts: Mapping[str, Any]) -> list[str]:
    parts = []
    for name, words in FACTS.items():
        value = counts.get(name)
        if isinstance(value, int) and (value or name in ("rows", "types")):
            parts.append(counted(value, words))
    for name in SCORES:
        if isinstance(counts.get(name), float):
            label = name.replace("train_loss", "loss").replace("valid_", "held-out ")
            parts.append(f"{label} {counts[name]:.4g}")
    return parts
