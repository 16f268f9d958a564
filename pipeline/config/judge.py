"""The settings of evaluate and compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from corpus2vec.pipeline.config.settings import Settings, require, setting


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig(Settings):
    """How a table is judged by gold files."""

    case: Literal["fold", "lower", "exact"] = setting(
        "fold",
        "How gold words and tokens are matched: whatever their case (the most frequent spelling, "
        "or the first, counts), gold words lower-cased, or as they are.",
    )
    restrict: int = setting(
        0,
        "Only the first N rows are there: the most frequent, if the table tells counts, as Parquet "
        "does. 0: all.",
    )
    unknown: Literal["skip", "zero"] = setting(
        "skip", "Questions with an unknown word: leave out, or count as cosine 0 or as wrong."
    )
    common: bool = setting(False, "Score only the questions whose words all tables have.")
    resamples: int = setting(1000, "Resamples of the bootstrap that gives the 95 % intervals.")
    seed: int = setting(1, "Seed of the resampling.")

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.restrict >= 0, "--restrict must be 0 or more")
        require(self.resamples >= 0, "--resamples must be 0 or more")
        require(self.seed >= 0, "--seed must be 0 or more")
        require(
            not (self.common and self.unknown == "zero"),
            "--common leaves out unknown words, --unknown zero counts them",
            "give one of them",
        )


@dataclass(frozen=True, kw_only=True)
class CompareConfig(Settings):
    """How two tables are compared."""

    neighbors: int = setting(10, "How many nearest neighbours of a word are compared.")
    sample: int = setting(1000, "Shared words to compare, drawn at random; 0: all.")
    pairs: int = setting(100_000, "Pairs of shared words whose cosines are compared.")
    restrict: int = setting(
        0,
        "Only the first N rows of each table: the most frequent, if it tells counts, as Parquet "
        "does. 0: all.",
    )
    seed: int = setting(1, "Seed of the drawing.")

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.neighbors >= 1, "--neighbors must be 1 or more")
        for name in ("sample", "pairs", "restrict", "seed"):
            require(getattr(self, name) >= 0, f"--{name} must be 0 or more")
