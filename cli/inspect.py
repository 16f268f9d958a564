"""The commands that look at artifacts: info, show, lookup."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corpus2vec.cli.console import STDOUT, print_json
from corpus2vec.cli.options import Request, add_command, looking

if TYPE_CHECKING:
    from corpus2vec.pipeline.ask.lookup import Found


def info(
    request: Request,
    artifact: Annotated[Path, typer.Argument(metavar="ARTIFACT", help="Any file of a build.")],
) -> None:
    """Tell what an artifact is: from what it was made, how, and whether it is still whole.

    Example: corpus2vec info build/embeddings.txt
    """
    from corpus2vec.pipeline.artifacts.beside import manifest_path
    from corpus2vec.pipeline.artifacts.inputs import artifact_input
    from corpus2vec.pipeline.errors import DataError

    manifest = artifact_input("artifact", artifact).manifest
    if manifest is None:
        raise DataError(
            f"{artifact} has no manifest that can be read",
            hint=f"a stage writes it beside the artifact: {manifest_path(artifact).name}",
        )
    if request.json:
        print_json(json.loads(manifest.to_json()))
        return
    story = manifest.story()
    lines = [f"{artifact}  ({manifest.output['size']:,} bytes, whole)"]
    for entry in story:
        lines += ["", *_told(entry)]
    STDOUT.write("\n".join(_safe(line) for line in lines) + "\n")


def _told(entry: Mapping[str, Any]) -> Iterable[str]:
    """One stage of an artifact's story, as lines."""
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
    """`in 10, kept 8, dropped (punct 2)`"""
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
        Path, typer.Argument(metavar="ARTIFACT", help="tokens.parquet or ids.parquet.")
    ],
    rows: Annotated[
        int, typer.Option("-n", "--rows", help="Documents to show; 0 shows all.", min=0)
    ] = 10,
) -> None:
    """Print the documents of tokens.parquet or ids.parquet, a line each; labels stand in front.

    Example: corpus2vec show build/ids.parquet -n 3
    """
    from itertools import islice

    from corpus2vec.pipeline.artifacts.inputs import artifact_input
    from corpus2vec.pipeline.artifacts.parquet import documents

    artifact_input("artifact", artifact)
    for document in islice(documents(artifact), rows or None):
        if request.json:
            STDOUT.write(json.dumps(document, ensure_ascii=False) + "\n")
            continue
        label = f"{_safe(str(document['label']))}\t" if "label" in document else ""
        content = document["tokens"] if "tokens" in document else document["ids"]
        STDOUT.write(label + _safe(json.dumps(content, ensure_ascii=False)) + "\n")


def lookup(
    request: Request,
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="A dump of the table.")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Text, or - for lines of stdin.")],
) -> None:
    """Tokenize text as the corpus was, and print each token's id and vector.

    The last line of each text is the matrix that represents it.

    Example: corpus2vec lookup build/embeddings.txt "Nice to see you again"
    """
    from corpus2vec.pipeline.ask.lookup import Lookup
    from corpus2vec.pipeline.files.failures import reading

    ask = Lookup(table)
    if text != "-":
        _print_found(ask.find(text), request.json)
        return
    with reading("standard input"):
        for line in sys.stdin.buffer:
            _print_found(ask.find(line.decode("utf-8", "replace").rstrip("\r\n")), request.json)


def _print_found(found: list[Found], as_json: bool) -> None:
    from corpus2vec.pipeline.strings.display import display_width, visible

    vectors = [None if each.vector is None else _numbers(each.vector) for each in found]
    if as_json:
        rows = [
            {"token": each.token, "id": each.id, "unk": each.is_unk, "vector": vector}
            for each, vector in zip(found, vectors, strict=True)
        ]
        STDOUT.write(json.dumps(rows, ensure_ascii=False) + "\n")
        return
    tokens = [visible(each.token) + (" (<unk>)" if each.is_unk else "") for each in found]
    width = max(map(display_width, tokens), default=0)
    digits = max((len(str(each.id)) for each in found if each.id is not None), default=1)
    for each, token, vector in zip(found, tokens, vectors, strict=True):
        number = "-" if each.id is None else str(each.id)
        padding = " " * (width - display_width(token))
        shown = "not in the vocabulary" if vector is None else json.dumps(vector)
        STDOUT.write(f"{number:>{digits}}  {token}{padding}  {shown}\n")
    STDOUT.write(json.dumps([vector for vector in vectors if vector is not None]) + "\n")


def _numbers(vector: Any) -> list[float]:
    """float32 values with no more digits than they have."""
    return [float(str(value)) for value in vector]


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the app."""
    for function in (info, show, lookup):
        add_command(app, function, panel="Look", common=looking)
