"""Whatever the number of workers: results in order, errors reported, nothing left running."""

import errno
import functools
import itertools
import multiprocessing
import os
import threading

import pytest

from corpus2vec.pipeline import processors
from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.corpus.workers import AHEAD, in_order, resolve_workers
from corpus2vec.pipeline.errors import PipelineError
from corpus2vec.pipeline.stages import tokenize as tokenize_stage
from tests.support import workers as made_by
from tests.support.deadlines import within_deadline

pytestmark = pytest.mark.usefixtures("nothing_is_left")

every_number = pytest.mark.parametrize("workers", [1, 2, 3])


def results(make, batches, workers):
    """All results, in a thread that may hang without this test hanging too."""
    return within_deadline(lambda: list(in_order(make, batches, workers)))


# --- results ---------------------------------------------------------------------------------


@every_number
def test_results_come_in_the_order_of_the_batches(workers):
    found = results(made_by.squaring, iter(range(30)), workers)
    assert [square for square, _, _ in found] == [number**2 for number in range(30)]
    processes = {process for _, process, _ in found}
    assert len(processes) <= workers
    assert (os.getpid() in processes) == (workers == 1)


def test_a_worker_is_made_once_a_process():
    found = results(made_by.squaring, iter(range(20)), 2)
    assert {number for _, _, number in found} == {1}


@every_number
def test_no_batches_have_no_results(workers):
    assert results(made_by.squaring, iter(()), workers) == []


def test_no_more_processes_are_started_than_there_are_batches():
    [(_, process, _)] = results(made_by.squaring, iter([3]), 1000)
    assert process != os.getpid()


@every_number
def test_no_more_is_read_ahead_than_is_soon_worked_on(workers):
    read = 0

    def batches():
        nonlocal read
        for number in range(40):
            read = number
            yield number

    for taken, _ in enumerate(in_order(made_by.squaring, batches(), workers)):
        assert read <= taken + workers + 2 * AHEAD + 1


# --- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(set(made_by.ERRORS) - {"unportable"}))
@pytest.mark.parametrize("at", [None, 0])
def test_an_error_of_a_worker_is_raised_here_as_it_is(name, at):
    expected = made_by.ERRORS[name]()
    with pytest.raises(type(expected)) as raised:
        results(functools.partial(made_by.failing, name, at), iter(range(9)), 2)
    assert type(raised.value) is type(expected)
    assert raised.value.args == expected.args
    for fact in ("message", "hint", "exit_code"):
        assert getattr(raised.value, fact, None) == getattr(expected, fact, None)
    [note] = raised.value.__notes__
    assert f"in {'fail' if at == 0 else 'failing'}\n" in note


def test_an_error_that_cannot_be_sent_is_reported_in_words():
    with pytest.raises(RuntimeError, match=r"^Unportable: this and that$"):
        results(functools.partial(made_by.failing, "unportable", 0), iter([0]), 2)


def test_a_result_that_cannot_be_sent_is_an_error():
    with pytest.raises(Exception, match="pickle"):
        results(made_by.giving_what_cannot_be_sent, iter([0]), 2)


def until_error(iterator):
    """What the iterator gives before it raises an error, and the error."""
    found = []
    try:
        for each in iterator:
            found.append(each)
    except Exception as error:
        return found, error
    return found, None


@every_number
def test_what_comes_before_an_error_is_given_out(workers):
    make = functools.partial(made_by.failing, "key", 7)
    found, error = until_error(in_order(make, iter(range(20)), workers))
    assert found == list(range(7))
    assert type(error) is KeyError


@every_number
def test_an_error_of_the_batches_is_raised_here(workers):
    def batches():
        yield from range(9)
        raise ZeroDivisionError("oh")

    make = functools.partial(made_by.failing, "key", -1)
    found, error = until_error(in_order(make, batches(), workers))
    assert found == list(range(9))[: len(found)]
    assert str(error) == "oh"


@pytest.mark.parametrize("at", [0, 5])
def test_a_worker_that_is_killed_is_reported(at):
    with pytest.raises(PipelineError) as raised:
        results(functools.partial(made_by.dying, at), iter(range(20)), 2)
    assert raised.value.message == "a worker process died"
    assert raised.value.hint == "was memory short? try fewer --workers"
    assert raised.value.exit_code == 70


def test_a_process_that_the_system_refuses_is_reported(monkeypatch):
    def refuse(self):
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(multiprocessing.context.SpawnProcess, "start", refuse)
    with pytest.raises(PipelineError) as raised:
        results(made_by.squaring, iter([3]), 2)
    assert raised.value.message == (
        "cannot start a worker process: Resource temporarily unavailable"
    )
    assert raised.value.hint == "try fewer --workers"


# --- the end ---------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2])
def test_closing_the_iterator_ends_all(workers):
    """Even where workers are sending results that nobody takes: here they always are."""
    make = functools.partial(made_by.dying, None)
    iterator = in_order(make, itertools.count(), workers)
    for _ in range(5):
        next(iterator)
    within_deadline(iterator.close)
    assert multiprocessing.active_children() == []


def test_an_iterator_that_was_never_begun_has_nothing_to_end():
    in_order(made_by.squaring, itertools.count(), 2).close()


def test_the_end_does_not_wait_for_a_read_that_never_returns(monkeypatch):
    monkeypatch.setattr("corpus2vec.pipeline.corpus.workers.LAST_READ_SECONDS", 0.1)
    never = threading.Event()

    def batches():
        yield 1
        never.wait()

    iterator = in_order(made_by.squaring, batches(), 1)
    assert next(iterator)[0] == 1
    within_deadline(iterator.close)
    never.set()


# --- how many --------------------------------------------------------------------------------

MB = 1 << 20


@pytest.mark.parametrize(
    ("wanted", "size", "count", "expected"),
    [
        (1, 1000 * MB, 16, 1),
        (9, 10, 2, 9),
        (0, 10, 16, 1),
        (0, 0, 16, 1),
        (0, 40 * MB, 16, 2),
        (0, 1000 * MB, 4, 4),
        (0, 1000 * MB, 16, 6),
        (0, None, 4, 4),
        (0, None, 16, 6),
        (0, None, 1, 1),
    ],
)
def test_as_many_workers_as_processors_and_corpus_are_worth(
    wanted, size, count, expected, monkeypatch
):
    monkeypatch.setattr(processors, "available", lambda: count)
    assert resolve_workers(wanted, size) == expected


# --- what a worker costs ---------------------------------------------------------------------


def test_a_worker_that_tokenizes_does_not_import_torch():
    make = functools.partial(
        made_by.probing, functools.partial(tokenize_stage._make_tokenizer, TokenizeConfig())
    )
    [modules] = results(make, iter([Texts.of(["Hope to see you soon"])]), 2)
    assert "spacy" in modules
    assert not {
        "torch",
        "gensim",
        "corpus2vec.pipeline.training.network",
        "corpus2vec.pipeline.training.loop",
    } & set(modules)
