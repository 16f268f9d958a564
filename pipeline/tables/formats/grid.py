"""A grid to look at: a header, a rule, and a row an id.

    +-------+-------+--------------+
    | index | token | embedding    |
    +-------+-------+--------------+
    |     0 | Hope  | [0.25, -1.5] |
    +-------+-------+--------------+

--columns names the columns and their order. A column is as wide as its widest cell on a terminal.
Any token can be shown: `display.visible` writes out what has no glyph, and spaces. The reader needs
the columns token and embedding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.strings.display import display_width, restored, visible
from corpus2vec.pipeline.strings.lines import joined_lines
from corpus2vec.pipeline.tables.formats import VectorFile
from corpus2vec.pipeline.tables.formats.rows import (
    BYTE_ORDER_MARK,
    as_text,
    line_blocks,
    parsed,
    printed,
    require_fitting,
    table_of,
    vector_of,
)
from corpus2vec.pipeline.tables.table import Table

RULE = re.compile(rb"\+(-+\+)+\r?")
SEPARATOR = " | "  # a token may be "|", but no token has a space: these are those with one beside
NEEDED = {"token", "embedding"}
LINES = 4  # that are no rows: three rules and the header


# --- writing ---------------------------------------------------------------------------------


def write(sink: IO[bytes], table: Table, config: DumpConfig) -> None:
    """Write the grid, in two passes: the first finds how wide the columns are."""
    tokens = pa.array([visible(token) for token in table.tokens.to_pylist()], pa.string())
    token_widths = np.array([display_width(token) for token in tokens.to_pylist()])
    widths = {
        "index": len(str(max(0, len(table) - 1 if table.ids is None else int(table.ids.max())))),
        "token": int(token_widths.max(initial=0)),
        "embedding": 0,
    }
    if "embedding" in config.columns:
        lengths = [
            pc.max(pc.utf8_length(numbers)).as_py() for _, numbers in printed(table, config, ", ")
        ]
        widths["embedding"] = 2 + max(lengths, default=0)
    widths = {name: max(widths[name], len(name)) for name in config.columns}

    rule = "+" + "+".join("-" * (width + 2) for width in widths.values()) + "+\n"
    header = "|" + "|".join(f" {name.ljust(width)} " for name, width in widths.items()) + "|\n"
    sink.write((rule + header + rule).encode())
    padding = pa.array([" " * max(0, each) for each in widths.get("token", 0) - token_widths])
    for rows, numbers in printed(table, config, ", "):
        index = pa.array(table.known_ids[rows]).cast(pa.string())
        embedding = pc.binary_join_element_wise("[", numbers, "]", "")
        cells = {
            "index": pc.utf8_lpad(index, widths.get("index", 0)),
            "token": pc.binary_join_element_wise(tokens[rows], padding[rows], ""),
            "embedding": pc.utf8_rpad(embedding, widths.get("embedding", 0)),
        }
        pieces: list[pa.Array | str] = []
        for name in config.columns:
            pieces += [" | " if pieces else "| ", cells[name]]
        sink.write(bytes(joined_lines(*pieces, " |")))
    sink.write(rule.encode())


# --- reading ---------------------------------------------------------------------------------


def recognizes(probe: bytes) -> bool:
    """Return whether the first line is a rule."""
    return bool(RULE.fullmatch(probe.partition(b"\n")[0].removeprefix(BYTE_ORDER_MARK)))


def read(file: VectorFile) -> Iterator[Table]:
    """Yield the rows. Raise DataError for a grid that is cut off or lacks a column."""
    file.stream.readline()
    columns = [each.strip() for each in as_text(file.stream.readline()).strip("|\r\n").split("|")]
    if not set(columns) >= NEEDED:
        raise DataError(
            f"{file.path} has the columns {', '.join(columns)}; token and embedding are needed",
            hint="dump it with --columns index,token,embedding, or as --format parquet",
        )
    closed = file.stream.readline().startswith(b"+")
    ended = False
    dim = 0
    before = 3  # lines
    for block in line_blocks(file.stream):
        if ended:
            raise DataError(f"{file.path} line {before + 1} is below the last rule")
        lines = block.removesuffix(b"\n").split(b"\n")
        rule = lines.pop() if lines[-1].startswith(b"+") else b""
        if lines:
            dim = dim or lines[0].count(b", ") + 1
            table = _parsed(lines, columns, dim)
            yield table or _line_by_line(lines, columns, dim, file, before)
        before += len(lines) + bool(rule)
        ended = rule.rstrip(b"\r").endswith(b"+")
    if not (closed and ended):
        raise DataError(f"{file.path} ends without its last rule", hint="is it complete?")


def read_strictly(file: VectorFile, ready: Table, config: DumpConfig) -> Iterator[Table]:
    """Yield the rows. Of a grid without tokens or embeddings, only the lines are counted."""
    if set(config.columns) >= NEEDED:
        yield from read(file)
        return
    lines = sum(block.count(b"\n") for block in line_blocks(file.stream))
    if lines != len(ready) + LINES:
        raise DataError(f"it has {lines} lines")
    yield ready


def _parsed(lines: list[bytes], columns: list[str], dim: int) -> Table | None:
    """Return the rows of the lines; None if one is not as `write` writes it."""
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
    lines: list[bytes], columns: list[str], dim: int, file: VectorFile, before: int
) -> Table:
    tokens, vectors = [], []
    for number, line in enumerate(lines, start=before + 1):
        place = f"{file.path} line {number}"
        cells = [each.strip(" ") for each in as_text(line).rstrip("\r")[2:-2].split(SEPARATOR)]
        if len(cells) != len(columns):
            raise DataError(f"{place} has {len(cells)} cells, not {len(columns)}")
        row = dict(zip(columns, cells, strict=True))
        numbers = row["embedding"].strip("[]").encode().split(b", ")
        require_fitting(numbers, dim, place)
        token = restored(row["token"])
        if file.wanted is None or token in file.wanted:
            tokens.append(token)
            vectors.append(vector_of(numbers, place))
    return table_of(tokens, vectors, dim)
