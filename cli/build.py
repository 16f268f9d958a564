"""The commands that build: tokenize, vocab, encode, train, dump, run, plan."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, cast

import typer

from corpus2vec.cli.console import STDOUT, outcome_json, print_json
from corpus2vec.cli.options import SECTIONS, Request, add_command, building, planning
from corpus2vec.pipeline.config import (
    DumpConfig,
    EncodeConfig,
    TokenizeConfig,
    TokenizeExecution,
    TrainConfig,
    TrainExecution,
    VocabConfig,
    VocabExecution,
)
from corpus2vec.pipeline.errors import UsageError

if TYPE_CHECKING:
    from corpus2vec.pipeline.artifacts.store import Outcome
    from corpus2vec.pipeline.stages.build import Build

Output = Annotated[str, typer.Option("-o", "--output", help="The artifact to write.")]
Corpora = Annotated[
    list[str],
    typer.Argument(
        metavar="CORPUS...", help="Files, folders (with all below), globs, or - for stdin."
    ),
]
Threads = Annotated[
    int,
    typer.Option(
        "--threads",
        help="Processor threads; 0 leaves it to the libraries.",
        envvar="CORPUS2VEC_THREADS",
        show_envvar=False,
        min=0,
    ),
]
Keep = Annotated[
    Path | None,
    typer.Option("--keep", help="A file of tokens, one a line, that always stay.", metavar="FILE"),
]
Init = Annotated[
    str,
    typer.Option(
        "--init",
        help="What to start from: random, zeros, a FILE of vectors (word2vec text or binary, "
        "GloVe, fastText .vec, a dump of any format), or a model of ours: its rows and the layers "
        "that fit.",
        metavar="random|zeros|FILE",
        envvar="CORPUS2VEC_INIT",
        show_envvar=False,
    ),
]
Valid = Annotated[
    Path | None,
    typer.Option(
        "--valid",
        help="Encoded documents to score after every epoch, instead of --valid-fraction.",
        metavar="IDS",
    ),
]
Folder = Annotated[Path, typer.Option("-o", "--output", help="The folder to build in.")]


def tokenize(
    request: Request,
    corpora: Corpora,
    output: Output,
    threads: Threads = 0,
) -> None:
    """Split a corpus into tokens, with spaCy: tokens.parquet.

    Reads plain text, JSON Lines, CSV, TSV and Parquet, also as .gz, .bz2, .xz or .zst.

    Example: corpus2vec tokenize books/ --doc-per paragraph --lower -o build/tokens.parquet
    """
    config, execution = request.config(TokenizeConfig), request.config(TokenizeExecution)
    target = _file(output, "tokens.parquet")
    _use_threads(threads)
    from corpus2vec.pipeline import stages

    _report(request, stages.tokenize, corpora, target, config, execution)


def vocab(
    request: Request,
    tokens: Annotated[
        list[Path],
        typer.Argument(metavar="TOKENS...", help="Token artifacts; ids follow their order."),
    ],
    output: Output,
    keep: Keep = None,
    threads: Threads = 0,
) -> None:
    """Give each token an id, by order of first appearance: vocab.tsv.

    Example: corpus2vec vocab build/tokens.parquet --min-count 5 -o build/vocab.tsv
    """
    config, execution = request.config(VocabConfig), request.config(VocabExecution)
    _use_threads(threads)
    from corpus2vec.pipeline import stages

    if output == "-":
        from corpus2vec.pipeline.vocabulary.vocabulary import format_vocabulary

        vocabulary, _ = stages.build_vocabulary_of(tokens, config, execution, keep, request.console)
        STDOUT.write(format_vocabulary(vocabulary))
        return
    _report(request, stages.vocab, tokens, Path(output), config, execution, keep=keep)


def encode(
    request: Request,
    tokens: Annotated[Path, typer.Argument(metavar="TOKENS", help="A token artifact.")],
    vocabulary: Annotated[Path, typer.Argument(metavar="VOCAB", help="A vocabulary.")],
    output: Output,
    threads: Threads = 0,
) -> None:
    """Replace tokens by their ids: ids.parquet.

    Example: corpus2vec encode build/tokens.parquet build/vocab.tsv -o build/ids.parquet
    """
    config = request.config(EncodeConfig)
    target = _file(output, "ids.parquet")
    _use_threads(threads)
    from corpus2vec.pipeline import stages

    _report(request, stages.encode, tokens, vocabulary, target, config)


def train(
    request: Request,
    ids: Annotated[Path, typer.Argument(metavar="IDS", help="Encoded documents.")],
    vocabulary: Annotated[
        Path, typer.Argument(metavar="VOCAB", help="The vocabulary they were encoded with.")
    ],
    output: Output,
    init: Init = "random",
    valid: Valid = None,
) -> None:
    """Learn the embedding table with an LSTM: model.safetensors.

    Metrics go to model.metrics.jsonl beside it. A run that is stopped (Ctrl-C, SIGTERM) leaves a
    checkpoint, and --resume ends in the same bytes as if it had not been stopped.

    Example: corpus2vec train build/ids.parquet build/vocab.tsv --dim 200 -o build/model.safetensors
    """
    kind, init_file = _init(init)
    config = request.config(TrainConfig, init=kind)
    execution = request.config(TrainExecution)
    target = _file(output, "model.safetensors")
    if valid and config.valid_fraction:
        raise UsageError("--valid and --valid-fraction both hold out", hint="give one of them")
    from corpus2vec.pipeline import stages

    _report(
        request,
        stages.train,
        ids,
        vocabulary,
        target,
        config,
        execution,
        init=init_file,
        valid=valid,
    )


def dump(
    request: Request,
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A trained model.")],
    vocabulary: Annotated[
        Path, typer.Argument(metavar="VOCAB", help="The vocabulary it was trained with.")
    ],
    output: Output,
    threads: Threads = 0,
) -> None:
    """Write the embedding table, as a grid or in formats that other tools read.

    Without --format, the output's extension says which: .txt (the grid), .w2v, .bin (word2vec's
    binary), .glove, .vec (fastText), .parquet; and, as folders of files, .tsv (for the Projector),
    .npy, .safetensors (model2vec, sentence-transformers), .spacy. Each dump is read back before it
    takes the place of an older one.

    Example: corpus2vec dump build/model.safetensors build/vocab.tsv --format word2vec -o - | head
    """
    config = request.config(DumpConfig)
    _use_threads(threads)
    from corpus2vec.pipeline import stages

    if output == "-":
        stages.dump_to(cast("IO[bytes]", STDOUT), model, vocabulary, config)
        return
    outcomes = []
    for path, each in config.outputs(Path(output)):
        request.console.begin("dump")
        outcome = stages.dump(
            model, vocabulary, path, each, force=request.force, progress=request.console
        )
        request.console.stage_done(outcome)
        outcomes.append(outcome_json(outcome))
    if request.json:
        print_json(outcomes if len(outcomes) > 1 else outcomes[0])


def run(
    request: Request,
    corpora: Corpora,
    output: Folder,
    keep: Keep = None,
    init: Init = "random",
) -> None:
    """All five stages into a folder; what is there already is not made again.

    Example: corpus2vec run reviews.csv --text-field review --min-count 5 --dim 200 -o build/
    """
    work = _build(request, corpora, output, keep, init)
    _use_threads(work.execution.threads)
    console = request.console
    outcomes = []
    for outcome in work.run(force=request.force, progress=console, announce=console.begin):
        console.stage_done(outcome)
        outcomes.append(outcome_json(outcome))
    if request.json:
        print_json(outcomes)


def plan(
    request: Request,
    corpora: Corpora,
    output: Folder,
    keep: Keep = None,
    init: Init = "random",
) -> None:
    """Say for each stage whether `run` would run it, and why, without running anything.

    Example: corpus2vec plan reviews.csv --text-field review --dim 300 -o build/
    """
    steps = _build(request, corpora, output, keep, init).plan()
    if request.json:
        print_json([{**vars(step), "output": str(step.output)} for step in steps])
        return
    from corpus2vec.pipeline.strings.display import visible

    for step in steps:
        verdict = "hit" if step.hit else "run"
        STDOUT.write(f"{step.stage:<9} {verdict}  {visible(step.reason, keep_spaces=True)}\n")


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the app."""
    add = functools.partial(add_command, app, panel="Build", common=building)
    everything = tuple(each for section in SECTIONS.values() for each in section)
    add(tokenize, TokenizeConfig, TokenizeExecution)
    add(vocab, VocabConfig, VocabExecution)
    add(encode, EncodeConfig)
    add(train, TrainConfig, TrainExecution)
    add(dump, DumpConfig)
    add(run, *everything)
    add(plan, *everything, common=planning)


