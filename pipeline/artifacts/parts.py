"""An artifact in parts: a folder of `part-00001.parquet`, `part-00002.parquet` and so on.

Each part has a manifest, and `sealing` writes one for the folder when all are there. Where an
artifact is read, a folder of parts is as good as a file.
"""

from __future__ import annotations

import os
from pathlib import Path

from corpus2vec.pipeline.artifacts.beside import is_part, manifest_path
from corpus2vec.pipeline.files.failures import reading


def part_files(artifact: Path) -> list[Path]:
    """Return the files of an artifact, in order: the parts in a folder, or the file itself."""
    if not artifact.is_dir():
        return [artifact]
    with reading(artifact):
        return [artifact / name for name in sorted(os.listdir(artifact)) if is_part(name)]


def is_parted(path: Path) -> bool:
    """Return whether a path is a folder of parts of which one at least has a manifest."""
    return path.is_dir() and any(manifest_path(part).exists() for part in part_files(path))
