"""Carry out independent tasks by an engine, which is where they run.

Tasks are functions without arguments that can be pickled; they write files, and return little. A
task whose process died is tried again, a few times. An error of a task ends all: it would come
again, and what is finished stays.
"""

from __future__ import annotations

import contextlib
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from corpus2vec.pipeline.errors import PipelineError
from corpus2vec.pipeline.files.failures import storage_error
from corpus2vec.pipeline.progress import Progress

Result = TypeVar("Result")

TRIES = 4
"""How often a task is begun whose process dies each time."""
LOOK_SECONDS = 0.5
"""How often progress is reported."""


@dataclass(frozen=True)
class Task(Generic[Result]):
    """A function to be called somewhere, and what messages call it."""

    name: str
    call: Callable[[], Result]


class Engine(Protocol):
    """Where tasks run."""

    def submit(self, call: Callable[[], Result]) -> Future[Result]:
        """Begin to call the function. An error that it raises is the future's."""

    def death(self, error: BaseException) -> str:
        """Return how the task's process died, if the error says that it did; else nothing."""

    def close(self) -> None:
        """End all, also what is running."""


def carry_out(
    tasks: Sequence[Task[Result]],
    engine: Engine,
    at_once: int | None,
    progress: Progress,
    unit: str = "tasks",
) -> Iterator[tuple[Task[Result], Result]]:
    """Yield each task with its result as soon as there is one, in any order.

    No more than `at_once` run at a time; None leaves that to the engine. Raises the error of the
    first task that fails, with the task's name in it. The caller closes the engine.
    """
    waiting = deque(tasks)
    running: dict[Future[Result], Task[Result]] = {}
    begun: Counter[str] = Counter()
    done = 0
    while waiting or running:
        while waiting and (at_once is None or len(running) < at_once):
            task = waiting.popleft()
            begun[task.name] += 1
            running[engine.submit(task.call)] = task
        progress.advance(done, len(tasks), unit)
        finished, _ = wait(running, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
        failed: PipelineError | None = None
        for future in finished:
            task = running.pop(future)
            error = future.exception()
            if error is None:
                done += 1
                yield task, future.result()
            elif (died := engine.death(error)) and begun[task.name] < TRIES:
                progress.notice(f"{task.name} is begun again: {died}")
                waiting.append(task)
            elif died:
                hint = "was memory short? try fewer --workers"
                failed = PipelineError(f"{task.name} failed {TRIES} times: {died}", hint=hint)
            else:
                failed = named(error, task.name)
        if failed:
            raise failed


@contextlib.contextmanager
def naming(name: str) -> Iterator[None]:
    """Put the name of a task that is carried out here into the message of its error."""
    try:
        yield
    except Exception as problem:
        failure = named(problem, name)
        if failure is problem:
            raise
        raise failure from problem


def named(error: BaseException, name: str) -> PipelineError:
    """Return the error of a task as one that has the task's name in its message.

    >>> named(KeyError("lang"), "part 2/7").message
    "part 2/7: internal: KeyError: 'lang'"
    """
    if isinstance(error, OSError):
        error = storage_error(error)
    if isinstance(error, MemoryError):
        failure = PipelineError("there is not enough memory", hint="try fewer --workers")
    elif isinstance(error, PipelineError):
        failure = error
    else:
        text = f"internal: {type(error).__name__}: {error}"
        failure = PipelineError(text, hint="--debug shows where; please report it")
    failure.message = f"{name}: {failure.message}"
    failure.args = (failure.message,)
    if failure is not error:
        failure.__cause__ = error
    return failure
