"""The settings of stages that can be carried out part by part: which part of how many, and where.

A part is `I/N`, from `1/N` to `N/N`; `all/N` is all of them. The file of a part is
`part-00042.parquet` in the folder --output. Names have five digits, so that the order of the names
is that of the parts.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from corpus2vec.pipeline.config.settings import Execution, Settings, require, setting

MOST_PARTS = 99_999
ALL = "all/"
"""Before the number of parts: all of them, and the folder is sealed."""


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
    """Return the parts that `I/N`, `I-J/N` or `all/N` names.

    Raises UsageError for anything else.

    >>> list(map(str, parts_of("2-3/7"))), len(parts_of("all/7"))
    (['2/7', '3/7'], 7)
    """
    range_of = re.sub(f"^{ALL}([0-9]+)$", r"1-\1/\1", text)
    found = re.fullmatch(r"([0-9]{1,9})(?:-([0-9]{1,9}))?/([0-9]{1,9})", range_of)
    usage = "it is I/N, I-J/N or all/N, such as 1/16 for the first of 16 parts"
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
        "Make only part I of N (I/N, or I-J/N for several), into the folder --output; all/N makes "
        "all, and seals the folder. auto takes I and N from a Slurm array task; auto/N takes I "
        "from it or from a Kubernetes Indexed Job.",
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
    def makes_all(self) -> bool:
        """Whether all parts are made, so that the folder is sealed."""
        return self.part is not None and self.part.startswith(ALL)

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


@dataclass(frozen=True, kw_only=True)
class PartedExecution(Execution):
    """How the parts of a stage are carried out."""

    workers: int | None = setting(
        None,
        "Of several parts: how many are made at once, each by a process; by default as many as "
        "there are processors.",
        least=1,
        most=1024,
        heading="Execution",
        alone=True,
    )
    engine: Literal["local", "ray"] = setting(
        "local",
        "Where parts are made: by processes of this machine, or by tasks of Ray, on this machine "
        "or on a cluster.",
        heading="Execution",
        alone=True,
    )
    address: str | None = setting(
        None,
        "The Ray cluster, as ray.init takes it; local starts Ray on this machine. By default the "
        "one of RAY_ADDRESS, or the one that runs here; where there is none, as local.",
        heading="Execution",
        alone=True,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            self.address is None or self.engine == "ray",
            "--address has no effect without --engine ray",
        )

    def of_one(self) -> Self:
        """Return how one of several parts is made: by the process that it is given to."""
        return dataclasses.replace(self, workers=1, engine="local", address=None)
