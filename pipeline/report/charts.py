"""The charts, as SVG elements for the page; plot.py makes files of them.

The marks have classes, which chart.css colours. The page needs no script to show them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import numpy as np

from corpus2vec.pipeline.report.axes import Axis, Plane, Points, coordinate, percent
from corpus2vec.pipeline.report.curves import Curves
from corpus2vec.pipeline.report.elements import shown
from corpus2vec.pipeline.report.measures import Frequency, Lengths, frequency_classes
from corpus2vec.pipeline.report.palette import FREQUENCY_CLASSES
from corpus2vec.pipeline.report.word_map import WordMap, is_word

Says = Callable[[float, float], str]
MAP_WIDTH, MAP_HEIGHT = 900, 600
MAP_DOTS, MAP_NAMES = 2500, 70
Pairs = list[tuple[float, float]]
Box = tuple[float, float, float, float]


# --- the corpus ------------------------------------------------------------------------------


def rank_frequency(found: Frequency) -> str:
    """Draw how often the n-th most frequent type occurs, both on logarithmic scales."""
    points = found.ranks
    plane = Plane(
        Axis(low=1, high=max(2, found.types), name="rank of the type", log=True),
        Axis(low=1, high=max(2, *(count for _, count in points)), name="count", log=True),
    )
    seen = [(rank, count) for rank, count in points if count]
    return plane.chart(
        "zipf",
        "Count of each type, by rank",
        f"From {points[0][1]:,} for the most frequent type to {points[-1][1]:,} for the last.",
        [plane.line(seen, "line"), plane.dots(seen if len(seen) < 12 else [], "dot")],
    )


def coverage(found: Frequency) -> str:
    """Draw what share of the tokens the n most frequent types make up."""
    plane = Plane(
        Axis(low=1, high=max(2, found.types), name="most frequent types", log=True),
        Axis(low=0, high=1, name="share of all tokens", label=percent),
    )
    enough = (f"{types:,} types make up {share:.0%}" for share, types in found.enough if types)
    marks = [plane.area(found.coverage, "area"), plane.line(found.coverage, "line")]
    return plane.chart("coverage", "Share of the tokens covered", "; ".join(enough), marks)


def lengths(found: Lengths) -> str:
    """Draw how many documents have how many tokens."""
    plane = Plane(
        Axis(low=found.bins[0][0], high=found.bins[-1][1], name="tokens in a document"),
        Axis(low=0, high=max(count for *_, count in found.bins), name="documents"),
    )
    description = f"The median is {found.median:,}, the longest {found.most:,} tokens."
    if found.beyond:
        description += f" {found.beyond:,} longer documents are not drawn."
    bars = plane.bars([each for each in found.bins if each[2]], "bar")
    return plane.chart("lengths", "Documents by length", description, [bars])


# --- training --------------------------------------------------------------------------------


def loss(found: Curves, sampled: bool = False) -> str:
    """Draw the training loss, and beside it the held-out loss of each epoch.

    The loss of a `sampled` softmax is on another scale than that of the exact one, so then the
    held-out loss is not drawn; `held_out` draws it.
    """
    beside = () if sampled else found.held_out
    every = [value for _, value in (*found.loss, *beside)]
    every += [value for _, *ends in found.loss_range for value in ends]
    plane = _by_progress(found, every, "loss, of a sampled softmax" if sampled else "loss")
    description = "Training loss"
    if found.loss:
        description += f", from {found.loss[0][1]:.3g} to {found.loss[-1][1]:.3g}"
    if found.loss_range:
        description += f", the highest {max(high for *_, high in found.loss_range):.3g}"
    if beside:
        description += f"; held-out loss ends at {beside[-1][1]:.3g}"
    names = [("training", "line-name"), ("held-out (dashed)", "other-name")]
    marks = [
        plane.key(names[: 1 + bool(beside)]),
        plane.band(found.loss_range, "band"),
        plane.line(found.loss, "line"),
        plane.line(beside, "line other"),
        plane.dots(beside, "dot other"),
        plane.spots(found.loss, _says(found, "training loss")),
        plane.spots(beside, _says(found, "held-out loss")),
    ]
    return plane.chart("loss", "Training loss", f"{description}.", marks)


def held_out(found: Curves) -> str:
    """Draw the held-out loss of each epoch, by the exact softmax."""
    plane = _by_progress(found, [value for _, value in found.held_out], "loss, of all tokens")
    return _epochs(plane, "held-out", "Held-out loss", found.held_out, _says(found, "loss"))


def accuracy(found: Curves) -> str:
    """Draw the share of held-out documents whose label was predicted, for each epoch."""
    low = min(value for _, value in found.accuracy)
    plane = Plane(
        Axis(low=0, high=max(1, found.end), name=found.unit),
        Axis(low=min(low, 0.99), high=1, name="accuracy", label=percent),
    )
    says = _says(found, "accuracy")
    return _epochs(plane, "accuracy", "Held-out accuracy", found.accuracy, says)


def learning_rate(found: Curves) -> str:
    """Draw the learning rates of the layers and of the tables, on a logarithmic scale."""
    rates = [("network", found.rate, ""), ("tables (dashed)", found.table_rate, " other")]
    lines = [(name, _positive(points), kind) for name, points, kind in rates if points]
    every = [value for _, points, _ in lines for _, value in points]
    plane = Plane(
        Axis(low=0, high=max(1, found.end), name=found.unit),
        Axis(low=min(every) / 1.5, high=max(every) * 1.5, name="learning rate", log=True),
    )
    said = (
        f"of the {name.split()[0]} from {points[0][1]:.3g} to {points[-1][1]:.3g}"
        for name, points, _ in lines
    )
    names = ("line-name", "other-name")
    marks = [
        plane.key([(name, names[bool(kind)]) for name, _, kind in lines] if len(lines) > 1 else []),
        *(plane.line(points, f"line{kind}") for _, points, kind in lines),
        *(
            plane.spots(points, _says(found, f"rate of the {name.split()[0]}"))
            for name, points, _ in lines
        ),
    ]
    return plane.chart("rate", "Learning rates", f"The rate {'; '.join(said)}.", marks)


def _by_progress(found: Curves, values: Sequence[float], name: str) -> Plane:
    """Return the plane of a curve over the tokens that were read."""
    return Plane(
        Axis(low=0, high=max(1, found.end), name=found.unit),
        Axis(low=min(values), high=max(values), name=name),
    )


def _epochs(plane: Plane, name: str, title: str, points: Points, says: Says) -> str:
    """Draw one value for each epoch."""
    description = f"From {points[0][1]:.3g} to {points[-1][1]:.3g}."
    marks = [plane.line(points, "line"), plane.dots(points, "dot"), plane.spots(points, says)]
    return plane.chart(name, title, description, marks)


def _says(found: Curves, name: str) -> Says:
    """Return what a point of a curve says of itself."""
    unit = "{:,.0f} tokens read" if found.unit != "step" else "step {:,.0f}"
    return lambda at, value: f"{unit.format(at)}: {name} {value:.4g}"


def _positive(points: Points) -> Points:
    """Return the points that a logarithmic scale can show: a warm-up begins near zero."""
    most = max((value for _, value in points), default=0)
    return [(at, value) for at, value in points if value > most / 1000]


# --- the table -------------------------------------------------------------------------------


def map_of_words(found: WordMap) -> str:
    """Draw the words: a dot each, the names of regions, and those of frequent words that fit.

    The places are those that keep neighbours where there are any, else the first two components.
    """
    places, region_places = _places(found)
    kind_of_map = (
        "so that near words are near"
        if found.map.plane_M2 is not None
        else ("by the first two principal components of their vectors")
    )
    parts = [
        f'<svg class="chart map" viewBox="0 0 {MAP_WIDTH} {MAP_HEIGHT}" role="img" '
        'aria-labelledby="map-title map-description"><title id="map-title">Map of the words</title>'
        f'<desc id="map-description">The {len(places):,} most frequent words, {kind_of_map}.</desc>'
    ]
    kinds = frequency_kinds(found)
    for kind in range(FREQUENCY_CLASSES):
        # A line of no length with round ends is a dot, in a fifth of a circle's bytes.
        dots = "".join(
            f"M{coordinate(x)} {coordinate(y)}h0"
            for (x, y), each in zip(places, kinds, strict=False)
            if each == kind
        )
        if dots:
            parts.append(f'<path class="words f{kind}" d="{dots}"/>')
    taken: list[Box] = []
    for (x, y), (_, name) in zip(region_places, found.regions, strict=True):
        text = escape(shown(name))
        half = 5.2 * len(shown(name))
        if _fits((x - half, y - 13, x + half, y + 9), taken):
            parts.append(
                f'<text class="region" x="{coordinate(x)}" y="{coordinate(y)}">{text}</text>'
            )
    for row in _named(found, places, taken):
        x, y = places[row]
        name = escape(shown(found.words[row]))
        parts.append(f'<text x="{coordinate(x + 7)}" y="{coordinate(y + 4.5)}">{name}</text>')
    return "".join([*parts, "</svg>"])


def _places(found: WordMap) -> tuple[Pairs, Pairs]:
    """Return the coordinates of words and of regions, scaled so that the words fill the chart."""
    plane_M2 = found.map.plane_M2
    drawn = (found.map.places_M3[:, :2] if plane_M2 is None else plane_M2)[:MAP_DOTS].astype(float)
    low, high = drawn.min(0), drawn.max(0)
    width, height = MAP_WIDTH - 120, MAP_HEIGHT - 50
    scale = min(width / max(high[0] - low[0], 1), height / max(high[1] - low[1], 1))

    def on_chart(places: np.ndarray) -> Pairs:
        x, y = ((places.reshape(-1, 2) - (low + high) / 2) * scale).T
        return list(zip((MAP_WIDTH / 2 + x).tolist(), (MAP_HEIGHT / 2 - y).tolist(), strict=True))

    regions = np.array([place for place, _ in found.regions], np.float64)
    return on_chart(drawn), on_chart(regions)


def _named(found: WordMap, places: Pairs, taken: list[Box]) -> list[int]:
    """Choose the words whose names fit beside their dots, the most frequent first."""
    named: list[int] = []
    for row, (x, y) in enumerate(places):
        if len(named) == MAP_NAMES:
            break
        if not is_word(found.words[row]):
            continue
        right = x + 14 + 7.5 * len(shown(found.words[row]))
        if _fits((x + 6, y - 9, right, y + 9), taken):
            named.append(row)
    return named


def _fits(box: Box, taken: list[Box]) -> bool:
    """Take the place of a name on the map, unless it is outside or another name is there."""
    left, top, right, bottom = box
    inside = 0 <= left < right <= MAP_WIDTH and 0 <= top < bottom <= MAP_HEIGHT
    free = inside and all(
        right < other[0] or left > other[2] or bottom < other[1] or top > other[3]
        for other in taken
    )
    if free:
        taken.append(box)
    return free


def frequency_kinds(found: WordMap) -> list[int]:
    """Return each word's class of frequency; without counts, all are in one class."""
    if found.counts is None:
        return [FREQUENCY_CLASSES - 3] * len(found.words)
    kinds: list[int] = frequency_classes(np.array(found.counts), FREQUENCY_CLASSES).tolist()
    return kinds
