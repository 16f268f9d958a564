"""The settings of align."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from corpus2vec.pipeline.config.dump import DumpConfig
from corpus2vec.pipeline.config.formats import FORMATS
from corpus2vec.pipeline.config.settings import Settings, setting


@dataclass(frozen=True, kw_only=True)
class AlignConfig(Settings):
    """How a table is rotated to another."""

    anchor: Path | None = setting(
        None,
        "A file of words, one a line, that mean the same in both tables: only they decide the "
        "rotation. A line may be two words separated by a tab, A's and B's. By default all words "
        "that both have.",
        file=True,
        metavar="FILE",
    )
    format: str = setting(
        "auto",
        f"The format, as `dump` has them: {', '.join(FORMATS)}. auto: the one with the extension "
        "of --output.",
    )

    def outputs(self, output: Path) -> list[tuple[Path, Self]]:
        """Return what is written: a path for each format, and the config of it alone."""
        return [
            (path, dataclasses.replace(self, format=one.format))
            for path, one in DumpConfig(format=self.format).outputs(output)
        ]
