"""A table → a file or a folder, in the format that the config names.

The formats' modules know what is written; this one only asks the right one.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.tables.formats import module_of
from corpus2vec.pipeline.tables.table import Table, arranged
from corpus2vec.pipeline.tables.tokens import safe


def prepare(table: Table, config: DumpConfig) -> tuple[Table, dict[str, int]]:
    """Return the rows that are written, in order, with tokens that the format can hold.

    And how many tokens were `escaped` or `skipped`. Raise DataError as `safe` does.
    """
    return safe(arranged(table, config), config)


def write_file(sink: IO[bytes], ready: Table, config: DumpConfig) -> None:
    """Write what `prepare` returned, in a format of one file."""
    module_of(config.format).write(sink, ready, config)


def write_folder(folder: Path, ready: Table, config: DumpConfig) -> None:
    """Write what `prepare` returned, in a format of several files, into an empty folder."""
    module_of(config.format).write(folder, ready, config)
