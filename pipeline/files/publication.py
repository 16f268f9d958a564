"""Replace a file or a folder so that at every instant the old one or the new one is there, whole.

Checkpoints and pages are published by `publication`; artifacts, which have a manifest, by
`artifacts.pairs`.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from corpus2vec.pipeline.errors import StorageError, UsageError
from corpus2vec.pipeline.files.failures import writing
from corpus2vec.pipeline.files.replacement import replacement, sync
from corpus2vec.pipeline.files.temporaries import sweep, temporary_name


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


def require_short_name(path: Path, beside: Path) -> None:
    """Raise StorageError unless `path` can have the file `beside` it, also while that is written.

    The name of the temporary file is the longest of all, and it would come last: after the work.
    """
    existing = next(each for each in path.absolute().parents if each.is_dir())
    with contextlib.suppress(OSError, ValueError):  # not every file system says
        room = os.pathconf(existing, "PC_NAME_MAX")
        length = len(os.fsencode(path.name))
        most = room - len(os.fsencode(temporary_name(beside))) + length
        if length > most:
            raise StorageError(
                f"cannot write {path}: File name too long",
                hint=f"it has {length} bytes, and at most {most} leave room for {beside.name}",
            )


@contextlib.contextmanager
def publication(path: Path, *, folder: bool = False) -> Iterator[Path]:
    """Give a temporary file or folder that replaces `path` when the block ends without an error.

    It is synced before it is renamed, and the folder that it is in after, so that what is published
    survives a power cut. If the block fails it is removed. A failed write is reported by `path`;
    what the block reads, it has to report itself (see `failures`).
    """
    sweep(path)
    with replacement(path, folder=folder) as new:
        with writing(path, through=new.temporary):
            yield new.temporary
        new.sync()
        new.take_place()
        with writing(path, left=f"{path.name} is new and whole, but may not survive a power cut"):
            sync(path.parent)


def discard(path: Path) -> None:
    """Remove a file that is no longer needed, and what killed writers of it left behind."""
    with writing(path, untouched=False):
        path.unlink(missing_ok=True)
    sweep(path)
