"""Read batches in a thread, a few ahead of the work, so that decompression runs beside it."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterable, Iterator
from typing import TypeVar

Batch = TypeVar("Batch")


@contextlib.contextmanager
def read_ahead(
    batches: Iterable[Batch], most: int = 1, *, last_read_seconds: float | None = None
) -> Iterator[Iterator[Batch]]:
    """Give the same batches, of which a thread reads up to `most` before they are asked for.

    An error while reading is raised where its batch is asked for. The thread has ended when the
    block has, except that a batch which is being read is waited for no longer than
    `last_read_seconds`: standard input may never give one.
    """
    taken: queue.Queue[tuple[Batch | None, BaseException | None]] = queue.Queue(most)
    stop = threading.Event()

    def put(batch: Batch | None, error: BaseException | None) -> None:
        while not stop.is_set():
            with contextlib.suppress(queue.Full):
                taken.put((batch, error), timeout=0.1)
                return

    def read() -> None:
        try:
            for batch in batches:
                put(batch, None)
                if stop.is_set():
                    return
        except BaseException as error:  # raised again where the batch is asked for
            put(None, error)
        else:
            put(None, None)

    def given() -> Iterator[Batch]:
        while True:
            batch, error = taken.get()
            if error:
                raise error
            if batch is None:
                return
            yield batch

    # A daemon, since a read of standard input may never return.
    reader = threading.Thread(target=read, name="reader", daemon=True)
    reader.start()
    try:
        yield given()
    finally:
        stop.set()
        reader.join(last_read_seconds)
