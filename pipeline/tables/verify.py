"""A dump read back before it is published, under the rules of those who will read it.

What is compared: the number of rows, the header, each token, each number to the bit (or, with
--precision, to half of its last decimal), counts and ids where the format has them; that no token
stands there twice and none has a character at which its readers would take it apart. Text is read
strictly here: a line that is not a token and D numbers, parted by single spaces, is a fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.config import TABLE_COLUMNS, DumpConfig
from corpus2vec.pipeline.errors import DataError, PipelineError
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.tables.tokens import has_unsafe
from corpus2vec.pipeline.tables.vectors import HEADER, blocks_of
from corpus2vec.pipeline.tables.vectors.binary import word2vec_binary_blocks
from corpus2vec.pipeline.tables.vectors.text import BYTE_ORDER_MARK, Stream, line_blocks, parsed

TEXT = ("word2vec", "glove", "fasttext")


def prove(path: Path, ready: Table, config: DumpConfig) -> None:
    """Raise PipelineError unless `path` holds `ready` in the format that `config` names."""
    if config.format == "table" and not set(TABLE_COLUMNS[1:]) <= set(config.columns):
        with path.open("rb") as stream:
            lines = sum(block.count(b"\n") for block in line_blocks(stream))
        _require(lines == len(ready) + 4, f"{lines} lines", config)  # the rules and the header
        return
    unsafe = has_unsafe(ready.tokens, config.format)
    _require(not unsafe.any(), "a token that its readers would take apart", config)
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
        raise _failure(problem.message, config) from problem
    _require(begin == len(ready), f"{begin} of {len(ready)} rows", config)


def _blocks(path: Path, ready: Table, config: DumpConfig) -> Iterator[Table]:
    if config.format not in (*TEXT, "word2vec-binary"):
        yield from blocks_of(path)
        return
    with path.open("rb") as stream:
        if config.format != "glove":
            header, expected = stream.readline(), f"{len(ready)} {ready.dim}\n".encode()
            _require(header == expected, f"the header {header!r}", config)
        if config.format == "word2vec-binary":
            yield from word2vec_binary_blocks(stream, len(ready), ready.dim, path)
        else:
            yield from _strict_blocks(stream, ready, config)


def _strict_blocks(stream: Stream, ready: Table, config: DumpConfig) -> Iterator[Table]:
    begin = 0
    for lines in line_blocks(stream):
        if config.format == "glove" and not begin:
            first = lines.partition(b"\n")[0]
            _require(not first.startswith(BYTE_ORDER_MARK), "a byte order mark", config)
            _require(not HEADER.fullmatch(first), "a first row like word2vec's header", config)
        block = parsed(lines, ready.dim)
        if block is None:
            # Of more columns than the parser takes, or of a token that it reads otherwise.
            block = _split(lines, ready.dim)
        if block is None:
            raise _failure(f"lines from row {begin} on that are not rows", config)
        begin += len(block)
        yield block


def _split(lines: bytes, dim: int) -> Table | None:
    """The same, line by line."""
    rows = [line.split(b" ") for line in lines.removesuffix(b"\n").split(b"\n")]
    if any(len(row) != dim + 1 for row in rows):
        return None
    vectors = np.array([[float(each) for each in row[1:]] for row in rows]).astype(np.float32)
    return Table(pa.array([row[0].decode() for row in rows], pa.string()), vectors)


def _compare(block: Table, ready: Table, begin: int, config: DumpConfig) -> None:
    """Raise PipelineError unless the block is the table's rows from `begin` on."""
    rows = slice(begin, begin + len(block))
    if not block.tokens.equals(ready.tokens[rows].cast(block.tokens.type)):
        pairs = zip(block.tokens.to_pylist(), ready.tokens[rows].to_pylist(), strict=True)
        row, found = next((row, pair) for row, pair in enumerate(pairs) if pair[0] != pair[1])
        raise _failure(f"row {begin + row} as {found[0]!r}, and not as {found[1]!r}", config)
    _require(block.dim == ready.dim or not len(block), f"{block.dim} columns", config)
    expected = ready.vectors_VD[rows]
    if config.precision is None or config.format not in (*TEXT, "table", "tsv"):
        same = block.vectors_VD.view(np.uint32) == expected.view(np.uint32)
    else:
        # Half of the last decimal, and float32's own rounding.
        tolerance = 0.5 * 10.0**-config.precision + np.spacing(np.abs(expected))
        same = np.abs(block.vectors_VD - expected.astype(np.float64)) <= tolerance
    if not same.all():
        row = begin + int(same.all(axis=1).argmin())
        raise _failure(f"other numbers in row {row}", config)
    ids = np.arange(begin, rows.stop) if ready.ids is None else ready.ids[rows]
    _require(block.ids is None or np.array_equal(block.ids, ids), "other ids", config)
    if ready.counts is not None and block.counts is not None:
        _require(np.array_equal(block.counts, ready.counts[rows]), "other counts", config)


def _require(condition: bool | np.bool_, found: str, config: DumpConfig) -> None:
    if not condition:
        raise _failure(found, config)


def _failure(found: str, config: DumpConfig) -> PipelineError:
    return PipelineError(
        f"the dump as {config.format} was read back before it was published, and has {found}",
        hint="nothing was published; another --format may do, and please report it",
    )
