"""A setting: a field with its default, its help and its check; and its option's name."""

from __future__ import annotations

import dataclasses
from typing import Any

from corpus2vec.pipeline.errors import UsageError


def setting(default: Any, help: str, **marks: Any) -> Any:
    """A dataclass field with its documentation; `marks` tell the command line how to show it."""
    return dataclasses.field(default=default, metadata={"help": help, **marks})


def require(condition: bool, message: str, hint: str = "") -> None:
    """Raise UsageError with `message` unless `condition` holds."""
    if not condition:
        raise UsageError(message, hint=hint)


def option_name(field_name: str) -> str:
    """The option that sets a field: `min_count` → `--min-count`."""
    return "--" + field_name.replace("_", "-")
