"""Where batches are worked on: in this process, or in several at once; results in order.

What a worker is, is told by a function that makes it: called once in each process, it returns the
function that turns a batch into a result. With one worker all that happens here. With more, batches
go to processes that are started anew (nothing is inherited that could be in use), and results come
back in the order of their batches, so that the number of workers decides nothing but the time.

Each process has a pipe of its own, and a thread that sends it a batch and waits for the result: a
process that is gone, for whatever reason, is the end of its pipe. (What several processes share, a
queue or a lock, one of them that is killed may leave in a state in which all wait for ever.)
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, Generic, TypeVar

import numpy as np

from corpus2vec.pipeline import processors
from corpus2vec.pipeline.errors import PipelineError
from corpus2vec.pipeline.files.read_ahead import read_ahead

Batch = TypeVar("Batch")
Result = TypeVar("Result")
Make = Callable[[], Callable[[Batch], Result]]

AHEAD = 2
"""Batches read, or waiting to be worked on, beyond those that are worked on."""
MOST_BY_DEFAULT = 6
"""Beyond this many workers, the one process that writes what they made would not keep up."""
WORTH_A_WORKER = 16 << 20
"""Bytes of corpus below which starting another process takes longer than it saves."""
FROM_A_TERMINAL = (signal.SIGINT, signal.SIGHUP)
"""Signals that all processes get at once, and that are for the first one to act upon."""


def resolve_workers(wanted: int | None, corpus_bytes: int | None) -> int:
    """The number of workers: as wanted, or for 0 what processors and corpus are worth."""
    if wanted:
        return wanted
    worth = MOST_BY_DEFAULT if corpus_bytes is None else corpus_bytes // WORTH_A_WORKER
    return max(1, min(processors.available(), worth, MOST_BY_DEFAULT))


def in_order(
    make: Make[Batch, Result], batches: Iterable[Batch], workers: int
) -> Generator[Result, None, None]:
    """The result of every batch, in the order of the batches.

    `make`, batches and results must be picklable if there are several workers. An error in a
    worker is raised here; whatever happens, no worker outlives the iterator.
    """
    with read_ahead(batches) as ahead:
        if workers == 1:
            yield from map(make(), ahead)
        else:
            yield from _in_processes(make, ahead, workers)


def _in_processes(
    make: Make[Batch, Result], batches: Iterable[Batch], workers: int
) -> Iterator[Result]:
    processes = _Processes(make)
    threads = ThreadPoolExecutor(workers, "worker")
    try:
        waiting: deque[Future[Result]] = deque()
        for batch in batches:
            waiting.append(threads.submit(processes.work_on, batch))
            if len(waiting) >= workers + AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        processes.kill()
        threads.shutdown(cancel_futures=True)


class _Processes(Generic[Batch, Result]):
    """A worker process for each thread that asks for one."""

    def __init__(self, make: Make[Batch, Result]) -> None:
        self._make = make
        self._of_thread = threading.local()
        self._started: list[SpawnProcess] = []
        self._starting = threading.Lock()
        self._ended = False

    def work_on(self, batch: Batch) -> Result:
        """What this thread's process makes of the batch."""
        try:
            if not hasattr(self._of_thread, "pipe"):
                self._of_thread.pipe = self._start()
            _send(self._of_thread.pipe, batch)
            result, error = _receive(self._of_thread.pipe)
        except (EOFError, ConnectionError) as problem:
            raise PipelineError(
                "a worker process died", hint="was memory short? try fewer --workers"
            ) from problem
        if error:
            raise error
        return result  # type: ignore[no-any-return]

    def _start(self) -> Connection:
        """A new process; this thread's end of its pipe."""
        context = multiprocessing.get_context("spawn")
        with self._starting:
            if self._ended:
                raise EOFError
            ours, theirs = context.Pipe()
            # The new process inherits what this thread lets pass. (The tracker, started with the
            # first process, would let all pass again.)
            resource_tracker.ensure_running()
            signal.pthread_sigmask(signal.SIG_BLOCK, FROM_A_TERMINAL)
            process = context.Process(target=_work, args=(theirs, self._make), daemon=True)
            process.start()
            self._started.append(process)
            theirs.close()
        return ours

    def kill(self) -> None:
        """End all processes at once: what they still work on is wanted by nobody."""
        with self._starting:
            self._ended = True
        for process in self._started:
            process.kill()
        for process in self._started:
            process.join()


# --- between processes ------------------------------------------------------------------------


def _send(pipe: Connection, value: Any) -> None:
    """Send a value; its arrays go as they lie in memory, without a copy (PEP 574)."""
    buffers: list[pickle.PickleBuffer] = []
    described = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    parts = [memoryview(described), *(buffer.raw() for buffer in buffers)]
    pipe.send([part.nbytes for part in parts])
    for part in parts:
        while part:
            part = part[os.write(pipe.fileno(), part) :]


def _receive(pipe: Connection) -> Any:
    """What was sent at the other end.

    Bytes are read to where they will stay: Connection's own `recv_bytes` takes ten times as long.
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
    """Turn batches into results until nobody wants more."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    work: Callable[[Any], Any] | None = None
    with contextlib.suppress(EOFError, ConnectionError):  # the first process is gone
        while True:
            batch = _receive(pipe)
            try:
                work = work or make()
                _send(pipe, (work(batch), None))
            except BaseException as error:
                _send(pipe, (None, _portable(error)))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)


def _portable(error: BaseException) -> BaseException:
    """The error as it can be sent to another process, with a note of where it was raised."""
    error.add_note("".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