# --- what the commands share -----------------------------------------------------------------


def _report(request: Request, stage: Callable[..., Outcome], *arguments: Any, **more: Any) -> None:
    """Run one stage, and say what came of it."""
    request.console.begin(stage.__name__)
    outcome = stage(*arguments, force=request.force, progress=request.console, **more)
    request.console.stage_done(outcome)
    if request.json:
        print_json(outcome_json(outcome))


def _build(
    request: Request, corpora: list[str], folder: Path, keep: Path | None, init: str
) -> Build:
    kind, init_file = _init(init)
    from corpus2vec.pipeline.stages.build import Build

    return Build(
        corpora=corpora,
        folder=folder,
        tokenize=request.config(TokenizeConfig),
        vocab=request.config(VocabConfig),
        encode=request.config(EncodeConfig),
        train=request.config(TrainConfig, init=kind),
        dump=request.config(DumpConfig),
        tokenize_execution=request.config(TokenizeExecution),
        vocab_execution=request.config(VocabExecution),
        execution=request.config(TrainExecution),
        keep=keep,
        init=init_file,
    )


def _init(value: str) -> tuple[str, Path | None]:
    """--init in its two parts: how the table starts, and the file if it is one."""
    return (value, None) if value in ("random", "zeros") else ("file", Path(value))


def _file(output: str, usual: str) -> Path:
    if output == "-":
        raise UsageError(
            "this artifact is binary and read in pieces: it cannot go to stdout",
            hint=f"name a file, such as -o {usual}",
        )
    return Path(output)


def _use_threads(threads: int) -> None:
    if threads:
        import pyarrow as pa

        pa.set_cpu_count(threads)
        pa.set_io_thread_count(threads)
