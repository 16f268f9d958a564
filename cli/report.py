"""The commands that show a build: report, plot."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corpus2vec.cli.options import Request, add_command, looking
from corpus2vec.cli.streams import STDOUT, print_json
from corpus2vec.pipeline.config import MapConfig
from corpus2vec.pipeline.errors import UsageError

if TYPE_CHECKING:
    from corpus2vec.pipeline.report.facts import Facts


class Chart(StrEnum):
    """What `plot` draws."""

    LOSS = "loss"
    MAP = "map"
    ZIPF = "zipf"


Build = Annotated[Path, typer.Argument(metavar="BUILD", help="The folder of a build, made by run.")]


def report(
    request: Request,
    build: Build,
    output: Annotated[
        str, typer.Option("-o", "--output", help="The HTML file to write; - for stdout.")
    ],
    words: Annotated[
        list[str] | None,
        typer.Option(
            "--word",
            help="List this word's nearest neighbours too; repeatable.",
            metavar="WORD",
        ),
    ] = None,
) -> None:
    """Make one HTML page of a build, to read in any browser, offline.

    It shows the corpus's frequencies and lengths, the training curves and scores, a map of the
    words, nearest neighbours, and the command that builds it again. If a stage is missing, the page
    shows what there is.

    Example: corpus2vec report build/ --word harbour --word sea -o report.html
    """
    _refuse_two_outputs(request, output)
    request.console.begin("report")
    from corpus2vec.pipeline.report.facts import gather
    from corpus2vec.pipeline.report.page import render
    from corpus2vec.pipeline.strings.display import visible

    facts = gather(build, request.config(MapConfig), words or ())
    if facts.not_found:
        names = ", ".join(facts.not_found)
        request.console.notice(f"not in the table: {names}")
    _write(request, render(facts).encode(), output, build, facts)
    for remark in facts.remarks:
        request.console.say(f"  {visible(remark, keep_spaces=True)}")


def plot(
    request: Request,
    chart: Annotated[Chart, typer.Argument(help="What to draw.", metavar="loss|map|zipf")],
    build: Build,
    output: Annotated[
        str, typer.Option("-o", "--output", help="A .svg or .png file; - for SVG on stdout.")
    ],
) -> None:
    r"""Draw one chart of a build: the loss, the map of the words, or frequency by rank.

    SVG needs nothing else; PNG needs resvg-py: pip install 'corpus2vec\[plot]'.

    Example: corpus2vec plot map build/ -o map.svg
    """
    _refuse_two_outputs(request, output)
    from corpus2vec.pipeline.report import plot as plots
    from corpus2vec.pipeline.report.facts import gather

    facts = gather(build, request.config(MapConfig), chart=chart.value)
    suffix = ".svg" if output == "-" else Path(output).suffix.lower()
    _write(request, plots.plot(chart.value, facts, suffix), output, build, facts)


def _refuse_two_outputs(request: Request, output: str) -> None:
    if output == "-" and request.json:
        raise UsageError("-o - and --json both write to stdout", hint="name a file with -o")


def _write(request: Request, content: bytes, output: str, build: Path, facts: Facts) -> None:
    if output == "-":
        STDOUT.write(content)
        return
    from corpus2vec.pipeline.report.folder import publish
    from corpus2vec.pipeline.strings.display import visible

    publish(content, Path(output), build, facts.stages)
    if request.json:
        print_json(_summary(content, output, facts))
        return
    name = visible(output, keep_spaces=True)
    request.console.say(f"{name}  ({len(content):,} bytes)")


def _summary(content: bytes, output: str, facts: Facts) -> dict[str, Any]:
    return {
        "output": output,
        "bytes": len(content),
        "words_mapped": len(facts.map.words) if facts.map else 0,
        "not_found": list(facts.not_found),
        "remarks": list(facts.remarks),
    }


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the app."""
    for function in (report, plot):
        add_command(app, function, ("report", MapConfig), panel="Look", common=looking)
