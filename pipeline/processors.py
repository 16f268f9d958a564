"""How many processors this process may keep busy at once. The only place that counts them.

The machine's processors are an upper bound only: a process may be pinned to some of them (its
affinity), and a container or a batch system may allow it less processor time than they have (a
cgroup's CPU quota). More threads or workers than that only wait for each other.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path


def available(root: Path = Path("/")) -> int:
    """Return the number of processors, at least 1: affinity, then the cgroup's quota rounded up.

    `root` is the folder that has `proc` and `sys`. Where either is missing or cannot be read, as
    on macOS, there is no quota.
    """
    if hasattr(os, "sched_getaffinity"):
        processors = len(os.sched_getaffinity(0))
    else:
        processors = os.cpu_count() or 1
    return max(1, min([processors, *map(math.ceil, _quotas(root))]))


def use(threads: int | None) -> None:
    """Let Arrow use so many threads in this process; None changes nothing."""
    if threads:
        import pyarrow as pa

        pa.set_cpu_count(threads)
        pa.set_io_thread_count(threads)


def _quotas(root: Path) -> Iterator[float]:
    """Yield every quota, in processors, on this process's cgroup and on those it is nested in.

    A line of /proc/self/cgroup is `number:controllers:path`, without controllers in version 2
    (cgroups(7)).
    """
    hierarchies = root / "sys/fs/cgroup"
    for line in _read(root / "proc/self/cgroup").splitlines():
        controllers, _, path = line.partition(":")[2].partition(":")
        if not controllers:
            for mount in (hierarchies, hierarchies / "unified"):
                for folder in _upwards(mount, path):
                    yield from _quota(*_read(folder / "cpu.max").split()[:2])
        elif "cpu" in controllers.split(","):
            for mount in {hierarchies / "cpu", hierarchies / controllers}:
                for folder in _upwards(mount, path):
                    allowed = _read(folder / "cpu.cfs_quota_us")
                    yield from _quota(allowed, _read(folder / "cpu.cfs_period_us"))


def _upwards(mount: Path, path: str) -> Iterator[Path]:
    """Yield the cgroup's folder and those above it, up to the mount.

    In a container the path may be the host's, of which only the mount itself is visible.
    """
    inner = Path(path.lstrip("/"))
    for each in (inner, *inner.parents):
        yield mount / each


def _quota(allowed: str = "", period: str = "") -> Iterator[float]:
    """Yield the quota if there is one: not `max` (version 2), nor -1 (version 1)."""
    try:
        quota = int(allowed) / int(period)
    except (ValueError, ZeroDivisionError):
        return
    if quota > 0:
        yield quota


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return ""
