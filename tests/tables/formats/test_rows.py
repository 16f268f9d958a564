"""Numbers as text: the fewest digits that give every bit back, or so many decimals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.tables.formats import rows
from tests.support.tables import HOSTILE, table, written

EDGES = [0x00000000, 0x80000000, 0x00000001, 0x807FFFFF, 0x00800000, 0x7F7FFFFF, 0xFF7FFFFF]
finite_bits = (st.integers(0, 2**32 - 1) | st.sampled_from(EDGES)).filter(
    lambda bits: bits & 0x7F800000 != 0x7F800000
)

RANDOM = np.random.default_rng(1).standard_normal((len(HOSTILE), 7), np.float32)


def digits(number):
    """The significant digits of a number's text."""
    mantissa = number.lower().split("e")[0]
    return mantissa.lstrip("+-").replace(".", "").strip("0")


@given(st.lists(finite_bits, min_size=1, max_size=50))
def test_numbers_have_the_fewest_digits_that_give_every_bit_back(bits):
    numbers = np.array(bits, np.uint32).view(np.float32)
    [row] = written(table(["a"], [numbers]), "glove").decode().splitlines()
    texts = row.split(" ")[1:]
    read = np.array([float(each) for each in texts], np.float32)
    assert read.view(np.uint32).tolist() == bits
    shortest = [np.format_float_scientific(each, unique=True) for each in numbers]
    assert [len(digits(each)) for each in texts] == [len(digits(each)) for each in shortest]


def test_the_one_number_that_is_rounded_twice_has_a_digit_more():
    number = np.array([0x15AE43FD], np.uint32).view(np.float32)
    _, text = written(table(["a"], [number]), "glove").decode().split()
    assert text == "7.0385307e-26"
    assert np.float32(float(text)) == number[0]
    assert np.float32(float("7.038531e-26")) != number[0]


@pytest.mark.parametrize(
    ("precision", "row"),
    [
        (0, "a 0 -2"),
        (1, "a 0.1 -1.5"),
        (3, "a 0.125 -1.500"),
        (12, "a 0.125000000000 -1.500000000000"),
    ],
)
def test_precision_is_the_number_of_decimals(precision, row):
    given = table(["a"], [[0.125, -1.5]])
    assert written(given, "glove", precision=precision).decode() == row + "\n"


@pytest.mark.parametrize("format", ["table", "word2vec", "glove"])
@pytest.mark.parametrize("precision", [None, 3])
def test_text_does_not_depend_on_how_much_is_formatted_at_a_time(monkeypatch, format, precision):
    given = table(HOSTILE, RANDOM)
    whole = written(given, format, precision=precision)
    for size in (1, 20):
        monkeypatch.setattr(rows, "PRINTED_NUMBERS", size)
        assert written(given, format, precision=precision) == whole
