"""The commands that build: one for each stage, run, plan."""

from __future__ import annotations

import functools
import inspect
import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, cast

import typer

from corpus2vec.cli.console import Console
from corpus2vec.cli.corpora import FilesFrom, named_corpora
from corpus2vec.cli.options import HelpAll, Request, add_command, building, building_like, planning
from corpus2vec.cli.parts import made
from corpus2vec.cli.records import Records
from corpus2vec.cli.streams import STDOUT, print_json
from corpus2vec.cli.wording import outcome_json
from corpus2vec.pipeline.errors import UsageError
from corpus2vec.pipeline.stages import STAGES, Maker, Stage, makers_of, tokenize, train

if TYPE_CHECKING:
    from corpus2vec.pipeline.stages.build import Build

Output = Annotated[str, typer.Option("-o", "--output", help="The artifact to write.")]
REQUIRED = inspect.Parameter.empty
Folder = Annotated[Path, typer.Option("-o", "--output", help="The folder to build in.")]
Corpus = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="CORPUS",
        help="Files, folders (with all below), globs, URIs (s3://…), or - for stdin.",
    ),
]
Source = Annotated[
    Path | None,
    typer.Option(
        "--from",
        help="Read tokens, vocabulary and ids of that build, and only train and dump: for several "
        "models of one corpus.",
        metavar="BUILD",
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print what would run, and why, as `plan` does.")
]
Check = Annotated[
    bool, typer.Option("--check", help="Exit with 1 where something would run, else with 0.")
]


def run(
    request: Request,
    output: Folder,
    corpora: Corpus = None,
    files_from: FilesFrom = None,
    source: Source = None,
    dry_run: DryRun = False,
    help_all: HelpAll = False,
) -> None:
    """Build all stages into a folder; what is there already is not made again.

    Example: corpus2vec run reviews.csv --text-field review --min-count 5 --dim 200 -o build/
    """
    if dry_run:
        plan(request, output, corpora, files_from, source)
        return
    build, console = _build(request, corpora, files_from, source, output), request.console
    outcomes = []
    _use_threads(request)
    begin = functools.partial(_begin, console)
    for outcome in build.run(force=request.force, progress=console, announce=begin):
        console.stage_done(outcome)
        outcomes.append(outcome_json(outcome))
    if request.json:
        print_json(outcomes)


def plan(
    request: Request,
    output: Folder,
    corpora: Corpus = None,
    files_from: FilesFrom = None,
    source: Source = None,
    check: Check = False,
    help_all: HelpAll = False,
) -> None:
    """Print for each stage whether `run` would run it, and why, without running anything.

    A record is the stage, hit or run, and the reason.

    Example: corpus2vec plan reviews.csv --text-field review --dim 300 -o build/
    """
    steps = _build(request, corpora, files_from, source, output).plan()
    with Records(request.format) as records:
        for step in steps:
            verdict = "hit" if step.hit else "run"
            record = {**vars(step), "output": str(step.output)}
            records.add(record, [[step.stage, verdict, step.reason]])
    if check and not all(step.hit for step in steps):
        raise typer.Exit(1)


def _build(
    request: Request,
    corpora: list[str] | None,
    files_from: Path | None,
    source: Path | None,
    folder: Path,
) -> Build:
    configs = {stage.NAME: request.config(stage.CONFIG) for stage in STAGES}
    executions = {stage.NAME: request.config(stage.EXECUTION) for stage in STAGES}
    from corpus2vec.pipeline.stages.build import Build

    return Build(
        corpora=named_corpora(corpora, files_from) if corpora or files_from else (),
        folder=folder,
        configs=configs,
        executions=executions,
        source=source,
    )


# --- a command for each stage ----------------------------------------------------------------


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the app."""
    add = functools.partial(add_command, app, panel="Build")
    sections = {
        stage.NAME: ((stage.NAME, stage.CONFIG), (stage.NAME, stage.EXECUTION)) for stage in STAGES
    }
    for stage in STAGES:
        inputs = _inputs(stage)
        named = functools.partial(_named, stage)
        # Of `encode BUILD` the parser takes the one argument for the last input, not for the first.
        last = stage.SEVERAL and len(inputs) > 1
        optional = list(inputs)[0 if last or not stage.NEEDS else 1 :]
        command = command_of(stage, inputs, named, Output, optional=optional)
        common = building_like if stage is tokenize else building
        add(command, *sections[stage.NAME], common=common, name=stage.NAME)
    everything = [section for two in sections.values() for section in two]
    add(run, *everything, common=building)
    add(plan, *everything, common=planning)


def command_of(
    maker: Maker,
    arguments: Mapping[str, Any],
    named: Callable[[Mapping[str, Any]], list[Any]],
    output_option: Any,
    *,
    optional: Collection[str] = (),
    output: Any = REQUIRED,
) -> Any:
    """Return the function of the command that makes an artifact.

    `arguments` are its inputs with their annotations, `optional` those that may be left out, and
    `named` makes the maker's list of them. `output` is the default of its --output.
    """

    def command(request: Request, output: str, **inputs: Any) -> None:
        config, execution = request.config(maker.CONFIG), request.config(maker.EXECUTION)
        _use_threads(request)
        given = named(inputs)
        if output == "-":
            _stream(maker, request.console, given, config, execution)
            return
        outcomes = []
        begin = functools.partial(_begin, request.console, maker.NAME)
        with closing(made(maker, request, given, Path(output), begin)) as all_made:
            for outcome in all_made:
                request.console.stage_done(outcome)
                outcomes.append(outcome_json(outcome))
        if request.json:
            print_json(outcomes if len(outcomes) > 1 else outcomes[0])

    parameter = functools.partial(inspect.Parameter, kind=inspect.Parameter.KEYWORD_ONLY)
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            parameter("request", annotation=Request),
            *(
                parameter(name, annotation=kind, default=None if name in optional else REQUIRED)
                for name, kind in arguments.items()
            ),
            parameter("output", annotation=output_option, default=output),
        ]
    )
    command.__doc__ = maker.__doc__
    return command


def _inputs(stage: Stage) -> dict[str, Any]:
    """Return the arguments that name a stage's inputs: `TOKENS VOCAB` for encode."""
    if not stage.NEEDS:
        return {"corpora": Corpus, "files_from": FilesFrom}
    files = {each.NAME: each.FILE for each in STAGES}
    arguments: dict[str, Any] = {}
    for place, need in enumerate(stage.NEEDS):
        name, several = Path(files[need]).stem, stage.SEVERAL and not place
        makers = " or ".join(f"`{maker}`" for maker in makers_of(need))
        argument = typer.Argument(
            metavar=name.upper(),
            help=f"The {files[need]} that {makers} wrote"
            + ("; of several, in this order." if several else ".")
            + (" A build folder will do." if not place else " Of the same build if left out."),
        )
        kind = list[Path] if several else Path
        left_out = place or (several and len(stage.NEEDS) > 1)
        arguments[name] = Annotated[kind | None if left_out else kind, argument]
    return arguments


def _named(stage: Stage, inputs: Mapping[str, Any]) -> list[Any]:
    """Return a stage's inputs in order; what is left out is of the build that the first one names.

    Raises UsageError where that is no build, and where two inputs are swapped.
    """
    from corpus2vec.pipeline.artifacts.pairs import read_manifest
    from corpus2vec.pipeline.stages.folder import is_build

    if not stage.NEEDS:
        return named_corpora(**inputs)
    first, *others = inputs.values()
    usage = f"corpus2vec {stage.NAME} {' '.join(name.upper() for name in inputs)} -o {stage.FILE}"
    if not first:
        first, others = others[0], [None] * len(others)
    if first is None:
        raise UsageError(f"{stage.NAME} needs {' and '.join(map(str.upper, inputs))}", hint=usage)
    if None in others and not is_build(first):
        raise UsageError(
            f"{stage.NAME} needs {' and '.join(map(str.upper, inputs))}: give both, or a build",
            hint=usage,
        )
    named = [*_listed(first), *(first if each is None else each for each in others)]
    if len(stage.NEEDS) == len(named) > 1:
        manifests = [read_manifest(path) for path in named]
        made = [manifest.stage if manifest else "" for manifest in manifests]
        wanted = list(map(makers_of, stage.NEEDS))
        if all(map(operator.contains, reversed(wanted), made)):
            raise UsageError(f"{' and '.join(map(str, named))} are swapped", hint=usage)
    return named


def _begin(console: Console, stage: str) -> None:
    """Announce a stage. The library does not change the process's allocator; a program may."""
    console.begin(stage)
    if stage == train.NAME:
        from corpus2vec.pipeline.training.memory import keep_freed_memory

        keep_freed_memory()


def _listed(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]


def _stream(
    maker: Maker, console: Console, inputs: Sequence[Any], config: Any, execution: Any
) -> None:
    if maker.stream is None:
        raise UsageError(
            f"{maker.FILE} must be a file: it cannot go to stdout",
            hint=f"name a file, such as -o {maker.FILE}",
        )
    console.begin(maker.NAME)
    maker.stream(cast("IO[bytes]", STDOUT), inputs, config, execution, console)


def _use_threads(request: Request) -> None:
    from corpus2vec.pipeline import processors

    processors.use(request.settings["threads"])
