"""The vocabulary that a model or a table was made with: found, and known by its digest."""

from __future__ import annotations

from pathlib import Path

from corpus2vec.pipeline.artifacts.digests import digest
from corpus2vec.pipeline.artifacts.inputs import artifact_input
from corpus2vec.pipeline.artifacts.manifest import Input, Manifest
from corpus2vec.pipeline.errors import DataError

FILE = "vocab.tsv"
ROLE = "vocabulary"


def find_vocabulary(path: Path, manifest: Manifest | None, wanted: str) -> Input:
    """Return the vocabulary of that digest: beside `path`, or where its manifest says it was.

    Raises DataError, naming what is there instead, if none is found.
    """
    places = [path.with_name(FILE)]
    for each in manifest.inputs if manifest else ():
        if each["role"] == ROLE:
            named = Path(each["name"])
            places += [named, path.parent / named.name]
    there = [place for place in dict.fromkeys(places) if place.is_file()]
    for place in there:
        if digest(place)[0] == wanted:
            return artifact_input(ROLE, place)
    if there:
        raise DataError(
            f"{there[0]} is another vocabulary than the one of {path}",
            hint=f"put the {FILE} that it was made with beside it",
        )
    raise DataError(
        f"the vocabulary of {path} is not found, so its rows have no tokens",
        hint=f"put its {FILE} beside it",
    )
