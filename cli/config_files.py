"""Config files: settings in TOML, with a section for each stage.

A misspelt setting must not be ignored, so a section or a name that no command knows is refused.
"""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from corpus2vec.pipeline.config import Settings
from corpus2vec.pipeline.errors import UsageError
from corpus2vec.pipeline.stages import STAGES, USES

SECTIONS: Mapping[str, Sequence[type[Settings]]] = {
    maker.NAME: (maker.CONFIG, maker.EXECUTION) for maker in (*STAGES, *USES)
}
IN_A_BUILD = {stage.NAME for stage in STAGES}
ALL_STAGES = ("run", "plan")
"""The commands that take the settings of every stage."""
LONGEST_CONFIG = 1 << 20
"""Bytes."""
SETTING = str | int | float  # true and false are whole numbers


def read_config(path: Path, command: str) -> dict[str, Any]:
    """Return the settings of a TOML file that concern `command`; `run` and `plan` take all.

    Raises UsageError for a file that cannot be read, or that has a section or setting which no
    command knows: a misspelt setting must not be ignored.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST_CONFIG + 1)
        if len(content) > LONGEST_CONFIG:
            raise UsageError(f"--config {path} is longer than a file of settings can be")
        sections = tomllib.loads(content.decode())
    except OSError as problem:
        raise UsageError(f"cannot read --config {path}: {problem.strerror}") from problem
    except RecursionError as problem:
        raise UsageError(f"--config {path} is not TOML: it is nested too deeply") from problem
    except ValueError as problem:
        raise UsageError(f"--config {path} is not TOML: {problem}") from problem
    settings: dict[str, Any] = {}
    for section, values in sections.items():
        if section not in SECTIONS or not isinstance(values, dict):
            raise UsageError(
                f"--config {path} has {section}, which is not a section",
                hint=f"its sections are {', '.join(f'[{each}]' for each in SECTIONS)}",
            )
        known = _names_in(SECTIONS[section])
        for name, value in values.items():
            field_name = name.replace("-", "_")
            if field_name not in known:
                close = difflib.get_close_matches(field_name, known, 1)
                raise UsageError(
                    f"--config {path}: [{section}] has no setting {name}",
                    hint=f"did you mean {close[0]}?" if close else "see --help",
                )
            is_list = isinstance(value, list)
            if not all(isinstance(each, SETTING) for each in (value if is_list else [value])):
                raise UsageError(f"--config {path}: [{section}] {name} is not a text or a number")
            if command == section or (command in ALL_STAGES and section in IN_A_BUILD):
                settings[field_name] = as_option(value)
    return settings


def _names_in(configs: Iterable[type[Settings]]) -> set[str]:
    return {field.name for config in configs for field in dataclasses.fields(config)}


def as_option(value: Any) -> Any:
    """Return a setting as its option takes it: a list as names separated by commas."""
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else value
