"""The map that keeps neighbours: its sums, what it keeps, and what its regions are called."""

import numpy as np
import pytest

from corpus2vec.pipeline.report.neighbour_map import (
    SPRINGS,
    attraction,
    find_regions,
    lay_out,
    repulsion,
    share_kept,
    springs,
)
from corpus2vec.pipeline.tables.similarity import nearest, unit_rows


def grouped(groups=6, each=60, dim=20):
    """Return unit vectors in groups, and their nearest neighbours."""
    random = np.random.default_rng(1)
    centres = random.normal(size=(groups, dim)).repeat(each, 0)
    unit = unit_rows((centres + 0.4 * random.normal(size=centres.shape)).astype(np.float32))
    return unit, *nearest(unit, unit, SPRINGS, np.arange(len(unit))[:, None])


@pytest.mark.parametrize("width", [3, 10, 40])
def test_the_sums_on_the_grid_are_those_of_all_pairs(width):
    places = np.random.default_rng(width).normal(size=(200, 2)) * width / 4
    apart = places[:, None] - places[None]
    near = 1 / (1 + (apart**2).sum(2))
    exact = (apart * (near**2)[..., None]).sum(1) / (near.sum() - len(places))
    error = np.sqrt(((repulsion(places) - exact) ** 2).mean() / (exact**2).mean())
    assert error < 0.1


def test_springs_are_in_both_directions_and_have_the_strength_of_one():
    _, near, cosines = grouped()
    head, tail, weight = springs(near, cosines)
    assert weight.sum() == pytest.approx(1)
    strength = dict(zip(zip(head.tolist(), tail.tolist(), strict=True), weight, strict=True))
    assert all(strength[b, a] == pytest.approx(each) for (a, b), each in strength.items())
    pull = attraction(np.random.default_rng(1).normal(size=(len(near), 2)), head, tail, weight)
    np.testing.assert_allclose(pull.sum(0), 0, atol=1e-12)


def test_neighbours_stay_together_and_the_same_table_has_the_same_map():
    unit, near, cosines = grouped()
    start = unit[:, :2].astype(np.float64)
    places = lay_out(near, cosines, start)
    assert share_kept(places, near[:, :8]) > 3 * share_kept(start, near[:, :8])
    assert places.tobytes() == lay_out(near, cosines, start).tobytes()
    group = np.arange(len(unit)) // 60
    of_nearest = np.argsort(((places[:, None] - places[None]) ** 2).sum(2), 1)[:, 1]
    assert (group[of_nearest] == group).mean() > 0.95


@pytest.mark.parametrize("size", [1, 2, 3, 4, 9])
@pytest.mark.parametrize("alike", [False, True])
def test_few_words_and_words_all_alike_have_places(size, alike):
    rows = np.ones((size, 4)) if alike else np.random.default_rng(size).normal(size=(size, 4))
    unit = unit_rows(rows.astype(np.float32))
    near, cosines = nearest(unit, unit, SPRINGS, np.arange(size)[:, None])
    places = lay_out(near, cosines, unit[:, :2].astype(np.float64))
    assert places.shape == (size, 2)
    assert np.isfinite(places).all()
    assert np.abs(places).max() < 1000


def test_a_region_begins_with_its_most_typical_words():
    unit, _, _ = grouped(groups=2, each=300)
    places = np.repeat([[-100.0, 0.0], [100.0, 0.0]], 300, 0)
    places += np.random.default_rng(1).normal(size=places.shape)
    regions = find_regions(places.astype(np.int16), unit)
    assert {place[0] < 0 for region in regions for place in [region.place]} == {True, False}
    for region in regions:
        members = region.words
        assert len({word // 300 for word in members.tolist()}) == 1
        middle = unit[:300].mean(0) if members[0] < 300 else unit[300:].mean(0)
        cosines = unit[members] @ middle
        assert cosines[0] > cosines[-1]
    assert find_regions(places[:40].astype(np.int16), unit[:40]) == ()
