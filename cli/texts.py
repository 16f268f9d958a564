"""The texts that options take: one, or several where an option may be repeated."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

import typer


def require_text(value: str) -> str:
    """Return the argument. Raises BadParameter for bytes that are not UTF-8, and so no text."""
    try:
        value.encode()
    except UnicodeEncodeError as problem:
        raise typer.BadParameter(f"{value!r} is not UTF-8 text") from problem
    return value


def text_or_none(value: str | None) -> str | None:
    """Return the text, if there is one. Raises BadParameter as `require_text` does."""
    return None if value is None else require_text(value)


def texts(context: typer.Context, param: typer.CallbackParam, value: list[str]) -> list[str]:
    """Return the texts of an option that may be repeated.

    Elsewhere it has one text, in which neither a space nor the next character begins another.
    """
    name = str(param.name)
    source = context.get_parameter_source(name)
    if source and source.name == "ENVIRONMENT" and isinstance(param.envvar, str):
        value = [os.environ[param.envvar]]
    if source and source.name == "DEFAULT_MAP":
        value = [str((context.default_map or {})[name])]
    return [require_text(each) for each in value]


def is_several(field: dataclasses.Field[Any]) -> bool:
    """Return whether the option may be repeated: then none of its values gets lost."""
    return isinstance(field.default, tuple) or bool(field.metadata.get("several"))
