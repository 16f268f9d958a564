"""The names of the files beside an artifact: its manifest, and what a training run leaves there.

What is beside a part of an artifact begins with an underscore: Arrow, pandas and Spark, which read
the folder as one data set, pass over such names.

Names only; nothing here reads or writes a file.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

PART = re.compile(r"part-[0-9]{5}\.parquet")
BESIDE_PART = re.compile(r"[._]{1,2}part-[0-9]{5}\.parquet\..+")
MANIFEST = ".manifest.json"


def manifest_path(artifact: Path) -> Path:
    """Return the path of the artifact's manifest: beside the file itself, not beside a link to it.

    >>> manifest_path(Path("build/vocab.tsv")).as_posix()
    'build/vocab.tsv.manifest.json'
    >>> manifest_path(Path("tokens/part-00042.parquet")).as_posix()
    'tokens/_part-00042.parquet.manifest.json'
    """
    is_named = artifact.name not in ("", "..")  # `.` is a folder too
    file = artifact if is_named and not artifact.is_symlink() else Path(os.path.realpath(artifact))
    return file.parent / f"{'_' * is_part(file.name)}{file.name}{MANIFEST}"


def artifact_path(manifest: Path) -> Path:
    """Return the path of the artifact that has this manifest.

    >>> artifact_path(Path("tokens/_part-00042.parquet.manifest.json")).as_posix()
    'tokens/part-00042.parquet'
    """
    name = manifest.name.removesuffix(MANIFEST)
    return manifest.with_name(name.removeprefix("_") if is_part(name[1:]) else name)


def is_part(name: str) -> bool:
    """Return whether a file of this name is a part of an artifact."""
    return PART.fullmatch(name) is not None


def is_beside_part(name: str) -> bool:
    """Return whether it is the manifest or tally of a part, or what is written to become one.

    >>> is_beside_part("_part-00042.parquet.manifest.json"), is_beside_part("part-00042.parquet")
    (True, False)
    """
    return BESIDE_PART.fullmatch(name) is not None


def tally_path(part: Path) -> Path:
    """Return the path of the counts of a part's tokens.

    >>> tally_path(Path("tokens/part-00042.parquet")).as_posix()
    'tokens/_part-00042.parquet.tally'
    """
    return part.with_name(f"_{part.name}.tally")


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
