"""The hit test, and making what is missing. Only this module decides what runs.

A stage asks `produce` for its output. If the file there was made by the same recipe and still has
the bytes that were written, that is a *hit*, and nothing runs. Otherwise the stage writes a new
file, which `files.publication` puts in place. The manifest is written after the artifact, so a run
that dies between the two leaves an artifact that its manifest does not match: a miss, never a false
hit.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpus2vec.pipeline.artifacts.beside import manifest_path
from corpus2vec.pipeline.artifacts.digests import digest, raw_stamp, stamp
from corpus2vec.pipeline.artifacts.inputs import known_output, read_manifest, refuse_changed
from corpus2vec.pipeline.artifacts.manifest import (
    Input,
    Manifest,
    Recipe,
    Stamp,
    differences,
    joined_lineage,
    plain,
)
from corpus2vec.pipeline.errors import PipelineError, StorageError, UsageError
from corpus2vec.pipeline.files.failures import reading, writing
from corpus2vec.pipeline.files.publication import (
    folder_publication,
    publication,
    publishable,
)


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
    if manifest is None:
        return Verdict(False, "no readable manifest", None)
    if manifest.fingerprint != recipe.fingerprint:
        reasons = differences(recipe, manifest) or ["made by another recipe"]
        return Verdict(False, "; ".join(reasons), manifest)
    try:
        found, taken = digest(output, known_output(manifest))
    except PipelineError as problem:
        return Verdict(False, problem.message, manifest)
    if found != manifest.output["digest"]:
        return Verdict(False, f"{output.name} was damaged or edited", manifest)
    return Verdict(True, "nothing changed", manifest, taken)


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
    _refuse_overwriting(recipe.inputs, output)
    verdict = examine(recipe, output)
    if verdict.hit and verdict.manifest and verdict.stamp and not force:
        reason = verdict.reason
        try:
            _renew(output, verdict.manifest, verdict.stamp, recipe)
        except StorageError as problem:
            reason += f", but {problem.message}"
        counts = verdict.manifest.counts
        return Outcome(recipe.stage, named, True, reason, counts, 0.0, recipe.fingerprint)

    started = time.perf_counter()
    with (folder_publication if folder else publication)(output) as temporary:
        counts = write(temporary)
        recipe = recipe.sealed()
        refuse_changed(recipe.inputs)
        written, taken = digest(temporary)
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
    _write_manifest(output, manifest, taken)
    reason = "forced" if verdict.hit else verdict.reason
    return Outcome(recipe.stage, named, False, reason, manifest.counts, seconds, recipe.fingerprint)


def _refuse_overwriting(inputs: tuple[Input, ...], output: Path) -> None:
    for each in inputs:
        if each.stamp and os.path.realpath(each.name) == str(output):
            raise UsageError(
                f"{each.name} is an input, so it cannot be the output", hint="name another output"
            )


def _renew(output: Path, manifest: Manifest, examined: Stamp, recipe: Recipe) -> None:
    """Set the artifact's mtime to now, and record the present stamps in its manifest."""
    with writing(output, "renew the mtime of"), _held(output) as file:
        if raw_stamp(file) != examined:
            return  # another run has published since, and looks after what is there now
        os.utime(file)
        renewed = raw_stamp(file)
    inputs = tuple(plain(each.as_json()) for each in recipe.inputs)
    _write_manifest(output, replace(manifest, inputs=inputs), renewed)


@contextlib.contextmanager
def _held(path: Path) -> Iterator[int]:
    """Open what is there now, whatever takes its place meanwhile."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _write_manifest(output: Path, manifest: Manifest, taken: Stamp) -> None:
    """Write the manifest of what was stamped `taken`, if that is still what is at `output`.

    Another run may have published there since, and then its own manifest describes it.
    """
    with reading(output):
        now = stamp(output)
        if replace(now, ctime_ns=taken.ctime_ns) != taken:  # publishing moves the ctime only
            found, now = digest(output)
            if found != manifest.output["digest"]:
                return
    manifest = replace(manifest, output={**manifest.output, "stamp": plain(now)})
    with publication(manifest_path(output)) as temporary:
        temporary.write_text(manifest.to_json() + "\n", encoding="utf-8")
