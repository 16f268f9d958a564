"""The settings of report and plot."""

from __future__ import annotations

from dataclasses import dataclass

from corpus2vec.pipeline.config.settings import Settings, setting


@dataclass(frozen=True, kw_only=True)
class MapConfig(Settings):
    """What of the table comes on a map of it."""

    map_words: int = setting(
        # The page numbers the words in two bytes.
        10_000,
        "How many words the map shows, the most frequent ones.",
        least=1,
        most=50_000,
    )
