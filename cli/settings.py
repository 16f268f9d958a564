"""All settings at once: what is in effect, as a commented file, as a JSON Schema.

What a setting is (its default, bounds and help) comes from `pipeline/config`; which sections there
are, from `config_files`.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from corpus2vec.cli.config_files import SECTIONS, as_option, read_config
from corpus2vec.pipeline.stages import stages_with

PREFIX = "CORPUS2VEC_"
CONFIG = f"{PREFIX}CONFIG"
"""The variable that names a config file."""
WIDTH = 98
DIALECT = "https://json-schema.org/draft/2020-12/schema"
TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", Path: "string"}


def variable(section: str, field: dataclasses.Field[Any]) -> str:
    """Return the environment variable of a setting: one for all sections where it is shared."""
    scope = "" if field.metadata.get("shared") else f"{section}_"
    return f"{PREFIX}{scope}{field.name}".upper()


def unknown_variables(environment: Collection[str], known: Collection[str]) -> Iterator[str]:
    """Yield a line for each variable that looks like a setting and is none, with the nearest."""
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in known:
            close = difflib.get_close_matches(name, known, 1)
            yield f"{name} is no setting" + (f"; did you mean {close[0]}?" if close else "")


def _fields(section: str) -> Iterator[tuple[dataclasses.Field[Any], Any]]:
    """Yield the settings of a section, each once, with their types."""
    for config in SECTIONS[section]:
        hints = get_type_hints(config)
        for each in dataclasses.fields(config):
            yield each, hints[each.name]


def _name(field: dataclasses.Field[Any]) -> str:
    return field.name.replace("_", "-")


def effective(
    file: Path | None, sections: Sequence[str], environment: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Yield each setting with its value and where that comes from."""
    for section in sections:
        from_file = read_config(file, section) if file else {}
        for each, _ in _fields(section):
            named = variable(section, each)
            value, origin = as_option(each.default), "default"
            if named in environment:
                value, origin = environment[named], named
            elif each.name in from_file:
                value, origin = from_file[each.name], str(file)
            yield {"section": section, "setting": _name(each), "value": value, "origin": origin}


def schema() -> dict[str, Any]:
    """Return a JSON Schema of config files."""

    def closed(properties: dict[str, Any]) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": False, "properties": properties}

    sections = {
        section: closed({_name(each): _schema_of(each, kind) for each, kind in _fields(section)})
        for section in SECTIONS
    }
    return {"$schema": DIALECT, "title": "Settings of corpus2vec", **closed(sections)}


def _schema_of(field: dataclasses.Field[Any], kind: Any) -> dict[str, Any]:
    marks = field.metadata
    bounds = {"minimum": "least", "maximum": "most", "exclusiveMaximum": "below"}
    found = {name: marks[mark] for name, mark in bounds.items() if marks.get(mark) is not None}
    found["description"] = marks["help"]
    if field.default is not None:
        found["default"] = field.default
    if get_origin(kind) is tuple:
        return {"type": "array", "items": {"type": "string"}, **found}
    kinds = [each for each in get_args(kind) or (kind,) if each is not NoneType]
    if get_origin(kind) is Literal:
        return {"enum": kinds, **found}
    return {"type": next(TYPES[each] for each in kinds if each in TYPES), **found}


def template() -> str:
    """Return a config file in which every setting is a comment with its default."""
    lines = [
        "# Settings of corpus2vec: every one, with its default. Take out the # before a setting to",
        "# change it. A flag overrides the environment, and that this file.",
    ]
    for section in SECTIONS:
        lines += ["", f"[{section}]"]
        for each, _ in _fields(section):
            lines += ["", *textwrap.wrap(each.metadata["help"], WIDTH - 2)]
            default = each.default
            text = json.dumps(list(default) if isinstance(default, tuple) else default)
            lines.append(f"{_name(each)} = {'' if default is None else text}".rstrip())
    head, body = lines[:2], lines[2:]
    body = [each if not each or each.startswith("[") else f"# {each}" for each in body]
    return "\n".join([*head, *body]) + "\n"


def makefile() -> str:
    """Return a Makefile that builds from corpus.txt, a rule for each stage."""
    stages = stages_with({})
    files = {stage.NAME: f"build/{stage.FILE}" for stage in stages}
    rules = []
    for stage in reversed(stages):
        inputs = " ".join(files[need] for need in stage.NEEDS) or "$(CORPUS)"
        rules.append(
            f"{files[stage.NAME]}: {inputs} $(SETTINGS)\n"
            f"\t$(CORPUS2VEC) {stage.NAME} {inputs} --config $(SETTINGS) -o $@\n"
        )
    last = files[stages[-1].NAME]
    return (
        "# `make` builds the table of the corpus; a second `make` does nothing.\n"
        "CORPUS ?= corpus.txt\nCORPUS2VEC ?= corpus2vec\nSETTINGS := corpus2vec.toml\n\n"
        f".PHONY: all report clean\n\nall: {last}\n\n"
        + "\n".join(rules)
        + f"\nreport: {last}\n\t$(CORPUS2VEC) report build -o build/report.html\n"
        + "\nclean:\n\trm -rf build\n"
    )
