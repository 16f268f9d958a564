"""The commands that build: tokenize, vocab, encode, train, dump, run, plan."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, cast

import typer

from cli.console import STDOUT, Console, outcome_json, print_json
from cli.options import (
    ConfigFile,
    Debug,
    Force,
    Json,
    Output,
    Quiet,
    build,
    with_settings,
)
from pipeline.config import (
    DumpConfig,
    EncodeConfig,
    Execution,
    TokenizeConfig,
    TrainConfig,
    VocabConfig,
)
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.artifact import Outcome
    from pipeline.build import Build

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
        help="How the table starts: random, zeros, or a FILE of pretrained vectors (word2vec text "
        "or binary, GloVe, fastText .vec).",
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
    context: typer.Context,
    corpora: Corpora,
    output: Output,
    threads: Threads = 0,
    config_file: ConfigFile = None,
    force: Force = False,
    json_summary: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
    **settings: Any,
) -> None:
    """Split a corpus into tokens, with spaCy: tokens.parquet.

    Reads plain text, JSON Lines, CSV, TSV and Parquet, also as .gz, .bz2, .xz or .zst.

    Example: corpus2vec tokenize books/ --doc-per paragraph --lower -o build/tokens.parquet
    """
    console = _console(context, quiet, debug)
    config = build(TokenizeConfig, settings)
    target = _file(output, "tokens.parquet")
    _use_threads(threads)
    from pipeline import stages

    _report(
        console,
        json_summary,
        "tokenize",
        lambda: stages.tokenize(corpora, target, config, force=force, progress=console),
    )


def vocab(
    context: typer.Context,
    tokens: Annotated[
        list[Path],
        typer.Argument(metavar="TOKENS...", help="Token artifacts; ids follow their order."),
    ],
    output: Output,
    keep: Keep = None,
    threads: Threads = 0,
    config_file: ConfigFile = None,
    force: Force = False,
    json_summary: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
    **settings: Any,
) -> None:
    """Give each token an id, by order of first appearance: vocab.tsv.

    Example: corpus2vec vocab build/tokens.parquet --min-count 5 -o build/vocab.tsv
    """
    console = _console(context, quiet, debug)
    config = build(VocabConfig, settings)
    _use_threads(threads)
    from pipeline import stages

    if output == "-":
        from pipeline.vocabulary import format_vocabulary

        vocabulary, _ = stages.build_vocabulary_of(tokens, config, keep, console)
        STDOUT.write(format_vocabulary(vocabulary))
        return
    _report(
        console,
        json_summary,
        "vocab",
        lambda: stages.vocab(
            tokens, Path(output), config, keep=keep, force=force, progress=console
        ),
    )


def encode(
    context: typer.Context,
    tokens: Annotated[Path, typer.Argument(metavar="TOKENS", help="A token artifact.")],
    vocabulary: Annotated[Path, typer.Argument(metavar="VOCAB", help="A vocabulary.")],
    output: Output,
    threads: Threads = 0,
    config_file: ConfigFile = None,
    force: Force = False,
    json_summary: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
    **settings: Any,
) -> None:
    """Replace tokens by their ids: ids.parquet.

    Example: corpus2vec encode build/tokens.parquet build/vocab.tsv -o build/ids.parquet
    """
    console = _console(context, quiet, debug)
    config = build(EncodeConfig, settings)
    target = _file(output, "ids.parquet")
    _use_threads(threads)
    from pipeline import stages

    _report(
        console,
        json_summary,
        "encode",
        lambda: stages.encode(tokens, vocabulary, target, config, force=force, progress=console),
    )


def train(
    context: typer.Context,
    ids: Annotated[Path, typer.Argument(metavar="IDS", help="Encoded documents.")],
    vocabulary: Annotated[
        Path, typer.Argument(metavar="VOCAB", help="The vocabulary they were encoded with.")
    ],
    output: Output,
    init: Init = "random",
    valid: Valid = None,
    config_file: ConfigFile = None,
    force: Force = False,
    json_summary: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
    **settings: Any,
) -> None:
    """Learn the embedding table with an LSTM: model.safetensors.

    Metrics go to model.metrics.jsonl beside it. A run that is stopped (Ctrl-C, SIGTERM) leaves a
    checkpoint, and --resume ends in the same bytes as if it had not been stopped.

    Example: corpus2vec train build/ids.parquet build/vocab.tsv --dim 200 -o build/model.safetensors
    """
    console = _console(context, quiet, debug)
    kind, init_file = _init(init)
    config = build(TrainConfig, settings, init=kind)
    execution = build(Execution, settings)
    target = _file(output, "model.safetensors")
    if valid and config.valid_fraction:
        raise UsageError("--valid and --valid-fraction both hold out", hint="give one of them")
    from pipeline import stages

    _report(
        console,
        json_summary,
        "train",
        lambda: stages.train(
            ids,
            vocabulary,
            target,
            config,
            execution,
            init=init_file,
            valid=valid,
            force=force,
            progress=console,
        ),
    )


def dump(
    context: typer.Context,
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A trained model.")],
    vocabulary: Annotated[
        Path, typer.Argument(metavar="VOCAB", help="The vocabulary it was trained with.")
    ],
    output: Output,
    threads: Threads = 0,
    config_file: ConfigFile = None,
    force: Force = False,
    json_summary: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
    **settings: Any,
) -> None:
    """Write the embedding table, as a grid or in a format that other tools read.

    Example: corpus2vec dump build/model.safetensors build/vocab.tsv --format word2vec -o - | head
    """
    console = _console(context, quiet, debug)
    config = build(DumpConfig, settings)
    _use_threads(threads)
    from pipeline import stages

    if output == "-":
        stages.dump_to(cast("IO[bytes]", STDOUT), model, vocabulary, config)
        return
    _report(
        console,
        json_summary,
        "dump",
        lambda: stages.dump(model, vocabulary, Path(output), config, force=force, progress=console),
    )


def run(
    context: typer.Context,
    corpora: Corpora,
    output: Folder,
    keep: Keep = None,
    init: Init = "random",
    config_file: ConfigFile = None,
    force: Force = False,
    json_summary: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
    **settings: Any,
) -> None:
    """All five stages into a folder; what is there already is not made again.

    Example: corpus2vec run reviews.csv --text-field review --min-count 5 --dim 200 -o build/
    """
    console = _console(context, quiet, debug)
    plan = _build(corpora, output, keep, init, settings)
    _use_threads(plan.execution.threads)
    outcomes = []
    for outcome in plan.run(force=force, progress=console, announce=console.begin):
        console.end()
        console.summary(outcome)
        console.stop_if_asked()
        outcomes.append(outcome_json(outcome))
    if json_summary:
        print_json(outcomes)


def plan(
    context: typer.Context,
    corpora: Corpora,
    output: Folder,
    keep: Keep = None,
    init: Init = "random",
    config_file: ConfigFile = None,
    json_summary: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
    **settings: Any,
) -> None:
    """Say for each stage whether `run` would run it, and why, without running anything.

    Example: corpus2vec plan reviews.csv --text-field review --dim 300 -o build/
    """
    _console(context, quiet, debug)
    steps = _build(corpora, output, keep, init, settings).plan()
    if json_summary:
        print_json([{**vars(step), "output": str(step.output)} for step in steps])
        return
    from pipeline.display import visible

    for step in steps:
        verdict = "hit" if step.hit else "run"
        STDOUT.write(f"{step.stage:<9} {verdict}  {visible(step.reason, keep_spaces=True)}\n")


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the app."""
    everything = (TokenizeConfig, VocabConfig, EncodeConfig, TrainConfig, Execution, DumpConfig)
    panel = "Build"
    app.command(rich_help_panel=panel)(with_settings(TokenizeConfig)(tokenize))
    app.command(rich_help_panel=panel)(with_settings(VocabConfig)(vocab))
    app.command(rich_help_panel=panel)(with_settings(EncodeConfig)(encode))
    app.command(rich_help_panel=panel)(with_settings(TrainConfig, Execution)(train))
    app.command(rich_help_panel=panel)(with_settings(DumpConfig)(dump))
    app.command(rich_help_panel=panel)(with_settings(*everything)(run))
    app.command(rich_help_panel=panel)(with_settings(*everything)(plan))


# --- what the commands share -----------------------------------------------------------------


def _console(context: typer.Context, quiet: bool, debug: bool) -> Console:
    console: Console = context.obj
    console.quiet, console.debug = quiet, debug
    return console


def _report(console: Console, json_summary: bool, stage: str, work: Callable[[], Outcome]) -> None:
    """Do the work of one stage, and say what came of it."""
    console.begin(stage)
    outcome = work()
    console.end()
    console.summary(outcome)
    console.stop_if_asked()
    if json_summary:
        print_json(outcome_json(outcome))


def _build(
    corpora: list[str], folder: Path, keep: Path | None, init: str, settings: dict[str, Any]
) -> Build:
    kind, init_file = _init(init)
    from pipeline.build import Build

    return Build(
        corpora=corpora,
        folder=folder,
        tokenize=build(TokenizeConfig, settings),
        vocab=build(VocabConfig, settings),
        encode=build(EncodeConfig, settings),
        train=build(TrainConfig, settings, init=kind),
        dump=build(DumpConfig, settings),
        execution=build(Execution, settings),
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
