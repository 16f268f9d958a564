"""One chart as a file of its own: SVG, or PNG by resvg.

resvg is a renderer of 1.4 MB that needs nothing else. It takes its fonts from the system, and
silently leaves out text for which it finds none; here that is an error.
"""

from __future__ import annotations

from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.report import charts
from corpus2vec.pipeline.report.elements import asset
from corpus2vec.pipeline.report.facts import Facts
from corpus2vec.pipeline.report.palette import LIGHT, resolved

PNG_WIDTH = 1800
"""Pixels: 15 cm in print, at 300 dpi."""
SOURCES = {
    "loss": "the metrics that train writes beside its model",
    "map": "the table that dump writes",
    "zipf": "the vocabulary",
}
"""What each kind of chart shows."""


def plot(kind: str, facts: Facts, suffix: str = ".svg") -> bytes:
    """Return a chart (loss, map or zipf) as a file: `suffix` is .svg or .png.

    Raises DataError if the build lacks what the chart shows, UsageError for another suffix, or if
    PNG cannot be drawn.
    """
    chart = _drawn(kind, facts)
    if suffix == ".svg":
        return as_svg(chart).encode()
    if suffix == ".png":
        return as_png(chart)
    raise UsageError(
        f"a chart cannot be written as {suffix or 'a file without extension'}",
        hint="name a .svg or a .png",
    )


def _drawn(kind: str, facts: Facts) -> str:
    if kind == "loss" and facts.curves and facts.curves.loss:
        return charts.loss(facts.curves)
    if kind == "map" and facts.map:
        return charts.map_of_words(facts.map)
    if kind == "zipf" and facts.frequency and facts.frequency.ranks:
        return charts.rank_frequency(facts.frequency)
    raise DataError(
        f"{facts.folder} has nothing to draw for {kind}", hint=f"it needs {SOURCES[kind]}"
    )


def as_svg(chart: str) -> str:
    """Return a chart that was drawn for the page as an SVG file with its own style.

    It has the light palette filled in: many programs do not know custom properties.
    """
    head, _, rest = chart.partition(">")
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{head} xmlns="http://www.w3.org/2000/svg">'
        f"<style>{resolved(asset('chart.css'), LIGHT)}</style>"
        f'<rect width="100%" height="100%" fill="{LIGHT["card"]}"/>{rest}\n'
    )


def as_png(chart: str) -> bytes:
    """Return a chart that was drawn for the page as PNG.

    Raises UsageError if resvg is not installed, or finds no font.
    """
    try:
        from resvg_py import svg_to_bytes
    except ImportError as problem:
        raise UsageError(
            "PNG needs the package resvg-py",
            hint="pip install 'corpus2vec[plot]', or name a .svg, which needs nothing",
        ) from problem
    blank, letter = (
        svg_to_bytes(
            svg_string=as_svg(
                f'<svg class="chart" viewBox="0 0 40 40"><text x="9" y="30">{text}</text></svg>'
            )
        )
        for text in ("", "M")
    )
    if letter == blank:
        raise UsageError(
            "no font was found for the text of the chart",
            hint="install one, such as DejaVu Sans (fonts-dejavu-core), or name a .svg",
        )
    return svg_to_bytes(svg_string=as_svg(chart), width=PNG_WIDTH)
