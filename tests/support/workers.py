"""Workers for the tests of the same name, in a module that a process of them imports in no time."""

import functools
import os
import signal
import sys
import time

from corpus2vec.pipeline.errors import DataError, PipelineError, StorageError, UsageError

made = 0


def squaring():
    """Squares numbers, the even ones slowly, and returns in which process and by which worker."""
    global made
    made += 1
    number = made

    def square(batch):
        time.sleep(0.02 * (batch % 2 == 0))
        return batch * batch, os.getpid(), number

    return square


class Unportable(Exception):
    """An error that can be sent, but not be received."""

    def __init__(self, one, other):
        super().__init__(f"{one} and {other}")


ERRORS = {
    "pipeline": lambda: PipelineError("the ledger does not balance", hint="report it"),
    "data": lambda: DataError("a.txt is damaged", hint="is it complete?"),
    "usage": lambda: UsageError("there is no lang qq", hint="see --help"),
    "storage": lambda: StorageError("the disk is full"),
    "key": lambda: KeyError("missing"),
    "unicode": lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    "memory": MemoryError,
    "exit": lambda: SystemExit(3),
    "end of file": EOFError,
    "broken pipe": BrokenPipeError,
    "unportable": lambda: Unportable("this", "that"),
}


def failing(name, at):
    """Gives batches back, but for one of them raises an error; or as it is made, with at=None."""
    if at is None:
        raise ERRORS[name]()
    return functools.partial(fail, name, at)


def fail(name, at, batch):
    if batch == at:
        raise ERRORS[name]()
    return batch


def giving_what_cannot_be_sent():
    return lambda batch: lambda: batch


def dying(at):
    """Gives large results, but kills its process at one batch."""

    def work(batch):
        if batch == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return bytes(10_000_000)

    return work


def probing(make):
    """The modules that are imported where the worker of `make` has worked."""

    def probe(batch):
        make()(batch)
        return sorted(sys.modules)

    return probe


def double(number):
    """A task that writes nothing."""
    time.sleep(0.02 * (number % 2))
    return 2 * number


def fail_with(name):
    """A task that fails."""
    raise ERRORS[name]()


def die(times, file):
    """A task whose process dies so many times, and then no more."""
    with file.open("a+") as lines:
        lines.write("begun\n")
        lines.seek(0)
        begun = len(lines.readlines())
    if begun <= times:
        os.kill(os.getpid(), signal.SIGKILL)
    return begun
