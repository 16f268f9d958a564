"""Sets of characters behave like Python's sets of code points."""

import itertools
import re

from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.tokenizer.char_sets import (
    CODE_POINTS,
    caseless,
    category,
    commonness,
    complement,
    is_rare,
    one_of,
    size,
    union,
)
from tests.support.fragments import matched

codes = st.sets(st.integers(0, 60) | st.integers(CODE_POINTS - 9, CODE_POINTS - 1))


def char_set(codes):
    return union([[(code, code + 1)] for code in codes])


def members(chars):
    return {code for begin, end in chars for code in range(begin, end)}


@given(codes, codes)
def test_a_union_has_the_members_of_both_in_ranges_that_do_not_touch(one, other):
    found = union([char_set(one), char_set(other)])
    assert members(found) == one | other
    assert all(end < begin for (_, end), (begin, _) in itertools.pairwise(found))


@given(codes)
def test_a_complement_has_all_others(one):
    chars = char_set(one)
    assert complement(complement(chars)) == chars
    assert size(complement(chars)) == CODE_POINTS - len(one)
    assert union([chars, complement(chars)]) == ((0, CODE_POINTS),)


@given(codes)
def test_a_size_counts_members_within_a_range(one):
    assert size(char_set(one)) == len(one)
    assert size(char_set(one), (10, 50)) == len([code for code in one if 10 <= code < 50])


@given(codes.filter(bool))
def test_an_expression_for_one_of_a_set_matches_its_members(one):
    pattern = re.compile(one_of(char_set(one)))
    for code in (*range(61), *range(CODE_POINTS - 9, CODE_POINTS)):
        assert bool(pattern.fullmatch(chr(code))) == (code in one)


def test_classes_and_case_are_what_re_takes_them_for():
    assert category(r"\d") == matched(r"\d")
    assert category(r"\S") == matched(r"\S")
    assert caseless(matched("k"), "k") == matched("(?i)k")
    assert caseless(matched("[à-ö]"), "à-ö") == matched("(?i)[à-ö]")


def test_rare_sets_have_no_ascii_letter_or_digit_and_sort_first():
    assert is_rare(matched("[.é°]"))
    assert not any(is_rare(matched(each)) for each in ("[.a]", "[.Z]", "[.0]"))
    sets = [matched(each) for each in ("[a-z]", "[ab]", "°", "[0-9]")]
    assert sorted(sets, key=commonness) == [sets[2], sets[1], sets[3], sets[0]]
