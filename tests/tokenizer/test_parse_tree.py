"""A set read off an expression is what `re` matches, for every character there is."""

import importlib
import re
import sys
from types import SimpleNamespace

import pytest

from corpus2vec.pipeline.tokenizer.parse_tree import (
    At,
    Branch,
    Group,
    Look,
    OneOf,
    Repeat,
    Unreadable,
    parse,
)
from tests.support.fragments import matched

SETS = ["a", "é", "[abc]", "[a-cx]", "[^a]", r"\d", r"\W", r"[\d.]", r"[^\w,]", ".", r"[^\S\n]"]
SETS += [r"[\W\d]", "[^\0-\U0010ffff]", "\U0010ffff", "[\ud800-\udfff]", "(?s:.)"]
CASELESS = ["s", "ſ", "k", "K", "i", "İ", "ı", "[I]", "ß", "ẞ", "µ", "ǅ", "[ǆ]", "ﬅ", "\u0345"]
CASELESS += ["[ΐ]", "Ꭰ", "[θ]", "[a-z]", "[^a-z]", "[^s]", "[A-Z_]", "[à-ö]", "[^k]", "1", "[!-~]"]
CASELESS += [r"[\Wk]", r"[^\dſ]", r"\w", r"\S", "[\u0100-\U0001ffff]", "[^\u0100-\uffff]"]
CASELESS += ["[𐐀x]", "[\U00010400-\U00010427]", "[^\U000118a0-\U000118bf]"]


def one_of(source):
    """The set of an expression of one character."""
    [node] = parse(re.compile(source))
    if isinstance(node, Group):
        [node] = node.inner
    return node


@pytest.mark.parametrize("source", [*SETS, *(f"(?i){each}" for each in CASELESS)])
def test_a_set_is_what_re_takes(source):
    assert one_of(source) == OneOf(matched(source))


def test_case_may_matter_in_one_group_only():
    upper_or_lower, lower = OneOf(matched("(?i)k")), OneOf(matched("k"))
    assert parse(re.compile("(?i:k)k")) == (Group((upper_or_lower,)), lower)
    assert parse(re.compile("(?i)(?-i:k)k")) == (Group((lower,)), upper_or_lower)


def test_every_kind_of_node():
    a, b, c = (OneOf(matched(each)) for each in "abc")
    assert parse(re.compile(r"^a{2,3}(?:ab|c)b*?\Z")) == (
        At("^"),
        Repeat(2, 3, (a,)),
        Branch(((a, b), (c,))),
        Repeat(0, None, (b,), lazy=True),
        At(r"\Z"),
    )
    assert parse(re.compile(r"(?<=a)(b)(?!c)(?>a)b++(?!)")) == (
        Look((a,), negated=False, behind=True),
        Group((b,)),
        Look((c,), negated=True),
        Group((a,)),
        Repeat(1, None, (b,)),
        Look((), negated=True),
    )


# --- what cannot be read ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [r"(a)\1", "(?P<x>a)(?P=x)", "(?a)a", "(?a:a)", "(?m)^a", "(?m:^a)", "(a)?(?(1)b|c)", "(?u:a)"],
)
def test_an_expression_that_looks_at_more_than_single_characters_is_unreadable(source):
    with pytest.raises(Unreadable):
        parse(re.compile(source))


@pytest.mark.parametrize("flag", [re.ASCII, re.MULTILINE])
def test_an_expression_with_flags_that_change_what_characters_mean_is_unreadable(flag):
    with pytest.raises(Unreadable, match=r"^flags of a$"):
        parse(re.compile("a", flag))


class Other:
    """An operation, a repeat or a place of some other Python's parser."""

    name = "OTHER"


def test_another_python_s_parser_is_not_followed(monkeypatch):
    parser = importlib.import_module("re._parser")
    [(literal, code)] = parser.parse("a")
    [(repeat, _)] = parser.parse("a*")
    trees = [None, 1, [1], [(1, 2)], [(literal, None)], [(literal, code, 0)], [(Other(), code)]]
    trees += [[(repeat, (0, 1))], [(repeat, (0, None, []))], [(repeat, None)]]
    for tree in trees:
        other = SimpleNamespace(parse=lambda source, flags, tree=tree: tree)
        monkeypatch.setitem(sys.modules, "re._parser", other)
        with pytest.raises(Unreadable):
            parse(re.compile("a"))


@pytest.mark.parametrize("module", [None, SimpleNamespace()])
def test_a_python_without_the_parser_reads_nothing(monkeypatch, module):
    monkeypatch.setitem(sys.modules, "re._parser", module)
    with pytest.raises(Unreadable, match=r"^this Python's re parses a otherwise$"):
        parse(re.compile("a"))
