"""An id that a document has in the corpus travels with it through tokens and ids."""

from pathlib import Path
from unittest import mock

import pytest

from corpus2vec.pipeline.artifacts.parquet import documents
from corpus2vec.pipeline.config import TokenizeConfig
from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.stages import tokenize as tokenize_stage
from tests.support.corpora import corpus_of, parquet
from tests.support.front_end import front_end, make_tokenizer, tokenize
from tests.support.runs import write

ALIKE = {
    "a.jsonl": '{"text": "Hope to see", "id": 7}\n\n{"id": "b", "text": "you soon"}\n',
    "a.csv": "id,text\n7,Hope to see\n\nb,you soon\n",
    "a.tsv": "text\tid\nHope to see\t7\nyou soon\tb\n",
    "a.parquet": parquet(text=["Hope to see", "you soon"], id=["7", "b"]),
}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tokenize_stage, "_make_tokenizer", make_tokenizer)


@pytest.mark.parametrize("name", ALIKE)
def test_the_id_of_a_document_is_in_tokens_and_ids(name):
    front_end(write(name, ALIKE[name]), settings={"id_field": "id"})
    assert list(documents(Path("t.parquet"))) == [
        {"tokens": ["Hope", "to", "see"], "id": "7"},
        {"tokens": ["you", "soon"], "id": "b"},
    ]
    assert list(documents(Path("i.parquet"))) == [
        {"ids": [0, 1, 2], "id": "7"},
        {"ids": [3, 4], "id": "b"},
    ]


def test_each_row_of_a_document_has_its_id_and_documents_without_tokens_take_theirs_along():
    table = "id,text,y\nx,a b c,p\nx,...,q\nz,rare d,p\nw,a a,q\n"
    settings = {"id_field": "id", "label_field": "y", "drop": ("punct",), "max_doc_tokens": 2}
    front_end(write("a.csv", table), settings=settings)
    rows = [(row["id"], row["label"], row["ids"]) for row in documents(Path("i.parquet"))]
    assert rows == [("x", "p", [0, 1]), ("x", "p", [2]), ("z", "p", [3, 4]), ("w", "q", [0, 0])]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", '{"text": "a"}\n', "a.jsonl line 1 has no field id"),
        ("a.jsonl", '{"text": "a", "id": null}\n', "a.jsonl line 1 has no id"),
        ("a.jsonl", '{"text": "a", "id": []}\n', "neither a string nor a number"),
        ("a.csv", "id,text\n,a\n", "a.csv line 2 has no id"),
        ("a.csv", "text\na\n", "a.csv has no column id"),
        ("a.csv", "id,text\n" + "x" * 1001 + ",a\n", "its id has more than 1,000 characters"),
        ("a.parquet", parquet(text=["a", "b"], id=[1, None]), "a.parquet row 2 has no id"),
    ],
)
def test_a_document_without_an_id_is_refused(name, content, message):
    with pytest.raises(DataError, match=message):
        tokenize(write(name, content), id_field="id")


def test_plain_text_has_no_ids():
    with pytest.raises(UsageError, match="plain text and has no field id"):
        tokenize(write("a.txt", "Hope\n"), id_field="id")


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_a_long_record_has_its_id(name):
    content = {
        "a.jsonl": '{"text": "Hope to see you soon", "id": "x1"}\n',
        "a.csv": "id,text\nx1,Hope to see you soon\n",
    }[name]
    sizes = {"RECORD_CHARACTERS": 9, "SIGHT_CHARACTERS": 40, "BLOCK_BYTES": 7}
    corpus = corpus_of(content, name, id_field="id")
    with mock.patch.multiple(limits, **sizes):
        assert [batch.ids.to_pylist() for batch in corpus.batches()] == [["x1"]]


def test_without_ids_the_recipe_is_what_it_was():
    corpus = write("a.csv", ALIKE["a.csv"])
    config = tokenize_stage.recipe([corpus], Path("t.parquet"), TokenizeConfig()).config
    assert "id_field" not in config
    assert not tokenize(corpus).hit
    assert not tokenize(corpus, id_field="id", force=False).hit
