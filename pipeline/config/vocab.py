"""The settings of vocab: which tokens get a row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from corpus2vec.pipeline.config.settings import Execution, Settings, require, setting

UNK = "<unk>"


@dataclass(frozen=True, kw_only=True)
class VocabConfig(Settings):
    """Which tokens get a row."""

    min_count: int = setting(1, "Leave out tokens that occur fewer times than this.", least=1)
    max_size: int | None = setting(
        None, "Keep only the N most frequent tokens; ids still go by first appearance.", least=1
    )
    keep: Path | None = setting(
        None,
        "A file of tokens, one a line, that are never left out.",
        file=True,
        metavar="FILE",
    )
    unk: str | None = setting(
        None,
        f"Token that stands for all others, as the last id; {UNK} if any token is left out.",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.unk != "", "--unk needs a token, not an empty string")


SIZES = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


@dataclass(frozen=True, kw_only=True)
class VocabExecution(Execution):
    """How counting is carried out."""

    memory: str = setting(
        "2G",
        "Memory for counting, such as 500M; counts that need more go to disk, in parts.",
        heading="Execution",
        shared=True,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        number, unit = self._parts
        require(
            re.fullmatch("0*[1-9][0-9]{0,17}", number) is not None and unit in SIZES,
            f"--memory cannot be '{self.memory}'",
            "it takes a number of bytes, optionally followed by K, M, G or T",
        )

    @property
    def _parts(self) -> tuple[str, str]:
        unit = self.memory[-1:].upper()
        return (self.memory, "") if unit.isdigit() else (self.memory[:-1], unit)

    @property
    def memory_bytes(self) -> int:
        """--memory in bytes."""
        number, unit = self._parts
        return int(number) * SIZES[unit]
