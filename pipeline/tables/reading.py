"""Word vectors from files and folders of any tool: for --init, and for looking at them.

A file is recognized by its content, a folder by the names of its files; the format's module then
yields the table in blocks, so that memory holds little beside the result. What is float32 on the
disk, row by row, is mapped and not read.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Generator, Iterator
from dataclasses import replace
from io import BufferedReader
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpus2vec.pipeline.config.formats import FORMATS, Layout
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.files.compression import (
    COMPRESSIONS,
    HEAD_BYTES,
    compression_of,
    decompressed,
)
from corpus2vec.pipeline.files.failures import reading
from corpus2vec.pipeline.tables.formats import VectorFile, module_of, only_read
from corpus2vec.pipeline.tables.formats.foreign import refuse_foreign
from corpus2vec.pipeline.tables.formats.npy import read_array
from corpus2vec.pipeline.tables.table import Table

PROBE_BYTES = 1 << 20  # holds the first row of any table that has less than 50,000 columns
LAST = "word2vec"  # its module takes any file that the others do not recognize
ARRAY, TENSORS = ".npy", ".safetensors"


def read_vectors(path: Path, wanted: Collection[str] | None = None) -> Table:
    """Return the table in `path`; with `wanted`, only those tokens' rows, in the file's order.

    A repeated token keeps its first row, as in every reader of these formats. Raise DataError, with
    the line or row, for a row that does not fit the others, or that is wanted and does not hold
    finite numbers.
    """
    chosen = None if wanted is None else frozenset(wanted)
    with reading(str(path)), contextlib.closing(blocks_of(path, chosen)) as blocks:
        return _gathered(blocks, chosen, path)


# --- what it is ------------------------------------------------------------------------------


def blocks_of(path: Path, wanted: frozenset[str] | None = None) -> Generator[Table, None, None]:
    """Yield the rows of `path` as they are there, block by block.

    Rows that are not wanted may be among them, and their numbers may be wrong.
    """
    if path.is_dir():
        module = _folder_module(path)
        yield from module.read(place_in(path, module))
        return
    if not path.is_file():
        raise UsageError(f"there is no file {path}", hint="check the path")
    if path.suffix.lower() == ARRAY:
        yield from read_array(path)
        return
    if path.suffix.lower() == TENSORS:
        raise DataError(
            f"{path} has no tokens beside its vectors",
            hint="name the folder that it is in, if it is of a dump, model2vec or spaCy",
        )
    with opened(path, wanted) as file:
        refuse_foreign(path, file.probe)
        yield from _file_module(file.probe).read(file)


@contextlib.contextmanager
def opened(path: Path, wanted: frozenset[str] | None = None) -> Iterator[VectorFile]:
    """Open a file for a reader: decompressed, at its beginning."""
    with _stream(path) as stream:
        probe = stream.read(PROBE_BYTES)
    with _stream(path) as stream:
        yield VectorFile(path, stream, probe, wanted)


@contextlib.contextmanager
def _stream(path: Path) -> Iterator[BufferedReader]:
    with path.open("rb") as raw:
        compression = compression_of(raw.read(HEAD_BYTES))
        raw.seek(0)
        # What its name says and its content does not is damaged, and reported as that.
        compression = compression or COMPRESSIONS.get(path.suffix.lower(), "")
        with decompressed(raw, compression) as stream:
            yield BufferedReader(cast("Any", stream), PROBE_BYTES)


def _modules(layout: Layout) -> list[Any]:
    """Return the modules of a layout in the order of the registry, each once."""
    names = {each.module: name for name, each in FORMATS.items() if each.layout is layout}
    return [module_of(name) for name in names.values()]


def _file_module(probe: bytes) -> Any:
    last = module_of(LAST)
    others = [*only_read(), *(each for each in _modules(Layout.FILE) if each is not last)]
    return next((each for each in others if each.recognizes(probe)), last)


def _folder_module(path: Path) -> Any:
    for module in _modules(Layout.FOLDER):
        if place_in(path, module):
            return module
    raise DataError(
        f"{path} is a folder, and not one of word vectors",
        hint="folders are read as dumps, model2vec, sentence-transformers and spaCy make them",
    )


def place_in(folder: Path, module: Any) -> Path | None:
    """Return the folder in `folder`, or itself, that has the files of the format; None if none."""
    for below in module.PLACES:
        place: Path = folder / below
        if all((place / name).is_file() for name in module.FILES):
            return place
    return None


# --- blocks → one table ----------------------------------------------------------------------


def _gathered(blocks: Iterator[Table], wanted: frozenset[str] | None, path: Path) -> Table:
    """Return one table of all blocks: what is wanted, each token once."""
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
        dim = matrix.shape[1]
        if rows and block.dim != dim:
            raise DataError(
                f"{path} row {read + 1} has {block.dim} numbers where {dim} are expected"
            )
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
    """Return the table with each token's first row."""
    encoded = table.tokens.dictionary_encode()
    if len(encoded.dictionary) == len(table):
        return table
    _, first = np.unique(encoded.indices.to_numpy(), return_index=True)
    first.sort()
    return replace(table.taken(first), ids=None if table.ids is None else table.ids[first])


def _require_finite(vectors: np.ndarray, places: np.ndarray, path: Path) -> None:
    """Raise DataError for a number that is not finite; `places` are the rows in the file."""
    step = 1 << 14
    for begin in range(0, len(vectors), step):
        finite = np.isfinite(vectors[begin : begin + step]).all(axis=1)
        if not finite.all():
            row = places[begin + int(finite.argmin())]
            raise DataError(f"{path} row {row + 1} has a number that is not finite")
