"""Models and checkpoints as safetensors files: no pickle, so that no file can run code.

Both hold named float tensors and one JSON text in the header, under the key `corpus2vec`
(safetensors keeps several keys in no certain order, and equal models must be equal bytes).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from pipeline.errors import DataError
from pipeline.training import Checkpoint, Place

KEY = "corpus2vec"


def write_tensors(path: Path, tensors: Mapping[str, Tensor], header: Mapping[str, Any]) -> None:
    """Write the tensors, and the header as canonical JSON."""
    text = json.dumps(header, sort_keys=True, ensure_ascii=False)
    # Tied weights are one storage under two names; safetensors wants each to stand alone.
    own = {name: each.detach().cpu().contiguous().clone() for name, each in tensors.items()}
    safetensors.torch.save_file(own, path, metadata={KEY: text})


def read_header(path: Path, kind: str) -> dict[str, Any]:
    """The JSON of the header. Raises DataError unless it is one of `kind`."""
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {})[KEY])
    except (safetensors.SafetensorError, ValueError, KeyError) as problem:
        raise DataError(f"{path} is no corpus2vec {kind}: {problem}") from problem
    if not isinstance(header, dict) or header.get("kind") != kind:
        raise DataError(f"{path} is no corpus2vec {kind}")
    return header


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Every tensor of the file."""
    try:
        tensors: dict[str, Tensor] = safetensors.torch.load_file(path)
    except (safetensors.SafetensorError, ValueError) as problem:
        raise DataError(f"{path} is damaged: {problem}") from problem
    return tensors


def read_table(path: Path) -> Tensor:
    """The embedding table of a model, V×D float32; the rest stays on the disk."""
    read_header(path, "model")
    with safetensors.safe_open(path, framework="pt") as file:
        table: Tensor = file.get_tensor("embedding")
    if table.dtype != torch.float32 or table.dim() != 2:
        raise DataError(f"{path}: its embedding is not a float32 table")
    return table


def write_checkpoint(path: Path, checkpoint: Checkpoint, header: Mapping[str, Any]) -> None:
    """Write a checkpoint; `header` says what run it belongs to."""
    place = dataclasses.asdict(checkpoint.place)
    whole = {**header, "kind": "checkpoint", "place": place, "steps": dict(checkpoint.steps)}
    write_tensors(path, checkpoint.tensors, whole)


def read_checkpoint(path: Path) -> tuple[Checkpoint, dict[str, Any]]:
    """A checkpoint and its header."""
    header = read_header(path, "checkpoint")
    place = Place(**header["place"])
    return Checkpoint(read_tensors(path), place, header["steps"]), header
