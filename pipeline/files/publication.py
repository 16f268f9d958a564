"""How a file takes another's place: at every instant the old one or the new one is there, whole.

Everything that the pipeline leaves on a disk goes through `publication`: artifacts, manifests,
checkpoints; an artifact of several files goes through `folder_publication`. What a writer that was
killed left behind is swept away by the next one.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import glob
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from corpus2vec.pipeline.errors import StorageError, UsageError

EXCHANGE = 2  # RENAME_EXCHANGE of Linux's renameat2
WORKING_FOLDER = -100  # AT_FDCWD: names are as in every other call


def publishable(path: Path, *, folder: bool = False) -> Path:
    """The file, or the `folder`, that writing to `path` replaces, symbolic links resolved.

    Raises UsageError for what cannot be replaced by it: a FIFO, a device, a folder by a file.
    """
    target = Path(os.path.realpath(path))
    with telling_where(path):
        try:
            mode = target.stat().st_mode
        except FileNotFoundError:
            return target
    if folder and not stat.S_ISDIR(mode):
        raise UsageError(
            f"{path} is not a folder, and this format is one of several files",
            hint="name a folder that is still to be made",
        )
    if not folder and not stat.S_ISREG(mode):
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
            _sync(temporary)
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
            _sync_folder(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def folder_publication(path: Path) -> Iterator[Path]:
    """The same for a folder of files: the block fills a temporary one, which takes its place.

    Two folders change places in one step where the system can do that (Linux, on its usual file
    systems); elsewhere there is an instant between the old one's going and the new one's coming.
    Raises UsageError rather than replace a folder in which there is anything but files of the
    names that the new one has: it may be the user's own.
    """
    with telling_where(path):
        _make_folder(path.parent)
        _sweep(path)
        descriptor, temporary = _locked_temporary(path, folder=True)
    try:
        with telling_where(path):
            yield temporary
            _refuse_loss(path, temporary)
            for each in sorted(temporary.rglob("*"), reverse=True):
                _sync(each)
            temporary.chmod(0o777 & ~_umask())
            _sync_folder(temporary)
            _take_place(temporary, path)
            _sync_folder(path.parent)
    finally:
        # What stands under this name now is the old folder, or a new one that failed.
        shutil.rmtree(temporary, ignore_errors=True)
        os.close(descriptor)


def _refuse_loss(old: Path, new: Path) -> None:
    """Raise UsageError if `old` has a file that `new` has not."""
    kept = {each.relative_to(new) for each in new.rglob("*")}
    for each in old.rglob("*") if old.is_dir() else ():
        if each.relative_to(old) not in kept:
            raise UsageError(
                f"{old} has {each.relative_to(old)} in it, which is no part of this format",
                hint="name a folder that is still to be made",
            )


def _take_place(new: Path, old: Path) -> None:
    if not old.exists():
        new.replace(old)
    elif not _exchanged(new, old):
        aside = new.with_name(f"{new.name}.old")
        old.replace(aside)
        try:
            new.replace(old)
        except OSError:
            aside.replace(old)
            raise
        aside.replace(new)


def _exchanged(one: Path, other: Path) -> bool:
    """Let two names change places, in one step; False where the system cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    names = os.fsencode(one), os.fsencode(other)
    return bool(rename(WORKING_FOLDER, names[0], WORKING_FOLDER, names[1], EXCHANGE) == 0)


def discard(path: Path) -> None:
    """Remove a file that is no longer needed, and what writers of it that died left behind."""
    path.unlink(missing_ok=True)
    _sweep(path)


def _locked_temporary(path: Path, *, folder: bool = False) -> tuple[int, Path]:
    """A new file beside `path`, locked: `_sweep` takes away only what no living writer holds."""
    prefix, suffix = f".{path.name}.", ".tmp"
    while True:
        if folder:
            name = tempfile.mkdtemp(prefix=prefix, suffix=suffix, dir=path.parent)
            descriptor = os.open(name, os.O_RDONLY)
        else:
            descriptor, name = tempfile.mkstemp(prefix=prefix, suffix=suffix, dir=path.parent)
        with contextlib.suppress(OSError):  # some network file systems have no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Another run's sweep may have come between the two lines above.
        if Path(name).exists():
            return descriptor, Path(name)
        os.close(descriptor)


def _sweep(path: Path) -> None:
    """Remove the temporary files and folders of writers of `path` that died."""
    for litter in path.parent.glob(f".{glob.escape(path.name)}.{'[a-z0-9_]' * 8}.tmp"):
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
    """Make the names in the folder last."""
    _sync(folder)


def _sync(path: Path) -> None:
    """Have the file or folder on the disk itself."""
    descriptor = os.open(path, os.O_RDONLY)
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
