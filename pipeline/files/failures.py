"""Translate an OSError into one line that names the file and the reason. The only place that does.

    with reading("corpus.txt"): …     cannot read corpus.txt: Permission denied
    with writing(path): …             cannot write build/vocab.tsv: No space left on device
    with spooling(folder): …          cannot write a temporary file in /tmp: No space left on device

Put the block around the operation itself, as deep as the name of the file is known: a block that
both reads and writes would blame one file for the other. What is translated already passes through
the blocks around it. An OSError without an errno is not the file system's but a codec's; for
`reading` it is a damaged file, as is whatever else a decoder raises.
"""

from __future__ import annotations

import contextlib
import errno
import lzma
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from corpus2vec.pipeline.errors import DataError, StorageError

CHECK_PATH = "check the path and its permissions"
FREE_SPACE = "free some space, or write elsewhere"
UNTOUCHED = "what was there before is untouched"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def storage_error(
    problem: OSError, deed: str = "", name: object = None, hint: str = ""
) -> StorageError:
    """Return the error as one line: what could not be done to what, or just the name it carries.

    >>> storage_error(OSError(28, "full"), "write", "build/vocab.tsv").message
    'cannot write build/vocab.tsv: No space left on device'
    >>> storage_error(IsADirectoryError(21, "a folder", "build")).message
    'build: Is a directory'
    """
    reason = os.strerror(problem.errno) if problem.errno else str(problem)
    if deed:
        return StorageError(f"cannot {deed} {name}: {reason}", hint=hint)
    named = problem.filename
    named = os.fsdecode(named) if isinstance(named, bytes) else named
    return StorageError(f"{named}: {reason}" if named else reason, hint=hint)


@contextlib.contextmanager
def reading(
    name: object, verdict: str = "is damaged", also: tuple[type[Exception], ...] = ()
) -> Iterator[None]:
    """Report by `name` what cannot be read (StorageError) or not be decoded (DataError).

    The DataError gives the `verdict` and the decoder's own words. `also` are errors, beyond those
    that decoders raise, that have the same meaning in this block.
    """
    try:
        yield
    except OSError as problem:
        # safetensors gives no errno, and calls whatever it cannot open a file that is not there.
        if problem.errno or isinstance(problem, FileNotFoundError):
            raise storage_error(problem, "read", name, CHECK_PATH) from problem
        raise _damaged(name, verdict, problem) from problem
    except (*_what_decoders_raise(), *also) as problem:
        raise _damaged(name, verdict, problem) from problem


@contextlib.contextmanager
def writing(
    path: Path,
    deed: str = "write",
    *,
    through: Path | None = None,
    untouched: bool = True,
    left: str = "",
) -> Iterator[None]:
    """Report by `path` what the file system refuses, as "cannot DEED PATH: reason".

    `through` is the temporary file or folder, with a path of its own, that the block fills. Then
    an error that names a file elsewhere is not about `path` and is passed on; a failed write names
    no file. `untouched` lets the hint say that `path` is still what it was, or `left` what else is
    there now.
    """
    try:
        yield
    except OSError as problem:
        if not problem.errno or (through and not _is_within(problem.filename, through)):
            raise
        hint = FREE_SPACE if problem.errno in FULL else CHECK_PATH
        now = left or UNTOUCHED * untouched
        hint += f"; {now}" * bool(now)
        raise storage_error(problem, deed, path, hint) from problem


@contextlib.contextmanager
def spooling(folder: Path | None = None) -> Iterator[None]:
    """Report a failed write of a temporary file by its folder; None is the system's."""
    try:
        yield
    except OSError as problem:
        if not problem.errno:
            raise
        hint = FREE_SPACE if problem.errno in FULL else CHECK_PATH
        if folder is None:
            hint = "free some space there, or name another folder in TMPDIR"
        where = folder or tempfile.gettempdir()
        raise storage_error(problem, "write a temporary file in", where, hint) from problem


def _is_within(named: object, folder: Path) -> bool:
    if not isinstance(named, str | bytes | os.PathLike):
        return True  # a failed write names no file
    path = Path(os.fsdecode(named))
    return path == folder or folder in path.parents


def _damaged(name: object, verdict: str, problem: Exception) -> DataError:
    return DataError(f"{name} {verdict}: {problem}".rstrip(), hint="is it complete?")


def _what_decoders_raise() -> tuple[type[Exception], ...]:
    """Return the errors that mean damage; pyarrow, where it is not imported, raised none."""
    errors: list[type[Exception]] = [EOFError, UnicodeDecodeError, lzma.LZMAError]
    if "pyarrow" in sys.modules:
        errors.append(sys.modules["pyarrow"].ArrowException)
    return tuple(errors)
