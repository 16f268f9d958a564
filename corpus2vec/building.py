"""A build from Python: `corpus2vec run` as a function.

Settings come as keyword arguments, under the names of the options. What they are called, what they
mean and which values they have is in `pipeline/config`; here they are only sorted by stage.
"""

from __future__ import annotations

import dataclasses
import difflib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from corpus2vec.embeddings import Embeddings, load, with_hint
from corpus2vec.pipeline.config import Settings
from corpus2vec.pipeline.errors import UsageError
from corpus2vec.pipeline.progress import SILENT, Progress
from corpus2vec.pipeline.stages import STAGES, dump
from corpus2vec.pipeline.stages.build import Build

Config = TypeVar("Config", bound=Settings)


@with_hint()
def build(
    corpora: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    folder: str | os.PathLike[str],
    *,
    force: bool = False,
    progress: Progress = SILENT,
    **settings: Any,
) -> Embeddings:
    """Run the five stages into a folder, as `corpus2vec run` does, and load the table.

    What is in the folder already and still fits is not made again, unless `force` is true.
    `settings` are the options of `corpus2vec run`: `--min-count 5 --dim 200` is `min_count=5,
    dim=200`. Lists are lists: `drop=["space", "punct"]`. With several formats the first is loaded.
    `progress` is called while a stage works; by default nothing is printed.

    Raises UsageError for a setting that does not exist or has no such value, DataError for a corpus
    that cannot be read, StorageError for a disk that cannot be written.
    """
    names = [corpora] if isinstance(corpora, str | os.PathLike) else corpora
    kinds = [(stage.NAME, stage.CONFIG, stage.EXECUTION) for stage in STAGES]
    known = {name for _, *both in kinds for kind in both for name in _fields(kind)}
    for name in (each for each in settings if each not in known):
        close = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {close[0]}?" if close else "`corpus2vec run --help` lists them"
        raise UsageError(f"there is no setting {name}", hint=hint)
    work = Build(
        corpora=[os.fspath(each) for each in names],
        folder=Path(folder),
        configs={name: _config(kind, settings) for name, kind, _ in kinds},
        executions={name: _config(kind, settings) for name, _, kind in kinds},
    )
    for _ in work.run(force=force, progress=progress):
        pass
    return load(next(each.output for each in work.works() if each.stage is dump))


def _fields(kind: type[Settings]) -> list[str]:
    """Return the names of the settings that a build may have."""
    return [each.name for each in dataclasses.fields(kind) if not each.metadata.get("alone")]


def _config(kind: type[Config], given: Mapping[str, Any]) -> Config:
    """Return a config of those settings that it has; raise UsageError for one of a wrong type."""
    hints = get_type_hints(kind)
    values = {name: given[name] for name in _fields(kind) if name in given}
    for name, value in values.items():
        hint = hints[name]
        if isinstance(value, list):
            value = tuple(value)
        elif isinstance(value, str | os.PathLike):
            value = Path(value) if Path in get_args(hint) else os.fspath(value)
        if not _fits(value, hint):
            choices = get_args(hint) if get_origin(hint) is Literal else ()
            wanted = f"one of {', '.join(map(repr, choices))}" if choices else _name(hint)
            raise UsageError(f"{name} cannot be {value!r}", hint=f"it takes {wanted}")
        values[name] = value
    return kind(**values)


def _fits(value: Any, hint: Any) -> bool:
    """Return whether a value is of a type that a setting may have.

    >>> _fits(1, float | None), _fits(("a", "b"), tuple[str, ...]), _fits("c", Literal["a", "b"])
    (True, True, False)
    """
    if isinstance(hint, UnionType):
        return any(_fits(value, each) for each in get_args(hint))
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if get_origin(hint) is tuple:
        return isinstance(value, tuple) and all(_fits(each, get_args(hint)[0]) for each in value)
    if hint is float or hint is int:
        return isinstance(value, int | hint) and not isinstance(value, bool)
    return isinstance(value, hint)


def _name(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) else str(hint).replace("pathlib.", "")
