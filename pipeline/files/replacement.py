"""A new file or folder beside the old one, which it replaces in one step.

`publication` is for one file. `artifacts.pairs` has two replacements at once: an artifact and its
manifest.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from corpus2vec.pipeline.errors import UsageError
from corpus2vec.pipeline.files.failures import writing
from corpus2vec.pipeline.files.temporaries import temporary_name

EXCHANGE = 2  # RENAME_EXCHANGE of Linux's renameat2
WORKING_FOLDER = -100  # AT_FDCWD: names are as in every other call


class Replacement:
    """A new file or folder under a temporary name beside `path`, which can take its place.

    It has the permissions of the old one or, if there is none, those of any new file. It is locked
    as long as it is open.
    """

    def __init__(self, path: Path, *, folder: bool = False) -> None:
        """Make it. Raise StorageError, by `path`, if the file system refuses."""
        self.path = path
        self._is_folder = folder
        with writing(path):
            _make_folder(path.parent)
            self._permissions = _permissions(path)
            self.temporary, self._descriptor = self._made_and_locked()
        self._status: os.stat_result | None = None

    def _made_and_locked(self) -> tuple[Path, int]:
        while True:
            temporary = self.path.with_name(temporary_name(self.path))
            try:
                if self._is_folder:
                    temporary.mkdir()
                    descriptor = os.open(temporary, os.O_RDONLY)
                else:
                    descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
            except FileExistsError:
                continue
            with contextlib.suppress(OSError):  # some network file systems have no locks
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            if temporary.exists():
                # What is private stays so while it is written; and it has to be written.
                self._set_permissions(descriptor, 0o700 if self._is_folder else 0o600)
                return temporary, descriptor
            os.close(descriptor)  # another run swept it before it was locked

    def _set_permissions(self, descriptor: int, also: int = 0) -> None:
        wanted = self._permissions
        if wanted is not None and stat.S_IMODE(os.fstat(descriptor).st_mode) != wanted | also:
            os.fchmod(descriptor, wanted | also)

    @property
    def is_in_place(self) -> bool:
        """Whether it is what `path` names now."""
        try:
            return self._status is not None and os.path.samestat(self._status, self.path.stat())
        except OSError:
            return False

    def sync(self) -> None:
        """Wait until its content is on the disk itself."""
        with writing(self.path):
            if self._is_folder:
                for each in sorted(self.temporary.rglob("*"), reverse=True):
                    sync(each)
            sync(self.temporary)

    def take_place(self, left: str = "") -> None:
        """Give it the name `path`; the name is on the disk itself after `sync(path.parent)`.

        A folder and the old one exchange their names in one step where the system can do that
        (Linux, on its usual file systems); elsewhere there is an instant at which neither has the
        name. Raise UsageError rather than replace a folder that has a file which the new one
        lacks: it may be the user's own. `left` is what an error says of what is there now.
        """
        with writing(self.path, left=left):
            self._status = self.temporary.stat()
            if self._is_folder:
                _refuse_loss(self.path, self.temporary)
                _copy_permissions(self.path, self.temporary)
                self._set_permissions(self._descriptor)
                _take_place(self.temporary, self.path)
            else:
                self._set_permissions(self._descriptor)
                self.temporary.replace(self.path)

    def close(self, *, keep: bool = False) -> None:
        """Unlock it. Remove what has the temporary name, unless it is to be kept."""
        if self._is_folder:  # the name is that of the old folder, or of a new one that failed
            shutil.rmtree(self.temporary, ignore_errors=True)
        elif not keep:
            with contextlib.suppress(OSError):
                self.temporary.unlink(missing_ok=True)
        os.close(self._descriptor)


@contextlib.contextmanager
def replacement(
    path: Path, *, folder: bool = False, keep_if: Callable[[], bool] = lambda: False
) -> Iterator[Replacement]:
    """Make a `Replacement`, and remove it at the end unless it took its place.

    If the block fails, `keep_if` is asked whether the temporary file is to stay all the same.
    """
    new = Replacement(path, folder=folder)
    try:
        yield new
    except BaseException:
        new.close(keep=keep_if())
        raise
    new.close()


# --- permissions -----------------------------------------------------------------------------


def _permissions(path: Path) -> int | None:
    """Return the permissions of what is there; None if nothing is."""
    try:
        return stat.S_IMODE(path.stat().st_mode) & 0o777
    except FileNotFoundError:
        return None


def _copy_permissions(old: Path, new: Path) -> None:
    """Give the files of a new folder the permissions that those of the old one have."""
    for each in new.rglob("*"):
        wanted = _permissions(old / each.relative_to(new))
        if wanted is not None and wanted != _permissions(each):
            each.chmod(wanted)


# --- folders ---------------------------------------------------------------------------------


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


def _make_folder(folder: Path) -> None:
    """Make the folder and those missing above it, and sync the folder that each is in."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync(folder.parent)


# --- on the disk itself ----------------------------------------------------------------------


def sync(path: Path) -> None:
    """Wait until a file, or the names of the files in a folder, are on the disk itself."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
