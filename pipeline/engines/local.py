"""An engine: processes of this machine, which carry out one task after the other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from corpus2vec.pipeline.engines.processes import ProcessDied, Processes
from corpus2vec.pipeline.engines.tasks import Result


class Local:
    """So many processes; each is started when there is a task for it."""

    def __init__(self, processes: int) -> None:
        self._processes: Processes[Callable[[], Any], Any] = Processes(_caller)
        self._threads = ThreadPoolExecutor(processes, "part")

    def submit(self, call: Callable[[], Result]) -> Future[Result]:
        """Call the function in a process that is free, or will be."""
        return self._threads.submit(self._processes.work_on, call)

    def death(self, error: BaseException) -> str:
        """Return how the process died that had the task."""
        return error.message if isinstance(error, ProcessDied) else ""

    def close(self) -> None:
        """Kill the processes."""
        self._processes.kill()
        self._threads.shutdown(cancel_futures=True)


def _caller() -> Callable[[Callable[[], Any]], Any]:
    return _call


def _call(task: Callable[[], Any]) -> Any:
    return task()
