"""Write the embedding table, as a grid or in formats that other tools read.

Without --format, the extension of --output decides. tsv is for the TensorFlow Projector,
safetensors for model2vec and sentence-transformers. Each dump is read back before it replaces an
older one. --bundle packs the model itself, to be used on another machine.

Example: corpus2vec dump build/model.safetensors build/vocab.tsv --format word2vec -o - | head
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from corpus2vec.pipeline.artifacts import store
from corpus2vec.pipeline.artifacts.manifest import Input, Recipe
from corpus2vec.pipeline.artifacts.store import Outcome
from corpus2vec.pipeline.config import DumpConfig, Execution
from corpus2vec.pipeline.config.formats import FORMATS, Layout
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.progress import SILENT, Progress
from corpus2vec.pipeline.stages import door
from corpus2vec.pipeline.stages.stage import listed_in, side_inputs

if TYPE_CHECKING:
    from corpus2vec.pipeline.tables.table import Table

NAME = "dump"
NEEDS = ("train", "vocab")
SEVERAL = False
FILE = "embeddings.txt"
FORMAT = 3
CONFIG = DumpConfig
EXECUTION = Execution
TOKENIZING = "safetensors"
"""The format that has a tokenizer of its own."""
MOST_NAMED = 20
"""How many words that --words lists and the table lacks are named."""


def recipe(inputs: Sequence[Path], output: Path, config: DumpConfig) -> Recipe:
    """Return what decides the dump, in the one format that `config` names."""
    from corpus2vec.pipeline.artifacts.weights import OUTPUT, read_header, read_names
    from corpus2vec.pipeline.tables.combining import resolved

    model, vocabulary = inputs
    sources = (
        door.model("model", model),
        door.artifact("vocabulary", vocabulary, "vocab"),
        *side_inputs(config),
    )
    settings = config.deciding()
    if "table" in settings:
        # What auto means for this model, so that naming that table gives the same recipe.
        needs = {"config": {"objective": str, "freeze": (None, bool), ...: Any}}
        path = Path(sources[0].name)
        trained = read_header(path, "model", needs)["config"]
        settings["table"] = resolved(
            config.table,
            trained["objective"],
            OUTPUT in read_names(path),
            bool(trained.get("freeze")),
        )
    if compression := config.compression(output):
        settings["compression"] = compression
    if FORMATS[config.format].language:
        settings["lang"] = language_of(sources[0])
    tools = {name: metadata.version(name) for name in FORMATS[config.format].tools}
    return Recipe(stage=NAME, format=FORMAT, config=settings, inputs=sources, tools=tools)


def run(
    inputs: Sequence[Path],
    output: Path,
    config: DumpConfig,
    execution: Execution | None = None,
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Outcome:
    """Dump the table of model.safetensors as a file, or as a folder of files.

    Raises UsageError for a config of several formats: each of `config.outputs` is an artifact.
    With --bundle it is what `bundle` makes.
    """
    if config.bundle:
        from corpus2vec.pipeline.stages.bundle import bundle

        model, vocabulary = inputs
        return bundle(model, vocabulary, output, force=force)
    from corpus2vec.pipeline.tables.verify import verify_dump
    from corpus2vec.pipeline.tables.writing import prepare, write_dump

    output, one = _only_output(config, output)
    made_by = recipe(inputs, output, one)

    def write(target: Path) -> Mapping[str, Any]:
        table, listed = _listed(_table(made_by, one), one, progress)
        ready, unsafe = prepare(table, one)
        write_dump(target, ready, one, one.compression(output))
        verify_dump(target, ready, one)
        progress.advance(len(table), len(table), "rows")
        left = len(table) - len(ready) - unsafe.get("skipped", 0)
        below_top = {"below_top": left} if left else {}
        alike: dict[str, int] = {}
        if one.format == TOKENIZING:
            from corpus2vec.pipeline.stages.fidelity import equal_documents

            model = made_by.input("model")
            alike = equal_documents(target, model.manifest, Path(model.name))
        counts = {"rows": len(ready), "columns": ready.dim}
        return {**counts, **below_top, **unsafe, **listed, **alike}

    return store.produce(made_by, output, write, force=force, folder=one.layout is Layout.FOLDER)


def stream(
    sink: IO[bytes],
    inputs: Sequence[Path],
    config: DumpConfig,
    execution: Execution,
    progress: Progress,
) -> None:
    """Write the table; a stream cannot be read back."""
    if config.bundle:
        raise UsageError(
            "a bundle is several files: they cannot go to stdout",
            hint="name a folder that is still to be made, such as -o bundle",
        )
    from corpus2vec.pipeline.tables.writing import prepare, write_to

    output, one = _only_output(config, Path("-"))
    if one.layout is Layout.FOLDER:
        raise UsageError(
            f"--format {one.format} is several files: they cannot go to stdout",
            hint=f"name a folder, such as -o embeddings{FORMATS[one.format].extension}",
        )
    table, _ = _listed(_table(recipe(inputs, output, one), one), one, progress)
    ready, _ = prepare(table, one)
    write_to(sink, ready, one)


def _only_output(config: DumpConfig, output: Path) -> tuple[Path, DumpConfig]:
    outputs = config.outputs(output)
    if len(outputs) > 1:
        raise UsageError(
            f"--format {config.format} is several artifacts, and this makes one",
            hint="name one format",
        )
    return outputs[0]


def table(inputs: Sequence[Path], config: DumpConfig) -> Table:
    """Return the table that `run` would write at `FILE` for the same inputs."""
    _, one = _only_output(config, Path(FILE))
    return _table(recipe(inputs, Path(FILE), one), one)


def _table(made_by: Recipe, config: DumpConfig) -> Table:
    """Read the model's tables and combine them: every row, in the order of ids."""
    from corpus2vec.pipeline.artifacts.weights import (
        OUTPUT,
        read_header,
        read_names,
        read_table,
        verify,
    )
    from corpus2vec.pipeline.tables.combining import combine
    from corpus2vec.pipeline.tables.table import Table
    from corpus2vec.pipeline.vocabulary.vocabulary import read_vocabulary

    model, given = made_by.input("model"), made_by.input("vocabulary")
    path = Path(model.name)
    if model.manifest is None:
        verify(path)
    header = read_header(path, "model", {"vocabulary_digest": str})
    door.require_vocabulary(model, header["vocabulary_digest"], given)
    words = read_vocabulary(given)
    how = made_by.config.get("table", "input")
    output_VE = None
    if how != "input" and OUTPUT in read_names(path):
        output_VE = read_table(path, OUTPUT, len(words))
    vectors_VD = combine(read_table(path, rows=len(words)), output_VE, how, config)
    return Table(words.tokens, vectors_VD, words.counts, unk=words.unk, language=language_of(model))


