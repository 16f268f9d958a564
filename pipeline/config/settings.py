"""Settings: dataclass fields that carry their help, their range and their heading in --help.

The command line makes an option from every field, the manifest stores the values, and the recipe
takes those that decide bytes. So a default, its meaning and its bounds are written once, here.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from corpus2vec.pipeline.errors import UsageError


def setting(
    default: Any,
    help: str,
    *,
    least: float | None = None,
    most: float | None = None,
    below: float | None = None,
    heading: str = "Settings",
    **marks: Any,
) -> Any:
    """Return a dataclass field with its documentation.

    `least`, `most` and `below` bound a number; None, where it is the default, is always allowed.
    `heading` groups the options in --help. Other marks:

        file=True     the value names a file: its content decides bytes, its name does not
        metavar=TEXT  how --help shows the value
        shared=True   one option and one environment variable for all commands that have the field
        alone=True    the stage's own command has the option, `run` does not
        several=True  the option may be repeated; its values are joined by commas
        scheduled=True  a scheduler of jobs may have the value: auto
        own=TEXT      the option of the stage's own command, where it is not `run`'s
    """
    bounds = {"least": least, "most": most, "below": below}
    given = {name: bound for name, bound in bounds.items() if bound is not None}
    return dataclasses.field(
        default=default, metadata={"help": help, "heading": heading, **given, **marks}
    )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The base of every config: checked where it is built, and never changed afterwards."""

    def __post_init__(self) -> None:
        check_ranges(self)

    def deciding(self) -> dict[str, Any]:
        """Return the settings that decide an artifact's bytes: all but the names of files.

        A config in which some settings have no effect on others leaves them out.
        """
        fields = dataclasses.fields(self)
        return {f.name: getattr(self, f.name) for f in fields if not f.metadata.get("file")}

    def files(self) -> dict[str, Path]:
        """Return the files that settings name, by the setting."""
        named = [f.name for f in dataclasses.fields(self) if f.metadata.get("file")]
        return {name: Path(getattr(self, name)) for name in named if getattr(self, name)}

    def wanted(self) -> bool:
        """Return whether a build has the stage at all."""
        return True

    def outputs(self, output: Path) -> list[tuple[Path, Self]]:
        """Return what is written when `output` is asked for: paths, each with its own config."""
        return [(output, self)]

    def outputs_in(self, folder: Path, file: str) -> list[tuple[Path, Self]]:
        """Return what a build writes into its folder, where a stage calls its artifact `file`."""
        return self.outputs(folder / file)


@dataclass(frozen=True, kw_only=True)
class Execution(Settings):
    """How a stage is carried out: what decides no byte and is no part of the recipe."""

    threads: int | None = setting(
        None,
        "Processor threads; by default as many as the machine allows.",
        least=1,
        most=1024,
        heading="Execution",
        shared=True,
    )


def check_ranges(config: Any) -> None:
    """Raise UsageError unless each number is within its range. None has no range.

    >>> @dataclass
    ... class Config:
    ...     min_count: int = setting(1, "", least=1)
    >>> check_ranges(Config(min_count=0))
    Traceback (most recent call last):
    corpus2vec.pipeline.errors.UsageError: --min-count must be 1 or more
    """
    for field in dataclasses.fields(config):
        value, marks = getattr(config, field.name), field.metadata
        is_infinite = isinstance(value, float) and math.isinf(value)
        require(not is_infinite, f"{option_name(field.name)} must be finite")
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
    """Return the option that sets a field: `min_count` → `--min-count`."""
    return "--" + field_name.replace("_", "-")
