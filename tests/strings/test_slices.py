"""Slices are their strings, and so are the keys of short ones; long ones' differ."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.strings.slices import Slices, first_places, ranges, replaced, scattered
from tests.support.strings import any_string, many_strings, slices_of

# --- slices ----------------------------------------------------------------------------------


@given(many_strings, st.data())
def test_slices_are_the_strings(texts, data):
    slices = Slices.of_texts(texts)
    assert slices.decoded() == texts
    assert slices.array() == pa.array(texts, pa.large_string())
    assert slices.packed().tobytes() == "".join(texts).encode()
    chosen = data.draw(st.lists(st.integers(0, len(texts) - 1))) if texts else []
    assert slices[np.array(chosen, np.int64)].decoded() == [texts[place] for place in chosen]


@given(many_strings, st.integers(0, 5), st.sampled_from([pa.string(), pa.large_string()]))
def test_slices_of_a_part_of_an_array_are_its_strings(texts, begin, kind):
    assert Slices.of(pa.array(texts, kind)[begin:]).decoded() == texts[begin:]


def test_a_dictionary_array_has_slices_too():
    assert Slices.of(pa.array(["a", "b", "a"]).dictionary_encode()).decoded() == ["a", "b", "a"]


@given(st.lists(st.binary(max_size=30), min_size=1), st.integers(0, 3))
def test_a_word_is_eight_bytes_filled_up_with_zeros(pieces, number):
    reaching = [piece for piece in pieces if len(piece) >= 8 * number]
    expected = [int.from_bytes(piece[8 * number : 8 * number + 8], "little") for piece in reaching]
    assert slices_of(*reaching).words(number).tolist() == expected


@given(st.lists(st.tuples(any_string, any_string, st.booleans())))
def test_equal_is_what_the_strings_are(pairs):
    left, right = [a for a, _, _ in pairs], [a if same else b for a, b, same in pairs]
    equal = Slices.of_texts(left).equal(Slices.of_texts(right))
    assert equal.tolist() == [a == b for a, b in zip(left, right, strict=True)]


# --- keys ------------------------------------------------------------------------------------


def test_keys_of_short_strings_differ_from_each_other_and_from_those_of_long_ones():
    short = [bytes([first, second]) for first in range(256) for second in range(256)]
    short += [bytes([first]) for first in range(256)] + [b"\0" * size for size in (0, *range(3, 8))]
    long = [b"\0" * size for size in range(8, 40)]
    keys = slices_of(*short, *long).keys()
    assert len(set(keys.tolist())) == len(short) + len(long)
    assert 0 not in keys


@given(st.sets(st.binary(max_size=7)))
def test_keys_of_short_strings_are_the_strings(pieces):
    keys = slices_of(*pieces).keys()
    assert {key.to_bytes(8, "little")[:7] for key in keys.tolist()} == {
        piece.ljust(7, b"\0") for piece in pieces
    }
    assert len(set(keys.tolist())) == len(pieces)


@given(many_strings, many_strings, st.integers(0, 100))
def test_equal_strings_have_equal_keys_wherever_they_are(before, texts, seed):
    keys = Slices.of_texts(texts).keys(seed)
    assert Slices.of_texts([*before, *texts]).keys(seed)[len(before) :].tolist() == keys.tolist()


@pytest.mark.parametrize(
    ("one", "other"),
    [("What’ll\0", "That’ll"), ("aaaaaaaa", "aaaaaaaa\0"), ("aaaaaaaa\0", "aaaaaaaa\0\0")],
)
def test_what_differs_in_length_and_first_byte_has_different_keys(one, other):
    for seed in range(20):
        first, second = Slices.of_texts([one, other]).keys(seed)
        assert first != second


def test_keys_of_numbers_and_of_repeated_letters_differ():
    texts = [f"number-{number:08d}" for number in range(50_000)]
    texts += [f"{number:016d}" for number in range(0, 10**15, 10**11)]
    texts += [letter * size for letter in "ab\0" for size in range(8, 1000)]
    assert len(np.unique(Slices.of_texts(texts).keys())) == len(texts)


def test_scattered_numbers_differ_in_their_low_and_high_halves():
    numbers = scattered(np.arange(1 << 16, dtype=np.uint64) << np.uint64(40))
    assert len(np.unique(numbers)) == 1 << 16
    assert len(np.unique(numbers >> np.uint64(32))) > 65_000
    assert len(np.unique(numbers & np.uint64(0xFFFFFFFF))) > 65_000


# --- ranges and places -----------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 9))))
def test_ranges_are_concatenated(given_ranges):
    begins = np.array([begin for begin, _ in given_ranges], np.int64)
    lengths = np.array([length for _, length in given_ranges], np.int64)
    expected = [n for begin, length in given_ranges for n in range(begin, begin + length)]
    assert ranges(begins, lengths).tolist() == expected


@given(st.lists(st.integers(0, 5), min_size=1))
def test_first_places_are_where_numbers_occur_first(numbers):
    distinct = list(dict.fromkeys(numbers))
    places = np.array([distinct.index(number) for number in numbers])
    expected = [numbers.index(number) for number in distinct]
    assert first_places(places, len(distinct)).tolist() == expected


numbers = st.lists(st.integers(0, 9), max_size=4)


@given(st.lists(st.tuples(numbers, st.none() | numbers)))
def test_lists_are_replaced_in_place(pairs):
    values = np.array([each for old, _ in pairs for each in old], np.int64)
    counts = np.array([len(old) for old, _ in pairs], np.int64)
    chosen = [place for place, (_, new) in enumerate(pairs) if new is not None]
    others = [pairs[place][1] for place in chosen]
    found, lengths = replaced(
        values,
        counts,
        np.array(chosen, np.int64),
        np.array([each for new in others for each in new], np.int64),
        list(map(len, others)),
    )
    expected = [old if new is None else new for old, new in pairs]
    assert found.tolist() == [each for new in expected for each in new]
    assert lengths.tolist() == list(map(len, expected))
