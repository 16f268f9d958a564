"""A tokenizer for each config, what it makes of texts, and texts that are tricky to tokenize."""

import functools
from pathlib import Path

from hypothesis import strategies as st

from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.tokenizer import Tokenizer

TRICKY = [" ", "  ", "\n", "\t", "\u00a0", "\u2028", "\0", "don't", "ex-Mrs.", "10''", "U.S.A."]
TRICKY += [":-)", "https://a.b/c?d=e", "a.m.", "''", "--", "...", "(", "€5", "5km", "İ", "ß", "😀"]
TRICKY += ["e\u0301"]
any_text = st.lists(st.sampled_from(TRICKY) | st.text(max_size=5)).map("".join)

SAMPLES = Path(__file__).parents[2] / "sample_corpora"
LANGUAGES = {"en": "english.txt", "de": "german.txt", "es": "spanish.txt", "zh": "chinese.txt"}


@functools.cache
def tokenizer(**settings):
    return Tokenizer(TokenizeConfig(**settings))


def tokenize(*texts, labels=None, **settings):
    return tokenizer(**settings).tokenize(Texts.of(texts, labels))


def rows(tokens):
    return tokens.batch.column("tokens").to_pylist()


def labelled(tokens):
    return [(row["label"], row["tokens"]) for row in tokens.batch.to_pylist()]


def sample(lang):
    return [line for line in (SAMPLES / LANGUAGES[lang]).read_text("utf-8").split("\n") if line]
