"""The memory of training: keep what a step frees, and say what is too large where it runs short.

`keep_freed_memory` changes the allocator of the whole process, so the library never does it by
itself: a program that trains calls it first. The module imports nothing heavy.
"""

from __future__ import annotations

import contextlib
import ctypes
import re
import sys
from collections.abc import Iterator

from corpus2vec.pipeline.config import TrainConfig
from corpus2vec.pipeline.errors import PipelineError

NO_MEMORY = re.compile("can't allocate memory|out of memory")  # torch's words for it
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3  # as in malloc.h


def keep_freed_memory() -> None:
    """Make this process keep the memory that a training step frees, for the next step.

    Otherwise glibc returns each large tensor to the system as soon as it is freed, and the system
    clears all its pages when the next step asks for them: a third to a half of the time of a full
    softmax. Does nothing where the allocator is not glibc's.
    """
    if not sys.platform.startswith("linux"):
        return
    allow = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if allow:
        allow(M_TRIM_THRESHOLD, 2**31 - 1)
        allow(M_TOP_PAD, 1 << 26)
        # Older versions allow no more than half of an arena's heap.
        allow(M_MMAP_THRESHOLD, 1 << 30) or allow(M_MMAP_THRESHOLD, 1 << 25)


@contextlib.contextmanager
def enough_memory(rows: int, config: TrainConfig) -> Iterator[None]:
    """Report memory that runs short with the sizes that settings decide.

    >>> with enough_memory(2_000_000, TrainConfig(dim=300)):
    ...     raise MemoryError
    Traceback (most recent call last):
    corpus2vec.pipeline.errors.PipelineError: there is not enough memory: a table takes 2,000,000 \
rows × 300 columns × 4 bytes = 2.4 GB, the LSTM 2.2 MB
    """
    try:
        yield
    except (MemoryError, RuntimeError) as problem:
        if not isinstance(problem, MemoryError) and not NO_MEMORY.search(str(problem)):
            raise
        raise PipelineError(
            f"there is not enough memory: a table takes {rows:,} rows × {config.dim:,} columns × 4 "
            f"bytes = {_size(rows * config.dim * 4)}, the LSTM {_size(_lstm_bytes(config))}",
            hint="lower --dim or --hidden, or the rows with vocab --max-size; the optimizer takes "
            "as much again or more, and a step what --batch-size, --seq-len and --negatives say",
        ) from problem


def _lstm_bytes(config: TrainConfig) -> int:
    """Return the bytes of the LSTM's weights: four gates for each unit and direction."""
    units, directions = config.hidden_size, 2 if config.objective == "context" else 1
    read = [config.dim, *[units * directions] * (config.layers - 1)][: config.layers]
    return sum(4 * 4 * units * directions * (each + units) for each in read)


def _size(number: int) -> str:
    """Return a number of bytes in words."""
    return f"{number / 1e9:,.1f} GB" if number >= 1e9 else f"{number / 1e6:,.1f} MB"
