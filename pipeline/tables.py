"""Embedding tables as files: written in four formats, and read back.

    table      a grid to look at: a header, a rule, and a row an id
    word2vec   text: a line `V D`, then a line a token: the token, a space, D numbers
    glove      the same without the first line
    parquet    columns token: string, count: int64, vector: fixed_size_list<float>[D]

All text is UTF-8 with LF, and without --precision each number has the fewest digits that give the
same float32 back. The readers also take what other tools write: word2vec's binary format, GloVe's
and fastText's .vec text, each also compressed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.config import DumpConfig
from pipeline.display import display_width, visible
from pipeline.errors import DataError
from pipeline.lines import joined_lines

BLOCK_NUMBERS = 1 << 20  # numbers that are text at one time

# The one float32 (all 2^32 were tried) whose fewest digits become its neighbour in a reader that
# goes by way of a double, as Python's do. One digit more, and it is itself again.
ROUNDED_TWICE = np.float32(7.0385307e-26)
ITS_DIGITS, ITS_SAFE_DIGITS = "7.038531e-26", "7.0385307e-26"


@dataclass(frozen=True)
class Table:
    """V tokens and their vectors."""

    tokens: pa.StringArray
    vectors_VD: np.ndarray
    """(V, D) float32."""
    counts: np.ndarray | None = None
    """(V,) int64."""

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def dim(self) -> int:
        """Columns of the table."""
        return int(self.vectors_VD.shape[1])


# --- writing ---------------------------------------------------------------------------------


def write_table(sink: IO[bytes], table: Table, config: DumpConfig) -> dict[str, int]:
    """Write `table` in the format that `config` names; what was done to unsafe tokens, counted."""
    if config.format == "parquet":
        pq.write_table(_parquet_table(table), sink, compression="zstd", write_page_checksum=True)
        return {}
    if config.format == "table":
        for block in _grid(table, config):
            sink.write(block)
        return {}
    table, unsafe = _safe(table, config)
    if config.format == "word2vec":
        sink.write(f"{len(table)} {table.dim}\n".encode())
    for rows, numbers in _formatted(table, config, " "):
        sink.write(joined_lines(table.tokens[rows], " ", numbers))
    return unsafe


def _parquet_table(table: Table) -> pa.Table:
    flat = pa.array(np.ascontiguousarray(table.vectors_VD).reshape(-1))
    columns = {"token": table.tokens}
    if table.counts is not None:
        columns["count"] = pa.array(table.counts)
    columns["vector"] = pa.FixedSizeListArray.from_arrays(flat, table.dim)
    return pa.table(columns)


def _formatted(
    table: Table, config: DumpConfig, separator: str
) -> Iterator[tuple[slice, pa.Array]]:
    """Block by block: which rows, and each row's numbers as one string."""
    block = max(1, BLOCK_NUMBERS // table.dim)
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


def _grid(table: Table, config: DumpConfig) -> Iterator[bytes]:
    """The grid, in two passes: the first finds how wide the columns are.

    +-------+-------+--------------+
    | index | token | embedding    |
    +-------+-------+--------------+
    |     0 | Hope  | [0.25, -1.5] |
    +-------+-------+--------------+
    """
    tokens = pa.array([visible(token) for token in table.tokens.to_pylist()], pa.string())
    token_widths = np.array([display_width(token) for token in tokens.to_pylist()])
    widths = {
        "index": len(str(len(table) - 1)),
        "token": int(token_widths.max(initial=0)),
        "embedding": 0,
    }
    if "embedding" in config.columns:
        lengths = [
            pc.max(pc.utf8_length(numbers)).as_py()
            for _, numbers in _formatted(table, config, ", ")
        ]
        widths["embedding"] = 2 + max(lengths, default=0)
    widths = {name: max(widths[name], len(name)) for name in config.columns}

    rule = "+" + "+".join("-" * (width + 2) for width in widths.values()) + "+\n"
    header = "|" + "|".join(f" {name.ljust(width)} " for name, width in widths.items()) + "|\n"
    yield (rule + header + rule).encode()
    padding = pa.array([" " * max(0, each) for each in widths.get("token", 0) - token_widths])
    for rows, numbers in _formatted(table, config, ", "):
        index = pa.array(np.arange(rows.start, rows.stop)).cast(pa.string())
        embedding = pc.binary_join_element_wise("[", numbers, "]", "")
        cells = {
            "index": pc.utf8_lpad(index, widths.get("index", 0)),
            "token": pc.binary_join_element_wise(tokens[rows], padding[rows], ""),
            "embedding": pc.utf8_rpad(embedding, widths.get("embedding", 0)),
        }
        pieces: list[pa.Array | str] = []
        for name in config.columns:
            pieces += [" | " if pieces else "| ", cells[name]]
        yield bytes(joined_lines(*pieces, " |"))
    yield rule.encode()


def as_written(token: str, text_format: str) -> str:
    """The token as a dump of that format gives it back, under --unsafe-token escape."""
    if text_format in ("word2vec", "glove"):
        return re.sub(r"\s", lambda match: f"\\u{ord(match[0]):04x}", token)
    return token


def _safe(table: Table, config: DumpConfig) -> tuple[Table, dict[str, int]]:
    """The table with no white space in a token, and how many tokens that took."""
    unsafe = pc.match_substring_regex(table.tokens, r"[\s\v\x1c-\x1f\x85\p{Z}]")
    unsafe = unsafe.to_numpy(zero_copy_only=False)
    count = int(np.count_nonzero(unsafe))
    if not count:
        return table, {}
    first = table.tokens.filter(pa.array(unsafe))[0].as_py()
    if config.unsafe_token == "error":
        raise DataError(
            f"{count} tokens have white space in them, the first is {first!r}: "
            f"{config.format} text cannot hold them",
            hint="--unsafe-token escape or skip, or --format parquet",
        )
    if config.unsafe_token == "skip":
        counts = None if table.counts is None else table.counts[~unsafe]
        kept = table.tokens.filter(pa.array(~unsafe))
        return Table(kept, table.vectors_VD[~unsafe], counts), {"skipped": count}
    escaped = pa.array([as_written(token, config.format) for token in table.tokens.to_pylist()])
    if pc.count_distinct(escaped).as_py() != len(escaped):
        raise DataError(
            "an escaped token is spelt like another one", hint="--unsafe-token skip or error"
        )
    return Table(escaped, table.vectors_VD, table.counts), {"escaped": count}
