"""Settings as a manifest stores them → the config that they came from.

A manifest's checksum says that it is as it was written, not who wrote it. So its settings are
checked as those of a command line are, against the types and bounds in `config`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from types import NoneType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from corpus2vec.pipeline.config import DumpConfig, Settings
from corpus2vec.pipeline.config.formats import FORMATS
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.files.json_text import require_shape

Config = TypeVar("Config", bound=Settings)


def settings_of(kind: type[Config], stored: Mapping[str, Any], name: object) -> Config:
    """Return the config of that kind which `stored` holds. What is not in it has its default.

    Raises DataError, which begins with `name`, for a value that no such setting can have.

    >>> from corpus2vec.pipeline.config import VocabConfig
    >>> settings_of(VocabConfig, {"min_count": 2}, "vocab.tsv").min_count
    2
    >>> settings_of(VocabConfig, {"min_count": "two"}, "vocab.tsv")
    Traceback (most recent call last):
    corpus2vec.pipeline.errors.DataError: vocab.tsv is damaged: min_count is two, not a whole number
    """
    hints = get_type_hints(kind)
    names = [each.name for each in dataclasses.fields(kind) if each.name in stored]
    shape = {each: _shape_of(hints[each]) for each in names}
    require_shape({each: stored[each] for each in names}, shape, name)
    values = {each: stored[each] for each in names}
    for each, value in values.items():
        if isinstance(value, list):
            values[each] = tuple(value)
    try:
        return kind(**values)
    except UsageError as problem:
        raise DataError(f"{name} is damaged: {problem}") from problem


def dump_settings(stored: Mapping[str, Any], name: object) -> DumpConfig:
    """Return the config of one dump, whose format is one of the registry.

    Raises DataError for any other.
    """
    config = settings_of(DumpConfig, stored, name)
    if config.format not in FORMATS:
        raise DataError(f"{name} is damaged: its format is {config.format}, which is not known")
    return config


def _shape_of(hint: Any) -> Any:
    """Return the shape of a setting's values as JSON has them (see `json_text`)."""
    if get_origin(hint) is Literal:
        return set(get_args(hint))
    if get_origin(hint) is tuple:
        return [_shape_of(get_args(hint)[0])]
    if alternatives := get_args(hint):
        return tuple(sorted(map(_shape_of, alternatives), key=lambda each: each is not None))
    return {Path: str, NoneType: None}.get(hint, hint)
