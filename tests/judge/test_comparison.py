"""Comparison: what turns the axes is no difference, what moves a word is."""

import dataclasses

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from corpus2vec.pipeline.config import CompareConfig
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.judge import comparison
from corpus2vec.pipeline.judge.comparison import compare
from corpus2vec.pipeline.tables.similarity import unit_rows
from corpus2vec.pipeline.tables.table import Table

TOKENS = [f"w{row}" for row in range(80)]
SMALL = CompareConfig(neighbors=5, pairs=500)


def table(vectors, tokens=TOKENS):
    return Table(pa.array(tokens), np.asarray(vectors, np.float32))


def random_vectors(seed=1, columns=10):
    return np.random.default_rng(seed).normal(size=(80, columns))


def test_a_table_is_like_itself_turned_and_scaled():
    vectors = random_vectors()
    turned = 3 * vectors @ np.linalg.qr(random_vectors(2)[:10])[0]
    found = compare(table(vectors), table(turned), SMALL, 80)
    assert (found.overlap, found.jaccard, found.shared, found.words) == (1, 1, 80, 80)
    assert found.correlation == pytest.approx(1)
    assert max(each.distance for each in found.moved) < 1e-6


def test_tables_of_other_columns_and_other_words_compare():
    other = table(random_vectors(2, 30)[::-1], [*TOKENS[:40], *(f"x{row}" for row in range(40))])
    found = compare(table(random_vectors()), other, SMALL, 3)
    assert (found.rows, found.shared) == ((80, 80), 40)
    assert 0 < found.overlap < 0.5
    assert found.jaccard < found.overlap
    assert abs(found.correlation) < 0.2


def test_the_numbers_are_those_of_a_plain_reckoning():
    tables = [table(random_vectors()), table(random_vectors() + 0.5 * random_vectors(2))]
    found = compare(*tables, dataclasses.replace(SMALL, pairs=80 * 79 // 2), 80)
    cosines = []
    for each in tables:
        unit = unit_rows(each.vectors_VD).astype(float)
        cosines.append(unit @ unit.T)
    near = [np.argsort(-each - np.diag([-9] * 80), axis=1)[:, :5] for each in cosines]
    same = [len({*one} & {*other}) for one, other in zip(*near, strict=True)]
    assert found.overlap == pytest.approx(np.mean(same) / 5)
    assert found.jaccard == pytest.approx(np.mean([each / (10 - each) for each in same]))
    upper = np.triu_indices(80, 1)
    expected = stats.spearmanr(cosines[0][upper], cosines[1][upper]).statistic
    assert (found.pairs, found.correlation) == (3160, pytest.approx(expected))
    for each in found.moved:
        row = TOKENS.index(each.word)
        around = sorted({*near[0][row], *near[1][row]})
        one, other = (each[row, around] for each in cosines)
        likeness = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
        assert each.distance == pytest.approx(1 - likeness, abs=1e-6)
        assert each.overlap == same[row] / 5
        assert each.neighbors[0] == [TOKENS[at] for at in near[0][row]]
    distances = [each.distance for each in found.moved]
    assert distances == sorted(distances, reverse=True)


def test_the_word_that_was_moved_moved_most():
    vectors = random_vectors()
    moved = vectors.copy()
    moved[17] *= -1
    assert compare(table(vectors), table(moved), SMALL, 1).moved[0].word == "w17"


@pytest.mark.parametrize("numbers", [1, 1 << 24])
def test_samples_are_the_same_for_the_same_seed(monkeypatch, numbers):
    monkeypatch.setattr(comparison, "NUMBERS", numbers)
    config = CompareConfig(neighbors=5, sample=10, pairs=50)
    tables = (table(random_vectors()), table(random_vectors(2)))
    found = compare(*tables, config, 10)
    assert found == compare(*tables, config, 10)
    assert (found.words, found.pairs, len(found.moved)) == (10, 50, 10)
    other = compare(*tables, dataclasses.replace(config, seed=2), 10)
    assert found.correlation != other.correlation


def test_pairs_are_of_different_words():
    pairs = comparison._pairs(3, 2, np.random.default_rng(1))
    assert len(pairs) == 2
    assert (pairs[:, 0] != pairs[:, 1]).all()
    many = comparison._pairs(50, 1000, np.random.default_rng(1))
    assert (many[:, 0] != many[:, 1]).all()
    assert (many.min(), many.max()) == (0, 49)


def test_words_without_a_vector_do_not_move():
    vectors = random_vectors()
    vectors[3] = 0
    found = compare(table(vectors), table(vectors), SMALL, 80)
    assert max(each.distance for each in found.moved) < 1e-6


def test_a_token_is_the_same_however_the_dump_spells_it():
    tokens = ["New York", "b", "c", "d"]
    escaped = ["New\\u0020York", "b", "c", "d"]
    tables = (table(random_vectors()[:4], tokens), table(random_vectors()[:4], escaped))
    assert compare(*tables, SMALL, 0).shared == 4


def test_restrict_takes_the_most_frequent():
    counted = dataclasses.replace(table(random_vectors()), counts=np.arange(80))
    config = dataclasses.replace(SMALL, restrict=10)
    found = compare(counted, counted, config, 10)
    assert (found.rows, found.shared) == ((10, 10), 10)
    assert {each.word for each in found.moved} == set(TOKENS[70:])


def test_tables_with_nothing_in_common_are_refused():
    others = [f"x{row}" for row in range(80)]
    with pytest.raises(DataError, match="share 0 words"):
        compare(table(random_vectors()), table(random_vectors(), others), SMALL, 1)


def test_aligned_ranks_the_word_whose_own_vector_moved():
    vectors = random_vectors()
    turned = vectors @ np.linalg.qr(random_vectors(2)[:10])[0]
    turned[7] = -turned[7]
    config = dataclasses.replace(SMALL, aligned=True)
    found = compare(table(vectors), table(turned), config, 80)
    assert (found.moved[0].word, found.moved[1].distance < 0.05) == ("w7", True)
    assert found.moved[0].distance == pytest.approx(2, abs=0.05)
    assert 0.9 < found.aligned < 1
    assert compare(table(vectors), table(turned), SMALL, 1).aligned is None


def test_tables_of_other_columns_cannot_be_aligned():
    config = dataclasses.replace(SMALL, aligned=True)
    with pytest.raises(DataError, match="of 10 and 30 columns cannot be aligned"):
        compare(table(random_vectors()), table(random_vectors(2, 30)), config, 1)
