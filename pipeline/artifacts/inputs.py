"""The door that everything a stage or a command reads comes in by, with its digest.

An artifact is checked against its manifest before anybody reads it. A corpus file has no manifest;
its digest goes into the recipe of what is made from it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

from corpus2vec.pipeline.artifacts.beside import manifest_path
from corpus2vec.pipeline.artifacts.digests import digest
from corpus2vec.pipeline.artifacts.manifest import Input, Manifest, Stamp
from corpus2vec.pipeline.errors import DataError, StorageError, UsageError


def read_manifest(artifact: Path) -> Manifest | None:
    """The manifest of `artifact`; None where there is none that can be read."""
    try:
        return Manifest.from_json(manifest_path(artifact).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


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
    known = known_output(manifest)
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


def known_output(manifest: Manifest | None) -> dict[Stamp, str]:
    """The digest of the artifact that its manifest remembers, by stamp."""
    if manifest is None:
        return {}
    try:
        return {Stamp(**(manifest.output.get("stamp") or {})): manifest.output["digest"]}
    except TypeError:
        return {}


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
