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
import functools
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from importlib import metadata
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from pipeline import artifact
from pipeline.artifact import Outcome, artifact_input, file_input, known_digests
from pipeline.books import Ledger
from pipeline.combining import combine, postprocess, require_finite
from pipeline.config import (
    TABLE_FORMATS,
    DumpConfig,
    EncodeConfig,
    Execution,
    TokenizeConfig,
    TokenizeExecution,
    TrainConfig,
    VocabConfig,
    VocabExecution,
)
from pipeline.corpus import Corpus
from pipeline.encoding import Encoder
from pipeline.engine import in_order, read_ahead, resolve_workers
from pipeline.errors import DataError, UsageError
from pipeline.manifest import Input, Recipe
from pipeline.parquet import RowGroupReader, RowGroupWriter
from pipeline.progress import SILENT, Progress
from pipeline.proof import prove
from pipeline.sources import Source, find_sources
from pipeline.tables import Table, prepare, write_file, write_folder
from pipeline.vocabulary import (
    Counting,
    Vocabulary,
    among,
    build_vocabulary,
    parse_vocabulary,
    vocabulary_lines,
)
from pipeline.weights import OUTPUT, read_header, read_names, read_table, verify

if TYPE_CHECKING:
    import numpy as np

    from pipeline.texts import Texts
    from pipeline.tokenizer import Tokens

FORMATS = {"tokenize": 2, "vocab": 1, "encode": 2, "train": 2, "dump": 3}


# --- tokenize --------------------------------------------------------------------------------


def tokenize_recipe(sources: Sequence[Source], output: Path, config: TokenizeConfig) -> Recipe:
    """What decides tokens.parquet: the corpus files, and the folder of a --model."""
    from pipeline.tokenizer.spacy_pipeline import is_model_folder, versions

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
    execution: TokenizeExecution | None = None,
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Outcome:
    """Corpus files → tokens.parquet.

    Several workers are processes that begin by importing the main module, so a script that asks
    for them needs its `if __name__ == "__main__"`.
    """
    sources = find_sources(paths, config, output)
    recipe = tokenize_recipe(sources, output, config)
    execution = execution or TokenizeExecution(workers=1)

    def write(target: Path) -> Mapping[str, Any]:
        corpus = Corpus(sources, config)
        documents, tokens = Ledger("documents"), Ledger("tokens")
        cuts = chunk_cuts = 0
        make = functools.partial(_make_tokenizer, config)
        workers = resolve_workers(execution.workers, corpus.size)
        pieces = in_order(make, corpus.batches(), workers)
        with RowGroupWriter(target, "tokens", corpus.labelled) as writer, closing(pieces):
            for piece in pieces:
                writer.write(piece.batch)
                documents.read += piece.read
                documents.kept += piece.documents
                documents.drop("blank", piece.blank)
                documents.drop("no token left", piece.emptied)
                tokens.read += piece.tokens
                for reason, count in piece.dropped.items():
                    tokens.drop(reason, count)
                cuts += piece.cuts
                chunk_cuts += piece.chunk_cuts
                progress.advance(corpus.bytes_read, corpus.size, "bytes", documents=documents.read)
        if documents.read == documents.dropped["blank"]:
            names = ", ".join(source.name for source in sources[:3])
            raise DataError(
                f"the corpus has no document that is not blank: {names}",
                hint="is it the right file, and the right --text-field?",
            )
        tokens.kept = writer.items
        counts = _balanced(documents, tokens)
        facts = {"rows": writer.rows, "cuts": cuts, "bytes": corpus.bytes_read}
        long = {"documents_cut": corpus.cuts, "chunks_cut": chunk_cuts}
        return {**counts, **facts, **{name: count for name, count in long.items() if count}}

    return artifact.produce(recipe, output, write, force=force)


def _make_tokenizer(config: TokenizeConfig) -> Callable[[Texts], Tokens]:
    from pipeline.tokenizer import Tokenizer  # imports spaCy

    return Tokenizer(config).tokenize


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
    execution: VocabExecution | None = None,
    *,
    keep: Path | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> Outcome:
    """tokens.parquet, one or several → vocab.tsv."""
    execution = execution or VocabExecution()

    def write(target: Path) -> Mapping[str, Any]:
        vocabulary, counts = build_vocabulary_of(
            tokens, config, execution, keep, progress, target.parent
        )
        with target.open("wb") as sink:
            sink.writelines(vocabulary_lines(vocabulary))
        return counts

    return artifact.produce(vocab_recipe(tokens, config, keep), output, write, force=force)


def build_vocabulary_of(
    tokens: Sequence[Path],
    config: VocabConfig,
    execution: VocabExecution,
    keep: Path | None,
    progress: Progress,
    folder: Path | None = None,
) -> tuple[Vocabulary, Mapping[str, Any]]:
    """The vocabulary of token artifacts, and its counts; `folder` takes what memory does not."""
    readers = [RowGroupReader(path, "tokens") for path in tokens]
    rows, total = 0, sum(reader.rows for reader in readers)
    kept = _lines_of(keep) if keep else []
    row_groups = (batch for reader in readers for batch in reader.row_groups())
    with Counting(execution.memory_bytes, folder) as counting, read_ahead(row_groups) as batches:
        for batch in batches:
            counting.add(batch.column("tokens").flatten())
            rows += batch.num_rows
            progress.advance(rows, total, "documents")
        if not counting.tokens_read:
            raise DataError(f"there is no token in {', '.join(map(str, tokens))}")
        found, counts = counting.result(config.min_count, kept)
    vocabulary, books = build_vocabulary(found, counts, config, kept, counting.left_out)
    books.read = counting.tokens_read
    own = len(vocabulary) - (vocabulary.unk is not None)
    facts: dict[str, Any] = {
        "types": len(vocabulary),
        "types_left_out": counting.left_out.types + len(found) - own,
    }
    if vocabulary.unk is not None:
        facts["unk"] = vocabulary.unk
    if keep:
        facts["keep_not_in_corpus"] = len(set(kept)) - int(among(found, kept).sum())
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
        with (
            RowGroupWriter(target, "ids", reader.labelled) as writer,
            read_ahead(reader.row_groups()) as batches,
        ):
            for batch in batches:
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
        from pipeline.checkpoints import Checkpoints

        Checkpoints(output).discard()
    return outcome


# --- dump ------------------------------------------------------------------------------------


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
        prove(target, ready, config)
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


# --- common ----------------------------------------------------------------------------------


def existing(path: Path) -> Path:
    """The path. Raises UsageError where there is no such file, or folder of vectors."""
    if not path.exists():
        raise UsageError(f"there is no file {path}", hint="check the path")
    return path


def _balanced(*ledgers: Ledger) -> dict[str, Any]:
    """The ledgers as the manifest stores them, each checked."""
    for ledger in ledgers:
        ledger.balance()
    return {ledger.unit: ledger.as_json() for ledger in ledgers}
