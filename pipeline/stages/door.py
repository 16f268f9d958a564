"""The door: every artifact that a stage or a command reads is whole, of the right kind, and known.

`artifacts.inputs` compares an artifact with its manifest. Here it is seen to that it was made by a
stage whose artifact is wanted, in a format that this program knows: an older one is read, a newer
one is refused by name. A table of another tool has no manifest, and is read as it is. The folder of
a build will do for an artifact: the one that is meant is taken from it.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from corpus2vec.pipeline.artifacts.inputs import artifact_input, file_input
from corpus2vec.pipeline.artifacts.manifest import Input
from corpus2vec.pipeline.artifacts.pairs import has_manifest
from corpus2vec.pipeline.artifacts.parts import is_parted
from corpus2vec.pipeline.artifacts.sealing import seal
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.stages.folder import artifacts_in, is_build, within

if TYPE_CHECKING:
    from corpus2vec.pipeline.stages.stage import Maker
    from corpus2vec.pipeline.tables.table import Table

DUMP, TRAIN = "dump", "train"
WHAT = {
    "tokenize": "these are tokens",
    "vocab": "this is a vocabulary",
    "encode": "these are ids",
    TRAIN: "this is a model",
    DUMP: "this is a dumped table",
}
"""By stage: what somebody named who wanted something else."""


def artifact(role: str, path: Path, *makers: str) -> Input:
    """Return an artifact that one of these stages made (any stage, if none is named), as an input.

    Of the folder of a build the artifact of the latest of these stages is taken. What a build reads
    in place of a stage's artifact will do for it. A folder of parts is sealed first. Without a
    manifest, nobody knows who made it, and its reader has to see for itself. Raises UsageError if
    there is no such file. Raises DataError if it is damaged, was made by another stage, or in a
    format that is newer than this program's.
    """
    from corpus2vec.pipeline.stages import makers_of  # the stages import this module

    path = within(path, *(maker for each in makers for maker in makers_of(each)))
    if is_parted(path):
        seal(path)
    given = artifact_input(role, path)
    if given.manifest is None:
        return given
    stages = _by_name()
    maker = given.manifest.stage
    if maker not in stages:
        raise DataError(
            f"{path} was made by {maker}, a stage that this corpus2vec does not know",
            hint="was it made by a newer one?",
        )
    if makers and all(maker not in makers_of(each) for each in makers):
        files = " or ".join(stages[each].FILE for each in makers)
        wanted = " or ".join(f"`{each}`" for each in makers)
        hint = f"name what {wanted} makes, such as {files}"
        if next_stages := [each for each in makers if maker in getattr(stages[each], "NEEDS", ())]:
            hint = f"`corpus2vec {next_stages[0]}` makes {stages[next_stages[0]].FILE} of it"
        raise DataError(
            f"{path} was made by {maker}, not by {' or '.join(makers)}",
            hint=f"{WHAT.get(maker, f'this is {stages[maker].FILE}')}: {hint}",
        )
    _require_known(path, stages[maker], given.manifest.format)
    return given


def model(role: str, path: Path) -> Input:
    """Return a model as an input, like `artifact`; its own header has its format too."""
    given = artifact(role, path, TRAIN)
    _require_known_header(Path(given.name))
    return given


def require_vocabulary(given: Input, wanted: str, vocabulary: Input) -> None:
    """Raise DataError unless it is the vocabulary that the model's header wants, by its digest."""
    if vocabulary.digest != wanted:
        raise DataError(
            f"{given.name} was trained with another vocabulary than {vocabulary.name}",
            hint="name the vocabulary that its ids were encoded with",
        )


def vectors(role: str, path: Path) -> Input:
    """Return word vectors, of any tool or a model's, as an input: what counts is their content.

    Of the folder of a build its model is taken, or else its dump. Raises DataError for what
    `artifact` would refuse.
    """
    path = model_or_table(path)
    if has_manifest(path):
        given = dataclasses.replace(artifact(role, path, DUMP, TRAIN), manifest=None)
    else:
        from corpus2vec.pipeline.tables.formats.npy import tokens_beside

        beside = tokens_beside(path) if path.suffix.lower() == ".npy" else None
        traits = {"tokens": file_input(role, beside).digest} if beside else {}
        given = file_input(role, path, traits)
    if path.is_file():
        from corpus2vec.pipeline.artifacts.weights import is_model

        if is_model(path):
            _require_known_header(path)
    return given


def table(role: str, path: Path) -> Input:
    """Return a table of any tool as an input; a dump has its manifest, and is checked against it.

    Raises DataError for what `artifact` would refuse.
    """
    path = within(path, DUMP)
    return artifact(role, path, DUMP) if has_manifest(path) else vectors(role, path)


def model_or_table(path: Path) -> Path:
    """Return the vectors that a path names: itself, or of a build its model, or else its dump."""
    is_dump_only = is_build(path) and TRAIN not in artifacts_in(path)
    return within(path, DUMP if is_dump_only else TRAIN)


def read_table(path: Path) -> Table:
    """Read word vectors of any tool; a dump is checked against its manifest first.

    Raises UsageError, DataError as `artifact` and `tables.reading` do.
    """
    from corpus2vec.pipeline.tables.reading import read_vectors

    path = within(path, DUMP)
    if has_manifest(path):
        artifact("table", path, DUMP)
    return read_vectors(path)


def _by_name() -> dict[str, Maker]:
    from corpus2vec.pipeline.stages import STAGES, USES  # they import this module

    return {maker.NAME: maker for maker in (*STAGES, *USES)}


def _require_known(path: Path, stage: Maker, found: object) -> None:
    if not isinstance(found, int) or found > stage.FORMAT:
        raise DataError(
            f"{path} was made by a newer corpus2vec "
            f"({stage.NAME} format {found}, this one knows {stage.FORMAT})",
            hint="use that one, or make it again with this one",
        )


def _require_known_header(path: Path) -> None:
    from corpus2vec.pipeline.artifacts.weights import read_header

    _require_known(path, _by_name()[TRAIN], read_header(path, "model").get("format", 0))
