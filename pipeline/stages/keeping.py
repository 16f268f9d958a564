"""What a folder of builds holds, whether it is whole and current, and what of it can go.

Only what a run made is ever removed: artifacts with a manifest, checkpoints that say what they are,
temporary files with the names that runs give them. Files of others are listed and left alone.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from corpus2vec.pipeline.artifacts.beside import (
    checkpoint_path,
    events_path,
    manifest_path,
    metrics_path,
)
from corpus2vec.pipeline.artifacts.digests import digest
from corpus2vec.pipeline.artifacts.manifest import Manifest, Stamp
from corpus2vec.pipeline.artifacts.pairs import pair_of, read_manifest
from corpus2vec.pipeline.artifacts.sealing import has_span
from corpus2vec.pipeline.errors import DataError, PipelineError, UsageError
from corpus2vec.pipeline.files.failures import reading, writing
from corpus2vec.pipeline.files.temporaries import is_litter, sweep, target_of
from corpus2vec.pipeline.stages import STAGES, USES, makers_of
from corpus2vec.pipeline.stages.folder import artifacts_in, follows, with_manifest

CURRENT = "current"
MAKERS = {maker.NAME: maker for maker in (*STAGES, *USES)}


@dataclass(frozen=True)
class Kept:
    """A file or folder in a build's folder; an artifact is one with its manifest."""

    path: Path
    kind: str
    """The stage that made it; or checkpoint, metrics, events, manifest, litter, other."""
    size: int
    """Bytes, with the manifest."""
    changed: float
    """When, in seconds since 1970."""
    state: str
    """current, or what is the matter; empty where there is nothing to say."""
    why: str = ""
    """Why `clean` removes it; empty where it does not."""


def contents(folder: Path) -> list[Kept]:
    """Return what is in a folder, artifacts first, in the order of the stages.

    Every artifact is compared with its manifest; one that did not change since is not read again.
    Raises UsageError where there is no folder.
    """
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}", hint="check the path")
    with reading(folder):
        left = set(folder.iterdir())
    found: list[Kept] = []

    def take(path: Path, kind: str, state: str = "", why: str = "", *also: Path) -> None:
        paths = [each for each in (path, *also) if each in left]
        left.difference_update(paths)
        if paths:
            size = sum(map(_size, paths))
            changed = max(each.lstat().st_mtime for each in paths)
            found.append(Kept(path, kind, size, changed, state, why))

    own = artifacts_in(folder)
    order = list(MAKERS)
    made = [(path, each) for path in with_manifest(folder) if (each := read_manifest(path))]
    made.sort(key=lambda pair: (_place(pair[1].stage, order), pair[0].name))
    for path, manifest in made:
        if not path.exists():
            continue
        state, why = _state(path, manifest, own)
        why = "" if path.is_symlink() else why
        take(path, manifest.stage, state, why, manifest_path(path))
        if manifest.stage == "train":
            take(metrics_path(path), "metrics")
            take(events_path(path), "events")
    for path, _ in made:
        if not path.exists():
            why = f"{path.name} is gone"
            take(manifest_path(path), "manifest", why, why)
    for path in sorted(left):
        if _is_checkpoint(path):
            take(path, "checkpoint", "for --resume", _why_checkpoint(path, folder))
        elif is_litter(path):
            take(path, "litter", "of a killed run", "a killed run left it")
    for path in sorted(left):
        take(path, "being written" if target_of(path) else "other")
    return found


def remove(kept: Kept) -> None:
    """Remove what `contents` says can go. Raises StorageError where that is not permitted."""
    if kept.kind == "litter":
        if target := target_of(kept.path):
            sweep(kept.path.with_name(target))
        return
    with writing(kept.path, "remove", untouched=False):
        for path in (kept.path, manifest_path(kept.path)):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def _size(path: Path) -> int:
    if path.is_dir() and not path.is_symlink():
        return sum(each.lstat().st_size for each in path.rglob("*") if each.is_file())
    return path.lstat().st_size


def _place(stage: str, order: list[str]) -> int:
    return order.index(stage) if stage in order else len(order)


def _state(path: Path, manifest: Manifest, own: dict[str, Path]) -> tuple[str, str]:
    """Return the state of an artifact, and why it can go, if it can."""
    maker = MAKERS.get(manifest.stage)
    if maker is None:
        return f"made by {manifest.stage}, which is not known", ""
    try:
        if not pair_of(path).fits:
            return "damaged or edited", ""
    except PipelineError as problem:
        return problem.message, ""
    if manifest.format < maker.FORMAT:
        old = f"of format {manifest.format}, now {maker.FORMAT}"
        return old, f"{old}: it is made again anyway"
    if manifest.format > maker.FORMAT:
        return "made by a newer corpus2vec", ""
    for need in getattr(maker, "NEEDS", ()):
        earlier = [own[each] for each in makers_of(need) if each in own]
        if earlier and not any(follows(manifest, each) for each in earlier):
            other = f"made from another {earlier[0].name}"
            return other, other if manifest.stage == "dump" else ""
    changed = next(_changed_sources(manifest), "")
    return (f"{changed} has changed" if changed else CURRENT), ""


def _changed_sources(manifest: Manifest) -> Iterator[str]:
    """Yield the corpus files that are not what they were; what is gone cannot be compared."""
    for each in manifest.inputs:
        path = Path(each["name"])
        if each["role"] == "corpus" and path.is_file():
            if has_span(each):  # the digest is not that of the file
                stamp, now = each.get("stamp") or {}, path.stat()
                if (stamp.get("size"), stamp.get("mtime_ns")) != (now.st_size, now.st_mtime_ns):
                    yield path.name
                continue
            known: dict[Stamp, str] = {}
            with contextlib.suppress(TypeError):
                known[Stamp(**(each.get("stamp") or {}))] = each["digest"]
            with contextlib.suppress(PipelineError):
                if digest(path, known)[0] != each["digest"]:
                    yield path.name


def _is_checkpoint(path: Path) -> bool:
    from corpus2vec.pipeline.artifacts.weights import read_header

    if ".checkpoint" not in path.name or not path.is_file():
        return False
    try:
        read_header(path, "checkpoint")
    except DataError:
        return False
    return True


def _why_checkpoint(path: Path, folder: Path) -> str:
    """Return why a checkpoint can go; not while a run is writing its model."""
    stem = path.name.partition(".checkpoint")[0]
    for each in folder.iterdir():
        target = target_of(each)
        name = checkpoint_path(folder / target).name if target else ""
        if name.startswith(f"{stem}.checkpoint") and not is_litter(each):
            return ""
    return "--resume goes on from it"
