"""Documents become spaCy's own tokens, token for token, and the books say where the rest went."""

import functools
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import TokenizeConfig
from pipeline.errors import DataError, UsageError
from pipeline.tokenizer import CLASSES, Tokenizer, import_spacy, versions

spacy = import_spacy(with_torch=False)

SAMPLES = Path(__file__).parents[1] / "sample_corpora"
LANGUAGES = {"en": "english.txt", "de": "german.txt", "es": "spanish.txt", "zh": "chinese.txt"}


@functools.cache
def blank(lang):
    return spacy.blank(lang)


@functools.cache
def tokenizer(**settings):
    return Tokenizer(TokenizeConfig(**settings))


def tokenize(*texts, labels=None, **settings):
    columns = {"text": pa.array(texts, pa.string())}
    if labels:
        columns["label"] = pa.array(labels, pa.string())
    [tokens] = tokenizer(**settings).tokenize([pa.RecordBatch.from_pydict(columns)])
    return tokens


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
    documents = [[token.text for token in blank("en")(text)] for text in texts]
    assert rows(found) == [document for document in documents if document]
    assert found.tokens == sum(map(len, documents))


def test_a_token_may_be_a_name_that_spacy_keeps_for_itself():
    names = [name for name in spacy.symbols.IDS if name]
    assert rows(tokenize(" ".join(names), lang="xx")) == [names]


def test_blank_chinese_is_cut_into_characters():
    assert rows(tokenize("村里有船。", lang="zh")) == [["村", "里", "有", "船", "。"]]


def test_tokens_come_batch_by_batch_as_batches_are_given():
    given = iter([pa.RecordBatch.from_pydict({"text": [text]}) for text in ("Hope", "to", "see")])
    taken = tokenizer().tokenize(given)
    assert rows(next(taken)) == [["Hope"]]
    assert len(list(given)) == 2


def test_a_batch_of_no_documents_has_no_tokens():
    for sentences in (False, True):
        tokens = tokenize(sentences=sentences)
        assert (rows(tokens), tokens.documents, tokens.tokens) == ([], 0, 0)


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
    reasons = Counter(reason(token) for text in texts for token in blank("en")(text))
    assert kept_tokens(tokens) == reasons.pop(None, 0)
    assert tokens.dropped == reasons


def test_a_document_of_which_nothing_is_left_is_counted_and_makes_no_row():
    tokens = tokenize("Hope", "...", "see", " ", labels=list("abcd"), drop=("punct", "space"))
    assert labelled(tokens) == [("a", ["Hope"]), ("c", ["see"])]
    assert (tokens.documents, tokens.emptied) == (2, 2)


@settings(deadline=None)
@given(st.lists(any_text), st.booleans(), st.integers(0, 4))
def test_the_books_balance(texts, sentences, most):
    config = {"drop": ("space", "punct"), "sentences": sentences, "max_doc_tokens": most}
    tokens = tokenize(*texts, **config)
    assert tokens.tokens == kept_tokens(tokens) + tokens.dropped.total()
    assert tokens.documents + tokens.emptied == len(texts)
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


# --- what cannot be had ----------------------------------------------------------------------


def refusal(**settings):
    with pytest.raises(UsageError) as refused:
        Tokenizer(TokenizeConfig(**settings))
    return refused.value.message


@pytest.mark.parametrize("lang", ["qq", "", "EN", "../en", "punctuation", "en.stop_words"])
def test_an_unknown_language_is_refused(lang):
    assert refusal(lang=lang).startswith(f"spaCy cannot load the language {lang!r}: ")


@pytest.mark.parametrize("model", ["no_such_model", "pytest", "json", "numpy"])
def test_what_is_no_pipeline_is_refused(model):
    assert refusal(model=model).startswith(f"spaCy cannot load the pipeline {model}: ")


def test_a_folder_that_holds_no_pipeline_is_refused(tmp_path):
    assert refusal(model=str(tmp_path)).startswith(f"spaCy cannot load the pipeline {tmp_path}: ")


def test_a_damaged_pipeline_is_refused(tmp_path):
    spacy.blank("en").to_disk(tmp_path)
    (tmp_path / "tokenizer").write_bytes(b"\xc1")
    assert refusal(model=str(tmp_path)).startswith(f"spaCy cannot load the pipeline {tmp_path}: ")


def test_lemmas_need_something_that_lemmatizes():
    assert refusal(lemma=True) == "--lemma: the blank en has nothing that lemmatizes"


def test_lemmas_need_a_pipeline_that_lemmatizes(tmp_path):
    spacy.blank("en").to_disk(tmp_path)
    expected = f"--lemma: the pipeline {tmp_path} has nothing that lemmatizes"
    assert refusal(lemma=True, model=str(tmp_path)) == expected


# --- the tools that decide -------------------------------------------------------------------


def test_the_versions_of_the_tools_that_decide_tokens_are_told():
    told = versions(TokenizeConfig())
    assert told["spacy"] == spacy.__version__
    assert set(told) == {"spacy", "pyarrow", "python"}


def test_an_installed_pipeline_s_version_is_one_of_them():
    assert versions(TokenizeConfig(model="numpy")).keys() >= {"numpy"}


def test_a_pipeline_that_is_not_installed_is_told_with_how_to_get_it():
    with pytest.raises(UsageError) as refused:
        versions(TokenizeConfig(model="no_such_model"))
    assert refused.value.message == "the spaCy pipeline no_such_model is not installed"
    assert refused.value.hint == "python -m spacy download no_such_model"


def test_spacy_is_imported_without_torch_which_can_be_imported_afterwards():
    lines = [
        "import sys",
        "from pipeline.tokenizer import import_spacy",
        "spacy = import_spacy(with_torch=False)",
        "print(*[token.text for token in spacy.blank('en')('Hope to see')])",
        "print('torch' in sys.modules)",
        "import torch",
        "print(torch.ones(2).sum().item())",
    ]
    process = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=False
    )
    assert process.stdout.splitlines() == ["Hope to see", "False", "2.0"], process.stderr
