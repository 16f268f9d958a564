"""A build as something to look at: one HTML page, or one chart.

    facts.py      everything there is to say, from the build's files; words.py, of its table
    measures.py   arrays → the numbers of charts and tables
    recipes.py    the settings, and the command line that builds it again
    palette.py    the colours
    charts.py     charts as SVG; raster.py, the same as PNG
    elements.py   the HTML elements; page.py, the page of them; atlas.py, its map
    page.css, chart.css, map.html, map.js, controls.js   what the page is made of besides

Nothing here knows torch or spaCy.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.files.publication import publication, publishable
from corpus2vec.pipeline.report import charts
from corpus2vec.pipeline.report.facts import FILES, Facts, gather
from corpus2vec.pipeline.report.page import render

__all__ = ["Facts", "chart_of", "gather", "page_of", "publish"]

NEEDS = {
    "loss": "the metrics that train writes beside its model",
    "map": "the table that dump writes",
    "zipf": "the vocabulary",
}


def page_of(facts: Facts) -> bytes:
    """The report."""
    return render(facts).encode()


def chart_of(kind: str, facts: Facts, suffix: str = ".svg") -> bytes:
    """The chart `kind` (loss, map, zipf) as the file that `suffix` names, .svg or .png.

    Raises DataError where the build lacks what it shows, UsageError for another suffix or where
    the library that draws PNG is missing.
    """
    draw: dict[str, Callable[[], str]] = {}
    if facts.curves and facts.curves.loss:
        found = facts.curves
        draw["loss"] = lambda: charts.loss(found)
    if facts.map:
        words = facts.map
        draw["map"] = lambda: charts.map_of_words(words)
    if facts.frequency and facts.frequency.ranks:
        frequency = facts.frequency
        draw["zipf"] = lambda: charts.rank_frequency(frequency)
    if kind not in draw:
        raise DataError(
            f"{facts.folder} has nothing to draw for {kind}", hint=f"it takes {NEEDS[kind]}"
        )
    if suffix == ".svg":
        return charts.as_file(draw[kind]()).encode()
    if suffix == ".png":
        from corpus2vec.pipeline.report.png import as_png

        return as_png(draw[kind]())
    raise UsageError(
        f"a chart cannot be written as {suffix or 'a file without extension'}",
        hint="name a .svg or a .png",
    )


def publish(content: bytes, output: Path, build: Path) -> None:
    """Put it at `output`, whole or not at all.

    Raises UsageError where that is a file of the build itself.
    """
    names = [name for names in FILES.values() for name in names]
    if output.resolve() in {(build / name).resolve() for name in names}:
        raise UsageError(f"{output} is read, so it cannot be written too", hint="name another file")
    with publication(publishable(output)) as temporary:
        temporary.write_bytes(content)
