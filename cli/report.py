"""The commands that show a build: report, plot."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corpus2vec.cli.console import STDOUT, print_json
from corpus2vec.cli.options import Request, add_command, looking
from corpus2vec.pipeline.config import MapConfig
from corpus2vec.pipeline.errors import UsageError

if TYPE_CHECKING:
    from corpus2vec.pipeline.report.facts import Facts


class Chart(StrEnum):
    """What `plot` draws."""

    LOSS = "loss"
    MAP = "map"
    ZIPF = "zipf"


Build = Annotated[Path, typer.Argument(metavar="BUILD", help="The folder that run has built in.")]


def report(
    request: Request,
    build: Build,
    output: Annotated[str, typer.Option("-o", "--output", help="The page to write; - is stdout.")],
    words: Annotated[
        list[str] | None,
        typer.Option(
            "--word", help="A word whose nearest neighbours are told; repeatable.", metavar="WORD"
        ),
    ] = None,
) -> None:
    """Make one page of a build, to look at in any browser, without a network.

    What was built from what, the corpus's frequencies and lengths, the curves of training, a map of
    the words, nearest neighbours, scores, and the command line that builds it again. A build that
    lacks a stage is shown as far as it goes.

    Example: corpus2vec report build/ --word harbour --word sea -o report.html
    """
    _refuse_two_outputs(request, output)
    request.console.begin("report")
    from corpus2vec.pipeline.report import gather, page_of
    from corpus2vec.pipeline.strings.display import visible

    facts = gather(build, request.config(MapConfig), words or ())
    if facts.not_found:
        names = ", ".join(facts.not_found)
        request.console.notice(f"not in the table: {names}")
    _write(request, page_of(facts), output, build, facts)
    for remark in facts.remarks:
        request.console.say(f"  {visible(remark, keep_spaces=True)}")


def plot(
    request: Request,
    chart: Annotated[Chart, typer.Argument(help="What to draw.", metavar="loss|map|zipf")],
    build: Build,
    output: Annotated[
        str, typer.Option("-o", "--output", help="A .svg or .png file; - is SVG on stdout.")
    ],
) -> None:
    r"""Draw one chart of a build: the loss, the map of the words, or frequency by rank.

    SVG needs nothing else; PNG needs resvg: pip install 'corpus2vec\[plot]'.

    Example: corpus2vec plot map build/ -o map.svg
    """
    _refuse_two_outputs(request, output)
    from corpus2vec.pipeline.report import chart_of, gather

    facts = gather(build, request.config(MapConfig), chart=chart.value)
    suffix = ".svg" if output == "-" else Path(output).suffix.lower()
    _write(request, chart_of(chart.value, facts, suffix), output, build, facts)


def _refuse_two_outputs(request: Request, output: str) -> None:
    if output == "-" and request.json:
        raise UsageError("-o - and --json both write to stdout", hint="name a file with -o")


def _write(request: Request, content: bytes, output: str, build: Path, facts: Facts) -> None:
    if output == "-":
        STDOUT.write(content)
        return
    from corpus2vec.pipeline.report import publish
    from corpus2vec.pipeline.strings.display import visible

    publish(content, Path(output), build)
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
