"""What a command makes: one artifact, several, or the parts of one; and the command that seals."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corpus2vec.cli.options import Request, add_command, looking
from corpus2vec.cli.streams import print_json
from corpus2vec.cli.wording import outcome_json
from corpus2vec.pipeline.config import Parted, PartedExecution, require

if TYPE_CHECKING:
    from corpus2vec.pipeline.artifacts.store import Outcome
    from corpus2vec.pipeline.stages import Maker


def made(
    maker: Maker, request: Request, inputs: list[Any], output: Path, begin: Callable[[], None]
) -> Generator[Outcome, None, None]:
    """Make what the request asks for, and yield the outcome of each artifact, or of each part."""
    config, execution = request.config(maker.CONFIG), request.config(maker.EXECUTION)
    force, progress = request.force, request.console
    if isinstance(config, Parted) and isinstance(execution, PartedExecution):
        if config.part:
            from corpus2vec.pipeline.stages.parts import make_parts

            begin()
            yield from make_parts(
                maker, inputs, output, config, execution, force=force, progress=progress
            )
            return
        require(
            execution.engine == "local",
            f"--engine {execution.engine} makes parts, and there is no --part",
            "say how many parts, such as --part all/16",
        )
    for path, own in config.outputs(output):
        begin()
        yield maker.run(inputs, path, own, execution, force=force, progress=progress)


def seal(
    request: Request,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder of the parts (--part of a stage).")
    ],
) -> None:
    """Check that all parts of an artifact are there and belong together, and write its manifest.

    A part that is missing, damaged, or of another corpus or setting is named. The next stage seals
    by itself what it reads.

    Example: corpus2vec seal build/tokens
    """
    from corpus2vec.pipeline.artifacts.sealing import seal

    outcome = seal(folder)
    request.console.stage_done(outcome)
    if request.json:
        print_json(outcome_json(outcome))


def register(app: typer.Typer) -> None:
    """Add the command of this file to the app."""
    add_command(app, seal, panel="Build", common=looking)
