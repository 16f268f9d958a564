"""Embedding tables as files: written in ten formats.

    table             a grid to look at                                    grid.py
    word2vec, glove   text for other tools                                 text.py
    fasttext          word2vec text, as fastText's .vec files are          text.py
    word2vec-binary   the same in binary                                   binary.py
    parquet           columns token, count, vector                         binary.py
    tsv               a folder for the TensorFlow Projector                folders.py
    npy               a folder: NumPy's format, and a vocabulary           folders.py
    safetensors       a folder that model2vec and sentence-transformers load   folders.py
    spacy             a folder that spaCy loads                            folders.py

Each module's docstring is the specification of its formats; `tokens.py` says which tokens a format
cannot hold. `vectors` reads them all, and what other tools write; `proof.py` reads a dump back
before it is published.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.tables.formats.binary import write_parquet, write_word2vec_binary
from corpus2vec.pipeline.tables.formats.folders import (
    write_npy,
    write_spacy,
    write_static_embedding,
    write_tsv,
)
from corpus2vec.pipeline.tables.formats.grid import grid
from corpus2vec.pipeline.tables.formats.text import write_text
from corpus2vec.pipeline.tables.table import Table, arranged
from corpus2vec.pipeline.tables.tokens import as_written, safe

__all__ = ["Table", "as_written", "prepare", "write_file", "write_folder", "write_table"]

FOLDERS = {
    "tsv": write_tsv,
    "npy": write_npy,
    "safetensors": write_static_embedding,
    "spacy": write_spacy,
}


def write_table(sink: IO[bytes], table: Table, config: DumpConfig) -> dict[str, int]:
    """Write `table` in the format that `config` names; what was done to unsafe tokens, counted."""
    ready, unsafe = prepare(table, config)
    write_file(sink, ready, config)
    return unsafe


def prepare(table: Table, config: DumpConfig) -> tuple[Table, dict[str, int]]:
    """The rows that `config` wants, in its order, with tokens that its format can hold.

    And what was done to unsafe tokens, counted.
    """
    return safe(arranged(table, config), config)


def write_file(sink: IO[bytes], ready: Table, config: DumpConfig) -> None:
    """Write what `prepare` gave, in a format of one file."""
    if config.format == "parquet":
        write_parquet(sink, ready, config)
    elif config.format == "word2vec-binary":
        write_word2vec_binary(sink, ready)
    elif config.format == "table":
        for block in grid(ready, config):
            sink.write(block)
    else:
        write_text(sink, ready, config)


def write_folder(folder: Path, ready: Table, config: DumpConfig) -> None:
    """Write what `prepare` gave, in a format of several files, into an empty folder."""
    FOLDERS[config.format](folder, ready, config)
