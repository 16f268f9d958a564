"""Keep the memory that training frees, which glibc would give back to the system.

This changes the allocator of the whole process, so the library never does it by itself: a program
that trains calls it first. It imports nothing heavy.
"""

from __future__ import annotations

import ctypes
import sys

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
