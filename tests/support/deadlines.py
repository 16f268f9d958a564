"""Waiting for what happens in other threads, but not for ever."""

import threading
import time

DEADLINE = 60
"""Seconds after which what does not end is taken to hang."""


def within_deadline(function):
    done = {}

    def call():
        try:
            done["result"] = function()
        except BaseException as error:
            done["error"] = error

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(DEADLINE)
    assert not thread.is_alive(), "it hangs"
    if "error" in done:
        raise done["error"]
    return done["result"]


def eventually(condition):
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
