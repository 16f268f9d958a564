"""Digests and stamps: what a file holds, and how to know that it still holds it.

A digest is the SHA-256 of a file's bytes. A stamp is what the file system says of it: a file whose
stamp is the one of before need not be read again. A folder's digest is that of its files' names and
digests; its stamp has their sizes together, and the latest time of any of them or of the folder:
whatever changes in it moves a ctime past all that were there.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Mapping
from pathlib import Path

from corpus2vec.pipeline.artifacts.manifest import Stamp, canonical_json
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.files.publication import telling_where

# Coarser than the tick of any local file system's clock: a file that has been left alone for
# longer cannot change once more and keep its stamp.
CLOCK_TICK_NS = 20_000_000
ATTEMPTS = 100  # to find a file at rest


def stamp(path: Path) -> Stamp:
    """The file's stamp, taken when the file system's clock has moved past the last change.

    Every change moves the ctime, and nobody can set it back. Raises DataError for a file that
    changes all the time.
    """
    for _ in range(ATTEMPTS):
        found = raw_stamp(path)
        age = time.time_ns() - found.ctime_ns
        if not 0 <= age < CLOCK_TICK_NS:
            return found
        time.sleep((CLOCK_TICK_NS - age) / 1e9)
    raise _restless(path)


def raw_stamp(file: Path | int) -> Stamp:
    """The stamp of a file by its name or descriptor, or of a folder and all that is in it."""
    status = os.fstat(file) if isinstance(file, int) else file.stat()
    if not stat.S_ISDIR(status.st_mode):
        return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    size, mtime, ctime = 0, status.st_mtime_ns, status.st_ctime_ns
    for name in os.listdir(file):
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
    return DataError(f"{path} changes while it is read", hint="run again when it is at rest")


def digest(path: Path, known: Mapping[Stamp, str] | None = None) -> tuple[str, Stamp]:
    """The SHA-256 of a file's bytes and the stamp it was taken under.

    `known` are digests already taken; a file whose stamp is among them is not read again.
    Raises DataError where the file does not come to rest, and UsageError for what can be read only
    once or not at all: a FIFO, a device, a folder in which there is no file.
    """
    with telling_where(path, "read"):
        if not _is_readable(path):
            raise UsageError(
                f"{path} is not a regular file", hint="save it as a file first, or pipe it into -"
            )
        for _ in range(ATTEMPTS):
            before = stamp(path)
            if known and before in known:
                return known[before], before
            found = _digest(path)
            if stamp(path) == before:
                return found, before
    raise _restless(path)


def _is_readable(path: Path) -> bool:
    """Whether it is a file, or a folder of such."""
    if not path.is_dir():
        return stat.S_ISREG(path.stat().st_mode)
    within = list(path.iterdir())
    return bool(within) and all(_is_readable(each) for each in within)


def _digest(path: Path) -> str:
    if path.is_dir():
        of_each = {each.name: _digest(each) for each in path.iterdir()}
        return hashlib.sha256(canonical_json(of_each).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
