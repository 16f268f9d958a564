"""The rows of our own grid, whatever its columns, as long as token and embedding are there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.strings.display import restored
from corpus2vec.pipeline.strings.lines import joined_lines
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.tables.vectors.text import (
    Stream,
    as_text,
    line_blocks,
    parsed,
    require_fitting,
    table_of,
    vector_of,
)

SEPARATOR = " | "  # a token may be "|", but no token has a space: these are those with one beside


def grid_blocks(stream: Stream, path: Path, wanted: frozenset[str] | None) -> Iterator[Table]:
    """The rows of a grid. Raises DataError for one that is cut off or lacks a column."""
    stream.readline()
    columns = [each.strip() for each in as_text(stream.readline()).strip("|\r\n").split("|")]
    if not {"token", "embedding"} <= set(columns):
        raise DataError(
            f"{path} has the columns {', '.join(columns)}; token and embedding are needed",
            hint="dump it with --columns index,token,embedding, or as --format parquet",
        )
    closed = stream.readline().startswith(b"+")
    ended = False
    dim = 0
    number = 3  # of the lines before
    for block in line_blocks(stream):
        lines = block.removesuffix(b"\n").split(b"\n")
        if lines[-1].startswith(b"+"):
            ended = lines.pop().rstrip(b"\r").endswith(b"+")
        if lines:
            dim = dim or lines[0].count(b", ") + 1
            table = _parsed(lines, columns, dim)
            yield table or _line_by_line(lines, columns, dim, path, number, wanted)
        number += len(lines)
    if not (closed and ended):
        raise DataError(f"{path} ends without its last rule", hint="is it complete?")


def _parsed(lines: list[bytes], columns: list[str], dim: int) -> Table | None:
    """The rows of the lines; None where any of them is not as we write it."""
    try:
        rows = pc.utf8_slice_codeunits(pa.array(lines, pa.binary()).cast(pa.string()), 2, -2)
    except pa.ArrowException:
        return None
    split = pc.split_pattern(rows, SEPARATOR)
    if not (pc.list_value_length(split).to_numpy() == len(columns)).all():
        return None
    flat = split.flatten()
    cells = {
        name: pc.utf8_trim(flat.take(pa.array(np.arange(place, len(flat), len(columns)))), " ")
        for place, name in enumerate(columns)
    }
    bare = pc.utf8_slice_codeunits(cells["embedding"], 1, -1)
    table = parsed(bytes(joined_lines("x ", pc.replace_substring(bare, ", ", " "))), dim)
    if table is None or not pc.all(pc.starts_with(cells["embedding"], "[")).as_py():
        return None
    tokens = cells["token"]
    if pc.any(pc.match_substring(tokens, "\\")).as_py():
        tokens = pa.array([restored(each) for each in tokens.to_pylist()], pa.string())
    try:
        ids = cells["index"].cast(pa.int64()).to_numpy() if "index" in cells else None
    except pa.ArrowException:
        return None
    return replace(table, tokens=tokens, ids=ids)


def _line_by_line(
    lines: list[bytes],
    columns: list[str],
    dim: int,
    path: Path,
    before: int,
    wanted: frozenset[str] | None,
) -> Table:
    tokens, vectors = [], []
    for number, line in enumerate(lines, start=before + 1):
        cells = [each.strip(" ") for each in as_text(line).rstrip("\r")[2:-2].split(SEPARATOR)]
        if len(cells) != len(columns):
            raise DataError(f"{path} line {number} has {len(cells)} cells, not {len(columns)}")
        row = dict(zip(columns, cells, strict=True))
        numbers = row["embedding"].strip("[]").encode().split(b", ")
        require_fitting(numbers, dim, f"{path} line {number}")
        token = restored(row["token"])
        if wanted is None or token in wanted:
            tokens.append(token)
            vectors.append(vector_of(numbers, f"{path} line {number}"))
    return table_of(tokens, vectors, dim)
