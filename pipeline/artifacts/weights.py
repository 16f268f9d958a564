"""Models and checkpoints on disk: named arrays in safetensors, a format that cannot carry code.

Both hold float arrays, and one JSON text in the header under the key `corpus2vec`: one key, since
safetensors keeps several in no fixed order, and equal models must be equal bytes. This module uses
NumPy and does not import torch, which takes a second that reading a table need not cost.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.files.failures import reading
from corpus2vec.pipeline.files.json_text import parse_json, require_shape

KEY = "corpus2vec"
METADATA = "__metadata__"  # where safetensors keeps texts
DIGEST = "sha256"
EMBEDDING, OUTPUT = "embedding", "output.weight"  # the names of a model's tables
# NumPy's names → safetensors'
TYPES = {"<f2": "F16", "<f4": "F32", "<f8": "F64", "<i8": "I64", "|u1": "U8"}
UNREADABLE = (safetensors.SafetensorError, ValueError, KeyError)


def published_name(parameter: str) -> str:
    """Return the name that a model's file has for a parameter of the network."""
    own = parameter.removeprefix("recurrent.")
    return EMBEDDING if own == "embedding.weight" else own


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray], header: Mapping[str, Any]) -> None:
    """Write the arrays in the order of their names, and the header as canonical JSON.

    The layout is that of safetensors: the length of a JSON text (8 bytes, little-endian), the JSON
    with each array's type, shape and offsets, then the arrays' bytes. The library is not used to
    write it, because it would rename a file of its own over the one it is given, which belongs to
    `publication`; and because this file carries a digest of itself, for `verify`.
    """
    entries: dict[str, Any] = {}
    ordered = [(name, np.asarray(arrays[name], order="C")) for name in sorted(arrays)]
    end = 0
    for name, array in ordered:
        begin, end = end, end + array.nbytes
        kind = TYPES[array.dtype.str]
        entries[name] = {"dtype": kind, "shape": array.shape, "data_offsets": [begin, end]}
    metadata = {KEY: json.dumps(header, sort_keys=True, ensure_ascii=False)}
    digest = _digest_of_table({**entries, METADATA: metadata})
    for _, array in ordered:
        digest.update(array.reshape(-1).view(np.uint8).data)
    metadata[DIGEST] = digest.hexdigest()
    table = _text_of_table({METADATA: metadata, **entries})
    with path.open("wb") as file:
        file.write(len(table).to_bytes(8, "little"))
        file.write(table)
        for _, array in ordered:
            file.write(array.reshape(-1).view(np.uint8).data)


def verify(path: Path) -> None:
    """Raise DataError unless the file is, bit for bit, what `write_arrays` wrote."""
    not_ours = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
    with reading(path, also=not_ours), path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        text = file.read(min(length, path.stat().st_size))
        table = parse_json(text, path)
        spelt_alike = text == _text_of_table(table)
        expected = table[METADATA].pop(DIGEST)
        digest = _digest_of_table(table)
        while block := file.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != expected or not spelt_alike:
        raise DataError(f"{path} is damaged: its digest does not match its content")


def _text_of_table(table: Mapping[str, Any]) -> bytes:
    """Return the JSON that precedes the arrays, padded with spaces so that they are aligned."""
    text = json.dumps(table, separators=(",", ":")).encode()
    return text + b" " * (-len(text) % 8)


def _digest_of_table(table: Mapping[str, Any]) -> Any:
    """Begin the SHA-256 of a file with the JSON that precedes the arrays; their bytes follow."""
    return hashlib.sha256(json.dumps(table, sort_keys=True).encode())


def read_header(path: Path, kind: str, needs: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the header of a file of `kind`, model or checkpoint.

    `needs` are the shapes of what the caller takes from it (see `json_text`). Raises DataError for
    another kind, and for a header without these.
    """
    with reading(path, f"is not a corpus2vec {kind}", also=UNREADABLE):
        with safetensors.safe_open(path, framework="np") as file:
            text = (file.metadata() or {})[KEY]
    header: dict[str, Any] = parse_json(text, path, f"is not a corpus2vec {kind}")
    if not isinstance(header, dict) or header.get("kind") != kind:
        raise DataError(f"{path} is not a corpus2vec {kind}")
    require_shape(header, {**(needs or {}), ...: Any}, path)
    return header


def is_model(path: Path) -> bool:
    """Return whether the file is a corpus2vec model, damaged or not."""
    try:
        read_header(path, "model")
    except DataError:
        return False
    return True


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Return every array of the file, by name."""
    with reading(path, also=UNREADABLE):
        arrays: dict[str, np.ndarray] = safetensors.numpy.load_file(path)
    return arrays


def read_names(path: Path) -> set[str]:
    """Return the names of a model's arrays."""
    read_header(path, "model")
    with reading(path), safetensors.safe_open(path, framework="np") as file:
        return set(file.keys())


def read_table(path: Path, name: str = EMBEDDING, rows: int | None = None) -> np.ndarray:
    """Read one table of a model, V×D float32, and nothing else of the file.

    Raises DataError if it has not as many rows as asked for, or a number that is not finite.
    """
    read_header(path, "model")
    with reading(path, f"has no {name} table", also=UNREADABLE):
        with safetensors.safe_open(path, framework="np") as file:
            table: np.ndarray = file.get_tensor(name)
    require_table(path, name, table, rows)
    return table


def columns_of(path: Path) -> int:
    """Return how many columns the embedding table of a model has, without reading it."""
    with reading(path, f"has no {EMBEDDING} table", also=(*UNREADABLE, IndexError)):
        with safetensors.safe_open(path, framework="np") as file:
            return int(file.get_slice(EMBEDDING).get_shape()[1])


def require_table(path: Path, name: str, table: np.ndarray | None, rows: int | None) -> None:
    """Raise DataError unless it is a table of finite float32, with so many rows if given."""
    if table is None or table.dtype != np.float32 or table.ndim != 2 or not table.shape[1]:
        raise DataError(f"{path}: {name} is not a table of float32")
    if rows is not None and len(table) != rows:
        raise DataError(f"{path}: {name} has {len(table):,} rows, and the vocabulary {rows:,}")
    require_finite(path, name, table)


def require_finite(path: Path, name: str, array: np.ndarray) -> None:
    """Raise DataError for NaN or infinity."""
    # Unlike a mask of all numbers, the least and the greatest take no memory; NaN is both.
    if array.size and not np.isfinite([array.min(), array.max()]).all():
        raise DataError(f"{path}: {name} has a number that is not finite")
