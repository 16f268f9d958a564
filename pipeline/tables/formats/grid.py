"""The grid to look at: a header, a rule, and a row an id."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.strings.display import display_width, visible
from corpus2vec.pipeline.strings.lines import joined_lines
from corpus2vec.pipeline.tables.formats.text import formatted
from corpus2vec.pipeline.tables.table import Table


def grid(table: Table, config: DumpConfig) -> Iterator[bytes]:
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
        "index": len(str(max(0, len(table) - 1 if table.ids is None else int(table.ids.max())))),
        "token": int(token_widths.max(initial=0)),
        "embedding": 0,
    }
    if "embedding" in config.columns:
        lengths = [
            pc.max(pc.utf8_length(numbers)).as_py() for _, numbers in formatted(table, config, ", ")
        ]
        widths["embedding"] = 2 + max(lengths, default=0)
    widths = {name: max(widths[name], len(name)) for name in config.columns}

    rule = "+" + "+".join("-" * (width + 2) for width in widths.values()) + "+\n"
    header = "|" + "|".join(f" {name.ljust(width)} " for name, width in widths.items()) + "|\n"
    yield (rule + header + rule).encode()
    padding = pa.array([" " * max(0, each) for each in widths.get("token", 0) - token_widths])
    for rows, numbers in formatted(table, config, ", "):
        ids = np.arange(rows.start, rows.stop) if table.ids is None else table.ids[rows]
        index = pa.array(ids).cast(pa.string())
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