def _listed(table: Table, config: DumpConfig, progress: Progress) -> tuple[Table, dict[str, Any]]:
    """Return the rows of the words that --words lists, in the order of ids, and what is missing.

    Raises DataError where none of them is in the table.
    """
    if config.words is None:
        return table, {}
    from corpus2vec.pipeline.vocabulary.counting import among

    words = list(dict.fromkeys(listed_in(config.words)))
    chosen_V = among(table.tokens, words)
    chosen = table.taken(chosen_V)
    known = set(chosen.tokens.to_pylist())
    missing = [word for word in words if word not in known]
    if not len(chosen):
        raise DataError(
            f"{config.words} lists no word of the table",
            hint="one word a line, spelt as the tokens are: are these lower-cased?",
        )
    facts: dict[str, Any] = {"not_listed": len(table) - len(chosen)}
    if missing:
        progress.notice(f"not in the table: {', '.join(missing[:MOST_NAMED])}")
        facts |= {"missing": len(missing), "missing_words": missing[:MOST_NAMED]}
    return chosen, facts


def language_of(model: Input) -> str:
    """Return spaCy's code of the corpus's language; xx where it is not known."""
    entry = model.manifest.upstream("tokenize") if model.manifest else None
    if entry is None or entry["config"].get("model"):
        return "xx"
    return str(entry["config"].get("lang", "xx"))
