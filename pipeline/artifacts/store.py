"""The hit test, and making what is missing. Only this module decides what runs.

A stage asks `produce` for its output. If the file there was made by the same recipe and still has
the bytes that were written, that is a *hit*, and nothing runs. Otherwise the stage writes a new
file, which `pairs` puts in place with its manifest.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpus2vec.pipeline.artifacts.beside import manifest_path
from corpus2vec.pipeline.artifacts.digests import digest
from corpus2vec.pipeline.artifacts.inputs import refuse_changed
from corpus2vec.pipeline.artifacts.manifest import (
    Input,
    Manifest,
    Recipe,
    Stamp,
    differences,
    joined_lineage,
    plain,
)
from corpus2vec.pipeline.artifacts.pairs import (
    has_manifest,
    pair_of,
    pending_manifests,
    publish,
    read_manifest,
    renew,
)
from corpus2vec.pipeline.errors import PipelineError, StorageError, UsageError
from corpus2vec.pipeline.files.failures import reading, writing
from corpus2vec.pipeline.files.publication import publishable, require_short_name
from corpus2vec.pipeline.files.replacement import replacement
from corpus2vec.pipeline.files.temporaries import sweep


@dataclass(frozen=True)
class Verdict:
    """Whether an artifact can stay as it is, and why."""

    hit: bool
    reason: str
    manifest: Manifest | None
    stamp: Stamp | None = None
    """The artifact's stamp when it was examined, if it is a hit."""


@dataclass(frozen=True)
class Outcome:
    """The result of a stage."""

    stage: str
    output: Path
    hit: bool
    reason: str
    """Why it is a hit or a miss, in words."""
    counts: Mapping[str, Any]
    seconds: float
    """How long the stage took; 0 for a hit."""
    fingerprint: str


def examine(recipe: Recipe, output: Path) -> Verdict:
    """Compare `output` with what `recipe` would make, without making it.

    It is a hit if and only if the manifest parses, its fingerprint matches, and the output's digest
    matches. Anything that cannot be read is a miss, never a failure.
    """
    manifest = read_manifest(output)
    if not output.exists():
        return Verdict(False, f"no {output.name} yet", manifest)
    try:
        known = [*([manifest] if manifest else []), *pending_manifests(output)]
        if any(each.fingerprint == recipe.fingerprint for each in known):
            pair = pair_of(output)
            if pair.fits and pair.manifest and pair.manifest.fingerprint == recipe.fingerprint:
                return Verdict(True, "nothing changed", pair.manifest, pair.stamp)
    except PipelineError as problem:
        return Verdict(False, problem.message, manifest)
    if manifest is None:
        return Verdict(False, "no readable manifest", None)
    if manifest.fingerprint == recipe.fingerprint:
        return Verdict(False, f"{output.name} was damaged or edited", manifest)
    reasons = differences(recipe, manifest) or ["made by another recipe"]
    return Verdict(False, "; ".join(reasons), manifest)


def produce(
    recipe: Recipe,
    output: Path,
    write: Callable[[Path], Mapping[str, Any]],
    *,
    force: bool = False,
    environment: Mapping[str, Any] | None = None,
    folder: bool = False,
) -> Outcome:
    """Make `output` by `recipe`, unless it is already there.

    `write` fills the file (the folder, if `folder`) that it is given, and returns its counts. A hit
    renews the output's mtime; otherwise `make` would run the rule again and again. Where that is
    not permitted, it is still a hit, and the reason says so.
    """
    named, output = output, publishable(output, folder=folder)
    require_short_name(output, manifest_path(output))
    _refuse_overwriting(recipe.inputs, output)
    sweep(output)
    verdict = examine(recipe, output)
    if not force:
        refuse_foreign(named)
    if verdict.hit and verdict.manifest and verdict.stamp and not force:
        reason = verdict.reason
        inputs = tuple(plain(each.as_json()) for each in recipe.inputs)
        try:
            renew(output, replace(verdict.manifest, inputs=inputs), verdict.stamp)
        except StorageError as problem:
            reason += f", but {problem.message}"
        counts = verdict.manifest.counts
        return Outcome(recipe.stage, named, True, reason, counts, 0.0, recipe.fingerprint)

    started = time.perf_counter()
    with replacement(output, folder=folder) as new:
        with writing(output, through=new.temporary):
            counts = write(new.temporary)
            recipe = recipe.sealed()
            refuse_changed(recipe.inputs)
            written, taken = digest(new.temporary)
        new.sync()
        seconds = time.perf_counter() - started
        manifest = Manifest(
            stage=recipe.stage,
            format=recipe.format,
            fingerprint=recipe.fingerprint,
            config=plain(recipe.config),
            inputs=tuple(plain(each.as_json()) for each in recipe.inputs),
            tools=recipe.tools,
            output={"name": output.name, "digest": written, "size": taken.size},
            counts=plain(counts),
            environment=plain(environment or {}),
            seconds=round(seconds, 3),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            lineage=joined_lineage(recipe.inputs),
        )
        publish(new, manifest, taken)
    reason = "forced" if verdict.hit else verdict.reason
    return Outcome(recipe.stage, named, False, reason, manifest.counts, seconds, recipe.fingerprint)


def refuse_foreign(output: Path) -> None:
    """Raise UsageError for a file, or a folder, that has no manifest: somebody else made it."""
    if has_manifest(output) or not output.exists():
        return
    is_folder = output.is_dir()
    with reading(output):
        is_empty = not any(output.iterdir()) if is_folder else not output.stat().st_size
    if not is_empty:
        other = "a folder that is still to be made" if is_folder else "another output"
        raise UsageError(
            f"{output} is there already, and no manifest says that corpus2vec made it",
            hint=f"name {other}" + ", or replace it with --force" * (not is_folder),
        )


def _refuse_overwriting(inputs: tuple[Input, ...], output: Path) -> None:
    for each in inputs:
        # A part must not be written into the folder of the parts that are read, either.
        if each.stamp and os.path.realpath(each.name) in (str(output), str(output.parent)):
            raise UsageError(
                f"{each.name} is an input, so it cannot be the output", hint="name another output"
            )
