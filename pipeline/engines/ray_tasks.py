"""An engine: Ray, on this machine or on a cluster (https://docs.ray.io, Ray Core).

Each task becomes a task of Ray's, with one processor, and returns what it returns elsewhere. Ray is
asked for nothing else: no object store, no dashboard, no statistics on its use, and no retries,
since `tasks` retries the same way whatever the engine is. Machines of a cluster need the same
version of this package, and the files under the same names.
"""

from __future__ import annotations

import logging
import os
import re
import signal
import socket
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from corpus2vec.pipeline.engines.processes import portable
from corpus2vec.pipeline.engines.tasks import Result
from corpus2vec.pipeline.errors import Interrupted, StorageError, UsageError
from corpus2vec.pipeline.progress import Progress

SECONDS_TO_END = 2.0
"""How long to wait for tasks that are cancelled to end."""

LISTENER_SECONDS = 10.0
"""How long the machine of a cluster may take to answer."""


class Ray:
    """A cluster of Ray, joined or started."""

    def __init__(self, address: str | None, progress: Progress) -> None:
        """Join the cluster, or start one. None is the one that Ray finds, or else a new one.

        Raises UsageError if Ray is not installed, and StorageError if the cluster is not there.
        """
        try:
            import ray
        except ImportError as problem:
            hint = "pip install 'corpus2vec[ray]', or leave out --engine"
            raise UsageError("--engine ray needs the package ray", hint=hint) from problem
        self._ray: Any = ray
        self._running: set[Any] = set()
        handlers = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        logging.getLogger("ray").setLevel(logging.ERROR)
        try:
            _require_a_listener(address or os.environ.get("RAY_ADDRESS", ""))
            ray.init(
                address,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
        except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as problem:
            where = f"reach Ray at {address}" if address else "reach or start Ray"
            hint = "is the cluster there? --address local starts Ray on this machine"
            raise StorageError(f"cannot {where}: {_first_line(problem)}", hint=hint) from problem
        except SystemExit as problem:  # Ray's own way to end its program
            raise Interrupted(signal.SIGTERM) from problem
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        self._call = ray.remote(num_cpus=1, max_retries=0)(_call)
        count, nodes = int(self._ray.cluster_resources().get("CPU", 0)), len(self._ray.nodes())
        machines = "1 machine" if nodes == 1 else f"{nodes:,} machines"
        progress.notice(f"Ray has {count:,} processors on {machines}")

    def submit(self, call: Callable[[], Result]) -> Future[Result]:
        """Let Ray call the function wherever a processor is free."""
        reference = self._call.remote(str(Path.cwd()), call)
        self._running.add(reference)
        result: Future[Result] = Future()
        reference.future().add_done_callback(lambda ended: self._pass_on(reference, ended, result))
        return result

    def _pass_on(self, reference: Any, ended: Future[Any], result: Future[Any]) -> None:
        self._running.discard(reference)
        error = ended.exception()
        value = None
        if error is None:
            value, error = ended.result()
        if error is None:
            result.set_result(value)
        else:
            result.set_exception(error)

    def death(self, error: BaseException) -> str:
        """Return how the process or the machine died that had the task."""
        errors = self._ray.exceptions
        died = isinstance(error, errors.RayError) and not isinstance(error, errors.RayTaskError)
        return _first_line(error) if died else ""

    def close(self) -> None:
        """Cancel what is running, and leave the cluster; one that was started ends."""
        running = list(self._running)
        for each in running:
            self._ray.cancel(each, force=True)
        if running:
            self._ray.wait(running, num_returns=len(running), timeout=SECONDS_TO_END)
        self._ray.shutdown()


def _require_a_listener(address: str) -> None:
    """Raise OSError if nobody listens at `host:port`. Ray would try for two minutes."""
    if found := re.fullmatch(r"(?:ray://)?\[?([^/]+?)\]?:([0-9]{1,5})", address):
        socket.create_connection((found[1], int(found[2])), timeout=LISTENER_SECONDS).close()


def _first_line(error: BaseException) -> str:
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return str(error).strip().partition("\n")[0][:200] or type(error).__name__


def _call(folder: str, call: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    """Call the function in a process of Ray's, where names of files mean what they mean here."""
    try:
        os.chdir(folder)
        return call(), None
    except Exception as error:
        return None, portable(error)
