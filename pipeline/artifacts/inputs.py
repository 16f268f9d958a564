"""Everything that a stage or a command reads, as an `Input`.

An artifact is checked against its manifest before anything reads it. Any other file has no
manifest; its digest becomes part of the recipe of what is made from it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from corpus2vec.pipeline.artifacts.beside import manifest_path
from corpus2vec.pipeline.artifacts.digests import digest
from corpus2vec.pipeline.artifacts.manifest import Input, Stamp
from corpus2vec.pipeline.artifacts.pairs import pair_of, read_manifest
from corpus2vec.pipeline.errors import DataError, StorageError, UsageError


def artifact_input(role: str, path: Path) -> Input:
    """Return an artifact as an input, checked against its manifest if it has one.

    Raises UsageError if there is no such file, and DataError if its bytes are not those that the
    manifest recorded, or if the manifest cannot be read.
    """
    if not path.exists():
        raise UsageError(f"there is no {path}", hint="make it first, or correct the path")
    pair = pair_of(path)
    if pair.manifest is None and manifest_path(path).exists():
        raise DataError(
            f"{manifest_path(path)} cannot be read, so {path} cannot be checked",
            hint=f"make {path} again, or remove its manifest to use it unchecked",
        )
    if pair.manifest and not pair.fits:
        raise DataError(
            f"{path} is not what its manifest says: it was damaged or edited",
            hint=f"make it again, or remove {manifest_path(path)} if the edit was intended",
        )
    return Input(
        role=role, name=str(path), digest=pair.digest, stamp=pair.stamp, manifest=pair.manifest
    )


def file_input(
    role: str,
    path: Path,
    traits: Mapping[str, str] | None = None,
    known: Mapping[Stamp, str] | None = None,
) -> Input:
    """Return a file from outside the pipeline as an input: a corpus file, pretrained vectors."""
    found, taken = digest(path, known)
    return Input(role=role, name=str(path), digest=found, traits=traits or {}, stamp=taken)


def folder_inputs(
    role: str, folder: Path, known: Mapping[Stamp, str] | None = None
) -> tuple[Input, ...]:
    """Return every file in `folder` and below as an input, in the order of their paths.

    The path within the folder is a trait, so a renamed file changes the fingerprint, and the name
    of the folder does not: an absolute path, a relative one and a copy give the same fingerprint.
    The inputs' names are absolute paths, by which `folder_of` finds the folder again from anywhere.
    """
    folder = Path(os.path.abspath(folder))
    return tuple(
        file_input(role, folder / path, {"path": path}, known)
        for path in sorted(each.relative_to(folder).as_posix() for each in _files(folder))
    )


def folder_of(role: str, inputs: Sequence[Mapping[str, Any]]) -> Path | None:
    """Return the folder of the `folder_inputs` among a manifest's inputs, or None."""
    for each in inputs:
        if each["role"] == role and "path" in each["traits"]:
            name, within = Path(each["name"]), PurePosixPath(each["traits"]["path"]).parts
            if within and name.parts[-len(within) :] == within != name.parts:
                return name.parents[len(within) - 1]
    return None


def known_digests(artifact: Path) -> dict[Stamp, str]:
    """Return the digests of its inputs that the manifest of `artifact` recorded, by stamp."""
    manifest = read_manifest(artifact)
    known = {}
    for each in manifest.inputs if manifest else ():
        with contextlib.suppress(TypeError):
            known[Stamp(**(each.get("stamp") or {}))] = str(each["digest"])
    return known


def known_versions(artifact: Path) -> dict[tuple[str, str], str]:
    """Return the digests that the manifest of `artifact` recorded, by URI and version."""
    manifest = read_manifest(artifact)
    return {
        (each["name"], str(each["version"])): each["digest"]
        for each in (manifest.inputs if manifest else ())
        if each.get("version")
    }


def refuse_changed(inputs: tuple[Input, ...]) -> None:
    """Raise DataError if the content of an input is no longer what it was at the start.

    A new stamp alone is no change: another run's hit renews the mtime of what this run reads.
    """
    for each in inputs:
        if each.stamp is None:
            continue
        try:
            found, _ = digest(Path(each.name), {each.stamp: each.digest})
        except StorageError:  # it no longer exists
            found = ""
        if found != each.digest:
            raise DataError(
                f"{each.name} changed during the run", hint="run again when nothing writes to it"
            )


def _files(folder: Path) -> Iterator[Path]:
    """Yield the regular files in `folder` and below; links are followed."""
    for each in folder.iterdir():
        if each.is_dir():
            yield from _files(each)
        elif each.is_file():
            yield each
