"""A table → a file or a folder, in the format that the config names.

The format's module does the work; this one chooses it.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.config.formats import Layout
from corpus2vec.pipeline.files.compression import compressed
from corpus2vec.pipeline.tables.formats import module_of
from corpus2vec.pipeline.tables.table import Table, arranged
from corpus2vec.pipeline.tables.tokens import safe


def prepare(table: Table, config: DumpConfig) -> tuple[Table, dict[str, int]]:
    """Return the rows that are written, in order, with tokens that the format can hold.

    Also return how many tokens were `escaped` or `skipped`. Raise DataError as `safe` does.
    """
    return safe(arranged(table, config), config)


def write_dump(target: Path, ready: Table, config: DumpConfig, compression: str = "") -> None:
    """Write what `prepare` returned into a file, compressed or not, or into an empty folder."""
    if config.layout is Layout.FOLDER:
        module_of(config.format).write(target, ready, config)
    else:
        with target.open("wb") as file, compressed(file, compression) as sink:
            write_to(sink, ready, config)


def write_to(sink: IO[bytes], ready: Table, config: DumpConfig) -> None:
    """Write what `prepare` returned into a stream, in a format of one file."""
    module_of(config.format).write(sink, ready, config)
