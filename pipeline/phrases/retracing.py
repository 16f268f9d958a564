"""Join in another text the phrases that were joined in the corpus of a table or a model.

A manifest has the whole lineage, so it says which lists of phrases that were. The lists are files.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corpus2vec.pipeline.artifacts.digests import digest
from corpus2vec.pipeline.artifacts.manifest import Manifest
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.files.failures import reading
from corpus2vec.pipeline.phrases.joining import Joining
from corpus2vec.pipeline.phrases.phrases import parse_phrases
from corpus2vec.pipeline.tokenizer.lineage import tokenized


def joinings(manifest: Manifest, path: Path) -> list[Joining]:
    """Return what joins the phrases again that were joined in the corpus of `path`, in order.

    A list of phrases is looked for beside `path`, and where it was. Raises DataError if it is at
    neither, or has changed.
    """
    return [Joining(parse_phrases(_content(each), str(each))) for each in lists(manifest, path)]


def lists(manifest: Manifest, path: Path) -> list[Path]:
    """Return the lists of phrases themselves, in order. Raises DataError as `joinings` does."""
    _, joins = tokenized(manifest, path)
    return [_place(entry, path.parent) for entry in joins]


def _content(path: Path) -> bytes:
    with reading(path):
        return path.read_bytes()


def _place(entry: Mapping[str, Any], near: Path) -> Path:
    given = next(each for each in entry["inputs"] if each["role"] == "phrases")
    path = Path(given["name"])
    for each in (near / path.name, path):
        if each.is_file() and digest(each)[0] == given["digest"]:
            return each
    raise DataError(
        f"phrases were joined in the corpus, and {path} has changed or is not there",
        hint=f"put it back, or into {near}",
    )
