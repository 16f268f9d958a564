"""Patterns: nothing that spaCy's matcher finds among the tokens of a document is ruled out."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.tokenizer import import_spacy
from corpus2vec.pipeline.tokenizer.affixes import Affixes
from corpus2vec.pipeline.tokenizer.chunks import split_into_chunks
from corpus2vec.pipeline.tokenizer.distinct import DistinctChunks
from corpus2vec.pipeline.tokenizer.parse_tree import Unreadable
from corpus2vec.pipeline.tokenizer.patterns import Patterns, split_at_white_space
from tests.support import fragments
from tests.support.fragments import WHITE_SPACE, changed_by

spacy = import_spacy(with_torch=False)
VOCABULARY = spacy.blank("xx").vocab

PREFIX, SUFFIX = re.compile(r"^[:(-]").search, re.compile(r"[:).-]$").search
INFIX = re.compile("-").finditer


def tokenizer(*cases, added=(), **settings):
    """A spaCy tokenizer; bars part the tokens of a special case."""
    usual = {"prefix_search": PREFIX, "suffix_search": SUFFIX, "infix_finditer": INFIX}
    rules = dict(map(special_case, cases))
    made = spacy.tokenizer.Tokenizer(VOCABULARY, rules=rules, **usual | settings)
    for case in added:
        made.add_special_case(*special_case(case))
    return made


def special_case(case):
    return case.replace("|", ""), [{"ORTH": piece} for piece in case.split("|")]


def patterns(*cases, **settings):
    made = tokenizer(*cases, **settings)
    return Patterns(made, Affixes(made))


def tokens(made, text):
    return [token.text for token in made(text)]


def test_a_special_case_that_no_expression_touches_is_no_pattern():
    found = patterns("don|'t", "ab")
    assert not any([found.singles, found.pairs, found.effective, found.spaced])


def test_a_special_case_that_would_be_split_is_a_pattern_of_its_tokens():
    found = patterns(":-)")
    assert found.pairs == {(":", "-"), ("-", ")")}
    assert found.effective == {(":", "-")}
    assert (found.singles, found.spaced) == (set(), set())


def test_a_special_case_that_is_split_as_it_would_be_changes_nothing():
    found = patterns(":|-|)")
    assert found.pairs == {(":", "-"), ("-", ")")}
    assert found.effective == set()


def test_a_token_may_be_replaced_all_by_itself():
    keep = re.compile("ab-").match
    found = patterns("a|b-", token_match=keep)
    assert found.singles == {"ab-"}
    assert not patterns("ab-", token_match=keep).singles


def test_every_special_case_is_a_pattern_without_faster_heuristics():
    assert patterns("don|'t", faster_heuristics=False).singles == {"don't"}


def test_a_special_case_with_a_space_reaches_across_a_gap():
    found = patterns("a. b", "c d e")
    assert found.pairs == {("a", "."), (".", "b"), ("c", "d"), ("d", "e")}
    assert found.spaced == {(".", "b"), ("c", "d"), ("d", "e")}


def test_other_white_space_makes_tokens_of_its_own():
    found = patterns("a \n b")
    assert found.pairs == {("a", "\n "), ("\n ", "b")} == found.spaced


def test_a_pattern_may_stand_where_another_special_case_has_a_space():
    # In "x+a- b" the tokens of "a-b" stand apart, and make up the text of "a- b".
    infix = re.compile(r"(?<=\+a)-|(?<=a)-(?=b)|(?<=x)\+").finditer
    settings = {"prefix_search": None, "suffix_search": None, "infix_finditer": infix}
    found = patterns("a-b", "a- b", **settings)
    assert found.pairs == {("a", "-"), ("-", "b"), ("a-", "b")}
    assert found.spaced == {("-", "b"), ("a-", "b")}
    assert tokens(tokenizer("a-b", "a- b", **settings), "x+a- b") == ["x", "+", "a- b"]


def test_tokens_that_a_pattern_may_change_are_known_by_their_first_two():
    found = patterns(":-)", "(|-")
    assert changed_by(found, ["a", ":", "-", "b"])
    assert not changed_by(found, ["a", "-", ":", ")"])
    assert not changed_by(found, [":"])
    assert not changed_by(found, ["(", "-"])


def of_text(distinct, text):
    """The tokens of a text."""
    ids, _ = distinct.tokenize(split_into_chunks(Texts.of([text])))
    return distinct.tokens.slices(ids).decoded()


def found_as_spacy_does(text, *cases, **settings):
    made = tokenizer(*cases, **settings)
    found = of_text(DistinctChunks(made), text)
    assert found == tokens(made, text)
    return found


def test_of_patterns_that_overlap_the_longest_counts_and_hides_all_that_it_touches():
    cases = ["-:", "(-:", ":)", ":))"]
    assert found_as_spacy_does("((-:)", *cases) == ["(", "(-:", ")"]
    assert found_as_spacy_does("(:))", *cases) == ["(", ":))"]
    assert found_as_spacy_does("(-:))", "-:", "(-", ":)", ") )") == ["(-", ":)", ")"]
    assert found_as_spacy_does("(-:) :)", "(-:", ":) :)", "-:") == ["(-:", ")", ":", ")"]


def test_a_pattern_across_a_gap_has_the_white_space_in_its_text():
    assert found_as_spacy_does(": ) :)", ":)") == [":", ")", ":)"]
    assert found_as_spacy_does("- a. b", "a. b", "- a") == ["-", "a. b"]
    assert found_as_spacy_does(" a.  b", "a. b", " a") == [" a", ".", " ", "b"]


@pytest.mark.parametrize("lang", ["en", "de", "fr", "ru", "hi"])
def test_tokens_of_a_text_are_those_of_spacy(lang):
    made = fragments.blank(lang).tokenizer
    found = DistinctChunks(made)

    @settings(max_examples=60)
    @given(fragments.texts(made))
    def property_holds(text):
        if text.strip():
            assert of_text(found, text) == tokens(made, text)

    property_holds()


def test_a_special_case_whose_chunks_hold_another_is_refused():
    # spaCy gives out what it kept of the chunk "(don't", made without special cases.
    given_cases = ["do|n't", "x (don't"]
    kept = tokenizer(given_cases[0], added=given_cases[1:])
    assert tokens(kept, "(don't") == ["(", "don't"]
    assert tokens(tokenizer(given_cases[0]), "(don't") == ["(", "do", "n't"]
    expected = r"""^the special case "x \(don't" has another in "\(don't"$"""
    with pytest.raises(Unreadable, match=expected):
        Patterns(kept, Affixes(kept))


def test_a_special_case_whose_chunks_are_others_is_taken():
    kept = tokenizer("do|n't", added=["x don't"])
    assert Patterns(kept, Affixes(kept)).spaced == {("x", "don't")}
    assert tokens(kept, "x don't") == ["x", "do", "n't"]


@given(st.lists(st.sampled_from(["a", "b.", "é", *WHITE_SPACE]) | st.just(" ")).map("".join))
def test_text_is_split_at_white_space_as_spacy_does(text):
    without_rules = spacy.tokenizer.Tokenizer(VOCABULARY)
    assert split_at_white_space(text) == tokens(without_rules, text)
