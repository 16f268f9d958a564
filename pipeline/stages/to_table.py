"""model.safetensors + vocab.tsv → embeddings.*."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from corpus2vec.pipeline.artifacts import store as artifact
from corpus2vec.pipeline.artifacts.inputs import artifact_input
from corpus2vec.pipeline.artifacts.manifest import Input, Recipe
from corpus2vec.pipeline.artifacts.store import Outcome
from corpus2vec.pipeline.artifacts.weights import (
    OUTPUT,
    read_header,
    read_names,
    read_table,
    verify,
)
from corpus2vec.pipeline.config import TABLE_FORMATS, DumpConfig
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.progress import SILENT, Progress
from corpus2vec.pipeline.stages.common import FORMATS
from corpus2vec.pipeline.tables.combining import combine, postprocess, require_finite
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.tables.verify import verify_dump
from corpus2vec.pipeline.tables.writing import prepare, write_file, write_folder
from corpus2vec.pipeline.vocabulary.vocabulary import read_vocabulary

if TYPE_CHECKING:
    import numpy as np


def dump_recipe(model: Path, vocabulary: Path, config: DumpConfig) -> Recipe:
    """What decides the dump, in the one format that `config` names."""
    inputs = (artifact_input("model", model), artifact_input("vocabulary", vocabulary))
    settings = vars(config)
    # It finds the fewest digits of a number, and lays out Parquet.
    tools = {"pyarrow": metadata.version("pyarrow")}
    if config.format == "spacy":
        settings = {**settings, "lang": _language(inputs[0])}
        tools["spacy"] = metadata.version("spacy")
    return Recipe(stage="dump", format=FORMATS["dump"], config=settings, inputs=inputs, tools=tools)


def dump(
    model: Path,
    vocabulary: Path,
    output: Path,
    config: DumpConfig,
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Outcome:
    """model.safetensors + vocab.tsv → the embedding table as a file, or as a folder of files.

    Raises UsageError for a config of several formats: each of `config.outputs` is an artifact.
    """
    output, config = _only_output(config, output)
    recipe = dump_recipe(model, vocabulary, config)

    def write(target: Path) -> Mapping[str, Any]:
        table = _table(recipe, config)
        ready, unsafe = prepare(table, config)
        if config.is_folder:
            write_folder(target, ready, config)
        else:
            with target.open("wb") as sink:
                write_file(sink, ready, config)
        verify_dump(target, ready, config)
        progress.advance(len(table), len(table), "rows")
        left = len(table) - len(ready) - unsafe.get("skipped", 0)
        below_top = {"below_top": left} if left else {}
        return {"rows": len(ready), "columns": ready.dim, **below_top, **unsafe}

    return artifact.produce(recipe, output, write, force=force, folder=config.is_folder)


def dump_to(sink: IO[bytes], model: Path, vocabulary: Path, config: DumpConfig) -> None:
    """The same into a stream, with no manifest and no cache, and nothing to be read back."""
    _, config = _only_output(config, Path("-"))
    if config.is_folder:
        raise UsageError(
            f"--format {config.format} is several files: they cannot go to stdout",
            hint=f"name a folder, such as -o embeddings{TABLE_FORMATS[config.format]}",
        )
    ready, _ = prepare(_table(dump_recipe(model, vocabulary, config), config), config)
    write_file(sink, ready, config)


def _only_output(config: DumpConfig, output: Path) -> tuple[Path, DumpConfig]:
    outputs = config.outputs(output)
    if len(outputs) > 1:
        raise UsageError(
            f"--format {config.format} is several artifacts, and this makes one",
            hint="name one format",
        )
    return outputs[0]


def _table(recipe: Recipe, config: DumpConfig) -> Table:
    """The table of the model, every row of it, in the order of ids."""
    model, given = recipe.input("model"), recipe.input("vocabulary")
    if model.manifest is None:
        verify(Path(model.name))
    header = read_header(Path(model.name), "model")
    if header["vocabulary_digest"] != given.digest:
        raise DataError(
            f"{model.name} was trained with another vocabulary than {given.name}",
            hint="name the vocabulary that its ids were encoded with",
        )
    words = read_vocabulary(given)
    vectors_VD = _table_of(Path(model.name), header, config)
    require_finite(vectors_VD)
    return Table(words.tokens, vectors_VD, words.counts, unk=words.unk, language=_language(model))


def _language(model: Input) -> str:
    """spaCy's code of the language that the corpus was tokenized as; xx where it is not known."""
    entry = model.manifest.upstream("tokenize") if model.manifest else None
    if entry is None or entry["config"].get("model"):
        return "xx"
    return str(entry["config"].get("lang", "xx"))


def _table_of(model: Path, header: Mapping[str, Any], config: DumpConfig) -> np.ndarray:
    """The table to dump, of those that the model has."""
    names = read_names(model)
    trained, how = header["config"], config.table
    if how == "auto":
        how = "sum" if trained["objective"] == "context" else "input"
    if how == "output" and trained["objective"] == "lm" and trained["tie"]:
        how = "input"  # they are the same
    compared = read_table(model, OUTPUT) if OUTPUT in names and how != "input" else None
    return postprocess(combine(read_table(model), compared, how), config)
