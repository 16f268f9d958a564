"""Read batches in a thread, a few ahead of the work, so that decompression runs beside it."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterable, Iterator
from typing import TypeVar

Batch = TypeVar("Batch")

LAST_READ_SECONDS = 1.0
"""How long to wait at the end for a batch that is being read; standard input may never give one."""


@contextlib.contextmanager
def read_ahead(batches: Iterable[Batch], most: int = 1) -> Iterator[Iterator[Batch]]:
    """Give the same batches, of which a thread reads up to `most` before they are asked for.

    An error while reading is raised where its batch is asked for.
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
        reader.join(LAST_READ_SECONDS)
