"""What a stage and a use are: the members that each module of this room has, and what they share.

Both make an artifact from inputs. A *stage* is a step of a build: it reads what other stages made.
A *use* is what a trained network or its table is for: it reads whatever its command is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Protocol

from corpus2vec.pipeline.artifacts.inputs import file_input
from corpus2vec.pipeline.artifacts.ledger import Ledger
from corpus2vec.pipeline.artifacts.manifest import Input, Recipe
from corpus2vec.pipeline.artifacts.store import Outcome
from corpus2vec.pipeline.config import Execution, Settings
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.files.failures import reading
from corpus2vec.pipeline.progress import SILENT, Progress


class Maker(Protocol):
    """From inputs to an artifact. The module's docstring is the help of its command."""

    @property
    def NAME(self) -> str:
        """What it is called, on the command line and in manifests."""

    @property
    def FILE(self) -> str:
        """What a build, or an example, calls its artifact."""

    @property
    def FORMAT(self) -> int:
        """A number that is raised when the written bytes change: older artifacts are misses."""

    @property
    def CONFIG(self) -> type[Settings]:
        """The settings that decide bytes."""

    @property
    def EXECUTION(self) -> type[Execution]:
        """The settings that do not."""

    def recipe(self, inputs: Sequence[Any], output: Path, config: Any) -> Recipe:
        """Return what decides the artifact's bytes."""

    def run(
        self,
        inputs: Sequence[Any],
        output: Path,
        config: Any,
        execution: Any = None,
        *,
        force: bool = False,
        progress: Progress = SILENT,
    ) -> Outcome:
        """Make the artifact at `output`, unless it is there already."""

    @property
    def stream(self) -> Stream | None:
        """Writes to a stream, without manifest and cache; None where it takes a file."""


class Stage(Maker, Protocol):
    """A step of a build, from artifacts to an artifact."""

    @property
    def NEEDS(self) -> tuple[str, ...]:
        """The stages whose artifacts it reads, in this order; with none it reads the corpus."""

    @property
    def SEVERAL(self) -> bool:
        """Whether the first input may be several."""


class Use(Maker, Protocol):
    """What a trained network or its table is for; no part of a build."""

    @property
    def TAKES(self) -> Mapping[str, str]:
        """Its arguments in order, as --help names them, and what each is.

        The last may be several: `{"MODEL": "The network.", "CORPUS...": "Files to read."}`. The
        inputs are then a path and the rest, as texts.
        """


Stream = Callable[[IO[bytes], Sequence[Any], Any, Any, Progress], None]
"""From inputs, config and execution, reporting to a `Progress`."""


def existing(path: Path) -> Path:
    """Return the path. Raises UsageError where there is no such file or folder."""
    if not path.exists():
        raise UsageError(f"there is no file {path}", hint="check the path")
    return path


def side_inputs(config: Settings) -> tuple[Input, ...]:
    """Return the files that settings name, as inputs: their content decides, not their names."""
    return tuple(file_input(name, existing(path)) for name, path in config.files().items())


def listed_in(path: Path) -> list[str]:
    """Return the tokens that a file lists, one a line. Raises DataError if it is not UTF-8."""
    with reading(path):
        content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise DataError(f"{path} is not UTF-8 at byte {problem.start}") from problem
    return [line for line in text.replace("\r\n", "\n").split("\n") if line.strip()]


def balanced(*ledgers: Ledger) -> dict[str, Any]:
    """Return the ledgers as the manifest stores them, or raise PipelineError for a false one."""
    for ledger in ledgers:
        ledger.balance()
    return {ledger.unit: ledger.as_json() for ledger in ledgers}
