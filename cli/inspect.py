"""The commands that look at artifacts: info, show."""

from __future__ import annotations

import dataclasses
import json
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from corpus2vec.cli.options import Request, add_command, answering
from corpus2vec.cli.records import Records
from corpus2vec.cli.streams import STDOUT, print_json
from corpus2vec.pipeline.config import option_name
from corpus2vec.pipeline.stages import STAGES, USES, door, encode, tokenize, train

MOST_INPUTS = 8
"""Files of one role that are listed; more are summed up."""
OPTIONS_WIDTH = 80
KEPT_TOGETHER = "\0"
"""A space at which no line of options is broken."""


def info(
    request: Request,
    artifact: Annotated[
        Path, typer.Argument(metavar="ARTIFACT", help="Any file of a build, or its folder.")
    ],
) -> None:
    """Show what an artifact is: what it was made from, how, and whether it is whole.

    A record of tsv is the stage, the name of a fact or of an option, its value.

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
    elif request.format == "table":
        lines = [f"{artifact}  ({manifest.output['size']:,} bytes, whole)"]
        for entry in manifest.story():
            lines += ["", *_described(entry)]
        STDOUT.write("\n".join(_safe(line) for line in lines) + "\n")
    else:
        with Records(request.format, "stage", "name", "value") as records:
            for entry in manifest.story():
                for name, value in _facts(entry):
                    records.add({"stage": entry["stage"], "name": name, "value": value})


def _described(entry: Mapping[str, Any]) -> Iterator[str]:
    """Yield one stage of an artifact's history, as lines."""
    yield f"{entry['stage']} → {entry['output']['name']}"
    yield _line("made", f"{entry['created']} in {entry['seconds']:.1f} s")
    by_role: dict[str, list[Mapping[str, Any]]] = {}
    for each in entry["inputs"]:
        by_role.setdefault(each["role"], []).append(each)
    for role, inputs in by_role.items():
        if len(inputs) > MOST_INPUTS:
            ends = f"{inputs[0]['name']} … {inputs[-1]['name']}"
            yield _line("from", f"{len(inputs):,} files ({role}): {ends}")
            continue
        for each in inputs:
            yield _line("from", f"{each['name']} ({role}, sha256 {each['digest'][:12]}…)")
    groups: dict[str, list[str]] = {}
    for heading, name, value in _settings(entry):
        option = option_name(name)
        if isinstance(value, bool):
            text = option if value else f"--no-{option[2:]}"
        else:
            text = f"{option} {_shown(value)}"
        groups.setdefault(heading, []).append(text.replace(" ", KEPT_TOGETHER))
    for heading, options in groups.items():
        lines = textwrap.wrap("  ".join(options), OPTIONS_WIDTH, break_on_hyphens=False)
        for number, line in enumerate(lines):
            text = line.replace(KEPT_TOGETHER, " ")
            yield _line("" if number else heading.lower(), text)
    for name in ("tools", "environment"):
        if entry[name]:
            yield _line(name, _listed(entry[name]))
    for name, value in entry["counts"].items():
        yield _line(name, _listed(value) if isinstance(value, Mapping) else _shown(value))


def _settings(entry: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield (heading, name, value) for the settings of a stage as they took effect.

    What was not given and depends on other settings, such as the learning rate, has the value that
    it had.
    """
    from corpus2vec.pipeline.artifacts.stored import settings_of
    from corpus2vec.pipeline.config import TrainConfig

    maker = next((each for each in (*STAGES, *USES) if entry["stage"] == each.NAME), None)
    stored = dict(entry["config"])
    if maker is train:
        own = settings_of(TrainConfig, {**stored, "init": "random"}, "its manifest")
        rows = entry["counts"].get("rows")
        for name, value in own.own(rows if isinstance(rows, int) and rows > 0 else None).items():
            if name in stored and stored[name] in (None, "auto"):
                stored[name] = value
    fields = {each.name: each for each in dataclasses.fields(maker.CONFIG)} if maker else {}
    for name, value in stored.items():
        if value is not None:
            yield fields[name].metadata["heading"] if name in fields else "Settings", name, value


def _facts(entry: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the facts of a stage by name, for programs."""
    yield "output", entry["output"]["name"]
    yield "created", entry["created"]
    yield "seconds", entry["seconds"]
    for each in entry["inputs"]:
        yield f"from.{each['role']}", each["name"]
    for _, name, value in _settings(entry):
        yield option_name(name), value
    for name in ("tools", "environment", "counts"):
        yield from _flat(entry[name], "" if name == "counts" else f"{name}.")


def _flat(values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


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
