"""A chart as PNG, by resvg: a renderer of 1.4 MB that needs nothing else.

resvg takes its fonts from the system, and silently leaves out text for which it finds none. Here
that is an error.
"""

from __future__ import annotations

from corpus2vec.pipeline.errors import UsageError
from corpus2vec.pipeline.report.charts import as_file

WIDTH = 1800
"""Pixels: 15 cm in print, at 300 dpi."""


def as_png(chart: str) -> bytes:
    """Render a chart that is drawn for the page.

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
            svg_string=as_file(
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
    return svg_to_bytes(svg_string=as_file(chart), width=WIDTH)
