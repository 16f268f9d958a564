"""Digests and stamps: what a file contains, and how to know that it has not changed since.

A digest is the SHA-256 of a file's bytes. A stamp is what the file system says of the file: while
the stamp is the same, so is the content, and the file need not be read again.

The digest of a folder is that of its files' names and digests. What is beside a part of an artifact
(see `beside`) is left out, since a manifest is written again for a hit. The folder's stamp has the
sum of the sizes and the latest times of any file in it or of the folder itself, since any change in
it moves some ctime past all the earlier ones.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Mapping
from pathlib import Path

from corpus2vec.pipeline.artifacts.beside import is_beside_part
from corpus2vec.pipeline.artifacts.manifest import Stamp, canonical_json
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.files.failures import reading

# Coarser than the clock tick of any local file system: a file that has not changed for longer
# than this cannot change again and keep its stamp.
CLOCK_TICK_NS = 20_000_000
ATTEMPTS = 100
"""How often a file that keeps changing is tried."""


def digest(path: Path, known: Mapping[Stamp, str] | None = None) -> tuple[str, Stamp]:
    """Return the SHA-256 of a file or folder, and the stamp that it had meanwhile.

    `known` maps stamps to digests taken earlier; a file with one of these stamps is not read, and
    neither is one in a folder.
    Raises DataError if the file keeps changing, and UsageError for what can be read only once or
    not at all: a FIFO, a device, a folder with no file in it.
    """
    with reading(path):
        if not _is_readable(path):
            raise UsageError(
                f"{path} is not a regular file", hint="save it as a file first, or pipe it into -"
            )
        for _ in range(ATTEMPTS):
            before = stamp(path)
            if known and before in known:
                return known[before], before
            found = _digest(path, known)
            if stamp(path) == before:
                return found, before
    raise _restless(path)


def stamp(path: Path) -> Stamp:
    """Return the file's stamp, once the file system's clock has moved past its last change.

    Every change moves the ctime, and nobody can set it back; so the next change will give another
    stamp. Raises DataError if the file keeps changing.
    """
    for _ in range(ATTEMPTS):
        found = raw_stamp(path)
        age = time.time_ns() - found.ctime_ns
        if not 0 <= age < CLOCK_TICK_NS:
            return found
        time.sleep((CLOCK_TICK_NS - age) / 1e9)
    raise _restless(path)


def raw_stamp(file: Path | int) -> Stamp:
    """Return the stamp of a file or folder, by name or descriptor, without waiting for the clock.

    A change within the same tick of the clock may leave this stamp as it is.
    """
    status = os.fstat(file) if isinstance(file, int) else file.stat()
    if not stat.S_ISDIR(status.st_mode):
        return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    size, mtime, ctime = 0, status.st_mtime_ns, status.st_ctime_ns
    for name in _names(file):
        if isinstance(file, int):
            descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK, dir_fd=file)
            try:
                each = raw_stamp(descriptor)
            finally:
                os.close(descriptor)
        else:
            each = raw_stamp(file / name)
        size += each.size
        mtime, ctime = max(mtime, each.mtime_ns), max(ctime, each.ctime_ns)
    return Stamp(size, mtime, ctime, status.st_ino)


def _restless(path: Path) -> DataError:
    return DataError(f"{path} keeps changing while it is read", hint="run again when it is done")


def _is_readable(path: Path) -> bool:
    """Return whether `path` is a regular file, or a folder of regular files."""
    if not path.is_dir():
        return stat.S_ISREG(path.stat().st_mode)
    within = _names(path)
    return bool(within) and all(_is_readable(path / each) for each in within)


def _names(folder: Path | int) -> list[str]:
    """Return the names in a folder that its digest is of."""
    return [name for name in os.listdir(folder) if not is_beside_part(name)]


def _digest(path: Path, known: Mapping[Stamp, str] | None) -> str:
    if path.is_dir():
        of_each = {
            name: digest(path / name, known)[0] if known else _digest(path / name, known)
            for name in _names(path)
        }
        return hashlib.sha256(canonical_json(of_each).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
