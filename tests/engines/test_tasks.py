"""Tasks in processes of this machine: results, errors, processes that die."""

import functools

import pytest

from corpus2vec.pipeline.engines.local import Local
from corpus2vec.pipeline.engines.processes import ProcessDied
from corpus2vec.pipeline.engines.tasks import TRIES, Task, carry_out, named
from corpus2vec.pipeline.errors import DataError, PipelineError
from tests.support import workers
from tests.support.deadlines import within_deadline

pytestmark = pytest.mark.usefixtures("nothing_is_left")


class Noted:
    stop_signal = None

    def __init__(self):
        self.notices, self.advances = [], []

    def notice(self, text):
        self.notices.append(text)

    def advance(self, done, total, unit, **facts):
        self.advances.append((done, total, unit))


def carried_out(calls, at_once, progress=None):
    """The results by task, in a thread that may hang without this test hanging too."""
    tasks = [Task(f"part {number}", call) for number, call in enumerate(calls)]

    def work():
        engine = Local(at_once)
        try:
            found = carry_out(tasks, engine, at_once, progress or Noted(), "parts")
            return {task.name: result for task, result in found}
        finally:
            engine.close()

    return within_deadline(work)


def test_every_task_has_its_result_and_progress_is_reported():
    progress = Noted()
    calls = [functools.partial(workers.double, number) for number in range(7)]
    found = carried_out(calls, 2, progress)
    assert found == {f"part {number}": 2 * number for number in range(7)}
    assert progress.advances[0] == (0, 7, "parts")
    assert progress.advances == sorted(progress.advances)


@pytest.mark.parametrize("name", ["data", "usage", "storage"])
def test_an_error_names_the_task_and_is_what_it_was(name):
    calls = [functools.partial(workers.double, 3), functools.partial(workers.fail_with, name)]
    expected = workers.ERRORS[name]()
    with pytest.raises(type(expected)) as raised:
        carried_out(calls, 1)
    assert raised.value.message == str(raised.value) == f"part 1: {expected.message}"
    assert (raised.value.hint, raised.value.exit_code) == (expected.hint, expected.exit_code)


def test_errors_of_other_kinds_are_named_too():
    with pytest.raises(PipelineError) as raised:
        carried_out([functools.partial(workers.fail_with, "key")], 1)
    assert raised.value.message == "part 0: internal: KeyError: 'missing'"
    assert named(OSError(28, "full", "a"), "part 1/2").exit_code == 74
    assert named(MemoryError(), "part 1/2").message == "part 1/2: there is not enough memory"
    assert type(named(DataError("bad"), "part 1/2")) is DataError


@pytest.mark.parametrize("times", [1, TRIES - 1])
def test_a_task_whose_process_dies_is_begun_again(tmp_path, times):
    progress = Noted()
    calls = [
        functools.partial(workers.die, times, tmp_path / "begun"),
        *(functools.partial(workers.double, number) for number in range(3)),
    ]
    found = carried_out(calls, 2, progress)
    assert found["part 0"] == times + 1
    assert progress.notices == ["part 0 is begun again: a worker process died"] * times


def test_a_task_whose_process_always_dies_is_given_up(tmp_path):
    with pytest.raises(PipelineError) as raised:
        carried_out([functools.partial(workers.die, 99, tmp_path / "begun")], 1)
    assert raised.value.message == f"part 0 failed {TRIES} times: a worker process died"
    assert raised.value.hint == "was memory short? try fewer --workers"
    assert (raised.value.exit_code, type(raised.value)) == (70, PipelineError)
    assert len((tmp_path / "begun").read_text().splitlines()) == TRIES
    assert issubclass(ProcessDied, PipelineError)
