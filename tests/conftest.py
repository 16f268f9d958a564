"""What all tests share: one processor thread, so that nothing depends on the cores there are."""

import functools
import multiprocessing
import os
import signal
import threading

import pytest
from hypothesis import settings

from tests.support.deadlines import eventually

# Before torch is imported anywhere; commands that tests start inherit it.
os.environ["OMP_NUM_THREADS"] = "1"

# A `make` that a test starts is not a part of the one that runs the tests: told that it is, it
# says so in what it prints, and shares that one's flags.
for name in ("MAKELEVEL", "MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES"):
    os.environ.pop(name, None)

# A property may take its time on a slow machine, and draws the same cases on every one.
settings.register_profile("anywhere", deadline=None, derandomize=True)
settings.load_profile("anywhere")

# A shell starts what it puts into the background with SIGINT ignored, nohup with SIGHUP, and
# children inherit that: the commands that the tests interrupt would never notice.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture
def nothing_is_left():
    """Neither process nor thread outlives the test, however it ends."""
    threads = set(threading.enumerate())
    yield
    assert multiprocessing.active_children() == []
    eventually(lambda: set(threading.enumerate()) <= threads)


@pytest.fixture
def cli(capfd, monkeypatch):
    """`cli(…)` runs the command line in this process, and returns its exit code and output."""
    from tests.support.commands import call

    return functools.partial(call, capfd, monkeypatch)
