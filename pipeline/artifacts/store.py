"""Artifacts on disk: digests and the hit test. The sole home of both.

A stage asks `produce` for its output. If what is there was made by the same recipe and still has
the bytes that were written, that is a *hit*: nothing runs. Otherwise the stage writes a file, which
`publication.py` puts in place. The manifest follows the artifact, so a run that dies between the
two leaves an artifact whose digest its manifest does not know: a miss, never a false hit.

An artifact is a file, or a folder of files. A folder's digest is that of its files' names and
digests; its stamp has their sizes together, and the latest time of any of them or of the folder:
whatever changes in it moves a ctime past all that were there.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from corpus2vec.pipeline.artifacts.manifest import (
    Input,
    Manifest,
    Recipe,
    Stamp,
    canonical_json,
    combine,
    differences,
    plain,
)
from corpus2vec.pipeline.errors import DataError, PipelineError, StorageError, UsageError
from corpus2vec.pipeline.files.publication import (
    folder_publication,
    publication,
    publishable,
    telling_where,
)

# Coarser than the tick of any local file system's clock: a file that has been left alone for
# longer cannot change once more and keep its stamp.
CLOCK_TICK_NS = 20_000_000
ATTEMPTS = 100  # to find a file at rest


@dataclass(frozen=True)
class Verdict:
    """Whether an artifact can stay as it is, and why not."""

    hit: bool
    reason: str
    manifest: Manifest | None
    stamp: Stamp | None = None
    """Of a hit: the artifact's, as it was examined."""


@dataclass(frozen=True)
class Outcome:
    """What became of a stage."""

    stage: str
    output: Path
    hit: bool
    reason: str
    counts: Mapping[str, Any]
    seconds: float
    fingerprint: str


def manifest_path(artifact: Path) -> Path:
    """Where the manifest of `artifact` stands: beside the file itself, not beside a link to it."""
    file = Path(os.path.realpath(artifact)) if artifact.is_symlink() else artifact
    return file.with_name(file.name + ".manifest.json")


def read_manifest(artifact: Path) -> Manifest | None:
    """The manifest of `artifact`; None where there is none that can be read."""
    try:
        return Manifest.from_json(manifest_path(artifact).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


def stamp(path: Path) -> Stamp:
    """The file's stamp, taken when the file system's clock has moved past the last change.

    Every change moves the ctime, and nobody can set it back. Raises DataError for a file that
    changes all the time.
    """
    for _ in range(ATTEMPTS):
        found = _stamp(path)
        age = time.time_ns() - found.ctime_ns
        if not 0 <= age < CLOCK_TICK_NS:
            return found
        time.sleep((CLOCK_TICK_NS - age) / 1e9)
    raise _restless(path)


def _stamp(file: Path | int) -> Stamp:
    """The stamp of a file by its name or descriptor, or of a folder and all that is in it."""
    status = os.fstat(file) if isinstance(file, int) else file.stat()
    if not stat.S_ISDIR(status.st_mode):
        return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    size, mtime, ctime = 0, status.st_mtime_ns, status.st_ctime_ns
    for name in os.listdir(file):
        if isinstance(file, int):
            descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK, dir_fd=file)
            try:
                each = _stamp(descriptor)
            finally:
                os.close(descriptor)
        else:
            each = _stamp(file / name)
        size += each.size
        mtime, ctime = max(mtime, each.mtime_ns), max(ctime, each.ctime_ns)
    return Stamp(size, mtime, ctime, status.st_ino)


def _restless(path: Path) -> DataError:
    return DataError(f"{path} changes while it is read", hint="run again when it is at rest")


def digest(path: Path, known: Mapping[Stamp, str] | None = None) -> tuple[str, Stamp]:
    """The SHA-256 of a file's bytes and the stamp it was taken under.

    `known` are digests already taken; a file whose stamp is among them is not read again.
    Raises DataError where the file does not come to rest, and UsageError for what can be read only
    once or not at all: a FIFO, a device, a folder in which there is no file.
    """
    with telling_where(path, "read"):
        if not _is_readable(path):
            raise UsageError(
                f"{path} is not a regular file", hint="save it as a file first, or pipe it into -"
            )
        for _ in range(ATTEMPTS):
            before = stamp(path)
            if known and before in known:
                return known[before], before
            found = _digest(path)
            if stamp(path) == before:
                return found, before
    raise _restless(path)


def _is_readable(path: Path) -> bool:
    """Whether it is a file, or a folder of such."""
    if not path.is_dir():
        return stat.S_ISREG(path.stat().st_mode)
    within = list(path.iterdir())
    return bool(within) and all(_is_readable(each) for each in within)


