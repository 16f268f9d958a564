"""The commands that use a trained network or its table: one for each of `USES`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from corpus2vec.cli.build import REQUIRED, command_of
from corpus2vec.cli.options import add_command, building
from corpus2vec.pipeline.stages import USES, Use

Output = Annotated[str, typer.Option("-o", "--output", help="The file to write; - is stdout.")]
SEVERAL = "..."
"""How the name of an argument ends that may be several."""


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the app."""
    for use in USES:
        default = "-" if use.stream else REQUIRED
        command = command_of(use, _arguments(use), _named, Output, output=default)
        sections = ((use.NAME, use.CONFIG), (use.NAME, use.EXECUTION))
        add_command(app, command, *sections, panel="Use", common=building, name=use.NAME)


def _arguments(use: Use) -> dict[str, Any]:
    """Return the arguments of a use: a path each, and the last may be several texts."""
    arguments: dict[str, Any] = {}
    for name, meaning in use.TAKES.items():
        several = name.endswith(SEVERAL)
        argument = typer.Argument(metavar=name.removesuffix(SEVERAL), help=meaning)
        kind: Any = list[str] if several else Path
        arguments[name.removesuffix(SEVERAL).lower()] = Annotated[kind, argument]
    return arguments


def _named(inputs: Mapping[str, Any]) -> list[Any]:
    """Return the inputs in order; those of an argument that may be several one by one."""
    return [
        each
        for given in inputs.values()
        for each in (given if isinstance(given, list) else [given])
    ]
