"""Two axes and the marks between them: from values to SVG.

What the charts have in common is here; what each one shows is in charts.py. Nothing here knows a
build, a colour or a file: a mark's class says how chart.css draws it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 480, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 14, 32, 48

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Axis:
    """The values along one side of a chart."""

    low: float
    high: float
    name: str
    log: bool = False
    label: Callable[[float], str] = lambda value: short(value)
    """Makes a tick's text from its value."""

    def fraction(self, value: float) -> float:
        """Return how far along the axis a value is, from 0 at its low end to 1 at its high end."""
        low, high, at = self.low, self.high, value
        if self.log:
            low, high, at = math.log(low), math.log(high), math.log(at)
        return (at - low) / ((high - low) or 1)

    def ticks(self) -> list[float]:
        """Return about five round values along the axis."""
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


@dataclass(frozen=True)
class Plane:
    """The area between two axes. Its methods turn values into SVG; `kind` is a mark's class."""

    x: Axis
    y: Axis

    def across(self, value: float) -> float:
        """Return the x coordinate of a value."""
        return LEFT + self.x.fraction(value) * (WIDTH - LEFT - RIGHT)

    def down(self, value: float) -> float:
        """Return the y coordinate of a value."""
        return HEIGHT - BOTTOM - self.y.fraction(value) * (HEIGHT - TOP - BOTTOM)

    def line(self, points: Points, kind: str) -> str:
        """Draw a line through the points."""
        return f'<path class="{kind}" d="M{self._through(points)}"/>' if points else ""

    def area(self, points: Points, kind: str) -> str:
        """Fill the area between the points and the x axis."""
        if not points:
            return ""
        floor = coordinate(self.down(self.y.low))
        first = coordinate(self.across(points[0][0]))
        return f'<path class="{kind}" d="M{first} {floor}L{self._through(points)}V{floor}Z"/>'

    def band(self, ranges: Iterable[tuple[float, float, float]], kind: str) -> str:
        """Fill the area between the lows and the highs of (at, low, high)."""
        ranges = list(ranges)
        if not ranges:
            return ""
        there = self._through([(at, high) for at, _, high in ranges])
        back = self._through([(at, low) for at, low, _ in reversed(ranges)])
        return f'<path class="{kind}" d="M{there}L{back}Z"/>'

    def bars(self, bins: Iterable[tuple[float, float, float]], kind: str) -> str:
        """Draw a bar for each (from, to, height), with a gap of one unit between neighbours."""
        floor = coordinate(self.down(self.y.low))
        marks = []
        for low, high, height in bins:
            left = self.across(low) + 0.5
            right = max(left + 0.5, self.across(high) - 0.5)
            top = coordinate(self.down(height))
            path = f"M{left:.1f} {floor}V{top}H{right:.1f}V{floor}Z"
            marks.append(f'<path class="{kind}" d="{path}"/>')
        return "".join(marks)

    def dots(self, points: Points, kind: str) -> str:
        """Draw a dot at each point."""
        return "".join(
            f'<circle class="{kind}" cx="{coordinate(self.across(at))}" '
            f'cy="{coordinate(self.down(value))}" r="3.5"/>'
            for at, value in points
        )

    def spots(self, points: Points, says: Callable[[float, float], str]) -> str:
        """Put text that a pointer shows on each point: what it says of (at, value)."""
        return "".join(
            f'<circle class="spot" cx="{coordinate(self.across(at))}" '
            f'cy="{coordinate(self.down(value))}" r="7"><title>{escape(says(at, value))}</title>'
            "</circle>"
            for at, value in points
        )

    def key(self, entries: Sequence[tuple[str, str]]) -> str:
        """Name the marks, above the chart at the right: (text, class) each."""
        names = "\u2003".join(
            f'<tspan class="{kind}">{escape(text)}</tspan>' for text, kind in entries
        )
        return f'<text class="name" x="{WIDTH - RIGHT}" y="15">{names}</text>'

    def chart(self, name: str, title: str, description: str, marks: Iterable[str]) -> str:
        """Return the SVG of the axes and the marks; the description is for screen readers."""
        parts = [
            f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'aria-labelledby="{name}-title {name}-description">',
            f'<title id="{name}-title">{escape(title)}</title>',
            f'<desc id="{name}-description">{escape(description)}</desc>',
        ]
        for value in self.y.ticks():
            at, text = coordinate(self.down(value)), escape(self.y.label(value))
            parts.append(f'<path class="grid" d="M{LEFT} {at}H{WIDTH - RIGHT}"/>')
            parts.append(f'<text class="y" x="{LEFT - 8}" y="{at}" dy=".35em">{text}</text>')
        for value in self.x.ticks():
            at, text = coordinate(self.across(value)), escape(self.x.label(value))
            parts.append(f'<path class="tick" d="M{at} {HEIGHT - BOTTOM}v5"/>')
            parts.append(f'<text class="x" x="{at}" y="{HEIGHT - BOTTOM + 19}">{text}</text>')
        parts.append(f'<path class="axis" d="M{LEFT} {HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>')
        parts.append(
            f'<text class="name" x="{WIDTH - RIGHT}" y="{HEIGHT - 6}">{escape(self.x.name)}</text>'
            f'<text x="4" y="15">{escape(self.y.name)}</text>'
        )
        return "".join([*parts, *marks, "</svg>"])

    def _through(self, points: Points) -> str:
        return "L".join(
            f"{coordinate(self.across(at))} {coordinate(self.down(value))}" for at, value in points
        )


def coordinate(value: float) -> str:
    """Format a coordinate: one decimal is all that a screen can show.

    >>> coordinate(12.04), coordinate(3.26)
    ('12', '3.3')
    """
    return f"{value:.1f}".removesuffix(".0")


def short(value: float) -> str:
    """Format a number for an axis: `800`, `12k`, `1.5M`, `0.002`.

    >>> short(1500), short(2_000_000.0), short(0.25), short(0)
    ('1.5k', '2M', '0.25', '0')
    """
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.4g}{unit}"
    return f"{value:.4g}"


def percent(value: float) -> str:
    """Format a share: 0.5 is `50%`."""
    return f"{value:.0%}"
