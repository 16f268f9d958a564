"""Replace a file or a folder so that at every instant the old one or the new one is there, whole.

Everything that the pipeline leaves on a disk goes through `publication`: artifacts, manifests,
checkpoints. An artifact of several files goes through `folder_publication`. The new file is written
beside the old one under a temporary name, `.NAME.xxxxxxxx.tmp`, and locked; what a killed writer
left behind is not locked, and the next writer removes it.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import glob
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from corpus2vec.pipeline.errors import UsageError
from corpus2vec.pipeline.files.failures import writing

EXCHANGE = 2  # RENAME_EXCHANGE of Linux's renameat2
WORKING_FOLDER = -100  # AT_FDCWD: names are as in every other call


def publishable(path: Path, *, folder: bool = False) -> Path:
    """Return the file, or the `folder`, that writing to `path` replaces: symbolic links resolved.

    Raise UsageError for what cannot be replaced: a FIFO, a device, a folder by a file.
    """
    target = Path(os.path.realpath(path))
    with writing(path):
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
    """Give a temporary file beside `path` that replaces it when the block ends without an error.

    The file is synced before it is renamed, and the folder after, so that a published file survives
    a power cut. If the block fails the temporary file is removed. A failed write is reported by
    `path`; what the block reads, it has to report itself (see `failures`).
    """
    with writing(path):
        _make_folder(path.parent)
        _sweep(path)
        temporary, descriptor = _locked_temporary(path)
    try:
        with writing(path, through=temporary):
            yield temporary
        with writing(path):
            _sync(temporary)
            temporary.replace(path)
        with writing(path, untouched=False):
            _sync(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def folder_publication(path: Path) -> Iterator[Path]:
    """Give a temporary folder that replaces the folder `path` when the block ends without an error.

    The two change places in one step where the system can do that (Linux, on its usual file
    systems); elsewhere there is an instant at which neither has the name. Raise UsageError rather
    than replace a folder that has a file which the new one lacks: it may be the user's own.
    """
    with writing(path):
        _make_folder(path.parent)
        _sweep(path)
        temporary, descriptor = _locked_temporary(path, folder=True)
    try:
        with writing(path, through=temporary):
            yield temporary
        with writing(path):
            _refuse_loss(path, temporary)
            for each in sorted(temporary.rglob("*"), reverse=True):
                _sync(each)
            _sync(temporary)
            _take_place(temporary, path)
        with writing(path, untouched=False):
            _sync(path.parent)
    finally:
        # By now this name is that of the old folder, or of a new one that failed.
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
    """Give the new folder the old one's name, and the old one the new one's."""
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
    """Exchange two names in one step. Return False where the system cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    names = os.fsencode(one), os.fsencode(other)
    return bool(rename(WORKING_FOLDER, names[0], WORKING_FOLDER, names[1], EXCHANGE) == 0)


def discard(path: Path) -> None:
    """Remove a file that is no longer needed, and what killed writers of it left behind."""
    with writing(path, untouched=False):
        path.unlink(missing_ok=True)
        _sweep(path)


def _locked_temporary(path: Path, *, folder: bool = False) -> tuple[Path, int]:
    """Make a new file or folder beside `path`, with the mode of any new one, and lock it.

    Return it and the descriptor that holds the lock: `_sweep` removes only what is not locked.
    """
    while True:
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
        try:
            if folder:
                temporary.mkdir()
                descriptor = os.open(temporary, os.O_RDONLY)
            else:
                descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            continue
        with contextlib.suppress(OSError):  # some network file systems have no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if temporary.exists():
            return temporary, descriptor
        os.close(descriptor)  # another run swept it before it was locked


def _sweep(path: Path) -> None:
    """Remove the temporary files and folders that killed writers of `path` left."""
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
    """Make the folder and those missing above it, and sync the folder that each is in."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)


def _sync(path: Path) -> None:
    """Wait until the file, or the names in the folder, are on the disk itself."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
