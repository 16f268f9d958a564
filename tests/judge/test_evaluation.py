"""Scores: scipy's and gensim's numbers, intervals that mean what they say."""

import dataclasses
import itertools
import warnings

import numpy as np
import pyarrow as pa
import pytest
from gensim.models import KeyedVectors
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from corpus2vec.pipeline.config import EvaluateConfig
from corpus2vec.pipeline.judge import evaluation
from corpus2vec.pipeline.judge.evaluation import (
    Judged,
    known_to_all,
    share_interval,
    spearman,
    spearman_interval,
)
from corpus2vec.pipeline.judge.gold import Analogies, Pairs, read_gold
from corpus2vec.pipeline.tables.reading import read_vectors
from corpus2vec.pipeline.tables.table import Table


def table(vectors):
    """A table from words and their vectors."""
    return Table(pa.array(list(vectors)), np.array(list(vectors.values()), np.float32))


# --- rank correlation ------------------------------------------------------------------------

VALUES = st.lists(st.tuples(st.integers(0, 5), st.floats(-1e6, 1e6)), min_size=2, max_size=60)


@given(VALUES)
def test_spearman_is_scipys(values):
    one, other = np.array(values, float).T
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.ConstantInputWarning)
        expected = stats.spearmanr(one, other).statistic
    found = spearman(one, other)
    if np.isnan(expected):
        assert found is None
    else:
        assert found == pytest.approx(expected, abs=1e-12)


def test_there_is_no_correlation_without_two_values_that_differ():
    assert spearman(np.zeros(0), np.zeros(0)) is None
    assert spearman(np.ones(1), np.ones(1)) is None
    assert spearman(np.ones(3), np.arange(3)) is None
    assert spearman_interval(np.zeros(0), np.zeros(0), EvaluateConfig()) is None
    assert spearman_interval(np.ones(3), np.arange(3), EvaluateConfig()) is None


@pytest.mark.parametrize("cells", [1, 1000, 1 << 22])
def test_an_interval_is_of_scipys_correlations_of_the_same_resamples(monkeypatch, cells):
    monkeypatch.setattr(evaluation, "CELLS", cells)
    random = np.random.default_rng(5)
    one = random.integers(6, size=40)
    other = one + random.normal(size=40).round(1) * 3
    config = EvaluateConfig(resamples=200, seed=9)
    # The same numbers, whether drawn in blocks or at once.
    picks = np.random.default_rng(9).integers(40, size=(200, 40))
    expected = [stats.spearmanr(one[pick], other[pick]).statistic for pick in picks]
    found = spearman_interval(one, other, config)
    assert found == pytest.approx(np.quantile(expected, [0.025, 0.975]), abs=1e-12)


def test_an_interval_of_shares_covers_as_it_says():
    """Of many draws with a known share, about 95 % have it in their interval."""
    random = np.random.default_rng(2)
    config = EvaluateConfig()
    intervals = [share_interval(right, 200, config) for right in random.binomial(200, 0.3, 300)]
    covered = sum(low <= 0.3 <= high for low, high in intervals)
    assert 270 <= covered <= 296
    assert share_interval(0, 0, config) is None
    assert share_interval(7, 7, config) == (1, 1)


# --- what is counted -------------------------------------------------------------------------

PLANE = {"a": [1, 0], "b": [1, 0.1], "c": [0, 1], "d": [-1, 0.2], "E": [0.5, 0.5]}
PAIRS = Pairs("pairs", [("a", "b"), ("a", "c"), ("a", "d"), ("e", "zz")], [9, 5, 1, 7])


def test_pairs_are_counted():
    [score] = Judged(table(PLANE), EvaluateConfig()).scores(PAIRS)
    assert (score.n, score.total, score.oov, score.coverage) == (3, 4, 1, 0.75)
    assert (score.gold, score.measure, score.part) == ("pairs", "spearman", "all")
    assert score.value == pytest.approx(1)


