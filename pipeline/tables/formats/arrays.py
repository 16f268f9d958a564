"""Matrices in files: what the formats share that store vectors as arrays.

A matrix that is float32 on the disk is not read but mapped: its pages are loaded as they are
looked at.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.errors import DataError


def stored(vectors: np.ndarray, config: DumpConfig) -> np.ndarray:
    """Return the vectors as --dtype, row by row in memory."""
    return np.ascontiguousarray(vectors, np.dtype(config.dtype))


def mapped(path: Path) -> np.ndarray:
    """Return a matrix in NumPy's format, float32. Raise DataError for anything else."""
    try:
        vectors: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError as problem:
        raise DataError(f"{path} holds no vectors: {problem}") from problem
    return as_float32(vectors, path)


def as_float32(vectors: np.ndarray, path: Path) -> np.ndarray:
    """Return a matrix of floats as float32; one that is float32 is not copied."""
    if vectors.ndim != 2 or vectors.dtype.kind != "f":
        raise DataError(f"{path} holds no matrix of floats")
    with np.errstate(over="ignore"):
        return vectors.astype(np.float32, copy=False)


def require_alike(tokens: int, vectors: int, folder: Path) -> None:
    """Raise DataError unless there is a token for each vector."""
    if tokens != vectors:
        raise DataError(f"{folder} has {tokens} tokens and {vectors} vectors")
