"""Which part a scheduler wants of this process: what `--part auto` means."""

from __future__ import annotations

import re
from collections.abc import Mapping

from corpus2vec.pipeline.errors import UsageError

AUTO = "auto"
SLURM = "SLURM_ARRAY_TASK_"
"""ID, MIN, STEP and COUNT of the array that a task is in."""
KUBERNETES = "JOB_COMPLETION_INDEX"


def scheduled_part(text: str, environment: Mapping[str, str]) -> str:
    """Return the part that `auto` or `auto/N` means in this environment; any other text as it is.

    Slurm counts the tasks of an array from its least index on, Kubernetes from 0. Raises UsageError
    where the environment names no task, or where the number of parts is not known.

    >>> scheduled_part("auto/16", {"JOB_COMPLETION_INDEX": "0"})
    '1/16'
    >>> scheduled_part("3/7", {"JOB_COMPLETION_INDEX": "0"})
    '3/7'
    """
    found = re.fullmatch(rf"{AUTO}(?:/([0-9]{{1,9}}))?", text)
    if not found:
        return text

    def number(name: str) -> int | None:
        value = environment.get(name, "")
        return int(value) if re.fullmatch("[0-9]{1,9}", value) else None

    task, least, step, of = (number(SLURM + each) for each in ("ID", "MIN", "STEP", "COUNT"))
    place = number(KUBERNETES)
    if task is not None:
        place = (task - (least or 0)) // (step or 1)
    elif place is None:
        raise UsageError(
            f"--part {text}: this is no task of a Slurm array or of a Kubernetes Indexed Job",
            hint="name the part, such as --part 1/16",
        )
    of = int(found[1]) if found[1] else of
    if of is None:
        raise UsageError(
            f"--part {text}: the environment does not say how many parts there are",
            hint=f"name the number of completions, such as --part {AUTO}/16",
        )
    return f"{place + 1}/{of}"
