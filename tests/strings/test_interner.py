"""Strings as arrays are the strings, and ids are those that a dictionary would give."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.strings import slices as strings
from corpus2vec.pipeline.strings.interner import Growing, Interner, KeySet
from corpus2vec.pipeline.strings.slices import Slices, first_places, ranges, scattered

# A few letters of all widths, so that strings meet, and strings of all lengths around a word's.
any_string = st.text("ab\0é€😀", max_size=12) | st.text(max_size=40) | st.text("a", max_size=40)
many_strings = st.lists(any_string)


def slices_of(*pieces):
    """Strings of bytes, which need not be UTF-8."""
    lengths = np.array(list(map(len, pieces)), np.int64)
    data = np.frombuffer(b"".join(pieces), np.uint8)
    return Slices(strings.padded(data), np.cumsum(lengths) - lengths, lengths)


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
def test_equal_strings_have_equal_keys_wherever_they_stand(before, texts, seed):
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


def test_very_long_strings_are_told_apart_by_their_tails():
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


# --- sets, ranges, growing arrays ------------------------------------------------------------


@given(many_strings, many_strings)
def test_a_key_set_holds_its_strings_and_no_other_short_ones(members, asked):
    asked = asked + members
    held = KeySet(Slices.of_texts(members)).holds(Slices.of_texts(asked)).tolist()
    for text, is_held in zip(asked, held, strict=True):
        assert is_held == (text in members)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 9))))
def test_ranges_lie_one_behind_the_other(given_ranges):
    begins = np.array([begin for begin, _ in given_ranges], np.int64)
    lengths = np.array([length for _, length in given_ranges], np.int64)
    expected = [n for begin, length in given_ranges for n in range(begin, begin + length)]
    assert ranges(begins, lengths).tolist() == expected


@given(st.lists(st.integers(0, 5), min_size=1))
def test_first_places_are_where_numbers_stand_first(numbers):
    distinct = list(dict.fromkeys(numbers))
    places = np.array([distinct.index(number) for number in numbers])
    expected = [numbers.index(number) for number in distinct]
    assert first_places(places, len(distinct)).tolist() == expected


@given(st.lists(st.integers(0, 900), max_size=10), st.sampled_from([0, 8]))
def test_a_growing_array_holds_what_was_added(sizes, spare):
    growing, held = Growing(np.int32, spare=spare), []
    for number, size in enumerate(sizes):
        growing.extend(np.full(size, number))
        held += [number] * size
        assert growing.values.tolist() == held
        assert len(growing) == len(held)
        assert len(growing.values_and_spare) == len(held) + spare
