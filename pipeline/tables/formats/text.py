"""Rows as lines of numbers: word2vec, GloVe and fastText text, and the Projector's vectors.tsv.

    word2vec   a line `V D`, then a line a row: the token, a space, D numbers parted by spaces
    fasttext   the same, as fastText's own .vec files are
    glove      the same without the first line

UTF-8 with LF and no byte order mark. Without --precision each number has the fewest digits that
give the same float32 back. It is made and written in blocks of rows, so memory does not grow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.strings.lines import joined_lines
from corpus2vec.pipeline.tables.table import Table

BLOCK_NUMBERS = 1 << 18  # numbers that are text at one time

# The one float32 (all 2^32 were tried) whose fewest digits become its neighbour in a reader that
# goes by way of a double, as Python's do. One digit more, and it is itself again.
ROUNDED_TWICE = np.float32(7.0385307e-26)
ITS_DIGITS, ITS_SAFE_DIGITS = "7.038531e-26", "7.0385307e-26"


def write_text(sink: IO[bytes], table: Table, config: DumpConfig) -> None:
    """Write word2vec, GloVe or fastText text."""
    if config.format != "glove":
        sink.write(f"{len(table)} {table.dim}\n".encode())
    for rows, numbers in formatted(table, config, " "):
        sink.write(joined_lines(table.tokens[rows], " ", numbers))


def formatted(table: Table, config: DumpConfig, separator: str) -> Iterator[tuple[slice, pa.Array]]:
    """Block by block: which rows, and each row's numbers as one string."""
    block = max(1, BLOCK_NUMBERS // max(1, table.dim))
    row_format = separator.join([f"%.{config.precision}f"] * table.dim)
    for begin in range(0, len(table), block):
        rows = slice(begin, min(begin + block, len(table)))
        vectors = table.vectors_VD[rows]
        if config.precision is None:
            numbers = pa.array(vectors.reshape(-1)).cast(pa.string())
            if (np.abs(vectors) == ROUNDED_TWICE).any():
                numbers = pc.replace_substring(numbers, ITS_DIGITS, ITS_SAFE_DIGITS)
            offsets = pa.array(np.arange(len(vectors) + 1, dtype=np.int32) * table.dim)
            yield rows, pc.binary_join(pa.ListArray.from_arrays(offsets, numbers), separator)
        else:
            yield rows, pa.array([row_format % tuple(vector) for vector in vectors.tolist()])
