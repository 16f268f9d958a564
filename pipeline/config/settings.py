"""A setting: a field with its default, its help and its check; and its option's name."""

from __future__ import annotations

import dataclasses
from typing import Any

from corpus2vec.pipeline.errors import UsageError


def setting(
    default: Any,
    help: str,
    *,
    least: float | None = None,
    most: float | None = None,
    below: float | None = None,
    **marks: Any,
) -> Any:
    """Return a dataclass field with its documentation and its range.

    A value must be `least` or more, at most `most`, and less than `below`: `check_ranges` checks
    it, and the option gets the same bounds. `marks` say how the command line shows the option, such
    as `heading="Network"`.
    """
    bounds = {"least": least, "most": most, "below": below}
    given = {name: bound for name, bound in bounds.items() if bound is not None}
    return dataclasses.field(default=default, metadata={"help": help, **given, **marks})


def check_ranges(config: Any) -> None:
    """Raise UsageError unless each setting is within its range. None has no range.

    >>> @dataclasses.dataclass
    ... class Config:
    ...     min_count: int = setting(1, "", least=1)
    >>> check_ranges(Config(min_count=0))
    Traceback (most recent call last):
    corpus2vec.pipeline.errors.UsageError: --min-count must be 1 or more
    """
    for field in dataclasses.fields(config):
        value, marks = getattr(config, field.name), field.metadata
        if value is None or not {"least", "most", "below"} & set(marks):
            continue
        least, most, below = (marks.get(name) for name in ("least", "most", "below"))
        # Asked so that NaN, which is in no range, fails.
        within = (
            (least is None or value >= least)
            and (most is None or value <= most)
            and (below is None or value < below)
        )
        require(within, f"{option_name(field.name)} must be {_range(least, most, below)}")


def _range(least: float | None, most: float | None, below: float | None) -> str:
    """Return a range in words.

    >>> _range(1, None, None), _range(0, 30, None), _range(0, None, 1), _range(None, 9, None)
    ('1 or more', 'between 0 and 30', 'at least 0 and less than 1', 'at most 9')
    """
    if most is None and below is None:
        return f"{least} or more"
    if most is not None:
        return f"at most {most}" if least is None else f"between {least} and {most}"
    return f"less than {below}" if least is None else f"at least {least} and less than {below}"


def require(condition: bool, message: str, hint: str = "") -> None:
    """Raise UsageError with `message` unless `condition` holds."""
    if not condition:
        raise UsageError(message, hint=hint)


def option_name(field_name: str) -> str:
    """The option that sets a field: `min_count` → `--min-count`."""
    return "--" + field_name.replace("_", "-")