def _digest(path: Path) -> str:
    if path.is_dir():
        of_each = {each.name: _digest(each) for each in path.iterdir()}
        return hashlib.sha256(canonical_json(of_each).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_input(
    role: str,
    path: Path,
    traits: Mapping[str, str] | None = None,
    known: Mapping[Stamp, str] | None = None,
) -> Input:
    """A file from outside the pipeline as an input: a corpus file, pretrained vectors."""
    found, taken = digest(path, known)
    return Input(role=role, name=str(path), digest=found, traits=traits or {}, stamp=taken)


def artifact_input(role: str, path: Path) -> Input:
    """An artifact as an input, checked against its manifest if it has one.

    Raises UsageError if it is not there, DataError if its bytes are not those that were written
    or if its manifest cannot tell.
    """
    if not path.exists():
        raise UsageError(f"there is no {path}", hint="make it first, or correct the path")
    manifest = read_manifest(path)
    if manifest is None and manifest_path(path).exists():
        raise DataError(
            f"{manifest_path(path)} cannot be read, so {path} cannot be checked",
            hint=f"make {path} again, or, to take it as it is, remove its manifest",
        )
    known = _known_output(manifest)
    found, taken = digest(path, known)
    if manifest and manifest.output["digest"] != found:
        raise DataError(
            f"{path} is not what its manifest says: it was damaged or edited",
            hint=f"make it again, or, if the edit is meant, remove {manifest_path(path)}",
        )
    return Input(role=role, name=str(path), digest=found, stamp=taken, manifest=manifest)


def known_digests(artifact: Path) -> dict[Stamp, str]:
    """The digests of its inputs that the manifest of `artifact` remembers, by stamp."""
    manifest = read_manifest(artifact)
    known = {}
    for each in manifest.inputs if manifest else ():
        with contextlib.suppress(TypeError):
            known[Stamp(**(each.get("stamp") or {}))] = str(each["digest"])
    return known


def _known_output(manifest: Manifest | None) -> dict[Stamp, str]:
    if manifest is None:
        return {}
    try:
        return {Stamp(**(manifest.output.get("stamp") or {})): manifest.output["digest"]}
    except TypeError:
        return {}


def examine(recipe: Recipe, output: Path) -> Verdict:
    """Whether `output` is what `recipe` would make, without making it.

    Hit ⇔ the manifest parses, its fingerprint matches and the output's digest matches. Anything
    that cannot be read is a miss, never a failure.
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
        found, taken = digest(output, _known_output(manifest))
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
    """Make `output` by `recipe`, unless it is there already.

    `write` fills the file, or the `folder`, that it is given and returns its counts. On a hit the
    output's mtime is renewed, so that `make` sees it as younger than the inputs that caused the
    question.
    """
    named, output = output, publishable(output, folder=folder)
    _refuse_overwriting(recipe.inputs, output)
    verdict = examine(recipe, output)
    if verdict.hit and verdict.manifest and verdict.stamp and not force:
        _renew(output, verdict.manifest, verdict.stamp, recipe)
        counts = verdict.manifest.counts
        return Outcome(recipe.stage, named, True, verdict.reason, counts, 0.0, recipe.fingerprint)

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
        lineage=combine(recipe.inputs),
    )
    _write_manifest(output, manifest, taken)
    reason = "forced" if verdict.hit else verdict.reason
    return Outcome(recipe.stage, named, False, reason, manifest.counts, seconds, recipe.fingerprint)


def refuse_changed(inputs: tuple[Input, ...]) -> None:
    """Raise DataError if an input no longer has the content whose digest was taken.

    A new stamp alone is no change: another run's hit renews the mtime of what this one reads.
    """
    for each in inputs:
        if each.stamp is None:
            continue
        try:
            found, _ = digest(Path(each.name), {each.stamp: each.digest})
        except StorageError:  # it is not there any more
            found = ""
        if found != each.digest:
            raise DataError(
                f"{each.name} changed during the run", hint="run again when it is at rest"
            )


def _refuse_overwriting(inputs: tuple[Input, ...], output: Path) -> None:
    for each in inputs:
        if each.stamp and os.path.realpath(each.name) == str(output):
            raise UsageError(
                f"{each.name} is read, so it cannot be written too", hint="name another output"
            )


def _renew(output: Path, manifest: Manifest, examined: Stamp, recipe: Recipe) -> None:
    """Make the artifact as young as a new one, and remember the stamps of now."""
    with telling_where(output), _held(output) as file:
        if _stamp(file) != examined:
            return  # another run has published since: what stands there now is its to look after
        os.utime(file)
        renewed = _stamp(file)
    inputs = tuple(plain(each.as_json()) for each in recipe.inputs)
    _write_manifest(output, replace(manifest, inputs=inputs), renewed)


@contextlib.contextmanager
def _held(path: Path) -> Iterator[int]:
    """A descriptor of what stands there now, whatever takes its place meanwhile."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _write_manifest(output: Path, manifest: Manifest, taken: Stamp) -> None:
    """Write the manifest of what was stamped `taken`, if that is what stands at `output`.

    Another run may have published there since, and then it is for its manifest to speak.
    """
    with telling_where(output):
        now = stamp(output)
        if replace(now, ctime_ns=taken.ctime_ns) != taken:  # publishing moves the ctime only
            found, now = digest(output)
            if found != manifest.output["digest"]:
                return
    manifest = replace(manifest, output={**manifest.output, "stamp": plain(now)})
    with publication(manifest_path(output)) as temporary:
        temporary.write_text(manifest.to_json() + "\n", encoding="utf-8")
