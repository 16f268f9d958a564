"""How the corpus of an artifact was tokenized, so that other text is tokenized in the same way.

An artifact's manifest carries its whole lineage, so nothing needs to be said again.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corpus2vec.pipeline.artifacts.digests import digest
from corpus2vec.pipeline.artifacts.inputs import folder_of
from corpus2vec.pipeline.artifacts.manifest import Manifest
from corpus2vec.pipeline.artifacts.stored import settings_of
from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.files.json_text import require_shape
from corpus2vec.pipeline.tokenizer.spacy_pipeline import FOLDER

TOKEN_SETTINGS = ("lang", "model", "lower", "lemma", "drop")
"""The settings of tokenize that concern any text; the rest is about files and rows."""


def entry_of(manifest: Manifest, stage: str, path: Path) -> Mapping[str, Any]:
    """Return the last entry of a stage in the story of `path`. Raises DataError if it has none."""
    entry = manifest.upstream(stage)
    if entry is None:
        raise DataError(
            f"the manifest of {path} has no {stage} stage in its lineage",
            hint="was one of the files it was made from brought from elsewhere?",
        )
    return entry


def tokenized(manifest: Manifest, path: Path) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    """Return the entry of tokenize, and of each join after it that joined phrases, in order.

    The phrases may be those of another corpus, whose story is in the lineage too. Raises DataError
    where the manifest does not say how the corpus was tokenized.
    """
    joins: list[Mapping[str, Any]] = []
    entry = manifest.upstream("join")
    while entry is not None and entry["stage"] == "join":
        joins.insert(0, entry)
        read = {each["digest"] for each in entry["inputs"] if each["role"] == "tokens"}
        entry = next((each for each in manifest.lineage if each["output"]["digest"] in read), None)
    return entry or entry_of(manifest, "tokenize", path), joins


def tokenize_config(manifest: Manifest, path: Path) -> TokenizeConfig:
    """Return the config with which the corpus of `path` was tokenized.

    Raises DataError where the manifest does not say it, or the --model folder is not there as it
    was.
    """
    entry, _ = tokenized(manifest, path)
    stored, named = entry["config"], f"the manifest of {path}"
    require_shape(stored, {"drop": [str], ...: Any}, named)
    values = {name: stored[name] for name in TOKEN_SETTINGS if name in stored}
    folder = pipeline_folder(entry, path)
    if folder:
        values["model"] = str(folder)
    elif values.get("model") == FOLDER:
        raise DataError(f"{named} names a spaCy pipeline in a folder, but none of its files")
    return settings_of(TokenizeConfig, values, named)


def pipeline_folder(entry: Mapping[str, Any], path: Path) -> Path | None:
    """Return the folder of the spaCy pipeline that an entry of tokenize names; None if it has none.

    It is looked for beside `path`, the artifact, and where it was. Raises DataError where it is at
    neither, with the files it had.
    """
    was = folder_of("pipeline", entry["inputs"])
    if was is None:
        return None
    files = {
        each["traits"]["path"]: each["digest"]
        for each in entry["inputs"]
        if each["role"] == "pipeline"
    }
    there = [folder for folder in (path.parent / was.name, was) if folder.is_dir()]
    changed = [_changed(folder, files) for folder in there]
    if None in changed:
        return there[changed.index(None)]
    if changed:
        raise DataError(
            f"{changed[-1]} has changed since the corpus was tokenized with it",
            hint="put the pipeline back as it was, or tokenize again",
        )
    raise DataError(
        f"the corpus was tokenized with the spaCy pipeline in {was}, which is not there",
        hint="put the pipeline back, or tokenize again with the one that you have",
    )


def _changed(folder: Path, files: Mapping[str, str]) -> Path | None:
    """Return the first file that is not in the folder as it was, or None."""
    for name, wanted in files.items():
        path = folder / name
        if not path.is_file() or digest(path)[0] != wanted:
            return path
    return None
