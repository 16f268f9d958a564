"""Temporary files beside those they are to replace: their names, their locks, and litter.

The temporary file of `NAME` is `.NAME.xxxxxxxx.tmp`, with hexadecimal digits for x. Its writer
holds a lock on it, which ends with the process. So one that is not locked is litter of a killed
writer, and the next run sweeps it.
"""

from __future__ import annotations

import contextlib
import fcntl
import glob
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

TEMPORARY = re.compile(r"\.(.+)\.[0-9a-f]{8}\.tmp", re.DOTALL)
PATIENCE = 1.0
"""Seconds that `alone_in` waits; those who hold the lock need some hundredths of one."""


def temporary_name(path: Path) -> str:
    """Return a new name for a temporary file of `path`: `.NAME.1a2b3c4d.tmp`."""
    return f".{path.name}.{secrets.token_hex(4)}.tmp"


def temporaries(path: Path) -> list[Path]:
    """Return the temporary files and folders of `path`, of living writers and of killed ones."""
    return list(path.parent.glob(f".{glob.escape(path.name)}.{'[0-9a-f]' * 8}.tmp"))


def target_of(temporary: Path) -> str | None:
    """Return the name of what a temporary file is to replace; None for any other file.

    >>> target_of(Path("build/.vocab.tsv.1a2b3c4d.tmp")), target_of(Path("build/vocab.tsv"))
    ('vocab.tsv', None)
    """
    found = TEMPORARY.fullmatch(temporary.name)
    return found[1] if found else None


def is_litter(path: Path) -> bool:
    """Return whether a file has the name of a temporary one and nobody is writing it."""
    if target_of(path) is None:
        return False
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(descriptor)


def sweep(path: Path) -> None:
    """Remove the temporary files and folders that killed writers of `path` left, where it can."""
    try:
        found = temporaries(path)
    except OSError:
        return
    for litter in found:
        with contextlib.suppress(OSError):
            descriptor = os.open(litter, os.O_RDONLY if litter.is_dir() else os.O_RDWR)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if litter.is_dir():
                    shutil.rmtree(litter, ignore_errors=True)
                else:
                    litter.unlink(missing_ok=True)
            finally:
                os.close(descriptor)


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, so that what belongs together is renamed together.

    It is held for a moment only. Where there are no locks, or somebody else does not let go (it may
    be a `flock` around the whole command), the block runs without: then two runs at once that write
    the same file are a little less well kept apart.
    """
    descriptor = None
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
    try:
        if descriptor is not None:
            _lock(descriptor)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _lock(descriptor: int) -> None:
    end = time.monotonic() + PATIENCE
    with contextlib.suppress(OSError):
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() >= end:
                    return
                time.sleep(0.005)
