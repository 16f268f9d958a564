"""Which tokens get an id: rare ones go, the rest stays in order, and the ledger balances."""

from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus2vec.pipeline.config import VocabConfig
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.vocabulary.counting import Counting
from corpus2vec.pipeline.vocabulary.selection import build_vocabulary
from corpus2vec.pipeline.vocabulary.vocabulary import format_vocabulary

PHRASES = ["Hope", "to", "see", "you", "soon", "Nice", "to", "see", "you", "again"]


def built(tokens, keep=(), **settings):
    counting = Counting()
    counting.add(pa.array(tokens, pa.string()))
    return build_vocabulary(*counting.result(), VocabConfig(**settings), keep)


def entries(vocabulary):
    return dict(zip(vocabulary.tokens.to_pylist(), vocabulary.counts.tolist(), strict=True))


def test_the_worked_example_s_ids_are_by_first_appearance_from_0():
    vocabulary, _ = built(PHRASES)
    assert vocabulary.tokens.to_pylist() == ["Hope", "to", "see", "you", "soon", "Nice", "again"]
    assert vocabulary.counts.tolist() == [1, 2, 2, 2, 1, 1, 1]
    assert vocabulary.unk is None


LETTERS = ["a", "b", "c", "b", "d", "d", "c", "d", "e"]  # a 1, b 2, c 2, d 3, e 1


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, {"a": 1, "b": 2, "c": 2, "d": 3, "e": 1}),
        ({"min_count": 2}, {"b": 2, "c": 2, "d": 3, "<unk>": 2}),
        ({"min_count": 3}, {"d": 3, "<unk>": 6}),
        ({"max_size": 1}, {"d": 3, "<unk>": 6}),
        ({"max_size": 2}, {"b": 2, "d": 3, "<unk>": 4}),
        ({"max_size": 4}, {"a": 1, "b": 2, "c": 2, "d": 3, "<unk>": 1}),
        ({"max_size": 5}, {"a": 1, "b": 2, "c": 2, "d": 3, "e": 1}),
        ({"max_size": 2, "min_count": 3}, {"d": 3, "<unk>": 6}),
        ({"min_count": 3, "keep": "e"}, {"d": 3, "e": 1, "<unk>": 5}),
        ({"max_size": 2, "keep": "e"}, {"d": 3, "e": 1, "<unk>": 5}),
        ({"max_size": 2, "keep": "ea"}, {"a": 1, "e": 1, "<unk>": 7}),
        ({"keep": ["not there"]}, {"a": 1, "b": 2, "c": 2, "d": 3, "e": 1}),
        ({"unk": "[?]"}, {"a": 1, "b": 2, "c": 2, "d": 3, "e": 1, "[?]": 0}),
        ({"unk": "[?]", "min_count": 3}, {"d": 3, "[?]": 6}),
    ],
    ids=str,
)
def test_rare_tokens_go_and_the_rest_stays_in_order(settings, expected):
    vocabulary, ledger = built(LETTERS, **settings)
    assert list(entries(vocabulary).items()) == list(expected.items())
    ledger.balance()
    assert ledger.read == len(LETTERS)


def test_unk_is_the_last_id_and_counts_what_it_stands_for():
    vocabulary, ledger = built(LETTERS, min_count=2)
    assert (vocabulary.unk, vocabulary.unk_id, len(vocabulary)) == ("<unk>", 3, 4)
    assert (ledger.kept, ledger.unk) == (7, 2)


def test_a_token_of_the_corpus_cannot_stand_for_what_was_left_out():
    with pytest.raises(DataError, match=r"^the corpus itself has the token <unk>, so it cannot"):
        built(["<unk>", "<unk>", "a"], min_count=2)


def test_a_corpus_may_have_the_token_unk_where_nothing_is_left_out():
    vocabulary, _ = built(["a", "<unk>", "b"])
    assert (entries(vocabulary), vocabulary.unk) == ({"a": 1, "<unk>": 1, "b": 1}, None)


def test_where_every_token_is_rare_the_hint_says_how_rare():
    with pytest.raises(
        DataError, match=r"^no token is left: none occurs 4 times \(--min-count\)$"
    ) as refused:
        built(LETTERS, min_count=4)
    assert refused.value.hint == "the highest count of a token is 3"


def test_more_tokens_to_keep_than_fit_are_refused():
    expected = "^--keep holds 3 tokens of the corpus, more than --max-size 2$"
    with pytest.raises(UsageError, match=expected):
        built(LETTERS, keep="abc", max_size=2)


@settings(deadline=None)
@given(
    tokens=st.lists(st.sampled_from("abcdefghij"), min_size=1),
    keep=st.sets(st.sampled_from("abcxyz")),
    min_count=st.integers(1, 4),
    max_size=st.none() | st.integers(1, 12),
)
def test_the_ledger_balances_and_the_most_frequent_stay(tokens, keep, min_count, max_size):
    counts = Counter(tokens)
    by_rank = sorted(counts, key=lambda token: (token not in keep, -counts[token]))
    stay = [token for token in by_rank if token in keep or counts[token] >= min_count]
    stay = set(stay[:max_size] if max_size else stay)
    try:
        vocabulary, ledger = built(tokens, keep, min_count=min_count, max_size=max_size)
    except DataError:
        assert not stay
    except UsageError:
        assert max_size < len(keep & set(tokens))
    else:
        found = entries(vocabulary)
        assert [token for token in found if token != "<unk>"] == [
            token for token in counts if token in stay
        ]
        assert sum(found.values()) == len(tokens) == ledger.read
        ledger.balance()


@settings(deadline=None)
@given(
    tokens=st.lists(st.sampled_from("abcdefghij"), min_size=1),
    keep=st.sets(st.sampled_from("abcxyz")),
    min_count=st.integers(1, 4),
    max_size=st.none() | st.integers(1, 12),
    unk=st.sampled_from([None, "[?]"]),
)
def test_the_vocabulary_is_the_same_if_counting_left_the_rare_tokens_out(
    tokens, keep, min_count, max_size, unk
):
    settings = {"min_count": min_count, "max_size": max_size, "unk": unk}
    config = VocabConfig(**settings)
    counting = Counting()
    counting.add(pa.array(tokens))
    found, counts = counting.result(min_count, keep)

    def outcome(build):
        try:
            vocabulary, ledger = build()
        except (DataError, UsageError) as refused:
            return refused.message, refused.hint
        return format_vocabulary(vocabulary), vocabulary.unk, ledger

    late = outcome(lambda: built(tokens, keep, **settings))
    assert late == outcome(lambda: build_vocabulary(found, counts, config, keep, counting.left_out))
