"""The texts that options take: one, or several where an option may be repeated."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

import typer


def require_text(value: str) -> str:
    """Return the argument. Raises BadParameter for bytes that are not UTF-8, and so no text."""
    try:
        value.encode()
    except UnicodeEncodeError as problem:
        raise typer.BadParameter(f"'{value}' is not UTF-8 text") from problem
    return value


def text_or_none(value: str | None) -> str | None:
    """Return the text, if there is one. Raises BadParameter as `require_text` does."""
    return None if value is None else require_text(value)


def texts(context: typer.Context, param: typer.CallbackParam, value: list[str]) -> list[str]:
    """Return the texts of an option that may be repeated; its environment variable has one."""
    source = context.get_parameter_source(str(param.name))
    if source and source.name == "ENVIRONMENT" and isinstance(param.envvar, str):
        value = [os.environ[param.envvar]]
    return [require_text(each) for each in value]


def as_defaults(context: typer.Context, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as defaults of a command: in a list where the option may be repeated."""
    several = {each.name for each in context.command.params if getattr(each, "multiple", False)}
    return {name: [value] if name in several else value for name, value in settings.items()}


def is_several(field: dataclasses.Field[Any]) -> bool:
    """Return whether the option may be repeated: then none of its values gets lost."""
    return isinstance(field.default, tuple) or bool(field.metadata.get("several"))
