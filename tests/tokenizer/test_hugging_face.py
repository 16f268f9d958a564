"""Hugging Face's tokenizers split as spaCy does, nearly always, by rules that are written again."""

import json

import pytest
from tokenizers import Tokenizer

from corpus2vec.pipeline.tokenizer import import_spacy
from corpus2vec.pipeline.tokenizer.hugging_face import pre_tokenizer, sequence
from tests.support.runs import SAMPLES

spacy = import_spacy(with_torch=True)


def splitter(pre):
    model = {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}
    whole = {"version": "1.0", "added_tokens": [], "pre_tokenizer": pre, "model": model}
    for name in ("truncation", "padding", "normalizer", "post_processor", "decoder"):
        whole[name] = None
    found = Tokenizer.from_str(json.dumps(whole)).pre_tokenizer
    return lambda text: [piece for piece, _ in found.pre_tokenize_str(text)]


@pytest.fixture(scope="module")
def english():
    return splitter(pre_tokenizer("en", False))


TEXTS = [
    "I don't pay $5.50 in the U.S., do you?",
    "They'd've said: \"Mr. O'Neil isn't here...\"",
    "(See https://example.org/a-b?c=d, or write to me@example.org.)",
    "well-known 10km/h and 3-4pm; e.g. x=y!",
    "'tis the boys' dog's day—wasn't it?",
    "Wait...what? It can't be (really!) 20% off.",
]


@pytest.mark.parametrize("text", TEXTS)
def test_english_is_split_as_spacy_splits_it(english, text):
    assert english(text) == [each.text for each in spacy.blank("en")(text)]


@pytest.mark.parametrize(
    ("language", "file"), [("en", "english"), ("de", "german"), ("es", "spanish")]
)
def test_the_sample_corpora_are_split_alike(language, file):
    split, nlp = splitter(pre_tokenizer(language, False)), spacy.blank(language)
    lines = (SAMPLES / f"{file}.txt").read_text().splitlines()
    assert [split(line) for line in lines] == [
        [each.text for each in nlp(line) if not each.is_space] for line in lines
    ]


def test_lower_cased_text_has_the_special_cases_too():
    split = splitter(pre_tokenizer("en", True))
    assert split("mr. brill, i'm don't") == ["mr.", "brill", ",", "i", "'m", "do", "n't"]


def test_a_tokenizer_without_rules_has_none():
    assert pre_tokenizer("zh", False) is None


def test_the_steps_are_those_of_the_rules_given():
    split = splitter(
        sequence("[(]", "[.)]|[.]{3}", "-", "u.*-l", {"a.": ["a."], "gimme": ["gim", "me"]})
    )
    assert split("(a.) gimme) x-y u-r-l w...") == [
        *("(", "a.", ")", "gim", "me", ")", "x", "-", "y", "u-r-l", "w", "...")
    ]
    assert split("- -x") == ["-", "-x"]  # an infix at the start splits nothing
