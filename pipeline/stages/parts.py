"""Make the parts of an artifact, one after the other or several at once, here or by Ray.

Each part is made as `--part I/N` makes it, by the stage's own `run`; nothing here decides bytes. A
process that makes parts returns outcomes, no data: what it made is in the folder.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from corpus2vec.pipeline import processors
from corpus2vec.pipeline.artifacts.beside import is_beside_part, is_part
from corpus2vec.pipeline.artifacts.store import Outcome
from corpus2vec.pipeline.config import Parted, PartedExecution
from corpus2vec.pipeline.engines.local import Local
from corpus2vec.pipeline.engines.tasks import Engine, Task, carry_out, naming
from corpus2vec.pipeline.files.temporaries import is_litter, sweep, target_of
from corpus2vec.pipeline.progress import SILENT, Progress, Silent
from corpus2vec.pipeline.stages import STAGES
from corpus2vec.pipeline.stages.stage import Maker

Made = tuple[Outcome, list[str]]
"""What became of a part, and the notices of the stage that made it."""


def make_parts(
    maker: Maker,
    inputs: Sequence[Any],
    folder: Path,
    config: Parted,
    execution: PartedExecution,
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Iterator[Outcome]:
    """Make the parts that `config` names in the folder, and yield each one's outcome when it ends.

    With all/N the folder is sealed, and the last outcome is the folder's. A part that is there is a
    hit. One whose process dies is begun again; one that fails ends all, and its error names it.
    """
    outputs = config.outputs(folder)
    here = execution.engine == "local"
    at_once = execution.workers
    if here:
        at_once = min(at_once or processors.available(), len(outputs))
    if here and 1 in (at_once, len(outputs)):
        for path, own in outputs:
            with naming(f"part {own.part}") if len(outputs) > 1 else nullcontext():
                made = maker.run(inputs, path, own, execution, force=force, progress=progress)
            yield made
    else:
        make = functools.partial(_make, maker.NAME, list(inputs), execution.of_one(), force)
        tasks = [
            Task(f"part {own.part}", functools.partial(make, path, own)) for path, own in outputs
        ]
        yield from _made_by_engine(tasks, at_once, execution, folder, progress)
    if config.makes_all:
        from corpus2vec.pipeline.artifacts.sealing import seal

        yield seal(folder)


def _made_by_engine(
    tasks: Sequence[Task[Made]],
    at_once: int | None,
    execution: PartedExecution,
    folder: Path,
    progress: Progress,
) -> Iterator[Outcome]:
    said: set[str] = set()
    engine = _engine(execution, at_once, progress)
    try:
        for _, (outcome, notices) in carry_out(tasks, engine, at_once, progress, "parts"):
            for each in notices:
                if each not in said:  # every part may have the same to say
                    progress.notice(each)
            said.update(notices)
            yield outcome
    finally:
        engine.close()
        _sweep(folder)


def _engine(execution: PartedExecution, at_once: int | None, progress: Progress) -> Engine:
    if execution.engine == "ray":
        from corpus2vec.pipeline.engines.ray_tasks import Ray

        return Ray(execution.address, progress)
    return Local(at_once or 1)


def _sweep(folder: Path) -> None:
    """Remove what processes that were killed had begun to write."""
    found = folder.iterdir() if folder.is_dir() else ()
    for name in {target_of(each) for each in found if is_litter(each)}:
        if name and (is_part(name) or is_beside_part(name)):
            sweep(folder / name)


# --- in the process that makes a part --------------------------------------------------------


class Notices(Silent):
    """Keeps the notices of a stage, and reports nothing else."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def notice(self, text: str) -> None:
        """Keep the text."""
        self.texts.append(text)


def _make(
    stage: str,
    inputs: list[Any],
    execution: PartedExecution,
    force: bool,
    path: Path,
    config: Parted,
) -> Made:
    """Make one part; return its outcome, and what is to be noticed."""
    processors.use(execution.threads)
    (maker,) = (each for each in STAGES if stage == each.NAME)
    notices = Notices()
    outcome = maker.run(inputs, path, config, execution, force=force, progress=notices)
    return outcome, notices.texts
