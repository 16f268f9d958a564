"""Documents become spaCy's own tokens, token for token, by either way."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.tokenizer import Tokenizer, import_spacy
from tests.support.fragments import blank
from tests.support.tokens import LANGUAGES, any_text, labelled, rows, sample, tokenize, tokenizer

spacy = import_spacy(with_torch=False)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_tokens_are_those_of_spacy(lang):
    texts = sample(lang)
    expected = [[token.text for token in blank(lang)(text)] for text in texts]
    assert rows(tokenize(*texts, lang=lang, drop=())) == expected


@pytest.mark.parametrize("lang", LANGUAGES)
def test_lower_is_that_of_spacy(lang):
    texts = sample(lang)
    expected = [[token.lower_ for token in blank(lang)(text)] for text in texts]
    assert rows(tokenize(*texts, lang=lang, drop=(), lower=True)) == expected


@given(st.lists(any_text))
def test_tokens_of_any_text_are_those_of_spacy(texts):
    found = tokenize(*texts, drop=())
    documents = [[token.text for token in blank("en")(text)] for text in texts if text.strip()]
    assert rows(found) == documents
    assert found.tokens == sum(map(len, documents))
    assert found.blank == len(texts) - len(documents)


def test_a_token_may_be_a_name_that_spacy_keeps_for_itself():
    names = [name for name in spacy.symbols.IDS if name]
    assert rows(tokenize(" ".join(names), lang="xx")) == [names]


def test_blank_chinese_is_cut_into_characters():
    assert rows(tokenize("村里有船。", lang="zh")) == [["村", "里", "有", "船", "。"]]


def test_batches_know_nothing_of_each_other():
    batches = [("Hope to see", ": )", "x:)"), ("see", "don't"), (), ("to see don't", "x:) )")]
    one = Tokenizer(TokenizeConfig())
    for batch in batches * 2:
        alone = Tokenizer(TokenizeConfig()).tokenize(Texts.of(batch))
        assert one.tokenize(Texts.of(batch)).batch.equals(alone.batch)


def test_a_batch_of_no_documents_has_no_tokens():
    for asked in ({}, {"sentences": True}, {"lower": True}, {"drop": ("punct",)}, {"lang": "zh"}):
        tokens = tokenize(**asked)
        assert (rows(tokens), tokens.read, tokens.documents, tokens.tokens) == ([], 0, 0, 0)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_document_of_white_space_only_is_blank_and_makes_no_row(lang):
    tokens = tokenize("", " ", "a", "\n\u3000", labels=list("wxyz"), lang=lang, drop=())
    assert labelled(tokens) == [("y", ["a"])]
    assert (tokens.read, tokens.documents, tokens.blank, tokens.emptied) == (4, 1, 3, 0)
    assert tokens.tokens == 1
    assert tokens.dropped == {}


WITHOUT_PARSER = """
import builtins, re, sys
PRIVATE = {"_parser", "_constants"}
real = builtins.__import__

def without(name, globals=None, locals=None, fromlist=(), level=0):
    if name == "re" and PRIVATE.intersection(fromlist or ()):
        raise ImportError(name)
    return real(name, globals, locals, fromlist, level)

builtins.__import__ = without
sys.modules.update({f"re.{name}": None for name in PRIVATE})
from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.tokenizer import Tokenizer
tokenizer = Tokenizer(TokenizeConfig(drop=()))
print(tokenizer.is_fast)
tokens = tokenizer.tokenize(Texts.of(sys.argv[1:]))
print(tokens.batch.column("tokens").to_pylist())
"""


def test_a_python_whose_re_has_no_such_parser_has_the_same_tokens():
    texts = [*sample("en")[:20], "x:) )", "don't (see)."]
    process = subprocess.run(
        [sys.executable, "-c", WITHOUT_PARSER, *texts],
        capture_output=True,
        text=True,
        check=False,
    )
    assert tokenizer(drop=()).is_fast
    expected = ["False", str(rows(tokenize(*texts, drop=())))]
    assert process.stdout.splitlines() == expected, process.stderr
