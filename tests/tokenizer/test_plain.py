"""Pipelines that do more than split by rules: spaCy is asked document by document."""

import pytest

from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tokenizer import Tokenizer, import_spacy, plain
from tests.support.fragments import blank
from tests.support.tokens import rows, sample, tokenize, tokenizer

spacy = import_spacy(with_torch=False)


@pytest.fixture(scope="module")
def lemmatizing(tmp_path_factory):
    """A pipeline that knows the lemmas of three words; that of `um` is empty."""
    nlp = spacy.blank("en")
    lemmatizer = nlp.add_pipe("lemmatizer", config={"mode": "lookup"})
    lookups = spacy.lookups.Lookups()
    lookups.add_table("lemma_lookup", {"cats": "cat", "saw": "see", "um": ""})
    lemmatizer.initialize(lookups=lookups)
    path = tmp_path_factory.mktemp("pipeline")
    nlp.to_disk(path)
    return str(path)


def test_lemmas_replace_forms(lemmatizing):
    tokens = tokenize("She saw cats", model=lemmatizing, lemma=True)
    assert rows(tokens) == [["She", "see", "cat"]]


def test_lemmas_can_be_lower_cased(lemmatizing):
    tokens = tokenize("See saw SEE", model=lemmatizing, lemma=True, lower=True)
    assert rows(tokens) == [["see", "see", "see"]]
    assert tokens.batch.column("tokens").values.dictionary.to_pylist() == ["see"]


def test_a_token_without_a_lemma_is_dropped_as_empty(lemmatizing):
    tokens = tokenize("um cats", "um", model=lemmatizing, lemma=True)
    assert rows(tokens) == [["cat"]]
    assert (tokens.dropped, tokens.emptied) == ({"empty": 2}, 1)


def test_forms_stay_where_lemmas_are_not_asked_for(lemmatizing):
    assert rows(tokenize("She saw cats", model=lemmatizing)) == [["She", "saw", "cats"]]


def test_sentences_are_those_of_the_pipeline_where_it_marks_them(tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer", config={"punct_chars": [";"]})
    nlp.to_disk(tmp_path)
    found = rows(tokenize("I came . I saw ; I went", model=str(tmp_path), sentences=True))
    assert [" ".join(row) for row in found] == ["I came . I saw ;", "I went"]


def same_tokens(doc):
    return doc


def with_a_pipe_of_its_own():
    """A pipeline whose tokens are those of the blank one, though nobody can know that."""
    nlp = spacy.blank("en")
    spacy.Language.component("same_tokens", func=same_tokens)
    nlp.add_pipe("same_tokens")
    return nlp


def test_a_pipeline_that_does_more_is_asked_document_by_document():
    slow = Tokenizer(TokenizeConfig(drop=("punct",), lower=True), with_a_pipe_of_its_own())
    fast = tokenizer(drop=("punct",), lower=True)
    assert (slow.is_fast, fast.is_fast) == (False, True)
    for texts in (sample("en"), ["x:) )", "", " ", "don't."], sample("en")[:3]):
        batch, other = slow.tokenize(Texts.of(texts)), fast.tokenize(Texts.of(texts))
        assert rows(batch) == rows(other)
        names = ["read", "documents", "blank", "emptied", "tokens", "dropped", "cuts", "chunk_cuts"]
        assert [getattr(batch, name) for name in names] == [getattr(other, name) for name in names]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_spacy_forgets_strings_once_it_knows_very_many(monkeypatch, lang):
    nlp = with_a_pipe_of_its_own() if lang == "en" else spacy.blank("zh")
    slow = Tokenizer(TokenizeConfig(drop=()), nlp)
    assert not slow.is_fast
    zones = []
    zone = nlp.memory_zone
    monkeypatch.setattr(nlp, "memory_zone", lambda: zones.append(len(nlp.vocab.strings)) or zone())
    for number in range(6):
        if number == 3:
            assert not zones
            monkeypatch.setattr(plain, "KNOWN_STRINGS", 10)
        texts = [*sample(lang), f"new{number}word isn't {number}{number}"]
        expected = [[token.text for token in blank(lang)(text)] for text in texts]
        assert rows(slow.tokenize(Texts.of(texts))) == expected
    # As many strings are known before every batch: what came with the last one is forgotten.
    assert (len(zones), len(set(zones))) == (3, 1)


def test_a_document_is_as_long_as_it_is():
    text = "Hope to see you soon. " * 50_000
    tokens = tokenize(text, sentences=True)
    assert (len(rows(tokens)), tokens.tokens) == (50_000, 300_000)


def test_a_document_too_long_for_the_pipeline_is_refused(lemmatizing):
    expected = (
        rf"^a document has 1,000,001 characters, and the pipeline {lemmatizing} takes at most"
    )
    with pytest.raises(DataError, match=expected):
        tokenize("a" * 1_000_001, model=lemmatizing)
