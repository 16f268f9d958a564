"""Tokens are counted in order of first appearance, however they come and whatever memory holds."""

from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.vocabulary.counting import Counting, LeftOut

any_token = st.text(st.characters(exclude_categories=["Cs"]))


def counted(*batches, memory=None):
    with Counting(memory) as counting:
        for batch in batches:
            counting.add(batch if isinstance(batch, pa.Array) else pa.array(batch, pa.string()))
        tokens, counts = counting.result()
    assert counting.tokens_read == counts.sum()
    assert counting.left_out == LeftOut()
    return dict(zip(tokens.to_pylist(), counts.tolist(), strict=True))


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from(list("abcdefghij")) | any_token)))
def test_counts_and_order_do_not_depend_on_how_tokens_come_in_batches(batches):
    tokens = [token for batch in batches for token in batch]
    assert list(counted(*batches).items()) == list(Counter(tokens).items())


@settings(deadline=None)
@given(st.lists(st.lists(any_token, min_size=1)))
def test_it_is_the_same_whether_tokens_come_plain_or_dictionary_encoded(batches):
    encoded = [pa.array(batch, pa.string()).dictionary_encode() for batch in batches]
    assert list(counted(*encoded).items()) == list(counted(*batches).items())


def test_a_slice_of_an_array_counts_for_itself():
    tokens = pa.array(["a", "b", "c", "b", "d"])
    for whole in (tokens, tokens.dictionary_encode(), tokens.cast(pa.large_string())):
        assert list(counted(whole[1:4], whole[:0], whole[4:]).items()) == [
            ("b", 2),
            ("c", 1),
            ("d", 1),
        ]


def test_a_dictionary_may_hold_a_string_twice():
    batch = pa.DictionaryArray.from_arrays(pa.array([1, 2, 0, 1]), pa.array(["a", "a", "b"]))
    assert list(counted(batch).items()) == [("a", 3), ("b", 1)]


def test_a_dictionary_s_own_order_and_what_no_token_uses_of_it_do_not_count():
    batch = pa.DictionaryArray.from_arrays(pa.array([2, 0, 2]), pa.array(["b", "unused", "a"]))
    assert list(counted(batch, ["c", "b"]).items()) == [("a", 2), ("b", 2), ("c", 1)]


def test_more_types_than_one_piece_are_counted_in_order():
    tokens = [f"w{number}" for number in range(100_000)]
    found = counted(tokens[:70_000], tokens[60_000:], tokens[:1])
    assert list(found) == tokens
    assert (found["w0"], found["w59999"], found["w60000"]) == (2, 1, 2)


# --- within a bound --------------------------------------------------------------------------


@pytest.mark.parametrize("memory", [0, 2_000_000, 20_000_000, None])
def test_more_types_than_memory_holds_are_counted_in_order(memory):
    tokens = [f"w{number}" for number in range(100_000)]
    batches = [tokens[begin : begin + 15_000] for begin in range(0, 100_000, 10_000)]
    expected = Counter(token for batch in batches for token in batch)
    assert list(counted(*batches, memory=memory).items()) == list(expected.items())


@settings(deadline=None)
@given(
    batches=st.lists(st.lists(st.sampled_from(list("abcdefghij")) | any_token), max_size=8),
    encoded=st.booleans(),
    memory=st.sampled_from([None, 0, 120_000]),
    least=st.integers(1, 4),
    keep=st.sets(st.sampled_from("abcxyz")),
)
def test_a_bound_changes_nothing_and_what_is_left_out_is_accounted_for(
    batches, encoded, memory, least, keep
):
    expected = Counter(token for batch in batches for token in batch)
    stay = {token: count for token, count in expected.items() if count >= least or token in keep}
    gone = [count for token, count in expected.items() if token not in stay]
    with Counting(memory) as counting:
        for batch in batches:
            tokens = pa.array(batch, pa.string())
            counting.add(tokens.dictionary_encode() if encoded else tokens)
        tokens, counts = counting.result(least, iter(keep))
    assert list(zip(tokens.to_pylist(), counts.tolist(), strict=True)) == list(stay.items())
    assert counting.left_out == LeftOut(len(gone), sum(gone), max(gone, default=0))
    assert counting.tokens_read == counts.sum() + counting.left_out.tokens


def test_a_bound_leaves_nothing_in_the_folder_however_counting_ends(tmp_path):
    def fail():
        with Counting(0, tmp_path) as counting:
            counting.add(pa.array(["a", "b"]))
            assert list(tmp_path.iterdir()) == []
            raise DataError("the corpus is damaged")

    with pytest.raises(DataError, match="the corpus is damaged"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_within_the_bound_no_file_is_made(tmp_path):
    with Counting(1 << 20, tmp_path / "no such folder") as counting:
        counting.add(pa.array(["a", "b"]))
        assert counting.result()[0].to_pylist() == ["a", "b"]
