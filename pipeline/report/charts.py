"""Charts as SVG text: for the page, where no script is needed to see them, and as files.

They are drawn by classes, which `chart.css` colours; as a file of its own an SVG carries that style
with the light palette put in, since not every reader of SVG knows custom properties.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources

import numpy as np

from corpus2vec.pipeline.report.measures import Curves, Frequency, Lengths, frequency_classes
from corpus2vec.pipeline.report.palette import FREQUENCY_CLASSES, LIGHT, resolved
from corpus2vec.pipeline.report.word_map import WordMap, is_word
from corpus2vec.pipeline.strings.display import visible

WIDTH, HEIGHT = 480, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 14, 32, 48
MAP_WIDTH, MAP_HEIGHT = 900, 600
MAP_DOTS, MAP_NAMES = 2500, 70
LONGEST = 48
"""Characters of a token that are shown; a longer one ends in an ellipsis."""

Points = Sequence[tuple[float, float]]


def shown(token: str) -> str:
    """A token fit to be shown: nothing hidden in it, and not too long."""
    text = visible(token, keep_spaces=True)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def as_file(svg: str) -> str:
    """The chart as a file of its own."""
    css = (
        resources.files("corpus2vec.pipeline.report")
        .joinpath("chart.css")
        .read_text(encoding="utf-8")
    )
    head, _, rest = svg.partition(">")
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{head} xmlns="http://www.w3.org/2000/svg">'
        f"<style>{resolved(css, LIGHT)}</style>"
        f'<rect width="100%" height="100%" fill="{LIGHT["card"]}"/>{rest}\n'
    )


# --- axes ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Axis:
    """From values to places along one side of a chart."""

    low: float
    high: float
    name: str
    log: bool = False
    tell: Callable[[float], str] = lambda value: short(value)

    def share(self, value: float) -> float:
        """How far along the axis: 0 at its low end, 1 at its high end."""
        low, high, at = self.low, self.high, value
        if self.log:
            low, high, at = math.log(low), math.log(high), math.log(at)
        return (at - low) / ((high - low) or 1)

    def ticks(self) -> list[float]:
        """Round values along it, about five."""
        if self.log:
            first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
            if last > first:
                every = max(1, (last - first) // 5)
                return [10.0**power for power in range(first, last + 1, every)]
            return [self.low, self.high]
        rough = ((self.high - self.low) or 1) / 5
        size = 10.0 ** math.floor(math.log10(rough))
        step = next(size * many for many in (1, 2, 5, 10) if size * many >= rough * 0.999)
        first = math.ceil(self.low / step - 1e-9)
        return [each * step for each in range(first, math.floor(self.high / step + 1e-9) + 1)]


def short(value: float) -> str:
    """A number for an axis: `800`, `12k`, `1.5M`, `0.002`.

    >>> short(1500), short(2_000_000.0), short(0.25), short(0)
    ('1.5k', '2M', '0.25', '0')
    """
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.4g}{unit}"
    return f"{value:.4g}"


def _percent(value: float) -> str:
    return f"{value:.0%}"


def _chart(name: str, title: str, told: str, x: Axis, y: Axis, marks: Iterable[str]) -> str:
    """Axes and their names around the marks; `told` is for those who do not see it."""
    parts = [
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="{name}-title {name}-told">',
        f'<title id="{name}-title">{escape(title)}</title>',
        f'<desc id="{name}-told">{escape(told)}</desc>',
    ]
    for value in y.ticks():
        at = _y(y, value)
        parts.append(f'<path class="grid" d="M{LEFT} {at}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text class="y" x="{LEFT - 8}" y="{at}" dy=".35em">{y.tell(value)}</text>')
    for value in x.ticks():
        at, low = _x(x, value), HEIGHT - BOTTOM
        parts.append(f'<path class="tick" d="M{at} {low}v5"/>')
        parts.append(f'<text class="x" x="{at}" y="{low + 19}">{x.tell(value)}</text>')
    parts.append(f'<path class="axis" d="M{LEFT} {HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>')
    parts.append(
        f'<text class="name" x="{WIDTH - RIGHT}" y="{HEIGHT - 6}">{escape(x.name)}</text>'
        f'<text x="4" y="15">{escape(y.name)}</text>'
    )
    return "".join([*parts, *marks, "</svg>"])


def _x(axis: Axis, value: float) -> str:
    return _number(LEFT + axis.share(value) * (WIDTH - LEFT - RIGHT))


def _y(axis: Axis, value: float) -> str:
    return _number(HEIGHT - BOTTOM - axis.share(value) * (HEIGHT - TOP - BOTTOM))


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _line(x: Axis, y: Axis, points: Points, kind: str) -> str:
    path = "L".join(f"{_x(x, at)} {_y(y, value)}" for at, value in points)
    return f'<path class="{kind}" d="M{path}"/>' if points else ""


def _dots(x: Axis, y: Axis, points: Points, kind: str) -> str:
    return "".join(
        f'<circle class="{kind}" cx="{_x(x, at)}" cy="{_y(y, value)}" r="3.5"/>'
        for at, value in points
    )


# --- the charts ------------------------------------------------------------------------------


def rank_frequency(found: Frequency) -> str:
    """How often the n-th most frequent type is seen, both on logarithmic scales."""
    points = found.ranks
    x = Axis(low=1, high=max(2, found.types), name="rank of the type", log=True)
    y = Axis(low=1, high=max(2, *(count for _, count in points)), name="count", log=True)
    told = f"From {points[0][1]:,} for the most frequent type to {points[-1][1]:,} for the last."
    seen = [(rank, count) for rank, count in points if count]
    marks = [_line(x, y, seen, "line"), _dots(x, y, seen if len(seen) < 12 else [], "dot")]
    return _chart("zipf", "Count of each type, by rank", told, x, y, marks)


def coverage(found: Frequency) -> str:
    """What share of the tokens the n most frequent types make up."""
    x = Axis(low=1, high=max(2, found.types), name="most frequent types", log=True)
    y = Axis(low=0, high=1, name="share of all tokens", tell=_percent)
    told = "; ".join(
        f"{types:,} types make up {share:.0%}" for share, types in found.enough if types
    )
    area = ""
    if found.coverage:
        base = _y(y, 0)
        line = "L".join(f"{_x(x, n)} {_y(y, share)}" for n, share in found.coverage)
        area = f'<path class="area" d="M{_x(x, 1)} {base}L{line}V{base}Z"/>'
    marks = [area, _line(x, y, found.coverage, "line")]
    return _chart("coverage", "Share of the tokens covered", told, x, y, marks)


def lengths(found: Lengths) -> str:
    """How many documents have how many tokens."""
    x = Axis(low=found.bins[0][0], high=found.bins[-1][1], name="tokens in a document")
    y = Axis(low=0, high=max(count for *_, count in found.bins), name="documents")
    told = f"The median is {found.median:,}, the longest {found.most:,} tokens."
    if found.beyond:
        told += f" {found.beyond:,} documents are longer than is drawn."
    floor = _y(y, 0)
    bars = [
        f'<path class="bar" d="M{float(_x(x, low)) + 0.5:.1f} {floor}V{_y(y, count)}'
        f'H{max(float(_x(x, low)) + 1, float(_x(x, high)) - 0.5):.1f}V{floor}Z"/>'
        for low, high, count in found.bins
        if count
    ]
    return _chart("lengths", "Documents by length", told, x, y, bars)


def loss(found: Curves) -> str:
    """Training loss by step, and held-out loss by epoch."""
    every = [value for _, value in (*found.loss, *found.held_out)]
    x = Axis(low=0, high=max(1, found.last_step), name="step")
    y = Axis(low=min(every), high=max(every), name="loss")
    told = "Training loss"
    if found.loss:
        told += f", from {found.loss[0][1]:.3g} to {found.loss[-1][1]:.3g}"
    if found.held_out:
        told += f"; held-out loss ends at {found.held_out[-1][1]:.3g}"
    marks = [
        _line(x, y, found.loss, "line"),
        _line(x, y, found.held_out, "line other"),
        _dots(x, y, found.held_out, "dot other"),
    ]
    return _chart("loss", "Loss by step", f"{told}.", x, y, marks)


def learning_rate(found: Curves) -> str:
    """The rate of the layers, by step; the tables' follows it in proportion."""
    high = max(value for _, value in found.rate)
    x = Axis(low=0, high=max(1, found.last_step), name="step")
    y = Axis(low=0, high=high * 1.1, name="learning rate")
    told = f"From {found.rate[0][1]:.3g} to {found.rate[-1][1]:.3g}, {high:.3g} at most."
    return _chart(
        "rate", "Learning rate by step", told, x, y, [_line(x, y, found.rate, "line warm")]
    )


