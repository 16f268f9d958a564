"""The command that seals a folder of parts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corpus2vec.cli.options import Request, add_command, looking
from corpus2vec.cli.streams import print_json
from corpus2vec.cli.wording import outcome_json


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