def test_a_word_is_as_like_itself_as_any_other_is():
    random = np.random.default_rng(4)
    words = [f"w{row}" for row in range(50)]
    vectors = table(dict(zip(words, random.normal(size=(50, 7)), strict=True)))
    gold = Pairs("p", [*((word, word) for word in words), ("w0", "w1")], [*range(50), -1])
    [score] = Judged(vectors, EvaluateConfig()).scores(gold)
    assert score.value == pytest.approx(stats.spearmanr([1] * 50 + [0], gold.scores).statistic)


def test_unknown_words_may_count_as_cosine_0():
    [score] = Judged(table(PLANE), EvaluateConfig(unknown="zero")).scores(PAIRS)
    assert (score.n, score.oov) == (4, 1)
    cosines = [1 / np.sqrt(1.01), 0, -1 / np.sqrt(1.04), 0]
    assert score.value == pytest.approx(stats.spearmanr(cosines, PAIRS.scores).statistic)


def test_unknown_words_may_be_judged_by_how_they_are_spelt():
    vectors = table({"walk": [1, 0], "walking": [1, 0.5], "talk": [0, 1], "talking": [0.4, 1]})
    gold = Pairs("p", [("walk", "talk"), ("walk", "walked"), ("talk", "xyz")], [1, 9, 5])
    for restrict in (None, 4):
        config = EvaluateConfig(unknown="form", restrict=restrict)
        [score] = Judged(vectors, config, asked=[gold]).scores(gold)
        assert (score.n, score.oov, score.total) == (2, 1, 3)
        assert score.value == pytest.approx(1)


def test_a_gold_file_of_unknown_words_has_no_score():
    config = EvaluateConfig()
    for gold in (Pairs("p", [("x", "y")], [1]), Analogies("q", [("a", "b", "c", "x")], [""])):
        [score] = Judged(table(PLANE), config).scores(gold)
        assert (score.value, score.interval, score.n, score.oov) == (None, None, 0, 1)


def test_only_questions_that_all_tables_know():
    fewer = table({word: PLANE[word] for word in "abc"})
    judged = [Judged(each, EvaluateConfig(common=True)) for each in (table(PLANE), fewer)]
    asked = known_to_all(judged, PAIRS)
    assert asked.tolist() == [True, True, False, False]
    scores = [each.scores(PAIRS, asked)[0] for each in judged]
    assert [(score.n, score.oov) for score in scores] == [(2, 1), (2, 2)]


def test_sections_and_kinds_of_analogies():
    vectors = {"man": [1, 0, 0], "king": [1, 0, 1], "woman": [0, 1, 0], "queen": [0, 1, 1]}
    words = [("man", "king", "woman", "queen"), ("man", "woman", "king", "queen")]
    wrong = ("king", "man", "queen", "king")
    gold = Analogies("q", [*words, wrong], ["family", "gram1", "gram1"])
    scores = Judged(table(vectors), EvaluateConfig()).scores(gold)
    assert [(score.part, score.section, score.value, score.n) for score in scores] == [
        ("all", "", pytest.approx(2 / 3), 3),
        ("kind", "semantic", 1, 1),
        ("kind", "syntactic", 0.5, 2),
        ("section", "family", 1, 1),
        ("section", "gram1", 0.5, 2),
    ]
    plain = dataclasses.replace(gold, sections=["", "", ""])
    assert len(Judged(table(vectors), EvaluateConfig()).scores(plain)) == 1


def test_where_no_word_is_left_to_answer_the_answer_is_wrong():
    gold = Analogies("q", [("a", "b", "c", "a")], [""])
    few = table({word: PLANE[word] for word in "abc"})
    assert Judged(few, EvaluateConfig()).scores(gold)[0].value == 0


# --- gensim's numbers ------------------------------------------------------------------------

