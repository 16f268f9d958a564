r"""Tokens that a format's readers would split, and how a dump escapes them.

The registry says at which characters a format's readers split: at any white space, Unicode's too
(gensim splits rows at " ", fastText and awk at more), or at tabs and line ends. A dump writes such
a character as \uXXXX. The other formats are binary or JSON and hold any token, or escape it in
their own way, which their reader undoes.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.config.formats import FORMATS, Unsafe
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tables.table import Table

LINE_ENDS = "\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029"
# For Python and for Arrow: the two know white space by different names.
PATTERNS = {
    Unsafe.WHITE_SPACE: (re.compile(r"\s"), r"[\s\v\x1c-\x1f\x85\p{Z}]"),
    Unsafe.TABS_AND_LINE_ENDS: (re.compile(f"[{LINE_ENDS}]"), f"[{LINE_ENDS}]"),
}


def as_written(token: str, table_format: str) -> str:
    r"""Return the token as a dump of that format gives it back, under --unsafe-token escape.

    >>> as_written("New York", "word2vec"), as_written("New York", "parquet")
    ('New\\u0020York', 'New York')
    """
    unsafe = FORMATS[table_format].unsafe
    if unsafe is Unsafe.NOTHING:
        return token
    return PATTERNS[unsafe][0].sub(lambda match: f"\\u{ord(match[0]):04x}", token)


def has_unsafe(tokens: pa.Array, table_format: str) -> np.ndarray:
    """Return which tokens the format cannot hold, (V,) bool."""
    unsafe = FORMATS[table_format].unsafe
    if unsafe is Unsafe.NOTHING:
        return np.zeros(len(tokens), bool)
    found: np.ndarray = pc.match_substring_regex(tokens, PATTERNS[unsafe][1]).to_numpy(
        zero_copy_only=False
    )
    return found


def safe(table: Table, config: DumpConfig) -> tuple[Table, dict[str, int]]:
    """Return the table with tokens that the format can hold, and how many were escaped or skipped.

    Raise DataError if --unsafe-token is error, or if two tokens would be written alike.
    """
    unsafe = has_unsafe(table.tokens, config.format)
    count = int(np.count_nonzero(unsafe))
    if not count:
        return table, {}
    first = table.tokens.filter(pa.array(unsafe))[0].as_py()
    if config.unsafe_token == "error":
        raise DataError(
            f"{count} tokens have {FORMATS[config.format].unsafe.value} in them, the first is "
            f"'{first}': {config.format} text cannot hold them",
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
