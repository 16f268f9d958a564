"""Distinct chunks, tokenized once, make up the tokens that spaCy finds in every document."""

import base64
import copy
import functools
import pkgutil
import re
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.strings import slices as strings
from corpus2vec.pipeline.tokenizer import Tokenizer, distinct, import_spacy
from corpus2vec.pipeline.tokenizer.chunks import CHUNK_BYTES
from tests.support import fragments

spacy = import_spacy(with_torch=False)
LANGUAGES = ["en", "de", "fr", "es", "ru", "tr", "ar", "he", "hi", "fi"]
PACKAGES = pkgutil.iter_modules(spacy.lang.__path__)
ALL_LANGUAGES = sorted(package.name for package in PACKAGES if package.ispkg)
UNREADABLE = {"ja", "ko", "th", "vi", "zh"}
"""Languages whose words are found by a dictionary, not by expressions."""


@functools.cache
def language(lang):
    """A blank pipeline, and a tokenizer that is used for many batches."""
    nlp = fragments.blank(lang)
    return nlp, Tokenizer(TokenizeConfig(drop=()), nlp)


BLANK = spacy.blank("xx")


def custom(added=(), **settings):
    """A pipeline with this spaCy tokenizer; special cases may be added after it was made."""
    nlp = copy.copy(BLANK)
    nlp.tokenizer = spacy.tokenizer.Tokenizer(BLANK.vocab, **settings)
    for case in added:
        nlp.tokenizer.add_special_case(*case)
    return nlp


def tokens_of(tokenizer, texts):
    """The tokens of all documents that are not blank."""
    tokens = tokenizer.tokenize(Texts.of(texts))
    assert tokens.blank == sum(not text.strip() for text in texts)
    return tokens.batch.column("tokens").to_pylist()


def tokens_of_spacy(nlp, texts):
    return [[token.text for token in nlp.tokenizer(text)] for text in texts if text.strip()]


def assert_tokens_are_those_of_spacy(nlp, tokenizer, texts):
    assert tokens_of(tokenizer, texts) == tokens_of_spacy(nlp, texts)


# --- languages -------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_tokens_are_those_of_spacy(lang):
    nlp, tokenizer = language(lang)
    assert tokenizer.is_fast

    @settings(max_examples=60)
    @given(st.lists(fragments.texts(nlp.tokenizer), max_size=8))
    def property_holds(texts):
        assert_tokens_are_those_of_spacy(nlp, tokenizer, texts)

    property_holds()


@pytest.mark.parametrize(
    "parts",
    ["!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "()[]{}\"'<>", [":)", ":-(", "xD", "<3", "^_^", "(-:"],
     [*"abcXYZ0123456789.,-+$%°'/:", "km", "…", "🙂", "”"]],
)  # fmt: skip
def test_tokens_of_soup_are_those_of_spacy(parts):
    nlp, tokenizer = language("en")
    chance = Random(1)
    texts = ["".join(chance.choices([*parts, " "], k=chance.randint(1, 120))) for _ in range(150)]
    assert_tokens_are_those_of_spacy(nlp, tokenizer, texts)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_special_cases_are_those_of_spacy_wherever_they_stand(lang):
    nlp, tokenizer = language(lang)
    forms = ["{}", "({}", "{}).", "a{}b", "{0}{0}", "{0} {0}", "x {} )", ": {} -", ") {0}\n{0}"]
    cases, _, apart = fragments.special_fragments(nlp.tokenizer)
    texts = [form.format(case) for case in cases + apart for form in forms]
    texts += [case.upper() for case in cases] + [f"{case[:1]} {case[1:]}" for case in cases]
    assert_tokens_are_those_of_spacy(nlp, tokenizer, texts)


@pytest.mark.filterwarnings("ignore:Dictionary.create:DeprecationWarning")  # spaCy's own call
@pytest.mark.parametrize("lang", ALL_LANGUAGES)
def test_every_language_has_the_tokens_of_spacy(lang):
    try:
        nlp, tokenizer = language(lang)
    except ImportError as missing:
        pytest.skip(f"{lang}: {str(missing).splitlines()[0]}")
    assert tokenizer.is_fast == (lang not in UNREADABLE)

    @settings(max_examples=5)
    @given(st.lists(fragments.texts(nlp.tokenizer), min_size=5, max_size=15))
    def property_holds(texts):
        assert_tokens_are_those_of_spacy(nlp, tokenizer, texts)

    property_holds()


# What a matcher finds across chunks may hide what it would find in one of them.
SHADOWS = ["x:) )", "x:) ) )", ": x:)", "-x:) -", "x:-) )", "( x(: :", "x:( ((", "x8) ) )", ":x:)"]
SHADOWS += ["x;) : )", "a.m. . m.", "x:) )\n)", "x:)\n)", "x:)\u2003)", "x:)  )", "x:) ) x:) )"]
SHADOWS += ["x:) ) : x:)", ") ) ) x:)"]


