"""The charts as PNG, by matplotlib: the one part of the report that needs a library of its own."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

from corpus2vec.pipeline.errors import UsageError
from corpus2vec.pipeline.report.charts import MAP_DOTS, frequency_kinds
from corpus2vec.pipeline.report.charts import _named as room
from corpus2vec.pipeline.report.elements import shown
from corpus2vec.pipeline.report.palette import LIGHT

if TYPE_CHECKING:
    from corpus2vec.pipeline.report.facts import Facts
    from corpus2vec.pipeline.report.measures import Curves, Frequency
    from corpus2vec.pipeline.report.word_map import WordMap

SIZES = {"loss": (7.2, 4.5), "zipf": (7.2, 4.5), "map": (12, 8)}
"""Inches, at 150 dots each."""


def draw(kind: str, facts: Facts) -> bytes:
    """The chart as a PNG file; `facts` have what it shows.

    Raises UsageError where matplotlib is missing.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as problem:
        raise UsageError(
            "a PNG needs the package matplotlib",
            hint="pip install 'corpus2vec[plot]', or name a .svg, which needs nothing",
        ) from problem
    figure = Figure(figsize=SIZES[kind], dpi=150, layout="constrained", facecolor=LIGHT["card"])
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=LIGHT["soft"])
    if kind == "loss" and facts.curves:
        _loss(axes, facts.curves)
    if kind == "zipf" and facts.frequency:
        _zipf(axes, facts.frequency)
    if kind == "map" and facts.map:
        _map(axes, facts.map)
    sink = io.BytesIO()
    with warnings.catch_warnings():
        # The font has not every script; what it lacks is drawn as a box, once is enough to see.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        # Which version drew it is no part of the picture: the same build gives the same bytes.
        figure.savefig(sink, format="png", metadata={"Software": None})
    return sink.getvalue()


def _loss(axes: Any, found: Curves) -> None:
    axes.plot(*zip(*found.loss, strict=True), color=LIGHT["accent"], label="training")
    if found.held_out:
        style = {"color": LIGHT["warm"], "linestyle": "--", "marker": "o", "markersize": 4}
        axes.plot(*zip(*found.held_out, strict=True), label="held-out", **style)
        axes.legend(frameon=False)
    axes.set(xlabel="step", ylabel="loss")
    axes.grid(axis="y", color=LIGHT["line"])


def _zipf(axes: Any, found: Frequency) -> None:
    axes.loglog(*zip(*found.ranks, strict=True), color=LIGHT["accent"])
    axes.set(xlabel="rank of the type", ylabel="count")
    axes.grid(axis="y", color=LIGHT["line"])


def _map(axes: Any, found: WordMap) -> None:
    kinds = frequency_kinds(found)[:MAP_DOTS]
    places = found.map.places_M3[:MAP_DOTS]
    colours = [LIGHT[f"f{kind}"] for kind in kinds]
    sizes = [4 + 4 * kind for kind in kinds]
    axes.scatter(places[:, 0], places[:, 1], s=sizes, c=colours, linewidths=0)
    for row in room(found):
        axes.annotate(
            shown(found.words[row]),
            (int(places[row, 0]), int(places[row, 1])),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=LIGHT["ink"],
            parse_math=False,  # a token may be "$"
        )
    axes.set_aspect("equal")
    axes.set_axis_off()
