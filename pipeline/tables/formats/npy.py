"""NumPy's format beside a vocabulary, in a folder.

    vectors.npy   (V, D), float32 or float16
    vocab.tsv     as every vocab.tsv; an id is the row's number, a count that is not known is 0

A token can be any string: vocab.tsv escapes what it must.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.tables.formats.arrays import mapped, require_alike, stored
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.vocabulary.vocabulary import (
    Vocabulary,
    parse_vocabulary,
    vocabulary_lines,
)

VECTORS, VOCABULARY = FILES = ("vectors.npy", "vocab.tsv")
PLACES = ("",)


def write(folder: Path, table: Table, config: DumpConfig) -> None:
    """Write the table."""
    vectors = stored(table.vectors_VD, config)
    with (folder / VECTORS).open("wb") as file:
        # As np.save does, which however does not say why a write failed.
        header = np.lib.format.header_data_from_array_1_0(vectors)
        np.lib.format.write_array_header_1_0(file, header)
        file.write(vectors.reshape(-1).view(np.uint8).data)
    with (folder / VOCABULARY).open("wb") as file:
        file.writelines(vocabulary_lines(Vocabulary(table.tokens, table.known_counts)))


def read(place: Path) -> Iterator[Table]:
    """Yield the table, its vectors mapped."""
    vectors = mapped(place / VECTORS)
    name = place / VOCABULARY
    vocabulary = parse_vocabulary(name.read_bytes(), str(name))
    require_alike(len(vocabulary), len(vectors), place)
    yield Table(vocabulary.tokens.cast(pa.string()), vectors, vocabulary.counts)
