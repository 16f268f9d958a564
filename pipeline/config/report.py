"""The settings of report and plot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from corpus2vec.pipeline.config.settings import Settings, setting


@dataclass(frozen=True, kw_only=True)
class MapConfig(Settings):
    """Which words of a table are on its map."""

    map_words: int = setting(
        # The page numbers the words in two bytes.
        10_000,
        "How many of the most frequent words are on the map.",
        least=1,
        most=50_000,
    )
    layout: Literal["neighbours", "components"] = setting(
        "neighbours",
        "How the map places words: near words near each other (t-SNE, about a second for each "
        "thousand words), or by principal components alone.",
    )
