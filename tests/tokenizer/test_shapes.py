"""Strings of one shape are matched at the same places: the theorem that sharing splits rests on."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus2vec.pipeline.tokenizer.shapes import Shapes
from tests.support.fragments import CHARACTERS, FEW, blank, expressions

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
