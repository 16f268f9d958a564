"""A folder of all that a trained network is used with, to be moved to another machine.

It has the model, its vocabulary, the lists of phrases that were joined, and the spaCy pipeline of
--model if that is a folder. They are copies with their manifests, so the folder is read as any
build is, and whatever reads a model finds beside it what it needs.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path

from corpus2vec.pipeline.artifacts.copies import copy
from corpus2vec.pipeline.artifacts.inputs import artifact_input, folder_inputs
from corpus2vec.pipeline.artifacts.manifest import Input
from corpus2vec.pipeline.artifacts.store import Outcome
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.stages import train, trained, vocab
from corpus2vec.pipeline.stages.trained import Trained

NAME = "dump"


def bundle(model: Path, vocabulary: Path, output: Path, *, force: bool = False) -> Outcome:
    """Copy a model and what belongs to it into a folder, and read it back.

    The model comes last, so that a folder that has it is whole. Raises DataError where something
    is not found or does not belong to the model, and UsageError where `output` is no folder.
    """
    started = time.perf_counter()
    if output.exists() and not output.is_dir():
        raise UsageError(
            f"{output} is not a folder, and a bundle is several files",
            hint="name a folder that is still to be made",
        )
    found = trained.model(model, vocabulary)
    files = list(_files(found))
    names = [name for name, _ in files]
    for name in names:
        if names.count(name) > 1:
            raise DataError(
                f"two files of the bundle would be called {name}",
                hint="rename one of the lists of phrases, and build again from there",
            )
    outcomes = [copy(given, output / name, force=force) for name, given in files]
    _require_same(found, trained.model(output / train.FILE), output)
    missed = [each.reason for each in outcomes if not each.hit]
    size = sum((output / name).stat().st_size for name in names)
    return dataclasses.replace(
        outcomes[-1],
        stage=NAME,
        output=output,
        hit=not missed,
        reason=missed[0] if missed else "nothing changed",
        counts={"files": len(files), "bytes": size},
        seconds=time.perf_counter() - started if missed else 0.0,
    )


def _files(found: Trained) -> Iterator[tuple[str, Input]]:
    """Yield what is copied, by its name in the bundle; the model last."""
    folder = found.pipeline
    if folder:
        for each in folder_inputs("pipeline", folder):
            yield f"{folder.name}/{each.traits['path']}", each
    for path in dict.fromkeys(Path(each.name) for each in found.lists):
        yield path.name, artifact_input(trained.PHRASES, path)
    yield vocab.FILE, found.vocabulary
    yield train.FILE, found.given


def _require_same(packed: Trained, read: Trained, output: Path) -> None:
    """Raise DataError unless all is found in the bundle, and is what was packed."""
    inside = [read.given, read.vocabulary, *read.lists]
    places = [Path(each.name).parent.resolve() for each in inside]
    if read.pipeline:
        places.append(read.pipeline.parent.resolve())
    same = [each.digest for each in inside] == [
        each.digest for each in (packed.given, packed.vocabulary, *packed.lists)
    ]
    if not same or set(places) != {output.resolve()}:
        raise DataError(f"{output} was changed while it was made", hint="make it again")
