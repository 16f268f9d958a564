"""Phrases are joined from left to right, pass by pass, whatever the batch looks like."""

import pyarrow as pa
import pytest

from corpus2vec.pipeline.phrases.candidates import MOST_BETWEEN
from corpus2vec.pipeline.phrases.joining import Joining
from corpus2vec.pipeline.phrases.phrases import Phrase
from tests.support.phrases import batches, joined


def phrases(*texts, number=1):
    return [Phrase(number, tuple(text.split()), text.replace(" ", "_")) for text in texts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b c", "a_b c"),
        ("b c a b", "b_c a_b"),
        ("a b a b a", "a_b a_b a"),
        ("x a b c a b c", "x a_b c a_b c"),
        ("c c c c c", "c_c c_c c"),
        ("a", "a"),
        ("b a", "b a"),
    ],
)
def test_the_first_of_two_that_share_a_word_is_joined(text, expected):
    found = phrases("a b", "b c", "c c")
    assert joined([text.split()], found) == [expected.split()]


def test_connectors_are_inside_a_phrase_only():
    found = phrases("bank of england", "house of the lords", "bank england")
    text = "of bank of england the house of the lords of bank the england bank england of"
    assert joined([text.split()], found) == [
        [
            "of",
            "bank_of_england",
            "the",
            "house_of_the_lords",
            "of",
            "bank",
            "the",
            "england",
            "bank_england",
            "of",
        ]
    ]


def test_a_phrase_never_crosses_documents():
    documents = [["a"], ["b"], [], ["x", "a"], ["of"], ["b", "a", "b"]]
    found = phrases("a b", "a of b")
    assert joined(documents, found) == [["a"], ["b"], [], ["x", "a"], ["of"], ["b", "a_b"]]


def test_passes_are_joined_in_order():
    found = [*phrases("a_b c", number=2), *phrases("a b"), *phrases("a_b_c d", number=7)]
    assert joined([list("abcd"), list("abab")], found) == [["a_b_c_d"], ["a_b", "a_b"]]
    assert Joining(found).joined == 0


def test_what_is_joined_is_counted():
    joining = Joining(phrases("a b", "a of b"))
    for batch in batches([list("abab"), ["a", "of", "b"], ["b"]], 2):
        joining.join(batch)
    assert joining.joined == 1 + 1 + 2


def test_a_phrase_may_be_a_token_already():
    batch = batches([["a_b", "a", "b"], ["a", "b", "a_b"]])[0]
    tokens = Joining(phrases("a b")).join(batch).column("tokens")
    assert tokens.to_pylist() == [["a_b", "a_b"], ["a_b", "a_b"]]
    assert tokens.flatten().dictionary.to_pylist() == ["a_b"]


def test_a_dictionary_has_what_occurs_by_first_appearance():
    tokens = pa.DictionaryArray.from_arrays([4, 1, 2, 1, 3], ["unused", "b", "c", "d", "a"])
    lists = pa.ListArray.from_arrays(pa.array([0, 3, 5], pa.int32()), tokens)
    batch = pa.RecordBatch.from_arrays([lists], ["tokens"])
    made = Joining(phrases("a b")).join(batch).column("tokens")
    assert made.to_pylist() == [["a_b", "c"], ["b", "d"]]
    assert made.flatten().dictionary.to_pylist() == ["a_b", "c", "b", "d"]


def test_a_slice_of_a_batch_is_joined_alike():
    batch = batches([["a", "b"], ["x"], ["a", "b", "x"], ["a"]])[0]
    made = Joining(phrases("a b")).join(batch.slice(1, 2))
    assert made.column("tokens").to_pylist() == [["x"], ["a_b", "x"]]


def test_without_phrases_or_documents_nothing_changes():
    documents = [["a", "b"], []]
    assert joined(documents, []) == documents
    assert joined(documents, phrases("x y")) == documents
    assert Joining(phrases("a b")).join(batches(documents)[0].slice(0, 0)).num_rows == 0


def test_words_that_are_too_far_apart_are_not_joined():
    near, far = (["a", *["of"] * number, "b"] for number in (MOST_BETWEEN, MOST_BETWEEN + 1))
    found = phrases(" ".join(near), " ".join(far))
    assert joined([near, far], found) == [["_".join(near)], far]
