"""The charts, as SVG elements for the page; plot.py makes files of them.

The marks have classes, which chart.css colours. The page needs no script to show them.
"""

from __future__ import annotations

from html import escape

import numpy as np

from corpus2vec.pipeline.report.axes import Axis, Plane, Points, coordinate, percent
from corpus2vec.pipeline.report.elements import shown
from corpus2vec.pipeline.report.measures import Curves, Frequency, Lengths, frequency_classes
from corpus2vec.pipeline.report.palette import FREQUENCY_CLASSES
from corpus2vec.pipeline.report.word_map import WordMap, is_word

MAP_WIDTH, MAP_HEIGHT = 900, 600
MAP_DOTS, MAP_NAMES = 2500, 70


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


def loss(found: Curves) -> str:
    """Draw the training loss by step, and the held-out loss by epoch."""
    every = [value for _, value in (*found.loss, *found.held_out)]
    every += [value for _, *ends in found.loss_range for value in ends]
    plane = Plane(
        Axis(low=0, high=max(1, found.last_step), name="step"),
        Axis(low=min(every), high=max(every), name="loss"),
    )
    description = "Training loss"
    if found.loss:
        description += f", from {found.loss[0][1]:.3g} to {found.loss[-1][1]:.3g}"
    if found.loss_range:
        description += f", the highest {max(high for *_, high in found.loss_range):.3g}"
    if found.held_out:
        description += f"; held-out loss ends at {found.held_out[-1][1]:.3g}"
    entries = [("training", "line-name")]
    if found.held_out:
        entries.append(("held-out (dashed)", "other-name"))
    marks = [
        plane.key(entries),
        plane.band(found.loss_range, "band"),
        plane.line(found.loss, "line"),
        plane.line(found.held_out, "line other"),
        plane.dots(found.held_out, "dot other"),
    ]
    return plane.chart("loss", "Loss by step", f"{description}.", marks)


def learning_rate(found: Curves) -> str:
    """Draw the learning rate of the layers by step; that of the tables is proportional to it."""
    high = max(value for _, value in found.rate)
    plane = Plane(
        Axis(low=0, high=max(1, found.last_step), name="step"),
        Axis(low=0, high=high * 1.1, name="learning rate"),
    )
    first, last = found.rate[0][1], found.rate[-1][1]
    description = f"From {first:.3g} to {last:.3g}, {high:.3g} at most."
    marks = [plane.line(found.rate, "line warm")]
    return plane.chart("rate", "Learning rate by step", description, marks)


# --- the table -------------------------------------------------------------------------------


def map_of_words(found: WordMap) -> str:
    """Draw the first two components: a dot per word, and frequent words' names where they fit."""
    places = _places(found)
    parts = [
        f'<svg class="chart map" viewBox="0 0 {MAP_WIDTH} {MAP_HEIGHT}" role="img" '
        'aria-labelledby="map-title map-description"><title id="map-title">Map of the words</title>'
        f'<desc id="map-description">The {len(places):,} most frequent words by the first two '
        "principal components of their vectors.</desc>"
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
    for row in _named(found):
        x, y = places[row]
        name = escape(shown(found.words[row]))
        parts.append(f'<text x="{coordinate(x + 7)}" y="{coordinate(y + 4.5)}">{name}</text>')
    return "".join([*parts, "</svg>"])


def _places(found: WordMap) -> Points:
    """Return the words' coordinates, scaled so that they fill the chart."""
    drawn = found.map.places_M3[:MAP_DOTS, :2].astype(float)
    # A few outliers may lie outside: they would squeeze all others into a small cloud.
    low, high = np.quantile(drawn, 0.003, 0, method="lower"), np.quantile(drawn, 0.997, 0)
    width, height = MAP_WIDTH - 120, MAP_HEIGHT - 50
    scale = min(width / max(high[0] - low[0], 1), height / max(high[1] - low[1], 1))
    x, y = ((drawn - (low + high) / 2) * scale).T
    return list(zip((MAP_WIDTH / 2 + x).tolist(), (MAP_HEIGHT / 2 - y).tolist(), strict=True))


def _named(found: WordMap) -> list[int]:
    """Choose the words whose names fit beside their dots, the most frequent first."""
    taken: list[tuple[float, float, float, float]] = []
    named: list[int] = []
    for row, (x, y) in enumerate(_places(found)):
        if len(named) == MAP_NAMES:
            break
        if not is_word(found.words[row]):
            continue
        right = x + 14 + 7.5 * len(shown(found.words[row]))
        box = (x + 6, y - 9, right, y + 9)
        if (
            0 <= x < right <= MAP_WIDTH
            and 0 <= box[1] < box[3] <= MAP_HEIGHT
            and all(
                box[2] < other[0] or box[0] > other[2] or box[3] < other[1] or box[1] > other[3]
                for other in taken
            )
        ):
            taken.append(box)
            named.append(row)
    return named


def frequency_kinds(found: WordMap) -> list[int]:
    """Return each word's class of frequency; without counts, all are in one class."""
    if found.counts is None:
        return [FREQUENCY_CLASSES - 3] * len(found.words)
    kinds: list[int] = frequency_classes(np.array(found.counts), FREQUENCY_CLASSES).tolist()
    return kinds
