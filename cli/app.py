"""The typer app, and the only place where an error becomes text and an exit code."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import Any

import typer
from typer.exceptions import TyperException

from corpus2vec.cli import (
    ask,
    build,
    compare,
    inspect,
    judge,
    keep,
    lookup,
    parts,
    project,
    report,
    use,
)
from corpus2vec.cli.console import Console
from corpus2vec.cli.help import Commands
from corpus2vec.cli.streams import STDOUT, discard, open_closed_streams
from corpus2vec.pipeline.errors import Interrupted, PipelineError

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

app = typer.Typer(
    name="corpus2vec",
    help="Learn word embeddings from a text corpus, with an Embedding + LSTM network.\n\n"
    "tokenize → vocab → encode → train → dump: each stage is a command that makes one file, and "
    "makes it once. `run` makes them all in a folder.\n\n"
    "Example: corpus2vec run corpus.txt -o build/",
    cls=Commands,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="rich",
)
build.register(app)
parts.register(app)
inspect.register(app)
lookup.register(app)
ask.register(app)
judge.register(app)
compare.register(app)
report.register(app)
use.register(app)
keep.register(app)
project.register(app)


@app.callback(invoke_without_command=True)
def version_option(
    version: bool = typer.Option(False, "--version", help="Print the version.", is_eager=True),
) -> None:
    """Print the version, if asked."""
    if version:
        from importlib import metadata

        STDOUT.write(f"corpus2vec {metadata.version('corpus2vec')}\n")
        raise typer.Exit


def main() -> None:
    """Run the command line, and exit with its code."""
    # OpenMP's threads spin while they wait: two trainings side by side on two cores ran at a
    # hundredth of the speed. After 500 turns they sleep, which costs a single training nothing.
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "500")
    open_closed_streams()
    console = Console()
    _catch_signals(console)
    try:
        code = run(console)
    except Interrupted as problem:  # it came when the command had ended, and is no longer caught
        code = problem.exit_code
    # What Python still has to clear up takes some tenths of a second, and the code is known.
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    sys.exit(code)


def run(console: Console) -> int:
    """Run the command that argv names, and return the exit code."""
    try:
        result: Any = app(obj=console, prog_name="corpus2vec", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except TyperException as problem:
        if problem.format_message():  # without arguments there is no message: help was shown
            console.error(problem.format_message(), _usage_hint(problem))
        return problem.exit_code
    except (PipelineError, Interrupted) as problem:
        return _fail(console, problem, problem.message, problem.hint, problem.exit_code)
    except BrokenPipeError:
        discard(sys.stdout)
        return 0
    except SystemExit:  # so typer ends where nobody reads its help any more
        discard(sys.stdout)
        return 0
    except OSError as problem:
        from corpus2vec.pipeline.files.failures import storage_error

        failure = storage_error(problem)
        return _fail(console, problem, failure.message, failure.hint, failure.exit_code)
    except typer.Abort:
        return 130
    except MemoryError as problem:
        return _fail(console, problem, "there is not enough memory", "try smaller batches", 70)
    except Exception as problem:
        text = f"internal: {type(problem).__name__}: {problem}"
        hint = "--debug shows where; please report it"
        return _fail(console, problem, text, hint, 70)
    finally:
        console.end()


def _fail(console: Console, problem: BaseException, message: str, hint: str, code: int) -> int:
    console.error(message, hint)
    if console.debug:
        import traceback

        traceback.print_exception(problem)
    return code


def _usage_hint(problem: TyperException) -> str:
    context = getattr(problem, "ctx", None)
    return f"{context.command_path} --help" if context else "corpus2vec --help"


def _catch_signals(console: Console) -> None:
    def handle(number: int, frame: FrameType | None) -> None:
        if console.finishes_step and console.stop_signal is None:
            console.stop_signal = number
        else:
            raise Interrupted(number)

    for each in SIGNALS:
        if signal.getsignal(each) is not signal.SIG_IGN:  # nohup wants SIGHUP ignored
            signal.signal(each, handle)
