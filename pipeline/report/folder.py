"""What a report reads of a build, what it remarks on, and what it must not write over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from corpus2vec.pipeline.artifacts.beside import (
    checkpoint_path,
    events_path,
    manifest_path,
    metrics_path,
)
from corpus2vec.pipeline.artifacts.manifest import Input, Manifest
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.files.publication import publication, publishable
from corpus2vec.pipeline.stages import (
    STAGES,
    door,
    dump,
    makers_of,
    stages_with,
    train,
    vocab,
)
from corpus2vec.pipeline.stages.folder import artifacts_in, places, shown_name, with_manifest

CONSEQUENCES = {
    vocab.NAME: ", so there are no frequencies",
    dump.NAME: ", so there is no map and there are no neighbours",
}
"""What a report lacks without a stage's artifact."""


# --- what is there ---------------------------------------------------------------------------


def find_artifacts(folder: Path) -> dict[str, Input]:
    """Return the artifacts of a build by stage, each checked against its manifest.

    Raises UsageError if there is no folder, DataError if it has no artifact, or a damaged one.
    """
    if not folder.is_dir():
        raise UsageError(
            f"there is no folder {folder}", hint=f"corpus2vec run CORPUS -o {folder} makes one"
        )
    found = {
        stage: door.artifact(stage, path, stage) for stage, path in artifacts_in(folder).items()
    }
    if not found:
        raise DataError(
            f"{folder} holds no build: it has none of "
            f"{', '.join(map(shown_name, stages_with({})))}",
            hint=f"corpus2vec run CORPUS -o {folder} makes one",
        )
    return found


def remarks_on(inputs: Mapping[str, Input]) -> list[str]:
    """Return what a reader should know: missing artifacts, and such as do not belong together."""
    lacks = {**CONSEQUENCES}
    if train.NAME in inputs and vocab.NAME in inputs:
        lacks[dump.NAME] = ": the vectors are those that `dump` would write"
    remarks = [
        f"There is no {shown_name(stage)} here{lacks.get(stage.NAME, '')}."
        for stage in stages_with({})
        if stage.NAME not in inputs
    ]
    for stage in STAGES:
        for need in stage.NEEDS:
            makers = [each for each in makers_of(need) if each in inputs and each != stage.NAME]
            later, earlier = inputs.get(stage.NAME), [inputs[each] for each in makers]
            if not (later and later.manifest and earlier):
                continue
            if not any(_follows(later.manifest, each) for each in earlier):
                names = Path(later.name).name, Path(earlier[0].name).name
                remarks.append("{} was made from a different {} than this one.".format(*names))
    return remarks


def _follows(later: Manifest, earlier: Input) -> bool:
    """Return whether an artifact was made from another one."""
    return earlier.digest in {each["digest"] for each in later.inputs}


# --- what is written beside it ---------------------------------------------------------------


def publish(
    content: bytes, output: Path, folder: Path, stages: Mapping[str, Mapping[str, Any]]
) -> None:
    """Write a page or a chart to `output`, whole or not at all.

    Raises UsageError if that belongs to the build in `folder`, or is an input of its `stages`.
    """
    target = output.resolve()
    owned = {each.resolve() for each in (*_own(folder), *_sources(stages))}
    checkpoints = checkpoint_path(folder / train.FILE).resolve()
    is_checkpoint = target.parent == checkpoints.parent and target.name.startswith(checkpoints.stem)
    if is_checkpoint or not owned.isdisjoint({target, *target.parents}):
        raise UsageError(
            f"{output} belongs to the build, so it cannot be written over",
            hint="name another file",
        )
    with publication(publishable(output)) as temporary:
        temporary.write_bytes(content)


def _own(folder: Path) -> Iterator[Path]:
    """Yield the names of a build's files and folders, whether they exist or not."""
    artifacts = [path for stage in STAGES for path in places(folder, stage)]
    for artifact in (*artifacts, *with_manifest(folder)):
        yield from (artifact, manifest_path(artifact))
    model = folder / train.FILE
    yield from (metrics_path(model), events_path(model))


def _sources(stages: Mapping[str, Mapping[str, Any]]) -> Iterator[Path]:
    """Yield the files that the stages read: the corpus, lists, pretrained vectors."""
    return (Path(each["name"]) for entry in stages.values() for each in entry["inputs"])
