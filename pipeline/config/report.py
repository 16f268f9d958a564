"""The settings of report and plot."""

from __future__ import annotations

from dataclasses import dataclass

from corpus2vec.pipeline.config.settings import require, setting


@dataclass(frozen=True, kw_only=True)
class MapConfig:
    """What of the table comes on a map of it."""

    map_words: int = setting(
        10_000, "Words on the map, the most frequent ones; 50,000 is the most that it takes."
    )

    def __post_init__(self) -> None:
        # The page numbers the words in two bytes.
        require(1 <= self.map_words <= 50_000, "--map-words must be from 1 to 50000")
