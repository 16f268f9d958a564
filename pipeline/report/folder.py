"""The folder of a build: which artifacts are in it, and what must not be written over.

Names come from the table of stages. A dump may have any format, so it is found by the extensions
of all formats, and by its manifest where it has another name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from corpus2vec.pipeline.artifacts.beside import (
    checkpoint_path,
    events_path,
    manifest_path,
    metrics_path,
)
from corpus2vec.pipeline.artifacts.manifest import Input, Manifest
from corpus2vec.pipeline.artifacts.pairs import read_manifest
from corpus2vec.pipeline.config.formats import FORMATS
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.files.publication import publication, publishable
from corpus2vec.pipeline.stages import (
    STAGES,
    Stage,
    door,
    dump,
    makers_of,
    stages_with,
    train,
    vocab,
)

CONSEQUENCES = {
    vocab.NAME: ", so there are no frequencies",
    dump.NAME: ", so there is no map and there are no neighbours",
}
"""What a report lacks without a stage's artifact."""


# --- what is there ---------------------------------------------------------------------------


def find_artifacts(folder: Path) -> dict[str, Input]:
    """Return the artifacts of a build by stage, each checked against its manifest.

    Of several dumps, one that was made from this model is taken, and of those the one with the
    most numbers in it.

    Raises UsageError if there is no folder, DataError if it has no artifact, or a damaged one.
    """
    if not folder.is_dir():
        raise UsageError(
            f"there is no folder {folder}", hint=f"corpus2vec run CORPUS -o {folder} makes one"
        )
    found: dict[str, Input] = {}
    for stage in STAGES:
        needs = [found[need] for need in stage.NEEDS if need in found]
        paths = [path for path in _places(folder, stage) if _is_made_by(stage, path)]
        if paths:
            best = max(paths, key=lambda path: _fitness(read_manifest(path), needs))
            found[stage.NAME] = door.artifact(stage.NAME, best, stage.NAME)
    found = _without_leftovers(found)
    if not found:
        raise DataError(
            f"{folder} holds no build: it has none of {', '.join(map(_name, stages_with({})))}",
            hint=f"corpus2vec run CORPUS -o {folder} makes one",
        )
    return found


def _without_leftovers(found: dict[str, Input]) -> dict[str, Input]:
    """Leave out what an optional stage made once and nothing in the folder was made from."""
    usual = {stage.NAME for stage in stages_with({})}
    kept: dict[str, Input] = {}
    for stage, given in reversed(found.items()):
        later = [each.manifest for each in kept.values() if each.manifest]
        if stage in usual or any(_follows(each, given) for each in later):
            kept[stage] = given
    return dict(reversed(kept.items()))


def remarks_on(inputs: Mapping[str, Input]) -> list[str]:
    """Return what a reader should know: missing artifacts, and such as do not belong together."""
    remarks = [
        f"There is no {_name(stage)} here{CONSEQUENCES.get(stage.NAME, '')}."
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


def _name(stage: Stage) -> str:
    """Return the name of the stage's artifact, to be shown."""
    return f"{Path(stage.FILE).stem}.*" if stage.NAME == dump.NAME else stage.FILE


def _places(folder: Path, stage: Stage) -> list[Path]:
    """Return where the stage's artifact may be. Files that are fast to read come first."""
    file = folder / stage.FILE
    if stage.NAME != dump.NAME:
        return [file]
    extensions = sorted((each.extension for each in FORMATS.values()), key=".parquet".__ne__)
    named = [file.with_suffix(each) for each in extensions]
    made = [
        path
        for path in _with_manifest(folder)
        if (manifest := read_manifest(path)) and manifest.stage == stage.NAME
    ]
    return list(dict.fromkeys([*named, *made]))


def _is_made_by(stage: Stage, path: Path) -> bool:
    """Return whether there is an artifact, and no manifest that names another stage."""
    manifest = read_manifest(path)
    return path.exists() and (manifest is None or manifest.stage == stage.NAME)


def _with_manifest(folder: Path) -> list[Path]:
    """Return the artifacts in a folder that have a manifest."""
    pattern = manifest_path(Path("*")).name
    return sorted(
        path.with_name(path.name.removesuffix(pattern[1:])) for path in folder.glob(pattern)
    )


def _fitness(manifest: Manifest | None, needs: Iterable[Input]) -> tuple[int, int]:
    """Return a key by which the best of several artifacts is the greatest."""
    if manifest is None:
        return 0, 0
    fits = all(_follows(manifest, each) for each in needs)
    numbers = manifest.counts.get("rows", 0) * manifest.counts.get("columns", 0)
    return 1 if fits else -1, numbers


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
    artifacts = [path for stage in STAGES for path in _places(folder, stage)]
    for artifact in (*artifacts, *_with_manifest(folder)):
        yield from (artifact, manifest_path(artifact))
    model = folder / train.FILE
    yield from (metrics_path(model), events_path(model))


def _sources(stages: Mapping[str, Mapping[str, Any]]) -> Iterator[Path]:
    """Yield the files that the stages read: the corpus, lists, pretrained vectors."""
    return (Path(each["name"]) for entry in stages.values() for each in entry["inputs"])
