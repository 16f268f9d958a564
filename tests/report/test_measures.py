"""The numbers of the report's charts, against what can be counted by hand."""

import numpy as np
import pytest

from corpus2vec.pipeline.report import measures


def lengths_of(lengths):
    found, counts = np.unique(lengths, return_counts=True)
    return measures.measure_lengths(found, counts)


def test_ranks_and_coverage():
    found = measures.measure_frequency(np.array([1, 5, 2, 1]), unknown=1)
    assert (found.types, found.tokens, found.unknown, found.once) == (4, 10, 1, 2)
    assert found.ranks == ((1, 5), (2, 2), (3, 1), (4, 1))
    assert found.coverage == ((1, 0.5), (2, 0.7), (3, 0.8), (4, 0.9))
    assert found.enough == ((0.5, 1), (0.8, 3), (0.9, 4), (0.95, None), (0.99, None))


def test_a_vocabulary_of_nothing_but_unk_has_no_curve():
    found = measures.measure_frequency(np.array([], np.int64), unknown=3)
    assert found.ranks == found.coverage == ()


def test_curves_have_few_points_however_many_types():
    found = measures.measure_frequency(np.arange(1, 200_000))
    assert len(found.ranks) <= measures.RANKS
    assert found.ranks[-1] == (199_999, 1)
    assert found.coverage[-1][1] == 1


def test_lengths():
    found = lengths_of([3, 3, 4, 6])
    assert (found.least, found.median, found.mean, found.most) == (3, 3, 4.0, 6)
    assert [(low, count) for low, _, count in found.bins if count] == [(3, 2), (4, 1), (6, 1)]
    assert found.beyond == 0


def test_the_longest_documents_do_not_squeeze_the_others():
    found = lengths_of([*([10] * 990), *([20] * 9), 5000])
    assert found.bins[-1][1] <= 21
    assert sum(count for *_, count in found.bins) + found.beyond == 1000
    assert found.most == 5000


@pytest.mark.parametrize("longest", [1, 15, 31, 32, 33, 64, 1000])
def test_every_length_is_in_its_own_bin(longest):
    every = np.arange(1, longest + 1)
    found = lengths_of(every)
    for low, high, count in found.bins:
        assert count == ((every >= low) & (every < high)).sum()


def test_no_documents_have_no_lengths():
    assert measures.measure_lengths(np.array([], int), np.array([], int)) is None


def test_the_slope_of_the_counts_is_that_of_zipf():
    counts = (1e6 / np.arange(1, 2000)).astype(np.int64)
    assert measures.measure_frequency(counts).slope == pytest.approx(-1, abs=0.01)
    assert measures.measure_frequency(np.array([3, 1])).slope is None


def test_principal_components_are_those_of_the_singular_values():
    rows = np.random.default_rng(1).normal(size=(50, 8)) * np.arange(1, 9)
    places, shares = measures.principal_components(rows)
    centered = rows - rows.mean(0)
    left, values, _ = np.linalg.svd(centered, full_matrices=False)
    np.testing.assert_allclose(np.abs(places), np.abs(left * values)[:, :3], atol=1e-9)
    np.testing.assert_allclose(shares, values[:3] ** 2 / (values**2).sum())


@pytest.mark.parametrize("dim", [1, 2])
def test_narrow_tables_have_components_of_zero(dim):
    places, shares = measures.principal_components(np.random.default_rng(1).normal(size=(9, dim)))
    assert places.shape == (9, 3)
    assert not places[:, dim:].any()
    assert shares[dim:] == (0,) * (3 - dim)


def test_one_word_has_a_map():
    found = measures.map_rows(np.ones((1, 4), np.float32), np.array([0]))
    assert found.places_M3.tolist() == [[0, 0, 0]]
    assert found.near_MK.tolist() == [[-1]]


def test_neighbours_on_the_map_are_places_on_the_map():
    table = np.array([[0, 1], [1, 0], [0.1, 1], [1, 0.1]], np.float32)
    found = measures.map_rows(table, np.array([3, 2, 1]))
    assert found.near_MK[:, 0].tolist() == [2, 0, 0]


def test_frequency_classes_are_even_on_a_logarithmic_scale():
    found = measures.frequency_classes(np.array([1, 9, 11, 99, 101, 1000]), 3)
    assert found.tolist() == [0, 0, 1, 1, 2, 2]
    assert measures.frequency_classes(np.array([5, 5]), 3).tolist() == [2, 2]


def test_a_word_has_the_label_that_uses_it_most_for_its_size():
    counts_LV = np.array([[5, 1, 0], [50, 900, 0]])
    assert measures.label_of_words(counts_LV).tolist() == [0, 1, -1]


def test_labels_beyond_the_colours_become_one():
    groups, names = measures.group_labels(np.arange(10, 20), [f"l{n}" for n in range(10)])
    assert names == ["l9", "l8", "l7", "l6", "l5", "l4", "l3", "3 others"]
    assert groups.tolist() == [7, 7, 7, 6, 5, 4, 3, 2, 1, 0]
    assert measures.group_labels(np.array([1, 2]), ["a", "b"])[1] == ["a", "b"]
