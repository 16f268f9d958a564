"""The setting of stages that can be carried out part by part: which part of how many.

A part is `I/N`, from `1/N` to `N/N`; its file is `part-00042.parquet` in the folder --output. Names
have five digits, so that the order of the names is that of the parts.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from corpus2vec.pipeline.config.settings import Settings, require, setting

MOST_PARTS = 99_999


@dataclass(frozen=True)
class Part:
    """One part of several.

    >>> str(Part(3, 7)), Part(3, 7).file
    ('3/7', 'part-00003.parquet')
    """

    number: int
    """From 1."""
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"part-{self.number:05}.parquet"


def parts_of(text: str) -> list[Part]:
    """Return the parts that `I/N` or `I-J/N` names.

    Raises UsageError for anything else.

    >>> list(map(str, parts_of("2-3/7")))
    ['2/7', '3/7']
    """
    found = re.fullmatch(r"([0-9]{1,9})(?:-([0-9]{1,9}))?/([0-9]{1,9})", text)
    usage = "it is I/N or I-J/N, such as 1/16 for the first of 16 parts"
    if not found:
        require(False, f"--part cannot be {text!r}", usage)
        return []
    first, last, of = (int(each or found[1]) for each in found.groups())
    require(1 <= first <= last <= of, f"--part {text}: parts go from 1/{of} to {of}/{of}", usage)
    require(of <= MOST_PARTS, f"--part {text}: there are at most {MOST_PARTS:,} parts")
    return [Part(number, of) for number in range(first, last + 1)]


@dataclass(frozen=True, kw_only=True)
class Parted(Settings):
    """A stage of which one part can be carried out by itself."""

    part: str | None = setting(
        None,
        "Make only part I of N (I/N, or I-J/N for several), into the folder --output. auto takes "
        "I and N from a Slurm array task; auto/N takes I from it or from a Kubernetes Indexed Job.",
        heading="Execution",
        metavar="I/N",
        alone=True,
        scheduled=True,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.part is not None:
            parts_of(self.part)

    @property
    def own_part(self) -> Part | None:
        """The part that is made; None for the whole. Raises UsageError for several."""
        if self.part is None:
            return None
        first, *others = parts_of(self.part)
        require(not others, f"--part {self.part} is several parts", "make one after the other")
        return first

    def deciding(self) -> dict[str, Any]:
        """Return the settings that decide bytes; what is made at once is no part."""
        settings = super().deciding()
        if self.part is None:
            del settings["part"]
        return settings

    def outputs(self, output: Path) -> list[tuple[Path, Self]]:
        """Return `output` itself or, of parts, the file of each in that folder."""
        if self.part is None:
            return super().outputs(output)
        return [
            (output / each.file, dataclasses.replace(self, part=str(each)))
            for each in parts_of(self.part)
        ]
