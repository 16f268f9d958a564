"""An artifact at another place: the same bytes, with a manifest that says the same.

What is copied was made by its own recipe, not by the copying. So the copy is an artifact of the
same stage with the same fingerprint and lineage, and every reader takes it for what it is.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from corpus2vec.pipeline.artifacts.beside import manifest_path
from corpus2vec.pipeline.artifacts.digests import digest
from corpus2vec.pipeline.artifacts.manifest import Input, Stamp
from corpus2vec.pipeline.artifacts.pairs import pair_of, publish, read_manifest
from corpus2vec.pipeline.artifacts.store import Outcome
from corpus2vec.pipeline.errors import DataError, PipelineError, UsageError
from corpus2vec.pipeline.files.failures import reading, writing
from corpus2vec.pipeline.files.publication import publication, publishable, require_short_name
from corpus2vec.pipeline.files.replacement import replacement
from corpus2vec.pipeline.files.temporaries import sweep

BLOCK = 1 << 22


def copy(given: Input, output: Path, *, force: bool = False) -> Outcome:
    """Put a copy of an artifact at `output`, with its manifest if it has one, unless it is there.

    Raises UsageError where the two are one file, StorageError where it cannot be written, and
    DataError where the artifact changes meanwhile.
    """
    started = time.perf_counter()
    named, output = output, publishable(output)
    require_short_name(output, manifest_path(output))
    if os.path.realpath(given.name) == str(output):
        raise UsageError(
            f"{given.name} is an input, so it cannot be the output", hint="name another output"
        )
    sweep(output)
    reason = _difference(given, output)
    if reason and given.manifest is None and read_manifest(output):
        raise UsageError(
            f"{named} has a manifest, and {given.name} has none",
            hint="name a folder that is still to be made",
        )
    if reason or force:
        _write(given, output)
    manifest = given.manifest
    return Outcome(
        stage=manifest.stage if manifest else given.role,
        output=named,
        hit=not (reason or force),
        reason=reason or ("forced" if force else "nothing changed"),
        counts=manifest.counts if manifest else {},
        seconds=time.perf_counter() - started if reason or force else 0.0,
        fingerprint=manifest.fingerprint if manifest else "",
    )


def _difference(given: Input, output: Path) -> str:
    """Return in words why the copy has to be made; nothing if it is there."""
    if not output.exists():
        return f"no {output.name} yet"
    try:
        there = pair_of(output)
    except PipelineError as problem:
        return problem.message
    same = there.digest == given.digest
    if given.manifest is None:
        return "" if same and there.manifest is None else f"{output.name} is another"
    known = there.manifest.fingerprint if there.fits and there.manifest else ""
    if same and known == given.manifest.fingerprint:
        return ""
    return f"{output.name} is another, or was damaged or edited"


def _write(given: Input, output: Path) -> None:
    manifest = given.manifest
    if manifest is None:
        with publication(output) as temporary:
            _fill(temporary, given)
        return
    with replacement(output) as new:
        with writing(output, through=new.temporary):
            taken = _fill(new.temporary, given)
        new.sync()
        written = {"name": output.name, "digest": given.digest, "size": taken.size}
        publish(new, replace(manifest, output=written), taken)


def _fill(target: Path, given: Input) -> Stamp:
    """Copy the bytes and read them back."""
    with target.open("wb") as sink:
        sink.writelines(_blocks(given.name))
    found, taken = digest(target)
    if found != given.digest:
        raise DataError(
            f"{given.name} changed during the run", hint="run again when nothing writes to it"
        )
    return taken


def _blocks(name: str) -> Iterator[bytes]:
    with reading(name), Path(name).open("rb") as source:
        while block := source.read(BLOCK):
            yield block
