"""Errors of the file system as one line that names the file and the reason."""

from __future__ import annotations

import contextlib
import lzma
import os
from collections.abc import Iterator

import pyarrow as pa

from corpus2vec.pipeline.errors import DataError, PipelineError, StorageError


@contextlib.contextmanager
def reading(name: str) -> Iterator[None]:
    """Say which file it was when reading fails."""
    try:
        yield
    except PipelineError:
        raise
    except OSError as problem:
        if problem.errno:
            raise StorageError(f"cannot read {name}: {os.strerror(problem.errno)}") from problem
        raise DataError(f"{name} is damaged: {problem}", hint="is it complete?") from problem
    except (EOFError, UnicodeDecodeError, lzma.LZMAError, pa.ArrowException) as problem:
        raise DataError(f"{name} is damaged: {problem}", hint="is it complete?") from problem
