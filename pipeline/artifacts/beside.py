"""The names of the files beside an artifact: its manifest, and what a training run leaves there.

Names only: nothing here opens a file.
"""

from __future__ import annotations

import os
from pathlib import Path


def manifest_path(artifact: Path) -> Path:
    """Where the manifest of `artifact` stands: beside the file itself, not beside a link to it."""
    file = Path(os.path.realpath(artifact)) if artifact.is_symlink() else artifact
    return file.with_name(file.name + ".manifest.json")


def checkpoint_path(model: Path, age: int = 0) -> Path:
    """Where the newest checkpoint of a run that makes `model` stands, or one `age` before it."""
    return model.with_name(f"{model.stem}.checkpoint{f'-{age}' if age else ''}.safetensors")


def metrics_path(model: Path) -> Path:
    """Where the metrics of a run that makes `model` stand."""
    return model.with_name(f"{model.stem}.metrics.jsonl")


def events_path(model: Path) -> Path:
    """Where TensorBoard's event files of a run that makes `model` stand: a folder."""
    return model.with_name(f"{model.stem}.tensorboard")
