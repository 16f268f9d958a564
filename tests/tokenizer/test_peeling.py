"""Many chunks are split at once, at the places where each would be split by itself."""

import functools
import re
from random import Random
from unittest import mock

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from corpus2vec.pipeline.strings.slices import Slices
from corpus2vec.pipeline.tokenizer import import_spacy, peeling
from corpus2vec.pipeline.tokenizer.affixes import NO_SPECIAL_CASES, Affixes
from corpus2vec.pipeline.tokenizer.arrays import Characters
from corpus2vec.pipeline.tokenizer.parse_tree import Unreadable
from corpus2vec.pipeline.tokenizer.peeling import Peeling
from tests.support import fragments

spacy = import_spacy(with_torch=False)
VOCABULARY = spacy.blank("xx").vocab
LANGUAGES = ["en", "de", "fr", "es", "ru", "tr", "ar", "he", "hi", "fi", "hu", "bn"]


@pytest.fixture(autouse=True)
def _however_few_there_are(monkeypatch):
    monkeypatch.setattr(peeling, "FEW", 0)


@functools.cache
def language(lang):
    affixes = Affixes(fragments.blank(lang).tokenizer)
    return affixes, Peeling(affixes)


def custom(**given_settings):
    affixes = Affixes(spacy.tokenizer.Tokenizer(VOCABULARY, **given_settings))
    return affixes, Peeling(affixes)


def split(many, chunks):
    """Where each chunk is split, and what is looked up."""
    text = Characters.of(Slices.of_texts(chunks))
    found = many.split(text.codes, text.begins, text.lengths, chunks)
    starts = np.split(found.starts, np.cumsum(found.start_counts)[:-1])
    looked_up = np.split(found.looked_up, np.cumsum(found.looked_up_counts)[:-1])
    return [
        (tuple(first.tolist()), sorted(map(tuple, both.tolist())))
        for first, both in zip(starts, looked_up, strict=True)
    ]


def assert_split_as_each(affixes, many, chunks):
    each = [affixes.split(chunk, NO_SPECIAL_CASES) for chunk in chunks]
    expected = [(one.starts, sorted({*one.looked_up})) for one in each]
    found = [(starts, sorted({*looked_up})) for starts, looked_up in split(many, chunks)]
    assert found == expected


@pytest.mark.parametrize("lang", LANGUAGES)
def test_many_chunks_are_split_as_each_is(lang):
    affixes, many = language(lang)

    @given(st.lists(fragments.chunks(fragments.blank(lang).tokenizer), min_size=1))
    def property_holds(chunks):
        assert_split_as_each(affixes, many, chunks)

    property_holds()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_chance_is_split_as_each_chunk_is(lang):
    affixes, many = language(lang)
    chance = Random(1)
    kinds = ["".join(map(chr, range(33, 127))), "()[]{}\"'<>.,", "0123456789.,%+-$\u00b0CFkm"]
    kinds += ["\u2026\u2014\u201c\u201d\u2019'sS\u20ac\U0001f600aB1", "a.:/wcomhtp1"]
    chunks = [
        "".join(chance.choices(chance.choice(kinds), k=chance.choice([1, 2, 3, 5, 9, 40])))
        for _ in range(4000)
    ]
    assert_split_as_each(affixes, many, chunks)


@settings(max_examples=200)
@given(fragments.tokenizer_settings(), st.data())
def test_any_tokenizer_splits_many_chunks_as_each(given_settings, data):
    try:
        affixes, many = custom(**given_settings[0])
    except Unreadable:
        assume(False)
    chunks = data.draw(st.lists(st.lists(fragments.few_words, max_size=5).map("".join), max_size=9))
    chunks = [chunk for chunk in chunks if chunk.split() == [chunk]]
    if chunks:
        assert_split_as_each(affixes, many, chunks)


def test_white_space_of_any_length_is_one_token():
    affixes, many = language("en")
    assert_split_as_each(affixes, many, ["\n", " " * 10_000, "a", "\n\n"])


def test_a_few_chunks_are_split_one_by_one(monkeypatch):
    affixes, many = language("en")
    monkeypatch.setattr(peeling, "FEW", 3)
    chunks = ["(a)", "((b))", "(((c)))", "((((d))))", "(((((e)))))"]
    assert_split_as_each(affixes, many, chunks)


def test_more_rules_than_there_are_bits():
    sources = [f"^{chr(97 + n % 26)}{chr(65 + n % 24)}{n}" for n in range(80)]
    affixes, many = custom(prefix_search=re.compile("|".join(sources)).search)
    chunks = [f"{source[1:]}(" for source in sources] + ["aA", "a", "aB0"]
    assert_split_as_each(affixes, many, chunks)


def test_few_expressions_are_asked():
    affixes, many = language("en")
    asked = mock.Mock()
    asked.prefix, asked.suffix = mock.Mock(wraps=affixes.prefix), mock.Mock(wraps=affixes.suffix)
    asked.split_inner = mock.Mock(wraps=affixes.split_inner)
    of = mock.patch.multiple(
        affixes, prefix=asked.prefix, suffix=asked.suffix, split_inner=asked.split_inner
    )
    with of:
        split(many, ["(((a)))", "[b],", "1,000", "a-b", "x's", "+a", "'a"] * 9)
    assert asked.prefix.call_count == 9  # +a
    assert asked.suffix.call_count == 9  # x's
    assert asked.split_inner.call_count == 9  # a-b
