"""The command line that builds it again, and the settings that it was built with.

Both come from the manifests alone; a default is told apart from what somebody chose by the config
dataclasses, where each default is written once.
"""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from corpus2vec.pipeline.artifacts.manifest import canonical_json, plain
from corpus2vec.pipeline.config import (
    DumpConfig,
    EncodeConfig,
    TokenizeConfig,
    TrainConfig,
    VocabConfig,
    option_name,
)

CONFIGS: dict[str, type] = {
    "tokenize": TokenizeConfig,
    "vocab": VocabConfig,
    "encode": EncodeConfig,
    "train": TrainConfig,
    "dump": DumpConfig,
}
MOST_FILES = 12
"""A corpus of more files is named CORPUS..., and they are not spelt out."""

Stages = Mapping[str, Mapping[str, Any]]


def settings(stage: str, entry: Mapping[str, Any]) -> Iterator[tuple[str, Any, bool]]:
    """(name, value, whether it is the default) of each setting of a stage."""
    defaults = {each.name: each.default for each in dataclasses.fields(CONFIGS[stage])}
    for name, value in entry["config"].items():
        usual = name in defaults and canonical_json(plain(defaults[name])) == canonical_json(value)
        yield name, value, usual


def commands(stages: Stages, folder: str) -> list[str]:
    """Shell commands that build into `folder` what the entries tell of, first to last.

    One `run` where that can do it; it takes neither held-out documents of their own nor the tokens
    of several corpora.
    """
    if not stages:
        return []
    sources = [each for entry in stages.values() for each in entry["inputs"]]
    roles = [each["role"] for each in sources]
    if list(stages) == list(CONFIGS) and "valid" not in roles and _plain_chain(stages):
        lines = [["corpus2vec", "run", *_corpora(stages["tokenize"])]]
        lines += [_options({stage: entry}) for stage, entry in stages.items()]
        lines += [[*_files(sources), "-o", f"{folder}/"]]
        return [" \\\n  ".join(_spelt(line) for line in lines if line)]
    made = {each["output"]["digest"]: _output(each, folder) for each in stages.values()}
    return [
        _spelt(
            [
                "corpus2vec",
                stage,
                *(_corpora(entry) if stage == "tokenize" else _inputs(entry, made)),
                *_options({stage: entry}),
                *_files(entry["inputs"]),
                "-o",
                _output(entry, folder),
            ]
        )
        for stage, entry in stages.items()
    ]


def _plain_chain(stages: Stages) -> bool:
    """Whether each stage was given one output of each stage before it, as `run` gives it."""
    return all(
        [each["role"] for each in stages[stage]["inputs"]].count(role) == 1
        for stage, role in (("vocab", "tokens"), ("encode", "vocabulary"), ("dump", "model"))
    )


def _corpora(entry: Mapping[str, Any]) -> list[str]:
    names = [each["name"] for each in entry["inputs"] if each["role"] == "corpus"]
    return names if len(names) <= MOST_FILES else ["CORPUS..."]


def _inputs(entry: Mapping[str, Any], made: Mapping[str, str]) -> list[str]:
    """What the stage reads: under the name that an earlier command gives it, if one does."""
    roles = ("tokens", "ids", "model", "vocabulary")
    given = [each for each in entry["inputs"] if each["role"] in roles]
    return [made.get(each["digest"], each["name"]) for each in given]


def _output(entry: Mapping[str, Any], folder: str) -> str:
    return f"{folder}/{entry['output']['name']}"


def _files(sources: list[Mapping[str, Any]]) -> list[str]:
    """--keep, --init and --valid, where a stage was given such a file."""
    words = []
    for role in ("keep", "init", "valid"):
        for each in sources:
            if each["role"] == role:
                words += [f"--{role}", each["name"]]
    return words


def _options(stages: Stages) -> list[str]:
    """What differs from the defaults, as options."""
    words = []
    for stage, entry in stages.items():
        for name, value, usual in settings(stage, entry):
            if usual or (name == "init" and value == "file"):
                continue
            option = option_name(name)
            if isinstance(value, bool):
                words.append(option if value else f"--no-{option[2:]}")
            else:
                words += [option, ",".join(value) if isinstance(value, list) else str(value)]
    return words


def _spelt(words: list[str]) -> str:
    return " ".join(word if word == "CORPUS..." else shlex.quote(word) for word in words)
