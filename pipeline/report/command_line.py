"""The command line that builds it again, and the settings that it was built with.

Both come from the manifests' entries alone. The configs say which settings are defaults, and which
options name a file. A manifest has only the settings that decide bytes, so any may be missing. Of
what is no setting, the threads of training decide bytes too, so the command has them.
"""

from __future__ import annotations

import dataclasses
import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from corpus2vec.pipeline.artifacts.manifest import canonical_json, plain
from corpus2vec.pipeline.config import option_name
from corpus2vec.pipeline.stages import STAGES, stages_with, tokenize

PIPELINE = "pipeline"
"""The role of the files in a --model folder."""
MOST_FILES = 12
"""A corpus of more files is shown as CORPUS... ."""

Entry = Mapping[str, Any]
"""A stage in a manifest: its config, its inputs, its output."""
Entries = Mapping[str, Entry]
"""By stage, first to last."""

TABLE = {stage.NAME: stage for stage in STAGES}


def settings(stage: str, entry: Entry) -> Iterator[tuple[str, Any, bool]]:
    """Yield (name, value, whether it is the default) for each setting of a stage.

    What a recipe has besides, such as the language in a dump for spaCy, is no setting.
    """
    defaults = {each.name: each.default for each in dataclasses.fields(TABLE[stage].CONFIG)}
    for name, value in entry["config"].items():
        if name in defaults:
            yield name, value, canonical_json(plain(defaults[name])) == canonical_json(value)


def commands(entries: Entries, folder: str) -> list[str]:
    """Return shell commands that build into `folder` what the entries describe.

    That is one `run` if it can do it all, else a command for each stage: `run` takes neither the
    tokens of several corpora nor the files that only a stage's own command has an option for.
    """
    if not entries:
        return []
    usual = {stage.NAME for stage in stages_with({})}
    made = {each["output"]["digest"]: _output(each, folder) for each in entries.values()}
    if usual <= set(entries) and all(_in_run(*each, made) for each in entries.items()):
        lines = [["corpus2vec", "run", *_corpora(entries[tokenize.NAME])]]
        lines += [_options(stage, entry, in_run=True) for stage, entry in entries.items()]
        lines += [
            [*(word for each in entries.items() for word in _files(*each)), "-o", f"{folder}/"]
        ]
        return [" \\\n  ".join(_quoted(line) for line in lines if line)]
    return [
        _quoted(
            [
                *("corpus2vec", stage),
                *(_inputs(stage, entry, made) if TABLE[stage].NEEDS else _corpora(entry)),
                *_options(stage, entry),
                *_files(stage, entry),
                *("-o", _output(entry, folder)),
            ]
        )
        for stage, entry in entries.items()
    ]


def _in_run(stage: str, entry: Entry, made: Mapping[str, str]) -> bool:
    """Return whether `run` does the same: what it made for each need, and options that it has."""
    alone = [name for name, marks in _file_settings(stage).items() if marks.get("alone")]
    if set(alone) & set(_roles(entry)):
        return False
    reads = [each for each in entry["inputs"] if each["role"] not in _file_settings(stage)]
    return not TABLE[stage].NEEDS or (
        len(reads) == len(TABLE[stage].NEEDS) and all(each["digest"] in made for each in reads)
    )


def _file_settings(stage: str) -> dict[str, Mapping[str, Any]]:
    """Return the settings that name a file, with their marks. The file is an input of that role."""
    fields = dataclasses.fields(TABLE[stage].CONFIG)
    return {each.name: each.metadata for each in fields if each.metadata.get("file")}


def _roles(entry: Entry) -> list[str]:
    return [each["role"] for each in entry["inputs"]]


def _corpora(entry: Entry) -> list[str]:
    names = [each["name"] for each in entry["inputs"] if each["role"] == "corpus"]
    return names if len(names) <= MOST_FILES else ["CORPUS..."]


def _inputs(stage: str, entry: Entry, made: Mapping[str, str]) -> list[str]:
    """Return what the stage reads, by the name that an earlier command gives it if one does."""
    given = [each for each in entry["inputs"] if each["role"] not in _file_settings(stage)]
    return [made.get(each["digest"], each["name"]) for each in given]


def _output(entry: Entry, folder: str) -> str:
    return f"{folder}/{entry['output']['name']}"


def _files(stage: str, entry: Entry) -> list[str]:
    """Return the options that name files (--keep, --init, --valid) or a folder (--model)."""
    words = []
    pipeline = [Path(each["name"]).parent for each in entry["inputs"] if each["role"] == PIPELINE]
    if pipeline:
        words += ["--model", os.path.commonpath(pipeline)]
    for each in entry["inputs"]:
        if each["role"] in _file_settings(stage):
            words += [option_name(each["role"]), each["name"]]
    return words


def _options(stage: str, entry: Entry, *, in_run: bool = False) -> list[str]:
    """Return the settings that are not defaults, as options of `run` or of the stage's command."""
    words = []
    fields = {each.name: each.metadata for each in dataclasses.fields(TABLE[stage].CONFIG)}
    files = {"model" if role == PIPELINE else role for role in _roles(entry)}
    for name, value, usual in settings(stage, entry):
        if usual or name in files:  # `_files` names them
            continue
        option = option_name(name)
        if not in_run:
            option = fields[name].get("own", option)
        if isinstance(value, bool):
            words.append(option if value else f"--no-{option[2:]}")
        else:
            words += [option, ",".join(value) if isinstance(value, list) else str(value)]
    # How many threads shared a step decides the last digits of a model.
    threads = entry.get("environment", {}).get("threads")
    if isinstance(threads, int):
        words += [option_name("threads"), str(threads)]
    return words


def _quoted(words: list[str]) -> str:
    return " ".join(word if word == "CORPUS..." else shlex.quote(word) for word in words)
