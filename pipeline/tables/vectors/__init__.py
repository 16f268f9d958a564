"""Word vectors read from files and folders, of whatever tool: for --init, and for looking at them.

What a file is, is told by its content: Parquet's magic, the grid's first rule, a first line of two
numbers (word2vec, fastText's .vec; binary if what follows is no text), else GloVe's lines. A folder
is told by the names of its files. Each reader gives the table in blocks, so that memory holds
little beside the result; what lies in a file as it is wanted stays there, by memory map.

    text.py      word2vec, GloVe and fastText text          grid.py      our own grid
    binary.py    word2vec's binary format, Parquet          folders.py   formats of several files
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Generator, Iterator
from dataclasses import replace
from io import BufferedReader
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.files.compression import COMPRESSIONS, decompressed
from corpus2vec.pipeline.files.failures import reading
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.tables.vectors.binary import parquet_blocks, word2vec_binary_blocks
from corpus2vec.pipeline.tables.vectors.folders import folder_blocks
from corpus2vec.pipeline.tables.vectors.grid import grid_blocks
from corpus2vec.pipeline.tables.vectors.text import BYTE_ORDER_MARK, Stream, text_blocks

PROBE_BYTES = 1 << 20  # holds the first row of any table that has less than 50,000 columns
PARQUET = b"PAR1\x15"  # the magic, and how the Thrift struct behind it begins: no text does
RULE = re.compile(rb"\+(-+\+)+\r?")
HEADER = re.compile(rb"([0-9]{1,12})[ \t]([0-9]{1,7})[ \t\r]*")
TEXT_BYTES = bytes([*range(32, 127), *b"\t\r\n"])
PARTS = (".npy", ".safetensors")  # that have no tokens in them


def read_vectors(path: Path, wanted: Collection[str] | None = None) -> Table:
    """The table in `path`; with `wanted`, only the rows of those tokens, in the file's order.

    A token that stands there twice keeps its first row, as in every reader of these formats.
    Raises DataError, with the line, for a row that does not fit the others, or that is wanted and
    does not hold numbers.
    """
    chosen = None if wanted is None else frozenset(wanted)
    with reading(str(path)), contextlib.closing(blocks_of(path, chosen)) as blocks:
        return _gathered(blocks, chosen, path)


def blocks_of(path: Path, wanted: frozenset[str] | None = None) -> Generator[Table, None, None]:
    """The rows of `path` as they stand there, block by block.

    Rows that are not wanted may be among them, and then their numbers need not be right.
    """
    if path.is_dir():
        yield from folder_blocks(path)
        return
    if not path.is_file():
        raise UsageError(f"there is no file {path}", hint="check the path")
    if path.suffix.lower() in PARTS:
        raise DataError(
            f"{path} has no tokens beside its vectors",
            hint="name the folder that it is in, if it is of a dump, model2vec or spaCy",
        )
    with _opened(path) as stream:
        probe = stream.read(PROBE_BYTES)
    if probe.startswith(PARQUET):
        yield from parquet_blocks(path)
        return
    with _opened(path) as stream:
        yield from _stream_blocks(stream, probe, path, wanted)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Stream]:
    compression = COMPRESSIONS.get(path.suffix.lower(), "")
    with path.open("rb") as raw, decompressed(raw, compression) as stream:
        yield BufferedReader(cast("Stream", stream), PROBE_BYTES)


def _stream_blocks(
    stream: Stream, probe: bytes, path: Path, wanted: frozenset[str] | None
) -> Iterator[Table]:
    first, _, sample = probe.partition(b"\n")
    bare = first.removeprefix(BYTE_ORDER_MARK)
    if RULE.fullmatch(bare):
        return grid_blocks(stream, path, wanted)
    if header := HEADER.fullmatch(bare):
        count, dim = int(header[1]), int(header[2])
        stream.readline()
        if _is_binary(sample, dim):
            return word2vec_binary_blocks(stream, count, dim, path)
        return text_blocks(stream, dim, path, wanted, header=True, count=count)
    return text_blocks(stream, first.rstrip(b" \r").count(b" "), path, wanted)


def _is_binary(sample: bytes, dim: int) -> bool:
    """Whether what follows the header is word2vec's binary format: look at the first row."""
    line = sample.split(b"\n", 1)[0].rstrip(b" \r")
    with contextlib.suppress(ValueError):
        if len([float(each) for each in line.rsplit(b" ", dim)[1:]]) == dim:
            return False
    numbers = sample.partition(b" ")[2][: 4 * dim]
    return bool(numbers.translate(None, TEXT_BYTES))


# --- blocks → one table ----------------------------------------------------------------------


def _gathered(blocks: Iterator[Table], wanted: frozenset[str] | None, path: Path) -> Table:
    """One table of all blocks: what is wanted, each token once."""
    value_set = None if wanted is None else pa.array(sorted(wanted), pa.string())
    parts: list[Table] = []
    matrix = np.zeros((0, 0), np.float32)
    is_ours = False
    rows = read = 0
    for block in blocks:
        chosen, places = block, np.arange(len(block))
        if value_set is not None:
            mask = pc.is_in(block.tokens, value_set=value_set).to_numpy(zero_copy_only=False)
            places = np.flatnonzero(mask)
            ids = None if block.ids is None else block.ids[places]
            chosen = replace(block.taken(places), ids=ids)
        _require_finite(chosen.vectors_VD, read + places, path)
        read += len(block)
        if not rows:
            matrix = chosen.vectors_VD  # perhaps the only one: a memory map is not copied then
        elif len(chosen):
            if not is_ours:
                matrix, is_ours = matrix.copy(), True
            # Grown in place: large memory is moved by the system, page by page, not copied.
            matrix.resize((rows + len(chosen), block.dim), refcheck=False)
            matrix[rows:] = chosen.vectors_VD
        parts.append(Table(chosen.tokens, matrix[:0], chosen.counts, chosen.ids))
        rows += len(chosen)
    if not rows:
        return Table(pa.array([], pa.string()), matrix)
    tokens = pa.concat_arrays([each.tokens for each in parts])
    table = Table(tokens, matrix, _joined(parts, "counts"), _joined(parts, "ids"))
    return _unique(table)


def _joined(parts: list[Table], name: str) -> np.ndarray | None:
    columns = [getattr(each, name) for each in parts]
    return None if any(each is None for each in columns) else np.concatenate(columns)


def _unique(table: Table) -> Table:
    """The table with each token's first row."""
    encoded = table.tokens.dictionary_encode()
    if len(encoded.dictionary) == len(table):
        return table
    _, first = np.unique(encoded.indices.to_numpy(), return_index=True)
    first.sort()
    return replace(table.taken(first), ids=None if table.ids is None else table.ids[first])


def _require_finite(vectors: np.ndarray, places: np.ndarray, path: Path) -> None:
    """Raise DataError for a number that is none; `places` are the vectors' rows in the file."""
    step = 1 << 14
    for begin in range(0, len(vectors), step):
        finite = np.isfinite(vectors[begin : begin + step]).all(axis=1)
        if not finite.all():
            row = places[begin + int(finite.argmin())]
            raise DataError(f"{path} row {row + 1} has a number that is not finite")
