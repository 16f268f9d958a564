"""The TensorFlow Projector's two files, in a folder.

    vectors.tsv    a line a row: D numbers separated by tabs
    metadata.tsv   a header `token count id`, then a line a row, separated by tabs; a count that
                   is not known is 0

A token cannot have a tab, or a character at which any reader ends a line. The reader also accepts a
metadata.tsv of one column, which has no header, and one without `token`, where the first column
holds the tokens.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.strings.lines import joined_lines
from corpus2vec.pipeline.tables.formats.arrays import require_alike
from corpus2vec.pipeline.tables.formats.rows import (
    line_blocks,
    parsed,
    printed,
    require_fitting,
    table_of,
    vector_of,
)
from corpus2vec.pipeline.tables.table import Table

VECTORS, METADATA = FILES = ("vectors.tsv", "metadata.tsv")
PLACES = ("",)


def write(folder: Path, table: Table, config: DumpConfig) -> None:
    """Write the table."""
    with (folder / VECTORS).open("wb") as vectors, (folder / METADATA).open("wb") as metadata:
        metadata.write(b"token\tcount\tid\n")
        for rows, numbers in printed(table, config, "\t"):
            vectors.write(joined_lines(numbers))
            counts, ids = (
                pa.array(column[rows]).cast(pa.string())
                for column in (table.known_counts, table.known_ids)
            )
            metadata.write(joined_lines(table.tokens[rows], "\t", counts, "\t", ids))


def read(place: Path) -> Iterator[Table]:
    """Yield the rows. Raise DataError for a line of more or fewer numbers than the first."""
    tokens, counts, ids = _metadata(place / METADATA)
    begin = dim = 0
    with (place / VECTORS).open("rb") as stream:
        for lines in line_blocks(stream):
            dim = dim or lines.partition(b"\n")[0].rstrip(b"\r\t").count(b"\t") + 1
            block = parsed(lines, dim, "\t", with_token=False)
            if block is None:
                block = _line_by_line(lines, dim, begin, place / VECTORS)
            end = begin + len(block)
            if end <= len(tokens):
                yield Table(
                    tokens[begin:end],
                    block.vectors_VD,
                    None if counts is None else counts[begin:end],
                    None if ids is None else ids[begin:end],
                )
            begin = end
    require_alike(len(tokens), begin, place)


def _metadata(path: Path) -> tuple[pa.StringArray, np.ndarray | None, np.ndarray | None]:
    """Return tokens, counts and ids."""
    text = path.read_text(encoding="utf-8", errors="replace")
    rows = [line.rstrip("\r").split("\t") for line in text.removesuffix("\n").split("\n")]
    header = rows.pop(0) if len(rows[0]) > 1 else ["token"]
    if any(len(row) != len(header) for row in rows):
        raise DataError(f"{path} has rows of several lengths")
    column = dict(zip(header, zip(*rows, strict=True), strict=True)) if rows else {}
    tokens = pa.array(column.get("token") or column.get(header[0]) or [], pa.string())
    return tokens, _integers(column.get("count")), _integers(column.get("id"))


def _line_by_line(lines: bytes, dim: int, before: int, path: Path) -> Table:
    vectors = []
    for number, line in enumerate(lines.removesuffix(b"\n").split(b"\n"), start=before + 1):
        numbers = line.rstrip(b"\r\t").split(b"\t")
        require_fitting(numbers, dim, f"{path} line {number}")
        vectors.append(vector_of(numbers, f"{path} line {number}"))
    return table_of([""] * len(vectors), vectors, dim)


def _integers(column: tuple[str, ...] | None) -> np.ndarray | None:
    """Return a column of whole numbers, if it is one."""
    try:
        return None if column is None else np.array(column, np.int64)
    except (ValueError, OverflowError):
        return None
