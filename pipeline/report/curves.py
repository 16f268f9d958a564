"""The curves of a training run, from the lines of its metrics: pure functions, nothing is drawn."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

CURVE_POINTS = 300
"""A curve has at most so many: no screen shows more."""

Points = tuple[tuple[int, float], ...]


@dataclass(frozen=True, kw_only=True)
class Curves:
    """A training run, by the tokens that were read, and by epoch.

    The unit is the token and not the step: a step reads fewer tokens at the end of a corpus.
    """

    unit: str
    """`tokens read`; `step` for metrics that do not have the tokens."""
    end: int
    """The last point, in that unit."""
    loss: Points
    """(at, the mean loss of the tokens since the point before)."""
    loss_range: tuple[tuple[int, float, float], ...]
    """(at, lowest, highest loss since the point before); empty if `loss` has every value."""
    rate: Points
    """(at, learning rate of the layers)."""
    table_rate: Points
    """(at, learning rate of the tables), where it is another."""
    held_out: Points
    """(at, held-out loss), one per epoch."""
    accuracy: Points
    """(at, held-out accuracy), one per epoch, of a classifier."""
    epochs: tuple[Mapping[str, Any], ...]
    """The lines of the metrics file that end an epoch."""
    last_step: int


def measure_curves(lines: Iterable[Mapping[str, Any]]) -> Curves:
    """Measure the lines of a metrics file."""
    steps: list[Mapping[str, Any]] = []
    epochs: list[Mapping[str, Any]] = []
    for line in lines:
        (epochs if "train_loss" in line else steps).append(line)
    counted = all("tokens" in line for line in (*steps, *epochs))
    unit = "tokens" if counted else "step"
    loss = _series(steps, unit, "loss")
    return Curves(
        unit="tokens read" if counted else "step",
        end=max((int(line[unit]) for line in (*steps, *epochs)), default=0),
        loss=_thinned(loss),
        loss_range=_ranges(loss),
        rate=_thinned(_series(steps, unit, "lr")),
        table_rate=_thinned(_series(steps, unit, "table_lr")),
        held_out=_series(epochs, unit, "valid_loss"),
        accuracy=_series(epochs, unit, "valid_accuracy"),
        epochs=tuple(epochs),
        last_step=max((int(line["step"]) for line in (*steps, *epochs)), default=0),
    )


def _series(lines: list[Mapping[str, Any]], unit: str, name: str) -> Points:
    return tuple((line[unit], line[name]) for line in lines if line.get(name) is not None)


def _thinned(points: Points) -> Points:
    """Return at most `CURVE_POINTS` points, each the mean of neighbours.

    A value weighs as much as it spans: the distance from the point before.

    >>> _thinned(((10, 1.0), (40, 3.0)))
    ((10, 1.0), (40, 3.0))
    """
    thinned, before = [], 0
    for group in _groups(points):
        ends = [before, *(at for at, _ in group)]
        spans = [max(end - start, 1) for start, end in itertools.pairwise(ends)]
        total = sum(span * value for span, (_, value) in zip(spans, group, strict=True))
        thinned.append((group[-1][0], total / sum(spans)))
        before = group[-1][0]
    return tuple(thinned)


def _ranges(points: Points) -> tuple[tuple[int, float, float], ...]:
    """Return the lowest and highest value of each group, so that no spike is lost in its mean."""
    groups = _groups(points)
    if len(groups) == len(points):
        return ()
    values = [[y for _, y in group] for group in groups]
    return tuple((group[-1][0], min(y), max(y)) for group, y in zip(groups, values, strict=True))


def _groups(points: Points) -> list[Points]:
    size = -(-len(points) // CURVE_POINTS) or 1
    return [points[at : at + size] for at in range(0, len(points), size)]
