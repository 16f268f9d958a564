"""Rows: what is dropped, where documents are cut, and the counts that account for every token."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.corpus.texts import Texts
from corpus2vec.pipeline.tokenizer import Tokenizer, import_spacy
from corpus2vec.pipeline.tokenizer.spacy_pipeline import CLASSES
from tests.support import fragments
from tests.support.fragments import blank
from tests.support.tokens import any_text, labelled, rows, tokenize, tokenizer

spacy = import_spacy(with_torch=False)


def kept_tokens(tokens):
    return sum(map(len, rows(tokens)))


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
@given(st.lists(any_text), st.booleans(), st.none() | st.integers(1, 4))
def test_the_counts_balance(texts, sentences, most):
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


def test_dropped_tokens_do_not_count_for_the_length_of_a_piece():
    tokens = tokenize("a , b , c", max_doc_tokens=2, drop=("punct",))
    assert rows(tokens) == [["a", "b"], ["c"]]


def test_each_sentence_begins_a_piece():
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
