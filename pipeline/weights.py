"""Named arrays on disk: models and checkpoints as safetensors, which no reader can be made to run.

Both hold float arrays and one JSON text in the header, under the key `corpus2vec` (safetensors
keeps several keys in no certain order, and equal models must be equal bytes). This room knows NumPy
but not torch, so that reading a table costs no second of importing it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from pipeline.errors import DataError

KEY = "corpus2vec"


def checkpoint_path(model: Path) -> Path:
    """Where the checkpoint of a run that makes `model` stands."""
    return model.with_name(f"{model.stem}.checkpoint.safetensors")


def metrics_path(model: Path) -> Path:
    """Where the metrics of a run that makes `model` stand."""
    return model.with_name(f"{model.stem}.metrics.jsonl")


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray], header: Mapping[str, Any]) -> None:
    """Write the arrays, and the header as canonical JSON."""
    text = json.dumps(header, sort_keys=True, ensure_ascii=False)
    contiguous = {name: np.ascontiguousarray(each) for name, each in arrays.items()}
    safetensors.numpy.save_file(contiguous, path, metadata={KEY: text})


def read_header(path: Path, kind: str) -> dict[str, Any]:
    """The JSON of the header. Raises DataError unless it is one of `kind`, model or checkpoint."""
    try:
        with safetensors.safe_open(path, framework="np") as file:
            header = json.loads((file.metadata() or {})[KEY])
    except (safetensors.SafetensorError, ValueError, KeyError) as problem:
        raise DataError(f"{path} is no corpus2vec {kind}: {problem}") from problem
    if not isinstance(header, dict) or header.get("kind") != kind:
        raise DataError(f"{path} is no corpus2vec {kind}")
    return header


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Every array of the file."""
    try:
        arrays: dict[str, np.ndarray] = safetensors.numpy.load_file(path)
    except (safetensors.SafetensorError, ValueError) as problem:
        raise DataError(f"{path} is damaged: {problem}") from problem
    return arrays


def read_table(path: Path) -> np.ndarray:
    """The embedding table of a model, V×D float32; the rest stays on the disk."""
    read_header(path, "model")
    with safetensors.safe_open(path, framework="np") as file:
        table: np.ndarray = file.get_tensor("embedding")
    if table.dtype != np.float32 or table.ndim != 2:
        raise DataError(f"{path}: its embedding is not a float32 table")
    return table
