"""The phrases, scores and joined texts are those of gensim's Phrases."""

import math
import random

import pyarrow as pa
import pytest
from gensim.models.phrases import ENGLISH_CONNECTOR_WORDS, Phrases

from corpus2vec.pipeline.config import ENGLISH, PhrasesConfig
from corpus2vec.pipeline.phrases.joining import Joining
from corpus2vec.pipeline.phrases.learning import Learning
from tests.support.phrases import batches, joined, learn
from tests.support.tokens import SAMPLES

TEXT = (SAMPLES / "english.txt").read_text("utf-8").lower()
DOCUMENTS = [line.replace("_", "-").split() for line in TEXT.split("\n")]
SCORINGS = [
    ("word2phrase", "default", 1.0),
    ("word2phrase", "default", 0.1),
    ("npmi", "npmi", 0.4),
    ("npmi", "npmi", -0.9),
]


def mixed(seed):
    """Documents of a few words and many connectors, in an order that no text has."""
    dice = random.Random(seed)
    words = ["of", "the", *(f"w{number}" for number in range(12))]
    weights = [6, 4, *(12 / (number + 1) for number in range(12))]
    return [dice.choices(words, weights, k=dice.randrange(12)) for _ in range(400)]


def gensims(documents, scoring, threshold, connectors, least, delimiter="_"):
    return Phrases(
        documents,
        delimiter=delimiter,
        min_count=least,
        threshold=threshold,
        scoring=scoring,
        connector_words=frozenset(connectors),
    )


@pytest.mark.parametrize("connectors", [(), ENGLISH], ids=["none", "english"])
@pytest.mark.parametrize(("ours", "theirs", "threshold"), SCORINGS)
@pytest.mark.parametrize("documents", [DOCUMENTS, mixed(1)], ids=["english", "mixed"])
@pytest.mark.parametrize("memory", [None, 1])
def test_the_phrases_are_gensims(documents, ours, theirs, threshold, connectors, memory):
    other = gensims(documents, theirs, threshold, connectors, 2)
    phrases = learn(documents, connectors, memory, scoring=ours, threshold=threshold, least=2)
    expected = other.export_phrases()
    assert {each.token: pytest.approx(each.score, rel=1e-12) for each in phrases} == expected
    assert all(each.count == other.vocab[each.token] for each in phrases)
    assert len(phrases) == len(expected)
    assert len(phrases) > 3 or (documents is not DOCUMENTS and threshold > 0.3)
    assert joined(documents, phrases) == [other[each] for each in documents]


def test_a_second_pass_is_gensims_of_gensims():
    """With another delimiter: gensim takes a token that has it for the pair of its parts."""
    documents = [["bank", "of", "new", "york", *each] for each in mixed(2)[:40]] + mixed(3)
    first = gensims(documents, "default", 0.3, ENGLISH, 2)
    once = [first[each] for each in documents]
    second = gensims(once, "default", 0.3, ENGLISH, 2, "+")
    phrases = learn(documents, ENGLISH, threshold=0.3, least=2)
    more = learn(once, ENGLISH, number=2, threshold=0.3, least=2, join_with="+")
    assert {each.token for each in more} == second.export_phrases().keys()
    assert any("_" in each.token for each in more)
    assert joined(documents, [*more, *phrases]) == [second[each] for each in once]


def test_the_connectors_of_english_are_gensims():
    assert set(ENGLISH) == ENGLISH_CONNECTOR_WORDS
    assert len(set(ENGLISH)) == len(ENGLISH)


def test_phrases_do_not_depend_on_batches_or_memory():
    for connectors in ((), ENGLISH):
        whole = learn(DOCUMENTS, connectors, least=2)
        for size, memory in ((1, 1), (7, 10_000), (100, None)):
            assert learn(DOCUMENTS, connectors, memory, size=size, least=2) == whole


def test_the_highest_score_is_first_and_equal_ones_are_in_order():
    phrases = learn([["c", "d"], ["a", "b"], ["x", "y", "x", "z"]] * 2, threshold=0.1)
    assert [each.token for each in phrases] == ["a_b", "c_d", "x_y", "x_z", "y_x"]
    assert [each.score for each in phrases] == sorted((e.score for e in phrases), reverse=True)


def test_a_pair_does_not_cross_documents_and_none_may_be_there():
    assert learn([["a"], ["b"], ["a"], ["b"], []], threshold=0) == []
    with Learning(PhrasesConfig()) as learning:
        assert learning.phrases() == []
        assert (learning.tokens_read, learning.types, learning.candidates) == (0, 0, 0)


def test_a_token_with_the_delimiter_in_it_is_a_word_and_no_pair():
    documents = [["new_york", "x"], ["new", "york"], ["new", "york"], ["a_b", "c"]] * 3
    phrases = learn(documents, threshold=0.1, least=2)
    assert {each.words: each.count for each in phrases} == {
        ("a_b", "c"): 3,
        ("new", "york"): 6,
        ("new_york", "x"): 3,
    }
    assert joined(documents[:2], phrases) == [["new_york_x"], ["new_york"]]


def test_words_and_candidates_are_counted():
    tokens = pa.array([["of", "a", "of", "b", "a"], ["b"]]).cast(pa.list_(pa.string()))
    batch = pa.RecordBatch.from_arrays([tokens], ["tokens"])
    with Learning(PhrasesConfig(phrase_min_count=1), ("of", "unused")) as learning:
        learning.add(batch)
        learning.add(batch.slice(0, 1))
        learning.phrases()
    assert (learning.tokens_read, learning.types, learning.candidates) == (11, 2, 2)


def test_a_score_is_what_its_formula_says():
    documents = [["a", "b"], ["a", "b"], ["a", "c"]]
    [one, _] = learn(documents, scoring="npmi", threshold=0.1)
    assert one.score == pytest.approx(math.log((2 / 6) / ((3 / 6) * (2 / 6))) / -math.log(2 / 6))
    found = {each.token: each.score for each in learn(documents, threshold=0.1)}
    assert found == {"a_b": pytest.approx((2 - 1) / (3 * 2) * 5)}


def test_an_empty_token_is_no_word_of_a_phrase():
    found = learn([["", "a"], ["b", ""], ["c", "d"]] * 3, threshold=0.1)
    assert [each.token for each in found] == ["c_d"]


def test_the_delimiter_is_put_between():
    [phrase] = learn([["a", "b"]] * 3, threshold=0.1, join_with=" & ")
    assert phrase.token == "a & b"


def test_batches_with_labels_keep_them():
    table = batches([["a", "b"], [], ["a"]], 3)[0].append_column("label", pa.array(["x", "y", "z"]))
    phrases = learn([["a", "b"]] * 3, threshold=0.1)
    assert Joining(phrases).join(table).to_pylist() == [
        {"tokens": ["a_b"], "label": "x"},
        {"tokens": [], "label": "y"},
        {"tokens": ["a"], "label": "z"},
    ]
