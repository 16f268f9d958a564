"""The commands that set a project up: init, config."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from corpus2vec.cli.config_files import SECTIONS
from corpus2vec.cli.options import Request, add_command, answering, looking
from corpus2vec.cli.records import Records
from corpus2vec.cli.settings import CONFIG, effective, makefile, schema, template
from corpus2vec.cli.streams import print_json
from corpus2vec.pipeline.errors import UsageError

MAKEFILE, SETTINGS, IGNORED = "Makefile", "corpus2vec.toml", ".gitignore"


def init(
    request: Request,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder; made if need be.")],
) -> None:
    """Write a corpus2vec.toml with every setting and its default, a Makefile and a .gitignore.

    Every line of settings is a comment, so that defaults hold until one is taken out. A file that
    is there already is never written over.

    Example: corpus2vec init my-corpus
    """
    from corpus2vec.pipeline.files.publication import publication, publishable

    contents = {SETTINGS: template(), MAKEFILE: makefile(), IGNORED: "build/\n"}
    there = [name for name in contents if (folder / name).exists()]
    if there:
        raise UsageError(f"{folder} has {', '.join(there)} already", hint="name another folder")
    for name, content in contents.items():
        with publication(publishable(folder / name)) as temporary:
            temporary.write_text(content, encoding="utf-8")
    if request.json:
        print_json({"folder": str(folder), "files": list(contents)})
        return
    request.console.say(f"wrote {', '.join(contents)}")
    request.console.say(f"next: cp YOUR_TEXT {folder / 'corpus.txt'} && make -C {folder}")


def config(
    request: Request,
    sections: Annotated[
        list[str] | None, typer.Argument(metavar="[SECTION]...", help="By default all.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--config",
            help="TOML file of settings.",
            metavar="FILE.toml",
            envvar=CONFIG,
            show_envvar=False,
        ),
    ] = None,
    as_schema: Annotated[
        bool, typer.Option("--schema", help="Print a JSON Schema of config files, for editors.")
    ] = False,
) -> None:
    """Print the settings in effect without options, and where each comes from.

    That is the environment, else the file of --config, else the default. A record is section,
    setting, value, origin.

    Example: corpus2vec config train --config corpus2vec.toml
    """
    if as_schema:
        print_json(schema())
        return
    unknown = [each for each in sections or () if each not in SECTIONS]
    if unknown:
        raise UsageError(f"there is no section {unknown[0]}", hint=f"it is {', '.join(SECTIONS)}")
    with Records(request.format, "section", "setting", "value", "origin", header=True) as records:
        for each in effective(file, sections or list(SECTIONS), os.environ):
            records.add(each)


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the app."""
    add_command(app, init, panel="Keep", common=looking)
    add_command(app, config, panel="Keep", common=answering)