@pytest.mark.parametrize("text", SHADOWS)
def test_emoticons_give_way_to_longer_ones_as_in_spacy(text):
    nlp, tokenizer = language("en")
    assert_tokens_are_those_of_spacy(nlp, tokenizer, [text, f"{text} x", f"x {text}", text])


emoticon_parts = st.sampled_from([*":;8=x()[]|<>3/-^._oO0DP@*'\"   \n", ":)", "x:)"])


@settings(max_examples=100)
@given(st.lists(st.lists(emoticon_parts).map("".join), max_size=8))
def test_characters_of_emoticons_are_joined_as_in_spacy(texts):
    assert_tokens_are_those_of_spacy(*language("en"), texts)


@pytest.mark.parametrize("lang", ["ru", "es", "ar", "bg", "gd", "id", "ms", "el", "mk", "sr"])
def test_special_cases_with_spaces_are_those_of_spacy(lang):
    nlp, tokenizer = language(lang)
    spaced = sorted(case for case in nlp.tokenizer.rules if " " in case.strip())
    words = sorted({word for case in spaced for word in case.split()})
    pieces = st.sampled_from(spaced) | st.sampled_from(words) | st.sampled_from(list(".,()-' \n"))

    @given(st.lists(st.lists(pieces, max_size=6).map(" ".join) | st.lists(pieces).map("".join)))
    def property_holds(texts):
        assert_tokens_are_those_of_spacy(nlp, tokenizer, texts)

    assert spaced
    property_holds()


# --- over many calls -------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_what_was_forgotten_is_found_again(lang, monkeypatch):
    monkeypatch.setattr(distinct, "CACHE_BYTES", 0)
    nlp, _ = language(lang)
    tokenizer = Tokenizer(TokenizeConfig(drop=()), nlp=nlp)

    @settings(max_examples=25)
    @given(st.lists(fragments.texts(nlp.tokenizer)))
    def property_holds(texts):
        assert_tokens_are_those_of_spacy(nlp, tokenizer, texts)

    property_holds()


def test_forgetting_comes_between_calls_and_changes_nothing(monkeypatch):
    monkeypatch.setattr(distinct, "CACHE_BYTES", 300_000)
    nlp, _ = language("en")
    tokenizer = Tokenizer(TokenizeConfig(drop=("punct",), lower=True), nlp=nlp)
    forgotten = []
    forget = tokenizer._tokens._forget
    monkeypatch.setattr(tokenizer._tokens, "_forget", lambda: forgotten.append(forget()))
    for batch in range(20):
        texts = [f"Word{batch}x{number}, isn't x:) ) IT{number}?" for number in range(200)]
        expected = [[token.lower_ for token in nlp(text) if not token.is_punct] for text in texts]
        assert tokens_of(tokenizer, texts) == expected
    assert 2 <= len(forgotten) < 20


@pytest.mark.parametrize("bits", [24, 18])
def test_keys_that_collide_change_nothing(monkeypatch, bits):
    monkeypatch.setattr(strings, "HASH_BITS", bits)
    nlp, _ = language("en")
    tokenizer = Tokenizer(TokenizeConfig(drop=()), nlp=nlp)
    cases = sorted(nlp.tokenizer.rules)
    for begin in range(0, 400, 40):
        texts = [f"({case}, number{case} {case}number" for case in cases[begin : begin + 40]]
        assert_tokens_are_those_of_spacy(nlp, tokenizer, texts)


# --- tokenizers of one's own -----------------------------------------------------------------


@settings(max_examples=100)
@given(fragments.tokenizer_settings(), st.data())
def test_any_tokenizer_has_the_tokens_of_spacy(given_settings, data):
    given_settings, added = given_settings
    nlp = custom(added, **given_settings)
    tokenizer = Tokenizer(TokenizeConfig(drop=()), nlp=custom(added, **given_settings))
    cases = [*given_settings["rules"], *(case for case, _ in added)]
    for texts in data.draw(st.lists(st.lists(fragments.few_texts(cases)), min_size=1, max_size=3)):
        assert_tokens_are_those_of_spacy(nlp, tokenizer, texts)


def orths(*pieces):
    return [{"ORTH": piece} for piece in pieces]


def keep_hashtags(tokenizer):
    tokenizer.token_match = re.compile(r"#\w+(?:-\w+)*$").match


def no_urls(tokenizer):
    tokenizer.url_match = None


def other_urls(tokenizer):
    tokenizer.url_match = re.compile(r"(?i)[a-z]+://\S+").match


def no_rules(tokenizer):
    tokenizer.rules = {}


def every_pattern(tokenizer):
    tokenizer.faster_heuristics = False


def more_special_cases(tokenizer):
    for case in ("to see", "(c) x", "...!", "a:)", ":) )", ") (", "x| |y", "don|'t be"):
        tokenizer.add_special_case(case.replace("|", ""), orths(*case.split("|")))


def a_last_special_case_with_another_in_it(tokenizer):
    tokenizer.add_special_case("don't", orths("do", "n't"))
    tokenizer.add_special_case("see (don't", orths("see (don't"))


def letters_apart(tokenizer):
    tokenizer.infix_finditer = re.compile(r"(?<=\w)(?=\w)").finditer