KINDS, FORMS = 30, 5


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A table by gensim whose analogies hold now and then, some words in two cases; gold files."""
    folder = tmp_path_factory.mktemp("world")
    random = np.random.default_rng(3)
    kinds, forms = random.normal(size=(KINDS, 24)), random.normal(size=(FORMS, 24))
    names = [f"k{kind}f{form}" for kind in range(KINDS) for form in range(FORMS)]
    vectors = (kinds[:, None] + forms[None]).reshape(-1, 24)
    also = random.choice(len(names), 60, replace=False)  # the same words in upper case
    names += [names[each].upper() for each in also]
    vectors = np.concatenate([vectors, vectors[also]])
    vectors = (vectors + 0.7 * random.normal(size=vectors.shape)).astype(np.float32)
    order = random.permutation(len(names))
    keyed = KeyedVectors(24)
    keyed.add_vectors([names[each] for each in order], vectors[order])
    keyed.save_word2vec_format(str(folder / "vectors.txt"))
    # Read back: gensim's text has fewer digits than float32.
    keyed = KeyedVectors.load_word2vec_format(str(folder / "vectors.txt"))

    asked = [*names, "unknown", "K1F1x"]
    lines = [
        f"{asked[one]}\t{asked[other]}\t{random.integers(11)}"
        for one, other in random.integers(len(asked), size=(400, 2))
        if asked[one].upper() != asked[other].upper()  # gensim's 1 is 1 give or take a bit
    ]
    (folder / "pairs.tsv").write_text("# word word score\n" + "\n".join(lines) + "\n")
    questions = []
    for one, other in itertools.combinations(range(FORMS), 2):
        questions.append(f": {'gram' if one else 'meaning'}-{one}-{other}")
        for left, right in random.choice(KINDS, size=(20, 2)):
            if left != right:
                pair = [f"k{left}f{one} k{left}f{other}", f"K{right}f{one} k{right}f{other}"]
                questions.append(" ".join(pair))
        questions.append("unknown k1f1 k2f2 k3f3")
    (folder / "questions.txt").write_text("\n".join(questions) + "\n")
    return folder, keyed


SETTINGS = [
    (EvaluateConfig(case=case, restrict=restrict, unknown=unknown), case, restrict, unknown)
    for case in ("fold", "exact")
    for restrict in (None, 120)
    for unknown in ("skip", "zero")
]


@pytest.mark.parametrize(("config", "case", "restrict", "unknown"), SETTINGS)
def test_scores_are_gensims(world, config, case, restrict, unknown):
    folder, keyed = world
    options = {
        "restrict_vocab": restrict or 300_000,
        "case_insensitive": case == "fold",
        "dummy4unknown": unknown == "zero",
    }
    judged = Judged(read_vectors(folder / "vectors.txt"), config)

    _, rho, oov_percent = keyed.evaluate_word_pairs(str(folder / "pairs.tsv"), **options)
    [score] = judged.scores(read_gold(folder / "pairs.tsv"))
    assert score.value == pytest.approx(rho.statistic, abs=1e-4)
    assert 100 * (1 - score.coverage) == pytest.approx(oov_percent)

    if case == "exact":  # with K in upper case hardly a question is known
        (folder / "exact.txt").write_text((folder / "questions.txt").read_text().replace("K", "k"))
    questions = folder / ("exact.txt" if case == "exact" else "questions.txt")
    accuracy, sections = keyed.evaluate_word_analogies(str(questions), **options)
    first, *scores = judged.scores(read_gold(questions))
    assert first.value == pytest.approx(accuracy, abs=1e-4)
    assert 0.1 < accuracy < 0.9 or unknown == "zero"
    found = {score.section: score for score in scores if score.part == "section"}
    for section in sections[:-1]:
        right, wrong = len(section["correct"]), len(section["incorrect"])
        score = found[section["section"]]
        assert score.n == right + wrong
        assert (score.value or 0) * score.n == pytest.approx(right)
