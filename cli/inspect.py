"""The commands that look at artifacts: info, show."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from corpus2vec.cli.options import Request, add_command, answering
from corpus2vec.cli.records import Records
from corpus2vec.cli.streams import STDOUT, print_json
from corpus2vec.pipeline.stages import door, encode, tokenize


def info(
    request: Request,
    artifact: Annotated[
        Path, typer.Argument(metavar="ARTIFACT", help="Any file of a build, or its folder.")
    ],
) -> None:
    """Show what an artifact is: what it was made from, how, and whether it is whole.

    Example: corpus2vec info build/embeddings.txt
    """
    from corpus2vec.pipeline.artifacts.beside import manifest_path
    from corpus2vec.pipeline.errors import DataError

    given = door.artifact("artifact", artifact)
    manifest, artifact = given.manifest, Path(given.name)
    if manifest is None:
        raise DataError(
            f"{artifact} has no manifest that can be read",
            hint=f"a stage writes it beside the artifact: {manifest_path(artifact).name}",
        )
    if request.format == "json":
        print_json(json.loads(manifest.to_json()))
        return
    story = manifest.story()
    lines = [f"{artifact}  ({manifest.output['size']:,} bytes, whole)"]
    for entry in story:
        lines += ["", *_described(entry)]
    STDOUT.write("\n".join(_safe(line) for line in lines) + "\n")


def _described(entry: Mapping[str, Any]) -> Iterable[str]:
    """Yield one stage of an artifact's history, as lines."""
    yield f"{entry['stage']} → {entry['output']['name']}"
    yield _line("made", f"{entry['created']} in {entry['seconds']:.1f} s")
    for each in entry["inputs"]:
        yield _line("from", f"{each['name']} ({each['role']}, sha256 {each['digest'][:12]}…)")
    for name in ("config", "tools", "environment"):
        if entry[name]:
            yield _line(name, _listed(entry[name]))
    for name, value in entry["counts"].items():
        yield _line(name, _listed(value) if isinstance(value, Mapping) else _shown(value))


def _line(name: str, text: str) -> str:
    return f"  {name.replace('_', ' '):<15} {text}"


def _listed(values: Mapping[str, Any]) -> str:
    """Return `in 10, kept 8, dropped (punct 2)`."""
    return ", ".join(
        f"{name} ({_listed(value)})" if isinstance(value, Mapping) else f"{name} {_shown(value)}"
        for name, value in values.items()
    )


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value)) or "''"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return "-" if value is None else str(value)


def _safe(line: str) -> str:
    from corpus2vec.pipeline.strings.display import visible

    return visible(line, keep_spaces=True)


def show(
    request: Request,
    artifact: Annotated[
        Path, typer.Argument(metavar="ARTIFACT", help="tokens.parquet, ids.parquet, or a build.")
    ],
    rows: Annotated[
        int, typer.Option("-n", "--rows", help="How many documents to print; 0 prints all.", min=0)
    ] = 10,
) -> None:
    """Print the documents of tokens.parquet or ids.parquet, one a line.

    A record is the document as a JSON list, after its label if it has one.

    Example: corpus2vec show build/ids.parquet -n 3
    """
    from itertools import islice

    from corpus2vec.pipeline.artifacts.parquet import documents

    given = door.artifact("artifact", artifact, tokenize.NAME, encode.NAME)
    with Records(request.format) as records:
        for document in islice(documents(Path(given.name)), rows or None):
            label = [document["label"]] if "label" in document else []
            records.add(document, [[*label, document.get("tokens", document.get("ids"))]])
            records.flush()


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the app."""
    for function in (info, show):
        add_command(app, function, panel="Look", common=answering)
