"""Documents become spaCy's own tokens, token for token, and the books say where the rest went."""

import functools
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tokenizer import Tokenizer, import_spacy, plain
from corpus2vec.pipeline.tokenizer.spacy_pipeline import CLASSES
from tests.support import fragments
from tests.support.fragments import blank

spacy = import_spacy(with_torch=False)

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


def kept_tokens(tokens):
    return sum(map(len, rows(tokens)))


# --- spaCy's tokens --------------------------------------------------------------------------


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


TRICKY = [
    " ",
    "  ",
    "\n",
    "\t",
    "\u00a0",
    "\u2028",
    "\0",
    "don't",
    "ex-Mrs.",
    "10''",
    "U.S.A.",
    ":-)",
]
TRICKY += [
    "https://a.b/c?d=e",
    "a.m.",
    "''",
    "--",
    "...",
    "(",
    "€5",
    "5km",
    "İ",
    "ß",
    "😀",
    "e\u0301",
]
any_text = st.lists(st.sampled_from(TRICKY) | st.text(max_size=5)).map("".join)


@settings(deadline=None)
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


# --- what is dropped -------------------------------------------------------------------------

BOATS = "The two boats , 12 of them\n\ncame !"


@pytest.mark.parametrize(
    ("drop", "kept", "dropped"),
    [
        ((), "The two boats , 12 of them \n\n came !", {}),
        (("space",), "The two boats , 12 of them came !", {"space": 1}),
        (("punct",), "The two boats 12 of them \n\n came", {"punct": 2}),
        (("num",), "The boats , of them \n\n came !", {"num": 2}),
        (("stop",), "boats , 12 \n\n came !", {"stop": 4}),
        (("stop", "num"), "boats , \n\n came !", {"num": 2, "stop": 3}),
        (tuple(CLASSES), "boats came", {"space": 1, "punct": 2, "num": 2, "stop": 3}),
    ],
)
def test_a_class_is_dropped_and_counted(drop, kept, dropped):
    tokens = tokenize(BOATS, drop=drop)
    assert rows(tokens) == [kept.split(" ")]
    assert tokens.dropped == dropped


@settings(deadline=None)
@given(st.lists(any_text), st.sets(st.sampled_from(list(CLASSES))))
def test_a_token_of_several_classes_is_dropped_once_for_the_first(texts, drop):
    def reason(token):
        belongs = {
            "space": token.is_space,
            "punct": token.is_punct,
            "num": token.like_num,
            "stop": token.is_stop,
        }
        return next((name for name in CLASSES if name in drop and belongs[name]), None)

    tokens = tokenize(*texts, drop=tuple(drop))
    filled = [text for text in texts if text.strip()]
    reasons = Counter(reason(token) for text in filled for token in blank("en")(text))
    assert kept_tokens(tokens) == reasons.pop(None, 0)
    assert tokens.dropped == reasons


def test_a_document_of_which_nothing_is_left_is_counted_and_makes_no_row():
    tokens = tokenize("Hope", "...", "see", " ", labels=list("abcd"), drop=("punct", "space"))
    assert labelled(tokens) == [("a", ["Hope"]), ("c", ["see"])]
    assert (tokens.documents, tokens.emptied, tokens.blank) == (2, 1, 1)


@pytest.mark.parametrize("lang", ["en", "de", "fr", "ru", "hi", "ar", "tr", "la", "zh"])
def test_classes_and_lower_case_are_those_of_spacy_in_other_languages(lang):
    nlp = blank(lang)
    asked = {"space": "is_space", "punct": "is_punct", "num": "like_num", "stop": "is_stop"}
    tokenizers = {name: Tokenizer(TokenizeConfig(drop=(name,), lower=True), nlp) for name in asked}
    words = ["twelve", "1/2", "½", "१२", "±5", "IV", "двадцать", *sorted(nlp.Defaults.stop_words)]

    @settings(max_examples=20)
    @given(st.lists(fragments.texts(nlp.tokenizer, *words[:50]), max_size=5))
    def property_holds(texts):
        documents = [list(nlp.tokenizer(text)) for text in texts if text.strip()]
        for name, attribute in asked.items():
            kept = [
                [token.lower_ for token in document if not getattr(token, attribute)]
                for document in documents
            ]
            assert rows(tokenizers[name].tokenize(Texts.of(texts))) == [*filter(None, kept)]

    property_holds()


