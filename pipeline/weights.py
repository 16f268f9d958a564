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
TYPES = {"<f4": "F32", "<f8": "F64", "<i8": "I64"}  # that a model or a checkpoint may hold


def checkpoint_path(model: Path) -> Path:
    """Where the checkpoint of a run that makes `model` stands."""
    return model.with_name(f"{model.stem}.checkpoint.safetensors")


def metrics_path(model: Path) -> Path:
    """Where the metrics of a run that makes `model` stand."""
    return model.with_name(f"{model.stem}.metrics.jsonl")


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray], header: Mapping[str, Any]) -> None:
    """Write the arrays by name, and the header as canonical JSON.

    The layout is safetensors': the length of a JSON text (8 bytes, little-endian), the JSON with
    each array's type, shape and place, then the arrays' bytes. It is written here because the
    library renames a file of its own over the one it is given, which belongs to `publication`.
    """
    text = json.dumps(header, sort_keys=True, ensure_ascii=False)
    entries: dict[str, Any] = {"__metadata__": {KEY: text}}
    ordered = [(name, np.asarray(arrays[name], order="C")) for name in sorted(arrays)]
    end = 0
    for name, array in ordered:
        begin, end = end, end + array.nbytes
        kind = TYPES[array.dtype.str]
        entries[name] = {"dtype": kind, "shape": array.shape, "data_offsets": [begin, end]}
    table = json.dumps(entries, separators=(",", ":")).encode()
    table += b" " * (-len(table) % 8)  # so that the arrays are aligned
    with path.open("wb") as file:
        file.write(len(table).to_bytes(8, "little"))
        file.write(table)
        for _, array in ordered:
            file.write(array.reshape(-1).view(np.uint8).data)


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
