"""What is read off an expression is what `re` does with it, for every character there is."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus2vec.pipeline.tokenizer.rules import CODE_POINTS, Shapes, Unreadable, read_rules
from tests.support.fragments import CHARACTERS, FEW, blank, expressions


def rules(source, flags=0):
    return read_rules(re.compile(source, flags))


def chars(char_set):
    """A set's characters, where they are few."""
    return "".join(chr(code) for begin, end in char_set for code in range(begin, end))


def matched(source):
    """The set of all characters that an expression of one character matches."""
    taken = np.zeros(CODE_POINTS + 1, np.int8)
    taken[[ord(each) for each in re.findall(source, CHARACTERS)]] = 1
    bounds = np.flatnonzero(np.diff(taken, prepend=0)).tolist()
    return tuple(zip(bounds[::2], bounds[1::2], strict=True))


# --- sets of characters ----------------------------------------------------------------------

SETS = ["a", "é", "[abc]", "[a-cx]", "[^a]", r"\d", r"\W", r"[\d.]", r"[^\w,]", ".", r"[^\S\n]"]
SETS += [r"[\W\d]", "[^\0-\U0010ffff]", "\U0010ffff", "[\ud800-\udfff]", "(?s:.)"]
CASELESS = ["s", "ſ", "k", "K", "i", "İ", "ı", "[I]", "ß", "ẞ", "µ", "ǅ", "[ǆ]", "ﬅ", "\u0345"]
CASELESS += ["[ΐ]", "Ꭰ", "[θ]", "[a-z]", "[^a-z]", "[^s]", "[A-Z_]", "[à-ö]", "[^k]", "1", "[!-~]"]
CASELESS += [r"[\Wk]", r"[^\dſ]", r"\w", r"\S", "[\u0100-\U0001ffff]", "[^\u0100-\uffff]"]
CASELESS += ["[𐐀x]", "[\U00010400-\U00010427]", "[^\U000118a0-\U000118bf]"]


@pytest.mark.parametrize("source", [*SETS, *(f"(?i){each}" for each in CASELESS)])
def test_a_set_is_what_re_takes(source):
    [rule] = rules(source)
    assert rule.tests == {matched(source)}


def test_case_may_matter_in_one_group_only():
    [rule] = rules("(?i:k)k")
    assert rule.tests == {matched("(?i)k"), matched("k")}
    [rule] = rules("(?i)(?-i:k)k")
    assert rule.tests == {matched("(?i)k"), matched("k")}


# --- alternatives ----------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    "source",
    [r"(a)\1", "(?P<x>a)(?P=x)", "(?a)a", "(?a:a)", "(?m)^a", "(?m:^a)", "(a)?(?(1)b|c)", "(?u:a)"],
)
def test_an_expression_that_looks_at_more_than_single_characters_is_unreadable(source):
    with pytest.raises(Unreadable):
        rules(source)


@pytest.mark.parametrize("flag", [re.ASCII, re.MULTILINE])
def test_an_expression_with_flags_that_change_what_characters_mean_is_unreadable(flag):
    with pytest.raises(Unreadable, match=r"^flags of a$"):
        rules("a", flag)


def test_an_expression_with_comments_is_read_without_them():
    assert rules(" a # b\n | c", re.VERBOSE) == rules("a|c")


# --- shapes: the theorem ---------------------------------------------------------------------

POOL = FEW + 'dDzZ295,!)]"’“_/\\ \n\t\u2003éÉßжЖ中😀\u0301\0'


def spans(pattern, text):
    """Everything that an expression says of a text."""
    found = [[match.span() for match in pattern.finditer(text)]]
    for method in (pattern.search, pattern.match, pattern.fullmatch):
        match = method(text)
        found.append(match and match.span())
    return found


@st.composite
def texts_of_one_shape(draw, shapes, pool=POOL):
    """Two texts with the same traits and, place by place, the same atoms."""
    text = draw(st.text(pool, max_size=10))
    traits = int(np.bitwise_or.reduce(shapes.traits[[ord(each) for each in text or "a"]]))
    atoms = shapes.atoms(traits)
    alike = {}
    for each in pool:
        if not int(shapes.traits[ord(each)]) & ~traits:
            alike.setdefault(atoms[ord(each)], []).append(each)
    other = "".join(draw(st.sampled_from(alike[atoms[ord(each)]])) for each in text)
    if np.bitwise_or.reduce(shapes.traits[[ord(each) for each in other or "a"]]) != traits:
        other = text
    return text, other


@settings(max_examples=200)
@given(st.lists(expressions(), min_size=1, max_size=3), st.data())
def test_texts_of_one_shape_are_matched_at_the_same_places(patterns, data):
    shapes = Shapes(patterns)
    for _ in range(4):
        text, other = data.draw(texts_of_one_shape(shapes))
        for pattern in patterns:
            assert spans(pattern, text) == spans(pattern, other)
            assert spans(pattern, text[1:-1]) == spans(pattern, other[1:-1])


@pytest.mark.parametrize("lang", ["en", "de", "fr", "ru", "hu", "bn", "fa"])
def test_texts_of_one_shape_are_matched_at_the_same_places_by_a_language(lang):
    tokenizer = blank(lang).tokenizer
    methods = [tokenizer.prefix_search, tokenizer.suffix_search, tokenizer.infix_finditer]
    methods += [tokenizer.token_match, tokenizer.url_match]
    patterns = [method.__self__ for method in methods if method]
    shapes = Shapes(patterns)
    pool = "abzAZkKmsſ0589.,:;'’\"-–()[]/%°²€@#&_+~é\u0301яЖك一あ한😀\u200d\ufe0f\n\u2028\xa0"

    @settings(max_examples=60)
    @given(texts_of_one_shape(shapes, pool))
    def property_holds(texts):
        text, other = texts
        for pattern in patterns:
            assert spans(pattern, text) == spans(pattern, other)

    property_holds()


def test_letters_are_told_apart_only_where_what_the_expression_needs_is():
    shapes = Shapes([re.compile("(?<=°)[CF]$")])
    assert np.flatnonzero(shapes.traits).tolist() == [ord("°")]
    without, within = shapes.atoms(0), shapes.atoms(int(shapes.traits[ord("°")]))
    assert without[ord("C")] == without[ord("D")]
    assert within[ord("C")] == within[ord("F")] != within[ord("D")]


def test_without_expressions_all_characters_are_alike():
    assert not Shapes([]).atoms(0).any()
    assert not Shapes([re.compile("")]).atoms(0).any()


def test_traits_beyond_those_that_there_are_bits_for_always_count():
    sources = [f"{chr(0x4E00 + number)}[a-m]" for number in range(40)]
    shapes = Shapes([re.compile("|".join(sources))])
    assert shapes.atoms(0)[ord("a")] != shapes.atoms(0)[ord("n")]
    assert len({int(shapes.traits[0x4E00 + number]) for number in range(40)}) == 17


def test_more_than_256_atoms_are_told_apart():
    shapes = Shapes([re.compile("|".join(each * 2 for each in CHARACTERS[1000:2000]))])
    atoms = shapes.atoms(0)
    assert len(set(atoms[1000:2000].tolist())) == 1000
    assert atoms.dtype == np.uint16
