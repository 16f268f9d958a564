"""Reading in a thread beside the work, a few batches ahead; files are decompressed in it."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterable, Iterator
from typing import TypeVar

Batch = TypeVar("Batch")

LAST_READ_SECONDS = 1.0
"""How long the end waits for a batch that is being read; standard input may never give one."""


@contextlib.contextmanager
def read_ahead(batches: Iterable[Batch], most: int = 1) -> Iterator[Iterator[Batch]]:
    """`batches`, of which a thread takes up to `most` before they are asked for."""
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
        except BaseException as error:  # it is raised again where the batch was asked for
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
