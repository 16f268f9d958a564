"""THE MAP: the five stages, each as read → pure call → write.

    corpus ─tokenize→ tokens.parquet ─vocab→ vocab.tsv
                      tokens.parquet + vocab.tsv ─encode→ ids.parquet
                      ids.parquet + vocab.tsv ─train→ model.safetensors
                      model.safetensors + vocab.tsv ─dump→ embeddings.*

Each stage is two functions. `…_recipe` says what decides the artifact's bytes, so that `plan` can
ask whether the artifact is there without making it; the stage itself hands the recipe and a
function that writes the file to `artifact.produce`. What a stage does is in the module it calls.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import IO, Any

from pipeline import artifact
from pipeline.artifact import Outcome, artifact_input, file_input, known_digests
from pipeline.books import Ledger
from pipeline.config import (
    DumpConfig,
    EncodeConfig,
    Execution,
    TokenizeConfig,
    TrainConfig,
    VocabConfig,
)
from pipeline.corpus import Corpus
from pipeline.encoding import Encoder
from pipeline.errors import DataError, UsageError
from pipeline.manifest import Input, Recipe
from pipeline.parquet import RowGroupReader, RowGroupWriter
from pipeline.progress import SILENT, Progress
from pipeline.publication import discard
from pipeline.sources import Source, find_sources
from pipeline.tables import Table, write_table
from pipeline.vocabulary import (
    Counting,
    Vocabulary,
    build_vocabulary,
    format_vocabulary,
    parse_vocabulary,
)
from pipeline.weights import checkpoint_path, read_header, read_table, verify

FORMATS = {"tokenize": 1, "vocab": 1, "encode": 1, "train": 1, "dump": 1}


# --- tokenize --------------------------------------------------------------------------------


def tokenize_recipe(sources: Sequence[Source], output: Path, config: TokenizeConfig) -> Recipe:
    """What decides tokens.parquet: the corpus files, and the folder of a --model."""
    from pipeline.tokenizer import is_model_folder, versions

    known = known_digests(output)
    inputs = [_corpus_input(source, known) for source in sources]
    if config.model and is_model_folder(config.model):
        files = sorted(each for each in Path(config.model).rglob("*") if each.is_file())
        inputs += [file_input("pipeline", each, known=known) for each in files]
    return Recipe(
        stage="tokenize",
        format=FORMATS["tokenize"],
        config=vars(config),
        inputs=tuple(inputs),
        tools=versions(config),
    )


def tokenize(
    paths: Sequence[str],
    output: Path,
    config: TokenizeConfig,
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Outcome:
    """Corpus files → tokens.parquet."""
    sources = find_sources(paths, config, output)
    recipe = tokenize_recipe(sources, output, config)

    def write(target: Path) -> Mapping[str, Any]:
        from pipeline.tokenizer import Tokenizer

        corpus = Corpus(sources, config)
        books = Ledger("tokens")
        cuts = 0
        labelled = bool(config.label_field) or config.label_from != "none"
        tokenizer = Tokenizer(config)
        with RowGroupWriter(target, "tokens", labelled) as writer:
            for piece in tokenizer.tokenize(corpus.batches()):
                writer.write(piece.batch)
                corpus.documents.kept += piece.documents
                corpus.documents.drop("no token left", piece.emptied)
                books.read += piece.tokens
                for reason, count in piece.dropped.items():
                    books.drop(reason, count)
                cuts += piece.cuts
                progress.advance(
                    corpus.bytes_read, corpus.size, "bytes", documents=corpus.documents.read
                )
        books.kept = writer.items
        counts = _balanced(corpus.documents, books)
        return {**counts, "rows": writer.rows, "cuts": cuts, "bytes": corpus.bytes_read}

    return artifact.produce(recipe, output, write, force=force)


def _corpus_input(source: Source, known: Mapping[Any, str]) -> Input:
    if source.is_stream:
        return Input(
            role="corpus",
            name=source.name,
            digest="",
            traits=source.traits,
            seal=source.digest.hexdigest,
        )
    return file_input("corpus", source.path, source.traits, known)


# --- vocab -----------------------------------------------------------------------------------


def vocab_recipe(tokens: Sequence[Path], config: VocabConfig, keep: Path | None = None) -> Recipe:
    """What decides vocab.tsv: the token artifacts in order, and the list of tokens to keep."""
    inputs = [artifact_input("tokens", path) for path in tokens]
    if keep:
        inputs.append(file_input("keep", existing(keep)))
    return Recipe(
        stage="vocab", format=FORMATS["vocab"], config=vars(config), inputs=tuple(inputs), tools={}
    )


def vocab(
    tokens: Sequence[Path],
    output: Path,
    config: VocabConfig,
    *,
    keep: Path | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> Outcome:
    """tokens.parquet, one or several → vocab.tsv."""

    def write(target: Path) -> Mapping[str, Any]:
        vocabulary, counts = build_vocabulary_of(tokens, config, keep, progress)
        target.write_bytes(format_vocabulary(vocabulary))
        return counts

    return artifact.produce(vocab_recipe(tokens, config, keep), output, write, force=force)


def build_vocabulary_of(
    tokens: Sequence[Path], config: VocabConfig, keep: Path | None, progress: Progress
) -> tuple[Vocabulary, Mapping[str, Any]]:
    """The vocabulary of token artifacts, and its counts."""
    readers = [RowGroupReader(path, "tokens") for path in tokens]
    rows, total = 0, sum(reader.rows for reader in readers)
    counting = Counting()
    for reader in readers:
        for batch in reader.row_groups():
            counting.add(batch.column("tokens").flatten())
            rows += batch.num_rows
            progress.advance(rows, total, "documents")
    if not counting.tokens_read:
        raise DataError(f"there is no token in {', '.join(map(str, tokens))}")
    kept = _lines_of(keep) if keep else []
    found, counts = counting.result()
    vocabulary, books = build_vocabulary(found, counts, config, kept)
    books.read = counting.tokens_read
    facts: dict[str, Any] = {
        "types": len(vocabulary),
        "types_left_out": len(found) - len(vocabulary) + (vocabulary.unk is not None),
    }
    if vocabulary.unk is not None:
        facts["unk"] = vocabulary.unk
    if keep:
        absent = set(kept) - set(found.to_pylist())
        facts["keep_not_in_corpus"] = len(absent)
    return vocabulary, {**_balanced(books), **facts}


def _lines_of(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise DataError(f"{path} is not UTF-8 at byte {problem.start}") from problem
    return [line.removesuffix("\r") for line in text.split("\n") if line.strip()]


# --- encode ----------------------------------------------------------------------------------


def encode_recipe(tokens: Path, vocabulary: Path, config: EncodeConfig) -> Recipe:
    """What decides ids.parquet. Which token is <unk> is not in vocab.tsv, but it decides."""
    given = artifact_input("vocabulary", vocabulary)
    unk = _unk_of(given)
    traited = dataclasses.replace(given, traits={"unk": unk} if unk else {})
    return Recipe(
        stage="encode",
        format=FORMATS["encode"],
        config=vars(config),
        inputs=(artifact_input("tokens", tokens), traited),
        tools={"pyarrow": metadata.version("pyarrow")},
    )


def encode(
    tokens: Path,
    vocabulary: Path,
    output: Path,
    config: EncodeConfig,
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Outcome:
    """tokens.parquet + vocab.tsv → ids.parquet."""
    recipe = encode_recipe(tokens, vocabulary, config)

    def write(target: Path) -> Mapping[str, Any]:
        reader = RowGroupReader(tokens, "tokens")
        encoder = Encoder(read_vocabulary(recipe.inputs[1]), config)
        rows = 0
        with RowGroupWriter(target, "ids", reader.labelled) as writer:
            for batch in reader.row_groups():
                writer.write(encoder.encode(batch))
                rows += batch.num_rows
                progress.advance(rows, reader.rows, "documents")
            names = encoder.labels.names.to_pylist()
            writer.add_metadata(
                {
                    "vocabulary_size": str(len(encoder.vocabulary)),
                    "vocabulary_digest": recipe.inputs[1].digest,
                    "labels": json.dumps(names, ensure_ascii=False),
                }
            )
        encoder.tokens.kept = writer.items - encoder.tokens.unk
        counts = _balanced(encoder.documents, encoder.tokens)
        return {**counts, "rows": writer.rows, **({"labels": len(names)} if names else {})}

    return artifact.produce(recipe, output, write, force=force)


def read_vocabulary(given: Input) -> Vocabulary:
    """The vocabulary that an input stands for."""
    text, hand_made = Path(given.name).read_bytes(), given.manifest is None
    return parse_vocabulary(text, given.name, _unk_of(given), hand_made=hand_made)


def _unk_of(given: Input) -> str | None:
    counts = given.manifest.counts if given.manifest else {}
    return counts.get("unk")


# --- train -----------------------------------------------------------------------------------


def train_recipe(
    ids: Path,
    vocabulary: Path,
    config: TrainConfig,
    *,
    init: Path | None = None,
    valid: Path | None = None,
) -> Recipe:
    """What decides model.safetensors: ids, vocabulary (for its counts), start, held-out ids."""
    require_held_out(config, valid)
    inputs = [artifact_input("ids", ids), artifact_input("vocabulary", vocabulary)]
    if valid:
        inputs.append(artifact_input("valid", valid))
    if init:
        inputs.append(file_input("init", existing(init)))
    return Recipe(
        stage="train",
        format=FORMATS["train"],
        config=vars(config),
        inputs=tuple(inputs),
        tools={"torch": metadata.version("torch"), "numpy": metadata.version("numpy")},
    )


def require_held_out(config: TrainConfig, valid: Path | None = None) -> None:
    """Raise UsageError where --patience has nothing to judge by."""
    if config.patience and not (valid or config.valid_fraction):
        raise UsageError(
            "--patience needs held-out documents",
            hint="give --valid-fraction 0.1, or --valid IDS",
        )


def train(
    ids: Path,
    vocabulary: Path,
    output: Path,
    config: TrainConfig,
    execution: Execution | None = None,
    *,
    init: Path | None = None,
    valid: Path | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> Outcome:
    """ids.parquet + vocab.tsv → model.safetensors. See `runs.py` for checkpoints and metrics."""
    recipe = train_recipe(ids, vocabulary, config, init=init, valid=valid)
    execution = execution or Execution()
    environment: dict[str, Any] = {}  # known only when it has run

    def write(target: Path) -> Mapping[str, Any]:
        from pipeline import runs

        words = read_vocabulary(recipe.inputs[1])
        data, facts = runs.load_data(ids, words, recipe.inputs[1].digest, config, init, valid)
        run = runs.Run(output, recipe, config, execution, progress)
        counts = run.train(target, data, facts)
        environment.update(run.environment)
        return counts

    outcome = artifact.produce(recipe, output, write, force=force, environment=environment)
    if not outcome.hit:
        discard(checkpoint_path(output))
    return outcome


# --- dump ------------------------------------------------------------------------------------


def dump_recipe(model: Path, vocabulary: Path, config: DumpConfig) -> Recipe:
    """What decides the dump."""
    return Recipe(
        stage="dump",
        format=FORMATS["dump"],
        config=vars(config),
        inputs=(artifact_input("model", model), artifact_input("vocabulary", vocabulary)),
        # It finds the fewest digits of a number, and lays out Parquet.
        tools={"pyarrow": metadata.version("pyarrow")},
    )


def dump(
    model: Path,
    vocabulary: Path,
    output: Path,
    config: DumpConfig,
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Outcome:
    """model.safetensors + vocab.tsv → the embedding table as a file."""
    recipe = dump_recipe(model, vocabulary, config)

    def write(target: Path) -> Mapping[str, Any]:
        with target.open("wb") as sink:
            return _dump_into(sink, recipe, config, progress)

    return artifact.produce(recipe, output, write, force=force)


def dump_to(sink: IO[bytes], model: Path, vocabulary: Path, config: DumpConfig) -> None:
    """The same into a stream, with no manifest and no cache."""
    _dump_into(sink, dump_recipe(model, vocabulary, config), config, SILENT)


def _dump_into(
    sink: IO[bytes], recipe: Recipe, config: DumpConfig, progress: Progress
) -> Mapping[str, Any]:
    model, given = recipe.inputs
    if model.manifest is None:
        verify(Path(model.name))
    header = read_header(Path(model.name), "model")
    if header["vocabulary_digest"] != given.digest:
        raise DataError(
            f"{model.name} was trained with another vocabulary than {given.name}",
            hint="name the vocabulary that its ids were encoded with",
        )
    words = read_vocabulary(given)
    table = Table(words.tokens, read_table(Path(model.name)), words.counts)
    unsafe = write_table(sink, table, config)
    progress.advance(len(table), len(table), "rows")
    return {"rows": len(table) - unsafe.get("skipped", 0), "columns": table.dim, **unsafe}


# --- common ----------------------------------------------------------------------------------


def existing(path: Path) -> Path:
    """The path. Raises UsageError where there is no such file."""
    if not path.is_file():
        raise UsageError(f"there is no file {path}", hint="check the path")
    return path


def _balanced(*ledgers: Ledger) -> dict[str, Any]:
    """The ledgers as the manifest stores them, each checked."""
    for ledger in ledgers:
        ledger.balance()
    return {ledger.unit: ledger.as_json() for ledger in ledgers}
