"""How a file takes another's place: at every instant the old one or the new one is there, whole.

Everything that the pipeline leaves on a disk goes through `publication`: artifacts, manifests,
checkpoints. What a writer that was killed left behind is swept away by the next one.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import glob
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import StorageError, UsageError


def publishable(path: Path) -> Path:
    """The file that writing to `path` replaces, symbolic links resolved.

    Raises UsageError for what cannot be replaced by a file: a folder, a FIFO, a device.
    """
    target = Path(os.path.realpath(path))
    with telling_where(path):
        try:
            mode = target.stat().st_mode
        except FileNotFoundError:
            return target
    if not stat.S_ISREG(mode):
        raise UsageError(f"{path} is not a regular file", hint="name a file, or - for stdout")
    return target


@contextlib.contextmanager
def publication(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` that takes its place when the block ends well.

    Written, flushed, synced and closed before it is renamed; then the folder is synced, so that a
    published file survives a power cut. If the block fails the temporary file is removed.
    """
    with telling_where(path):
        _make_folder(path.parent)
        _sweep(path)
        descriptor, temporary = _locked_temporary(path)
    try:
        with telling_where(path):
            yield temporary
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
            _sync_folder(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def discard(path: Path) -> None:
    """Remove a file that is no longer needed, and what writers of it that died left behind."""
    path.unlink(missing_ok=True)
    _sweep(path)


def _locked_temporary(path: Path) -> tuple[int, Path]:
    """A new file beside `path`, locked: `_sweep` takes away only what no living writer holds."""
    while True:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        with contextlib.suppress(OSError):  # some network file systems have no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Another run's sweep may have come between the two lines above.
        if Path(name).exists():
            return descriptor, Path(name)
        os.close(descriptor)


def _sweep(path: Path) -> None:
    """Remove the temporary files of writers of `path` that died."""
    for litter in path.parent.glob(f".{glob.escape(path.name)}.{'[a-z0-9_]' * 8}.tmp"):
        with contextlib.suppress(OSError):
            descriptor = os.open(litter, os.O_RDWR)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                litter.unlink(missing_ok=True)
            finally:
                os.close(descriptor)


def _make_folder(folder: Path) -> None:
    """Make the folder and what is missing above it, each synced into the folder it stands in."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync_folder(folder.parent)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def telling_where(path: Path, deed: str = "write") -> Iterator[None]:
    """Turn an error of the file system into one line that names the file and the reason."""
    try:
        yield
    except OSError as problem:
        if problem.errno is None:  # not the file system's: a codec's, a format's
            raise
        hint = _remedy(problem.errno) if deed == "write" else "check the path and its permissions"
        raise StorageError(
            f"cannot {deed} {path}: {os.strerror(problem.errno)}", hint=hint
        ) from problem


def _remedy(code: int) -> str:
    if code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "free some space, or write elsewhere; what stood there before is untouched"
    return "check the path and its permissions; what stood there before is untouched"
