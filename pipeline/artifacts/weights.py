"""Named arrays on disk: models and checkpoints as safetensors, which no reader can be made to run.

Both hold float arrays and one JSON text in the header, under the key `corpus2vec` (safetensors
keeps several keys in no certain order, and equal models must be equal bytes). This room knows NumPy
but not torch, so that reading a table costs no second of importing it.
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

KEY = "corpus2vec"
METADATA = "__metadata__"  # where safetensors has room for text
DIGEST = "sha256"
EMBEDDING, OUTPUT = "embedding", "output.weight"  # the tables of a model
TYPES = {"<f2": "F16", "<f4": "F32", "<f8": "F64", "<i8": "I64"}  # that such a file may hold


def published_name(parameter: str) -> str:
    """What a model's file calls a parameter."""
    own = parameter.removeprefix("recurrent.")
    return EMBEDDING if own == "embedding.weight" else own


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray], header: Mapping[str, Any]) -> None:
    """Write the arrays by name, and the header as canonical JSON.

    The layout is safetensors': the length of a JSON text (8 bytes, little-endian), the JSON with
    each array's type, shape and place, then the arrays' bytes. It is written here because the
    library renames a file of its own over the one it is given, which belongs to `publication`,
    and because this file carries a digest of itself, for `verify`.
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
    """Raise DataError unless the file is, to the last bit, what `write_arrays` wrote."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            text = file.read(min(length, path.stat().st_size))
            table = json.loads(text)
            spelt_alike = text == _text_of_table(table)
            expected = table[METADATA].pop(DIGEST)
            digest = _digest_of_table(table)
            while block := file.read(1 << 20):
                digest.update(block)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise DataError(f"{path} is damaged: {problem}") from problem
    if digest.hexdigest() != expected or not spelt_alike:
        raise DataError(f"{path} is damaged: its digest is not the one it was written with")


def _text_of_table(table: Mapping[str, Any]) -> bytes:
    """The JSON that stands before the arrays, with spaces behind it so that they are aligned."""
    text = json.dumps(table, separators=(",", ":")).encode()
    return text + b" " * (-len(text) % 8)


def _digest_of_table(table: Mapping[str, Any]) -> Any:
    """SHA-256 of the JSON that stands before the arrays, to be fed their bytes."""
    return hashlib.sha256(json.dumps(table, sort_keys=True).encode())


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


def is_model(path: Path) -> bool:
    """Whether the file is a model of ours, whole or not."""
    try:
        read_header(path, "model")
    except DataError:
        return False
    return True


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Every array of the file."""
    try:
        arrays: dict[str, np.ndarray] = safetensors.numpy.load_file(path)
    except (safetensors.SafetensorError, ValueError) as problem:
        raise DataError(f"{path} is damaged: {problem}") from problem
    return arrays


def read_names(path: Path) -> set[str]:
    """The names of the arrays of a model."""
    read_header(path, "model")
    with safetensors.safe_open(path, framework="np") as file:
        return set(file.keys())


def read_table(path: Path, name: str = EMBEDDING) -> np.ndarray:
    """A table of a model, V×D float32; the rest stays on the disk."""
    read_header(path, "model")
    try:
        with safetensors.safe_open(path, framework="np") as file:
            table: np.ndarray = file.get_tensor(name)
    except safetensors.SafetensorError as problem:
        raise DataError(f"{path} has no {name} table: {problem}") from problem
    if table.dtype != np.float32 or table.ndim != 2:
        raise DataError(f"{path}: its {name} is not a float32 table")
    return table
