"""Read a dump back before it is published, as strictly as the strictest of its readers.

The format's own module reads it. What is compared with the table: the number of rows, the header,
each token, each number to the bit (or, with --precision, to half of its last decimal), and counts
and ids where the format has them. No token may be repeated, or have a character at which its
readers would split it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.config.formats import FORMATS, Layout
from corpus2vec.pipeline.errors import DataError, PipelineError
from corpus2vec.pipeline.tables.formats import module_of
from corpus2vec.pipeline.tables.reading import opened, place_in
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.tables.tokens import has_unsafe


def verify_dump(path: Path, ready: Table, config: DumpConfig) -> None:
    """Raise PipelineError unless `path` holds `ready` in the format that `config` names."""
    unsafe = has_unsafe(ready.tokens, config.format)
    _require(not unsafe.any(), "a token that its readers would split", config)
    distinct = pc.count_distinct(ready.tokens).as_py()
    _require(distinct == len(ready), f"{distinct} tokens in {len(ready)} rows", config)
    begin = 0
    try:
        for block in _blocks(path, ready, config):
            end = begin + len(block)
            _require(end <= len(ready), f"more than {len(ready)} rows", config)
            _compare(block, ready, begin, config)
            begin = end
    except DataError as problem:
        raise _failure(f"a fault: {problem.message}", config) from problem
    _require(begin == len(ready), f"{begin} of {len(ready)} rows", config)


def _blocks(path: Path, ready: Table, config: DumpConfig) -> Iterator[Table]:
    module = module_of(config.format)
    if FORMATS[config.format].layout is Layout.FILE:
        with opened(path) as file:
            yield from module.read_strictly(file, ready, config)
        return
    place = place_in(path, module)
    if place is None:
        raise DataError(f"not all of {', '.join(module.FILES)} are there")
    yield from module.read(place)


def _compare(block: Table, ready: Table, begin: int, config: DumpConfig) -> None:
    """Raise PipelineError unless the block is the table's rows from `begin` on."""
    rows = slice(begin, begin + len(block))
    if not block.tokens.equals(ready.tokens[rows].cast(block.tokens.type)):
        pairs = zip(block.tokens.to_pylist(), ready.tokens[rows].to_pylist(), strict=True)
        row, found = next((row, pair) for row, pair in enumerate(pairs) if pair[0] != pair[1])
        raise _failure(f"row {begin + row} as '{found[0]}', and not as '{found[1]}'", config)
    _require(block.dim == ready.dim or not len(block), f"{block.dim} columns", config)
    expected = ready.vectors_VD[rows]
    if config.precision is None or "precision" not in FORMATS[config.format].settings:
        same = block.vectors_VD.view(np.uint32) == expected.view(np.uint32)
    else:
        # Half of the last decimal, and float32's own rounding.
        tolerance = 0.5 * 10.0**-config.precision + np.spacing(np.abs(expected))
        same = np.abs(block.vectors_VD - expected.astype(np.float64)) <= tolerance
    if not same.all():
        row = begin + int(same.all(axis=1).argmin())
        raise _failure(f"other numbers in row {row}", config)
    ids = ready.known_ids[rows]
    _require(block.ids is None or np.array_equal(block.ids, ids), "other ids", config)
    if ready.counts is not None and block.counts is not None:
        _require(np.array_equal(block.counts, ready.counts[rows]), "other counts", config)


def _require(condition: bool | np.bool_, found: str, config: DumpConfig) -> None:
    if not condition:
        raise _failure(found, config)


def _failure(found: str, config: DumpConfig) -> PipelineError:
    return PipelineError(
        f"reading the {config.format} dump back, before publishing it, found {found}",
        hint="nothing was published; another --format may do, and please report this",
    )
