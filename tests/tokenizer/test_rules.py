"""Alternatives of an expression: what each one tests, needs, and can match."""

import re

import pytest

from corpus2vec.pipeline.tokenizer.rules import read_rules
from tests.support.fragments import matched


def rules(source, flags=0):
    return read_rules(re.compile(source, flags))


def chars(char_set):
    """A set's characters, where they are few."""
    return "".join(chr(code) for begin, end in char_set for code in range(begin, end))


@pytest.mark.parametrize(
    ("source", "tests"),
    [
        ("abc", ["a b c"]),
        ("a|b", ["ab"]),  # the parser makes one set of them
        ("aa|bb", ["a", "b"]),
        ("^aa|^bb", ["a \n", "b \n"]),
        ("abb|acc", ["a b", "a c"]),
        ("x(?:aa|bb)", ["a x", "b x"]),
        ("x(?:aa|b(?:cc|dd))", ["a x", "b c x", "b d x"]),
        ("(aa|bb)", ["a b"]),
        ("a{0}b", ["a b"]),
        ("(?<=a)b(?=c)(?!d)", ["a b c d"]),
        ("(?>aa|b)c*+", ["a b c"]),
        ("(?!)", [""]),
        ("a$", ["a \n"]),
    ],
)
def test_alternatives_and_the_characters_that_each_one_tests(source, tests):
    found = [set(map(chars, rule.tests)) for rule in rules(source)]
    assert found == [set(each.split(" ")) - {""} for each in tests]


@pytest.mark.parametrize("source", [r"a\b", r"\Ba"])
def test_a_word_s_boundary_tests_for_letters_of_words(source):
    [rule] = rules(source)
    assert matched(r"\w") in rule.tests


@pytest.mark.parametrize(
    ("source", "needs"),
    [
        ("a", "a"),
        ("[a-z]1", "1"),
        ("[a-z]:", ":"),
        ("a?", None),
        ("a*:?", None),
        ("a+", "a"),
        ("(?:[a-z]1)+", "1"),
        ("(?:[a-z]1|::)[a-z]", "1:"),
        ("(?:1|a|)", None),
        ("(a|)", None),
        ("(?<=1)[a-z]", "1"),
        ("[a-z](?=1)", "1"),
        ("[a-z](?!1)b", "b"),
        ("(?<!1)", None),
        ("(?:(?=1)a)?b", "b"),
        ("^$", None),
    ],
)
def test_what_a_match_needs(source, needs):
    found = {rule.needs and chars(rule.needs) for rule in rules(f"(?:{source}){{1}}")}
    assert found == {needs}


@pytest.mark.parametrize(
    ("source", "anchored", "width", "ends"),
    [
        ("a", False, 1, False),
        ("^a", True, 1, False),
        ("^a$", True, 1, True),
        (r"a\Z", False, 1, True),
        (r"\Aa", False, 1, False),
        ("(^a)", False, 1, False),
        ("(a$)", False, 1, False),
        ("a*$", False, None, True),
        ("a+", False, None, False),
        ("a{2,5}b", False, 6, False),
        ("(?:ab|c){3}", False, 6, False),
        ("(a+|b)", False, None, False),
        ("(?<=ab)", False, 0, False),
        ("(?=abc)", False, 0, False),
        ("(?>ab?)++", False, None, False),
        ("$a", False, 1, False),
        ("$", False, 0, True),
        ("", False, 0, False),
        ("(?:)*", False, 0, False),
    ],
)
def test_where_and_how_wide_a_match_is(source, anchored, width, ends):
    [rule] = rules(source)
    assert (rule.anchored, rule.width, rule.ends) == (anchored, width, ends)


def test_an_expression_with_comments_is_read_without_them():
    assert rules(" a # b\n | c", re.VERBOSE) == rules("a|c")


@pytest.mark.parametrize(
    ("source", "single"),
    [
        *[("^a", True), ("[ab]$", True), (r"a\Z", True), ("^(a)", False), ("^a$", False)],
        *[("^ab", False), ("^a(?!b)", False), ("(?<=a)b$", False), ("^a+", False), ("a", False)],
        *[("", False), ("^", False), (r"a\b", False)],
    ],
)
def test_whether_one_character_decides(source, single):
    assert [rule.single for rule in rules(source)] == [single]


@pytest.mark.parametrize(
    ("source", "second", "penultimate", "before"),
    [
        ("ab", "b", "a", None),
        ("a", None, None, None),
        ("^ab$", "b", "a", None),
        (r"\.\.+", ".", None, None),
        ("a+", None, None, None),
        ("a?b", None, None, None),
        ("(?:ab|cd)e", "bd", "bd", None),
        ("(?:a|bc)d", "cd", "ac", None),
        ("(?<=1)a$", None, "1", "1"),
        ("(?<=ab)c(?=d)", "d", "b", "b"),
        ("(?<!1)a(?!b)", None, None, None),
        ("(?<=[12])(?:a|bc)$", None, "12b", "12"),
        ("a(?=b)c", "b", "a", None),
        ("a{2}b", "a", "a", None),
        ("a{2,}", "a", "a", None),
        ("(?:ab?){2}", None, None, None),
        ("a*b", None, None, None),
    ],
)
def test_what_is_beside_the_ends_of_a_match(source, second, penultimate, before):
    [rule] = rules(source)
    found = [each and chars(each) for each in (rule.second, rule.penultimate, rule.before)]
    assert found == [second, penultimate, before]
