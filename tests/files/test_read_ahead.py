"""Batches are read before they are asked for, but few; errors come where their batch would."""

import contextlib
import itertools
import threading
import time

import pytest

from corpus2vec.pipeline.files.read_ahead import read_ahead
from tests.support.deadlines import eventually

pytestmark = pytest.mark.usefixtures("nothing_is_left")


def test_batches_are_read_before_they_are_asked_for_but_not_many():
    read = []

    def batches():
        for number in range(20):
            read.append(number)
            yield number

    with read_ahead(batches(), 3) as ahead:
        eventually(lambda: len(read) == 4)  # three in the queue, and one that waits to go there
        assert next(ahead) == 0
        eventually(lambda: len(read) == 5)
        time.sleep(0.05)
        assert len(read) == 5
        assert list(ahead) == list(range(1, 20))


def test_an_error_while_reading_ahead_is_raised_where_its_batch_is_asked_for():
    def batches():
        yield 1
        raise KeyError("missing")

    with read_ahead(batches()) as ahead:
        assert next(ahead) == 1
        with pytest.raises(KeyError, match="missing"):
            next(ahead)


def test_what_is_read_ahead_need_not_be_taken():
    with contextlib.suppress(KeyError), read_ahead(itertools.count()):
        raise KeyError


def test_the_thread_has_ended_when_the_block_has_however_slow_its_last_batch():
    def slow():
        yield 1
        time.sleep(1.3)
        yield 2

    with read_ahead(slow(), 3) as ahead:
        assert next(ahead) == 1
    assert "reader" not in {each.name for each in threading.enumerate()}


def test_a_batch_that_never_comes_is_waited_for_only_as_long_as_wanted():
    comes = threading.Event()

    def stuck():
        yield 1
        comes.wait()

    with read_ahead(stuck(), last_read_seconds=0.05) as ahead:
        assert next(ahead) == 1
    assert "reader" in {each.name for each in threading.enumerate()}
    comes.set()
