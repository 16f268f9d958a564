"""Ids are those that a dictionary would give, whatever keys collide."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.strings import slices as strings
from corpus2vec.pipeline.strings.interner import Growing, Interner, KeySet
from corpus2vec.pipeline.strings.slices import Slices
from tests.support.strings import any_string, many_strings

# --- ids -------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [60, 12, 8])
@given(st.lists(st.lists(any_string, max_size=8), max_size=6), many_strings)
def test_ids_are_those_of_a_dictionary(bits, calls, others):
    known = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strings, "HASH_BITS", bits)
        interner = Interner()
        for texts in calls:
            for text in texts:
                known.setdefault(text, len(known))
            assert interner.intern(Slices.of_texts(texts)).tolist() == [known[t] for t in texts]
            asked = [*others, *known]
            found = interner.find(Slices.of_texts(asked)).tolist()
            assert found == [known.get(text, -1) for text in asked]
        assert len(interner) == len(known)
        assert interner.slices().decoded() == list(known)
        some = np.arange(0, len(known), 2)
        assert interner.slices(some).decoded() == list(known)[::2]


@pytest.mark.parametrize("bits", [60, 21])
def test_ids_of_many_strings_over_many_calls(monkeypatch, bits):
    monkeypatch.setattr(strings, "HASH_BITS", bits)
    interner, known = Interner(), {}
    for begin in range(0, 3000 if bits < 60 else 60_000, 500):
        # Half of them are new; a quarter are longer than their own key; some are empty.
        words = [str(number) * (number % 4) for number in range(begin, begin + 1000)]
        expected = [known.setdefault(word, len(known)) for word in words]
        assert interner.intern(Slices.of_texts(words)).tolist() == expected
    assert interner.slices().decoded() == list(known)
    assert interner.bytes > sum(map(len, known))


def test_keys_that_collide_bring_another_seed_and_no_other_ids(monkeypatch):
    monkeypatch.setattr(strings, "HASH_BITS", 12)
    interner = Interner()
    texts = [f"number {number}" for number in range(100)]
    for text in texts:
        interner.intern(Slices.of_texts([text]))
    assert interner._seed > 0
    assert interner.find(Slices.of_texts(texts)).tolist() == list(range(100))


def test_a_string_that_only_shares_a_key_is_not_found(monkeypatch):
    monkeypatch.setattr(strings, "HASH_BITS", 1)
    interner = Interner()
    interner.intern(Slices.of_texts(["number 1"]))
    others = [f"number {number}" for number in range(2, 50)]
    assert interner.find(Slices.of_texts(others)).tolist() == [-1] * 48


def test_a_string_is_interned_while_the_strings_of_the_interner_are_at_hand():
    interner = Interner()
    first = interner.intern(Slices.of_texts(["Hope to see you", "soon"]))
    held = interner.slices(first)
    interner.intern(Slices.of_texts([f"number {number}" for number in range(10_000)]))
    assert held.decoded() == ["Hope to see you", "soon"]
    assert interner.intern(held).tolist() == [0, 1]


def test_very_long_strings_differ_in_their_tails():
    limit = strings.WORD * strings.TOGETHER
    sizes = [*range(limit - 9, limit + 10), 300_000]
    texts = ["x" * size + tail for size in sizes for tail in ("", "a", "b", "ab")]
    distinct = list(dict.fromkeys(texts))
    slices = Slices.of_texts(texts)
    expected = [distinct.index(text) for text in texts]
    interner = Interner()
    assert interner.intern(slices).tolist() == expected
    assert interner.find(slices).tolist() == expected
    assert len(set(slices.keys().tolist())) == len(distinct)
    assert slices.equal(slices[::-1]).tolist() == [
        one == other for one, other in zip(texts, texts[::-1], strict=True)
    ]


# --- sets, growing arrays --------------------------------------------------------------------


@given(many_strings, many_strings)
def test_a_key_set_holds_its_strings_and_no_other_short_ones(members, asked):
    asked = asked + members
    held = KeySet(Slices.of_texts(members)).holds(Slices.of_texts(asked)).tolist()
    for text, is_held in zip(asked, held, strict=True):
        assert is_held == (text in members)


@given(st.lists(st.integers(0, 900), max_size=10), st.sampled_from([0, 8]))
def test_a_growing_array_holds_what_was_added(sizes, spare):
    growing, held = Growing(np.int32, spare=spare), []
    for number, size in enumerate(sizes):
        growing.extend(np.full(size, number))
        held += [number] * size
        assert growing.values.tolist() == held
        assert len(growing) == len(held)
        assert len(growing.values_and_spare) == len(held) + spare
