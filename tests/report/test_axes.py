"""Axes: round ticks, few of them."""

import pytest

from corpus2vec.pipeline.report.axes import Axis


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 10, [0, 2, 4, 6, 8, 10]),
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (4.3, 6.8, [4.5, 5, 5.5, 6, 6.5]),
        (3, 3, [3]),
    ],
)
def test_ticks_are_round(low, high, ticks):
    found = Axis(low=low, high=high, name="x").ticks()
    assert found == pytest.approx(ticks)


def test_ticks_of_a_logarithmic_axis_are_powers_of_ten():
    assert Axis(low=1, high=4000, name="x", log=True).ticks() == [1, 10, 100, 1000]
    assert Axis(low=1, high=2, name="x", log=True).ticks() == [1, 2]
    assert len(Axis(low=1, high=1e12, name="x", log=True).ticks()) <= 7
