"""The settings of evaluate and compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from corpus2vec.pipeline.config.settings import Settings, require, setting

RESTRICT = (
    "Use only the N most frequent words of each table, or its first N rows where it has no counts "
    "(Parquet dumps have them). Default: all."
)


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig(Settings):
    """How a table is judged by gold files."""

    case: Literal["fold", "lower", "exact"] = setting(
        "fold",
        "How gold words match tokens: fold ignores case and takes the most frequent spelling (the "
        "first, without counts), lower lower-cases gold words, exact changes nothing.",
    )
    restrict: int | None = setting(None, RESTRICT, least=1)
    unknown: Literal["skip", "zero", "form"] = setting(
        "skip",
        "Questions with an unknown word: skip leaves them out, zero counts them as cosine 0 or as "
        "a wrong answer, form makes a vector of how the word is spelt, from the table.",
    )
    common: bool = setting(False, "Score only the questions whose words are in every table.")
    resamples: int = setting(
        1000, "Bootstrap resamples for the 95 % intervals; 0 for no intervals.", least=0
    )
    seed: int = setting(1, "Seed of the resampling.", least=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            not (self.common and self.unknown == "zero"),
            "--common leaves out unknown words, --unknown zero counts them",
            "give one of them",
        )


@dataclass(frozen=True, kw_only=True)
class CompareConfig(Settings):
    """How two tables are compared."""

    neighbors: int = setting(
        10, "How many nearest neighbours of each word to compare.", least=1, most=10_000
    )
    sample: int = setting(
        1000, "How many shared words to compare, drawn at random; all if there are fewer.", least=1
    )
    pairs: int = setting(
        100_000, "How many pairs of shared words to draw and compare the cosines of.", least=1
    )
    restrict: int | None = setting(None, RESTRICT, least=1)
    aligned: bool = setting(
        False,
        "Rotate the first table to the second, as `align` does, and rank the words that moved by "
        "the cosine of their two vectors.",
    )
    seed: int = setting(1, "Seed of the drawing.", least=0)
