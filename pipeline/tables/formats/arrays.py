"""Matrices in files: what the formats share that store vectors as arrays.

A matrix that is float32 on the disk is not read but mapped: its pages are loaded as they are
looked at.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import numpy as np

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.files.failures import reading

MAGIC = b"\x93NUMPY"
LONGEST_HEADER = 1 << 16
DESCR = re.compile(rb"""['"]descr['"] *: *['"]([<>]f[248])['"]""")
ORDER = re.compile(rb"""['"]fortran_order['"] *: *(True|False)""")
SHAPE = re.compile(rb"""['"]shape['"] *: *\( *([0-9]{1,18})L? *, *([0-9]{1,18})L? *,? *\)""")
FLOATS = ("<f2", "<f4", "<f8", ">f2", ">f4", ">f8")
"""NumPy's names of the types that a matrix may have."""
LARGEST = (1 << 31) - 1
"""Rows or columns; an id has 31 bits."""


def stored(vectors: np.ndarray, config: DumpConfig) -> np.ndarray:
    """Return the vectors as --dtype, row by row in memory."""
    return np.ascontiguousarray(vectors, np.dtype(config.dtype))


def mapped(path: Path) -> np.ndarray:
    """Return a matrix in NumPy's format, float32. Raise DataError for anything else.

    The header is text in Python's notation: `{'descr': '<f4', 'fortran_order': False, 'shape':
    (3, 2), }`. Only what a matrix of floats needs is looked for; NumPy's own reader would evaluate
    it, and takes objects, archives and pickles too.
    """
    with reading(path), path.open("rb") as file:
        preamble = file.read(len(MAGIC) + 2)
        length = file.read(2 if preamble[-2:-1] == b"\x01" else 4)
        text = file.read(min(int.from_bytes(length, "little"), LONGEST_HEADER))
        begin = file.tell()
    found = [each.search(text) for each in (DESCR, ORDER, SHAPE)]
    if not preamble.startswith(MAGIC) or None in found:
        raise DataError(f"{path} is not a matrix in NumPy's format")
    kind, order, shape = (each.groups() for each in found if each)
    rows, columns = map(int, shape)
    return mapped_matrix(path, kind[0].decode(), begin, (rows, columns), order == (b"True",))


def mapped_matrix(
    path: Path, kind: str, begin: int, shape: tuple[int, int], by_column: bool = False
) -> np.ndarray:
    """Return the matrix of floats that begins at that byte of the file, as float32.

    `kind` is NumPy's name of the type. Raise DataError for a type that is none of floats, and for
    a shape that the file is too short for.
    """
    if kind not in FLOATS:
        raise DataError(f"{path} holds no matrix of floats")
    rows, columns = shape
    if max(shape) > LARGEST or begin + rows * columns * int(kind[-1]) > path.stat().st_size:
        raise DataError(
            f"{path} is too short for {rows:,} rows of {columns:,} numbers",
            hint="is it complete?",
        )
    if not rows * columns:  # nothing can be mapped
        return np.zeros((rows, columns), np.float32)
    order: Literal["C", "F"] = "F" if by_column else "C"
    vectors: np.ndarray = np.memmap(path, kind, "r", begin, (rows, columns), order)
    with np.errstate(over="ignore"):
        return vectors.astype(np.float32, copy=False)


def require_alike(tokens: int, vectors: int, folder: Path) -> None:
    """Raise DataError unless there is a token for each vector."""
    if tokens != vectors:
        raise DataError(f"{folder} has {tokens} tokens and {vectors} vectors")
