"""Processes that work on batches, each for the thread that sends it one.

The caller passes a factory; each process calls it once to get the function that maps a batch to a
result. They are spawned, not forked, so that they inherit no lock or thread in use.

Each process has a pipe of its own, and a thread here that sends it a batch and waits for the
result. A process that dies, for whatever reason, closes its pipe. (A queue or lock that several
processes share could be left in a state in which all of them wait for ever.)
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from collections.abc import Callable
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, Generic, TypeVar

import numpy as np

from corpus2vec.pipeline.errors import PipelineError

Batch = TypeVar("Batch")
Result = TypeVar("Result")
Make = Callable[[], Callable[[Batch], Result]]

FROM_A_TERMINAL = (signal.SIGINT, signal.SIGHUP)
"""Signals that reach all processes at once. Only the first process acts on them."""


class ProcessDied(PipelineError):
    """A worker process ended before it had its result, killed perhaps."""


class Processes(Generic[Batch, Result]):
    """The worker processes, one for each thread that calls `work_on`."""

    def __init__(self, make: Make[Batch, Result]) -> None:
        self._make = make
        self._of_thread = threading.local()
        self._started: list[SpawnProcess] = []
        self._starting = threading.Lock()
        self._ended = False

    def work_on(self, batch: Batch) -> Result:
        """Return what this thread's process makes of the batch."""
        try:
            if not hasattr(self._of_thread, "pipe"):
                self._of_thread.pipe = self._start()
            _send(self._of_thread.pipe, batch)
            result, error = _receive(self._of_thread.pipe)
        except (EOFError, ConnectionError) as problem:
            self._of_thread.__dict__.clear()  # the next batch gets another process
            raise ProcessDied(
                "a worker process died", hint="was memory short? try fewer --workers"
            ) from problem
        if error:
            raise error
        return result  # type: ignore[no-any-return]

    def _start(self) -> Connection:
        """Start a process; return this thread's end of its pipe."""
        context = multiprocessing.get_context("spawn")
        with self._starting:
            if self._ended:
                raise EOFError
            # The new process inherits the signals that this thread blocks. (Python's resource
            # tracker would start with the first process and unblock them, so it starts before.)
            try:
                resource_tracker.ensure_running()
                signal.pthread_sigmask(signal.SIG_BLOCK, FROM_A_TERMINAL)
                ours, theirs = context.Pipe()
                process = context.Process(target=_work, args=(theirs, self._make), daemon=True)
                process.start()
            except OSError as problem:  # too many processes or open files
                raise PipelineError(
                    f"cannot start a worker process: {problem.strerror}",
                    hint="try fewer --workers",
                ) from problem
            self._started.append(process)
            theirs.close()
        return ours

    def kill(self) -> None:
        """Kill all processes: nobody wants what they are still working on."""
        with self._starting:
            self._ended = True
        for process in self._started:
            process.kill()
        for process in self._started:
            process.join()


# --- between processes ------------------------------------------------------------------------


def _send(pipe: Connection, value: Any) -> None:
    """Send a value. Its arrays are sent from where they are in memory, uncopied (PEP 574)."""
    buffers: list[pickle.PickleBuffer] = []
    described = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    parts = [memoryview(described), *(buffer.raw() for buffer in buffers)]
    pipe.send([part.nbytes for part in parts])
    for part in parts:
        while part:
            part = part[os.write(pipe.fileno(), part) :]


def _receive(pipe: Connection) -> Any:
    """Receive what `_send` sent.

    Bytes are read directly into their arrays: Connection's `recv_bytes` takes ten times as long.
    """
    described, *buffers = [_read(pipe, size).data for size in pipe.recv()]
    return pickle.loads(described, buffers=buffers)


def _read(pipe: Connection, size: int) -> np.ndarray:
    buffer = np.empty(size, np.uint8)
    room = buffer.data
    while room:
        count = os.readv(pipe.fileno(), [room])
        if not count:
            raise EOFError
        room = room[count:]
    return buffer


# --- in a worker -----------------------------------------------------------------------------


def _work(pipe: Connection, make: Make[Any, Any]) -> None:
    """Turn batches into results until the pipe is closed."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    work: Callable[[Any], Any] | None = None
    with contextlib.suppress(EOFError, ConnectionError):  # the first process is gone
        while True:
            batch = _receive(pipe)
            try:
                work = work or make()
                _send(pipe, (work(batch), None))
            except BaseException as error:
                _send(pipe, (None, portable(error)))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)


def portable(error: BaseException) -> BaseException:
    """Return an error with a note of where it was raised, in a form that can be pickled."""
    error.add_note("".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