@settings(deadline=None)
@given(st.lists(any_text), st.booleans(), st.integers(0, 4))
def test_the_books_balance(texts, sentences, most):
    config = {"drop": ("space", "punct"), "sentences": sentences, "max_doc_tokens": most}
    tokens = tokenize(*texts, **config)
    assert tokens.tokens == kept_tokens(tokens) + tokens.dropped.total()
    assert tokens.documents + tokens.emptied + tokens.blank == len(texts) == tokens.read
    assert all(rows(tokens))


# --- sentences and pieces --------------------------------------------------------------------


def test_a_sentence_is_a_document_and_has_its_label():
    tokens = tokenize("I came. I saw!", "No end", labels=["a", "b"], sentences=True)
    assert labelled(tokens) == [
        ("a", ["I", "came", "."]),
        ("a", ["I", "saw", "!"]),
        ("b", ["No", "end"]),
    ]
    assert (tokens.documents, tokens.emptied, tokens.cuts) == (2, 0, 0)


def test_a_sentence_whose_first_token_is_dropped_still_begins_there():
    assert rows(tokenize("I came. \n I saw.", sentences=True, drop=("space", "stop", "punct"))) == [
        ["came"],
        ["saw"],
    ]


ends = st.sampled_from([".", "!", "?", "...", "。", "।", "\n\n", ";", ")", "”", "no", "Mr."])
sentence_texts = st.lists(ends | ends | st.just(" ") | st.text(max_size=3)).map("".join)


@pytest.mark.parametrize("lang", ["en", "ru", "hi", "zh"])
@pytest.mark.parametrize("drop", [(), ("punct", "space")])
def test_sentences_are_those_of_spacy(lang, drop):
    nlp = spacy.blank(lang)
    nlp.add_pipe("sentencizer")
    one = tokenizer(lang=lang, sentences=True, drop=drop)
    assert one.is_fast == (lang != "zh")

    def kept(sentence):
        dropped = {"punct": "is_punct", "space": "is_space"}
        return [
            token.text for token in sentence if not any(getattr(token, dropped[d]) for d in drop)
        ]

    @given(st.lists(sentence_texts))
    def property_holds(texts):
        documents = [nlp(text) for text in texts if text.strip()]
        sentences = [kept(sentence) for document in documents for sentence in document.sents]
        assert rows(one.tokenize(Texts.of(texts))) == [*filter(None, sentences)]

    property_holds()


def test_a_long_document_is_cut_into_pieces_that_have_its_label():
    tokens = tokenize("a b c d e", "f g", labels=["x", "y"], max_doc_tokens=2)
    assert labelled(tokens) == [
        ("x", ["a", "b"]),
        ("x", ["c", "d"]),
        ("x", ["e"]),
        ("y", ["f", "g"]),
    ]
    assert (tokens.documents, tokens.cuts) == (2, 2)


def test_pieces_are_counted_out_in_tokens_that_stay():
    tokens = tokenize("a , b , c", max_doc_tokens=2, drop=("punct",))
    assert rows(tokens) == [["a", "b"], ["c"]]


def test_pieces_begin_anew_at_each_sentence():
    tokens = tokenize("I came here. We left.", sentences=True, max_doc_tokens=3)
    assert rows(tokens) == [["I", "came", "here"], ["."], ["We", "left", "."]]
    assert tokens.cuts == 1


@settings(deadline=None)
@given(st.lists(st.integers(0, 12)), st.integers(1, 5))
def test_no_piece_is_longer_than_asked_and_every_cut_is_counted(lengths, most):
    documents = [[f"w{number}" for number in range(length)] for length in lengths]
    tokens = tokenize(*map(" ".join, documents), max_doc_tokens=most)
    pieces = [
        document[begin : begin + most]
        for document in documents
        for begin in range(0, len(document), most)
    ]
    assert rows(tokens) == pieces
    assert tokens.cuts == len(pieces) - sum(length > 0 for length in lengths)


# --- pipelines -------------------------------------------------------------------------------


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


def test_lemmas_stand_for_forms(lemmatizing):
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
