"""JSON from outside: what is parsed, and what shapes say of it."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.files.json_text import COUNT, MOST_LEVELS, misfit, parse_json

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=9,
)


@given(anything.filter(lambda value: "nan" not in repr(value).lower()))
def test_what_is_json_is_parsed_as_it_is(value):
    assert parse_json(json.dumps(value), "a") == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "Expecting value"),
        (b"\xff\xfe", "codec can't decode"),
        (b'"\xff"', "codec can't decode"),
        (b"[" * 99_999, "nested too deeply"),
        (b'{"a":' * 99_999, "nested too deeply"),
        (b"[" * (MOST_LEVELS + 1) + b"]" * (MOST_LEVELS + 1), "nested too deeply"),
        (b"9" * 9_999, "Exceeds the limit"),
    ],
)
def test_what_is_not_json_is_refused_by_name(text, reason):
    with pytest.raises(DataError, match=f"^a.json is not JSON: .*{reason}"):
        parse_json(text, "a.json")


def test_nesting_up_to_the_bound_is_parsed():
    assert parse_json("[" * MOST_LEVELS + "]" * MOST_LEVELS, "a")


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (None, (None, int)),
        ("a", str),
        ("caf\udce9", str),
        (True, bool),
        (-(1 << 63), int),
        (1, float),
        (1.5, float),
        (0, COUNT),
        ("b", {"a", "b"}),
        (math.inf, ({math.inf}, float)),
        ([1, 2], [int]),
        ([], [int]),
        ({"a": 1, "b": None}, {"a": int, "b": (None, str), "c": (None, str)}),
        ({"a": 1, "b": []}, {"a": int, ...: Any}),
        ({"a": 1, "b": 2}, {...: int}),
    ],
)
def test_what_fits_a_shape(value, shape):
    assert misfit(value, shape) == ""


@pytest.mark.parametrize(
    ("value", "shape", "said"),
    [
        (None, int, "it is missing, not a whole number"),
        (1, str, "it is 1, not text"),
        ("\ud800", str, "it is \ud800, not text"),
        (1, bool, "it is 1, not true or false"),
        (True, int, "it is True, not a whole number"),
        (True, float, "it is True, not a number"),
        (1.0, int, "it is 1.0, not a whole number"),
        (1 << 63, int, f"it is {1 << 63}, not a whole number"),
        (10**400, float, "it is a huge number, not a number"),
        (math.inf, float, "it is inf, not a number"),
        (math.nan, float, "it is nan, not a number"),
        (-1, COUNT, "it is -1, not a whole number from 0"),
        (9, range(9), "it is 9, not a whole number from 0 to 8"),
        ("c", {"a", "b"}, "it is c, not one of a, b"),
        ([], {"a", "b"}, "it is a list, not one of a, b"),
        ("a" * 99, int, f"it is {'a' * 40}…, not a whole number"),
        ({}, [int], "it is an object, not a list"),
        ([], {}, "it is a list, not an object"),
        ([1, "a"], [int], "[1] is a, not a whole number"),
        ({"a": {"b": [None]}}, {"a": {"b": [int]}}, "a.b[0] is missing, not a whole number"),
        ({}, {"a": int, "b": int}, "a is missing, not a whole number"),
        ({"a": 1, "{x}": 2}, {"a": int}, "{x} is not known here"),
        ({"a": {"b": 1}}, {...: {...: str}}, "a.b is 1, not text"),
        ("a", (None, int), "it is a, not a whole number"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(value, shape, said):
    assert misfit(value, shape) == said


@given(anything, st.sampled_from([str, int, float, bool, [int], {"a": int}, {...: float}, {1, 2}]))
def test_no_value_is_too_odd_to_be_judged(value, shape):
    assert isinstance(misfit(value, shape), str)
