"""The names of the files beside an artifact: its manifest, and what a training run leaves there.

Names only; nothing here reads or writes a file.
"""

from __future__ import annotations

import os
from pathlib import Path


def manifest_path(artifact: Path) -> Path:
    """Return the path of the artifact's manifest: beside the file itself, not beside a link to it.

    >>> manifest_path(Path("build/vocab.tsv")).as_posix()
    'build/vocab.tsv.manifest.json'
    """
    is_named = artifact.name not in ("", "..")  # `.` is a folder too
    file = artifact if is_named and not artifact.is_symlink() else Path(os.path.realpath(artifact))
    return file.parent / f"{file.name}.manifest.json"


def checkpoint_path(model: Path, age: int = 0) -> Path:
    """Return the path of the newest checkpoint of the run that makes `model`, or of an older one.

    >>> [checkpoint_path(Path("build/model.safetensors"), age).name for age in (0, 1)]
    ['model.checkpoint.safetensors', 'model.checkpoint-1.safetensors']
    """
    return _of_run(model, f"checkpoint{f'-{age}' if age else ''}.safetensors")


def metrics_path(model: Path) -> Path:
    """Return the path of the metrics of the run that makes `model`.

    >>> [metrics_path(Path(name)).name for name in ("build/model.safetensors", "mm.v1", "mm.v2")]
    ['model.metrics.jsonl', 'mm.v1.metrics.jsonl', 'mm.v2.metrics.jsonl']
    """
    return _of_run(model, "metrics.jsonl")


def events_path(model: Path) -> Path:
    """Return the path of the folder of TensorBoard events of the run that makes `model`.

    >>> events_path(Path("build/model.safetensors")).name
    'model.tensorboard'
    """
    return _of_run(model, "tensorboard")


def _of_run(model: Path, ending: str) -> Path:
    """Return the name of a file of the run that makes `model`: two models do not share one.

    The exception is a model with the suffix .safetensors beside one of the same name without it.
    """
    return model.with_name(f"{model.name.removesuffix('.safetensors')}.{ending}")
