"""The commands that look after a folder: ls, clean."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corpus2vec.cli.options import Request, add_command, answering
from corpus2vec.cli.records import Records
from corpus2vec.cli.wording import age, size

if TYPE_CHECKING:
    from corpus2vec.pipeline.stages.keeping import Kept

Build = Annotated[Path, typer.Argument(metavar="BUILD", help="The folder of a build.")]


def ls(request: Request, build: Build) -> None:
    """List what is in a build's folder: kind, size, age, and whether it is whole and current.

    A record of tsv is name, kind, bytes, time, state.

    Example: corpus2vec ls build/
    """
    from corpus2vec.pipeline.stages.keeping import contents

    with Records(request.format, "name", "kind", "size", "age", "state", header=True) as records:
        for each in contents(build):
            records.add(_json(each), [_row(each, records.is_table)])


def clean(
    request: Request,
    build: Build,
    yes: Annotated[bool, typer.Option("--yes", help="Remove it.")] = False,
) -> None:
    """Print what of a build is not needed any more; with --yes, remove it.

    That is checkpoints, artifacts of older formats, dumps of another model than the present one,
    and what killed runs left. Files that no run made stay. A record of tsv is name, kind, bytes,
    reason.

    Example: corpus2vec clean build/
    """
    from corpus2vec.pipeline.stages.keeping import contents, remove

    found = [each for each in contents(build) if each.why]
    with Records(request.format, "name", "kind", "size", "reason", header=True) as records:
        for each in found:
            name, kind, amount, *_ = _row(each, records.is_table)
            records.add({**_json(each), "reason": each.why}, [[name, kind, amount, each.why]])
    for each in found if yes else ():
        remove(each)
    total = size(sum(each.size for each in found))
    if not found:
        request.console.say("there is nothing to remove")
    elif yes:
        request.console.say(f"removed {total}")
    else:
        request.console.say(f"{total} in all; --yes removes it")


def _json(each: Kept) -> dict[str, Any]:
    return {
        "name": each.path.name,
        "kind": each.kind,
        "bytes": each.size,
        "changed": _time(each),
        "state": each.state,
    }


def _row(each: Kept, is_table: bool) -> list[Any]:
    name = each.path.name + ("/" if each.path.is_dir() else "")
    if is_table:
        return [name, each.kind, size(each.size), age(each.changed), each.state or "-"]
    return [name, each.kind, each.size, _time(each), each.state]


def _time(each: Kept) -> str:
    return datetime.fromtimestamp(each.changed, UTC).isoformat(timespec="seconds")


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the app."""
    for function in (ls, clean):
        add_command(app, function, panel="Keep", common=answering)