def map_of_words(found: WordMap) -> str:
    """The first two components: a dot a word, and names of frequent words where there is room."""
    places = _places(found)
    parts = [
        f'<svg class="chart map" viewBox="0 0 {MAP_WIDTH} {MAP_HEIGHT}" role="img" '
        'aria-labelledby="map-title map-told"><title id="map-title">Map of the words</title>'
        f'<desc id="map-told">The {len(places):,} most frequent words by the first two principal '
        "components of their vectors.</desc>"
    ]
    kinds = frequency_kinds(found)
    for kind in range(FREQUENCY_CLASSES):
        # A line of no length with round ends is a dot, in a fifth of a circle's bytes.
        dots = "".join(
            f"M{_number(x)} {_number(y)}h0"
            for (x, y), each in zip(places, kinds, strict=False)
            if each == kind
        )
        if dots:
            parts.append(f'<path class="words f{kind}" d="{dots}"/>')
    for row in room(found):
        x, y = places[row]
        name = escape(shown(found.words[row]))
        parts.append(f'<text x="{_number(x + 7)}" y="{_number(y + 4.5)}">{name}</text>')
    return "".join([*parts, "</svg>"])


def _places(found: WordMap) -> Points:
    """Where the words are in the chart, so that all of them fit in."""
    drawn = found.map.places_M3[:MAP_DOTS, :2].astype(float)
    # But for a few outliers, which would make all others a small cloud.
    low, high = np.quantile(drawn, 0.003, 0, method="lower"), np.quantile(drawn, 0.997, 0)
    room_x, room_y = MAP_WIDTH - 120, MAP_HEIGHT - 50
    scale = min(room_x / max(high[0] - low[0], 1), room_y / max(high[1] - low[1], 1))
    x, y = ((drawn - (low + high) / 2) * scale).T
    return list(zip((MAP_WIDTH / 2 + x).tolist(), (MAP_HEIGHT / 2 - y).tolist(), strict=True))


def room(found: WordMap) -> list[int]:
    """The words to name, the most frequent first: where one has no room, it goes without."""
    taken: list[tuple[float, float, float, float]] = []
    named: list[int] = []
    for row, (x, y) in enumerate(_places(found)):
        if len(named) == MAP_NAMES:
            break
        if not is_word(found.words[row]):
            continue
        right = x + 14 + 7.5 * len(shown(found.words[row]))
        box = (x + 6, y - 9, right, y + 9)
        if right <= MAP_WIDTH and all(
            box[2] < other[0] or box[0] > other[2] or box[3] < other[1] or box[1] > other[3]
            for other in taken
        ):
            taken.append(box)
            named.append(row)
    return named


def frequency_kinds(found: WordMap) -> list[int]:
    """Each word's class of frequency; without counts all are of one."""
    if found.counts is None:
        return [FREQUENCY_CLASSES - 3] * len(found.words)
    kinds: list[int] = frequency_classes(np.array(found.counts), FREQUENCY_CLASSES).tolist()
    return kinds
