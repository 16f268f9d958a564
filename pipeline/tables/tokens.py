r"""Tokens that a format's readers would take apart, and how a dump spells them.

    word2vec, word2vec-binary, glove, fasttext   any white space, Unicode's too: readers split rows
                                                 there (gensim at " ", fastText and awk at more)
    tsv                                          tabs, and whatever any reader ends a line at

Such a character is written as \uXXXX. All the others are binary or JSON and keep tokens as they
are, quotes and control characters among them; the grid shows them as `display.visible` does, and
npy's vocab.tsv as every vocab.tsv does.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tables.table import Table

# For Python and for Arrow: the two know white space by different names.
WHITE_SPACE = (re.compile(r"\s"), r"[\s\v\x1c-\x1f\x85\p{Z}]")
LINE_ENDS = "\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029"
TABS_AND_LINE_ENDS = (re.compile(f"[{LINE_ENDS}]"), f"[{LINE_ENDS}]")
UNSAFE = {
    "word2vec": WHITE_SPACE,
    "word2vec-binary": WHITE_SPACE,
    "glove": WHITE_SPACE,
    "fasttext": WHITE_SPACE,
    "tsv": TABS_AND_LINE_ENDS,
}


def as_written(token: str, table_format: str) -> str:
    """The token as a dump of that format gives it back, under --unsafe-token escape."""
    if table_format in UNSAFE:
        unsafe, _ = UNSAFE[table_format]
        return unsafe.sub(lambda match: f"\\u{ord(match[0]):04x}", token)
    return token


def has_unsafe(tokens: pa.Array, table_format: str) -> np.ndarray:
    """Which tokens the format cannot hold, (V,) bool."""
    if table_format not in UNSAFE:
        return np.zeros(len(tokens), bool)
    found = pc.match_substring_regex(tokens, UNSAFE[table_format][1])
    unsafe: np.ndarray = found.to_numpy(zero_copy_only=False)
    return unsafe


def safe(table: Table, config: DumpConfig) -> tuple[Table, dict[str, int]]:
    """The table with tokens that the format can hold, and how many that took.

    Raises DataError where --unsafe-token says so, or where two tokens would be spelt alike.
    """
    unsafe = has_unsafe(table.tokens, config.format)
    count = int(np.count_nonzero(unsafe))
    if not count:
        return table, {}
    first = table.tokens.filter(pa.array(unsafe))[0].as_py()
    if config.unsafe_token == "error":
        space = "tabs or line ends" if config.format == "tsv" else "white space"
        raise DataError(
            f"{count} tokens have {space} in them, the first is {first!r}: "
            f"{config.format} text cannot hold them",
            hint="--unsafe-token escape or skip, or --format parquet",
        )
    if config.unsafe_token == "skip":
        return table.taken(~unsafe), {"skipped": count}
    kind = table.tokens.type
    spelt = [as_written(each, config.format) for each in table.tokens.to_pylist()]
    escaped = pa.array(spelt, kind)
    if pc.count_distinct(escaped).as_py() != len(escaped):
        raise DataError(
            "an escaped token is spelt like another one", hint="--unsafe-token skip or error"
        )
    unk = None if table.unk is None else as_written(table.unk, config.format)
    return replace(table, tokens=escaped, unk=unk), {"escaped": count}
