"""The folder of a build: which artifacts are in it, and which of them a command means.

Names come from the table of stages; what is tokens.parquet in one piece is the folder tokens in
parts. A dump may have any format, so it is found by the extensions of all formats, and by its
manifest where it has another name. Nothing is checked here: what is found goes through the door
like any other artifact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from corpus2vec.pipeline.artifacts.beside import MANIFEST, artifact_path
from corpus2vec.pipeline.artifacts.digests import digest
from corpus2vec.pipeline.artifacts.manifest import Manifest
from corpus2vec.pipeline.artifacts.pairs import has_manifest, read_manifest
from corpus2vec.pipeline.artifacts.parts import is_parted
from corpus2vec.pipeline.config.formats import FORMATS
from corpus2vec.pipeline.errors import DataError, UsageError

if TYPE_CHECKING:
    from corpus2vec.pipeline.stages.stage import Stage

DUMP = "dump"


def is_build(path: Path) -> bool:
    """Return whether a path is the folder of a build: it has an artifact with a manifest in it.

    A dump may be a folder too; it has its manifest beside it. So may be an artifact in parts, which
    is there before it has its manifest.
    """
    from corpus2vec.pipeline.stages import STAGES  # the stages import the door, which imports this

    if not path.is_dir() or is_parted(path) or has_manifest(path):
        return False
    in_parts = any(len(places(path, stage)) > 1 for stage in STAGES if stage.NAME != DUMP)
    return in_parts or bool(with_manifest(path))


def require_build(path: Path) -> None:
    """Raise UsageError unless the path is the folder of a build."""
    if not is_build(path):
        raise UsageError(f"{path} is not the folder of a build", hint="`corpus2vec run` makes one")


def within(path: Path, *makers: str) -> Path:
    """Return the artifact that a path names: itself, or what is meant in the folder of a build.

    That is the artifact of the latest of these stages (of all, if none is named). Raises DataError
    for a build that has none of them.
    """
    if not is_build(path):
        return path
    found = artifacts_in(path)
    wanted = [stage for stage in found if stage in makers or not makers]
    if wanted:
        return found[wanted[-1]]
    from corpus2vec.pipeline.stages import STAGES  # the stages import the door, which imports this

    files = " or ".join(shown_name(stage) for stage in STAGES if stage.NAME in makers)
    own = [each.name for each in found.values() if each.parent == path]
    has = ", ".join(own) or "nothing that a stage made"
    raise DataError(
        f"{path} has no {files}: it has {has}", hint=f"make it first: `corpus2vec {makers[0]}`"
    )


def artifacts_in(folder: Path) -> dict[str, Path]:
    """Return the artifacts of a build by stage, first to last.

    Of several dumps, one that was made from this model is taken, and of those the one with the
    most numbers in it. What an optional stage made once, and nothing else was made from, is left
    out. What is not there, and what is there was made from, is taken from where it was or from the
    folder above: a build may share tokens, vocabulary and ids with another.
    """
    from corpus2vec.pipeline.stages import STAGES, stages_with

    found: dict[str, Path] = {}
    for stage in STAGES:
        needs = [found[need] for need in stage.NEEDS if need in found]
        paths = [path for path in places(folder, stage) if _is_made_by(stage, path)]
        if paths:
            found[stage.NAME] = max(paths, key=lambda path: _fitness(read_manifest(path), needs))
    usual = {stage.NAME for stage in stages_with({})}
    kept: dict[str, Path] = {}
    for name, path in reversed(found.items()):
        later = [manifest for each in kept.values() if (manifest := read_manifest(each))]
        if name in usual or any(follows(each, path) for each in later):
            kept[name] = path
    kept |= _elsewhere(folder, kept)
    return {stage.NAME: kept[stage.NAME] for stage in STAGES if stage.NAME in kept}


def _elsewhere(folder: Path, found: Mapping[str, Path]) -> dict[str, Path]:
    """Return artifacts in other folders that the latest one in this folder was made from."""
    latest = next((each for path in found.values() if (each := read_manifest(path))), None)
    story = latest.story() if latest else ()
    elsewhere: dict[str, Path] = {}
    for entry in story:
        if entry["stage"] in found:
            continue
        made = entry["output"]["digest"]
        names = [
            Path(each["name"])
            for later in story
            for each in later["inputs"]
            if each["digest"] == made and each["role"] != "corpus"
        ]
        for path in (*names, folder.resolve().parent / entry["output"]["name"]):
            manifest = read_manifest(path)
            if path.exists() and manifest and manifest.output["digest"] == made:
                elsewhere[entry["stage"]] = path
                break
    return elsewhere


def shown_name(stage: Stage) -> str:
    """Return the name of the stage's artifact, to be shown."""
    return f"{Path(stage.FILE).stem}.*" if stage.NAME == DUMP else stage.FILE


def places(folder: Path, stage: Stage) -> list[Path]:
    """Return where the stage's artifact may be. Files that are fast to read come first."""
    file = folder / stage.FILE
    if stage.NAME != DUMP:
        parts = file.with_suffix("")
        return [file, parts] if is_parted(parts) else [file]
    extensions = sorted((each.extension for each in FORMATS.values()), key=".parquet".__ne__)
    named = [file.with_suffix(each) for each in extensions]
    made = [
        path
        for path in with_manifest(folder)
        if (manifest := read_manifest(path)) and manifest.stage == stage.NAME
    ]
    return list(dict.fromkeys([*named, *made]))


def with_manifest(folder: Path) -> list[Path]:
    """Return the artifacts in a folder that have a manifest."""
    return sorted(map(artifact_path, folder.glob(f"*{MANIFEST}")))


def follows(later: Manifest, earlier: Path) -> bool:
    """Return whether an artifact was made from another one, if that is as its manifest says."""
    manifest = read_manifest(earlier)
    found = manifest.output["digest"] if manifest else digest(earlier)[0]
    return found in {each["digest"] for each in later.inputs}


def _is_made_by(stage: Stage, path: Path) -> bool:
    """Return whether there is an artifact, and no manifest that names another stage."""
    manifest = read_manifest(path)
    return path.exists() and (manifest is None or manifest.stage == stage.NAME)


def _fitness(manifest: Manifest | None, needs: Iterable[Path]) -> tuple[int, int]:
    """Return a key by which the best of several artifacts is the greatest."""
    if manifest is None:
        return 0, 0
    fits = all(follows(manifest, each) for each in needs)
    numbers = manifest.counts.get("rows", 0) * manifest.counts.get("columns", 0)
    return 1 if fits else -1, numbers
