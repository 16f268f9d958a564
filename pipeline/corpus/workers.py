"""Work on batches in this process or in several, and return the results in order.

With one worker everything happens in this process. With more, batches go to `engines.processes`.
Results come back in the order of the batches, so the number of workers changes nothing but the
time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from corpus2vec.pipeline import processors
from corpus2vec.pipeline.engines.processes import Batch, Make, Processes, Result
from corpus2vec.pipeline.files.read_ahead import read_ahead

AHEAD = 2
"""Batches that wait for a worker, beyond those being worked on."""
LAST_READ_SECONDS = 1.0
"""How long to wait at the end for a batch that is being read; standard input may never give one."""
MOST_BY_DEFAULT = 6
"""The process that writes the results would not keep up with more workers."""
WORTH_A_WORKER = 16 << 20
"""Bytes of corpus. For less, starting a process takes longer than it saves."""


def resolve_workers(wanted: int | None, corpus_bytes: int | None) -> int:
    """Return the number of workers: `wanted`, or for 0 as many as processors and corpus merit.

    `corpus_bytes` is None for a stream.
    """
    if wanted:
        return wanted
    worth = MOST_BY_DEFAULT if corpus_bytes is None else corpus_bytes // WORTH_A_WORKER
    return max(1, min(processors.available(), worth, MOST_BY_DEFAULT))


def in_order(
    make: Make[Batch, Result], batches: Iterable[Batch], workers: int
) -> Generator[Result, None, None]:
    """Yield the result of every batch, in the order of the batches.

    With several workers, `make`, batches and results must be picklable. An error in a worker is
    raised here. No worker outlives the generator, whatever happens.
    """
    with read_ahead(batches, last_read_seconds=LAST_READ_SECONDS) as ahead:
        if workers == 1:
            yield from map(make(), ahead)
        else:
            yield from _in_processes(make, ahead, workers)


def _in_processes(
    make: Make[Batch, Result], batches: Iterable[Batch], workers: int
) -> Iterator[Result]:
    processes = Processes(make)
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