def an_unanchored_prefix(tokenizer):
    tokenizer.prefix_search = re.compile(r"[(:]+|^\.").search


def an_unbounded_suffix(tokenizer):
    tokenizer.suffix_search = re.compile(r"(?<=[a-z])[0-9.,]+$|[)\s]+$|(?s:-.*)$").search


def a_prefix_function(tokenizer):
    search = tokenizer.prefix_search
    tokenizer.prefix_search = lambda text: search(text)


def a_match_before(tokenizer):
    tokenizer.suffix_search = re.compile(r"([)'])\1$|[.,]$").search


CHANGES = [keep_hashtags, no_urls, other_urls, no_rules, every_pattern, more_special_cases]
CHANGES += [letters_apart, an_unanchored_prefix, an_unbounded_suffix]
PLAIN_CHANGES = [a_prefix_function, a_match_before, a_last_special_case_with_another_in_it]


@pytest.mark.parametrize("change", CHANGES + PLAIN_CHANGES)
def test_a_changed_tokenizer_has_the_tokens_of_spacy(change):
    nlp, other = spacy.blank("en"), spacy.blank("en")
    change(nlp.tokenizer)
    change(other.tokenizer)
    tokenizer = Tokenizer(TokenizeConfig(drop=()), nlp=other)
    assert tokenizer.is_fast == (change not in PLAIN_CHANGES)
    known = ["see (don't", "(don't", "don't be", "to see", "(c) x", "x y", "x\n y", "...!", "a:)"]
    known += ["x:) )", "x: ) )", ":( (", ") (", "HTTP://a.b/c", "#a-b", "a1,2"]

    @settings(max_examples=25)
    @given(st.lists(fragments.texts(nlp.tokenizer, *known), max_size=5))
    def property_holds(texts):
        assert_tokens_are_those_of_spacy(nlp, tokenizer, [*texts, *known, " ".join(known)])

    property_holds()


def test_a_tokenizer_without_rules_has_the_tokens_of_spacy():
    nlp = custom()
    tokenizer = Tokenizer(TokenizeConfig(drop=()), nlp=nlp)
    assert tokenizer.is_fast
    assert_tokens_are_those_of_spacy(nlp, tokenizer, ["(a)  b", "", "don't", " "])


def test_a_pipeline_read_from_disk_has_the_tokens_of_spacy(tmp_path):
    spacy.blank("ru").to_disk(tmp_path)
    nlp = spacy.load(tmp_path)
    tokenizer = Tokenizer(TokenizeConfig(drop=(), model=str(tmp_path)))
    cases = sorted(nlp.tokenizer.rules)
    texts = [f"{case} ({case}), {case[:2]} {case[2:]}" for case in cases]
    assert tokenizer.is_fast
    assert_tokens_are_those_of_spacy(nlp, tokenizer, texts)


# --- chunks that are too long ----------------------------------------------------------------


def assert_nothing_is_lost(text):
    tokens = Tokenizer(TokenizeConfig(drop=())).tokenize(Texts.of([text, "x:) )", text]))
    first, short, again = tokens.batch.column("tokens").to_pylist()
    assert "".join(first) == text
    assert (first, short) == (again, ["x", ":", ")", ")"])
    assert all(len(token.encode()) <= CHUNK_BYTES for token in first)
    least = len(text.encode()) // CHUNK_BYTES
    assert 2 * least <= tokens.chunk_cuts <= 2 * (least + least // 100 + 1)


LONG = {
    "brackets": "(" * 100_000,
    "an emoticon's brackets": "x:" + ")" * 100_000,
    "base64": base64.b64encode(Random(1).randbytes(750_000)).decode(),
    "dots": "." * 50_000,
    "letters of three bytes": "中" * 20_000,
    "emoji": "👍🏽" * 10_000,
    "a link": "http://a.b/" + "c/" * 30_000,
}


@pytest.mark.parametrize("name", LONG)
def test_a_chunk_without_end_keeps_its_characters_and_its_cuts_are_counted(name):
    assert_nothing_is_lost(LONG[name])


def test_no_pattern_reaches_across_a_cut():
    cases = {":((": orths(":(("), "((": orths("((")}
    prefix = re.compile(r"^[:(]").search
    tokenizer = Tokenizer(TokenizeConfig(), nlp=custom(rules=cases, prefix_search=prefix))
    texts = Texts.of(["." + ":" + "(" * 3 * CHUNK_BYTES])
    tokens = tokenizer.tokenize(texts)
    [found] = tokens.batch.column("tokens").to_pylist()
    assert tokens.chunk_cuts == 3
    assert "".join(found) == texts.decoded()[0]


def test_a_long_run_of_chunks_is_joined_as_in_spacy():
    nlp, tokenizer = language("en")
    texts = ["x:)" + " )" * 20_000, "x:) " + ": ) " * 5_000 + "x:)"]
    assert_tokens_are_those_of_spacy(nlp, tokenizer, texts)
    assert_tokens_are_those_of_spacy(nlp, tokenizer, texts)
