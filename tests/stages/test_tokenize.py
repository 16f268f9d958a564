"""The tokenize stage: what it counts, what it refuses, and what is in its recipe."""

import json
import shutil
from pathlib import Path

import pytest

from corpus2vec.pipeline.artifacts.beside import manifest_path
from corpus2vec.pipeline.artifacts.parquet import documents
from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.stages import tokenize as tokenize_stage
from corpus2vec.pipeline.tokenizer import import_spacy
from tests.support.front_end import make_tokenizer, tokenize
from tests.support.runs import write


@pytest.mark.parametrize("doc_per", ["line", "paragraph", "file"])
@pytest.mark.parametrize("content", ["", "\n", " \n\r\n\t", "\ufeff", "\u3000\u2028"], ids=repr)
def test_a_corpus_of_blanks_is_refused(content, doc_per, monkeypatch):
    monkeypatch.setattr(tokenize_stage, "_make_tokenizer", make_tokenizer)
    with pytest.raises(DataError) as refused:
        tokenize(write("a.txt", content), doc_per=doc_per)
    assert refused.value.message == "the corpus has no document that is not blank: a.txt"
    assert refused.value.hint == "is it the right file, and the right --text-field?"
    assert refused.value.exit_code == 65
    assert not Path("t.parquet").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", "text,n\n"), ("a.csv", 'text,n\n"",1\n" ",2\n'), ("a.jsonl", '\n{"text": null}\n')],
)
def test_a_table_of_blanks_is_refused(name, content, monkeypatch):
    monkeypatch.setattr(tokenize_stage, "_make_tokenizer", make_tokenizer)
    with pytest.raises(DataError, match=rf"^the corpus has no document that .* blank: {name}$"):
        tokenize(write(name, content))


def test_blank_documents_and_emptied_ones_are_counted_apart(monkeypatch):
    monkeypatch.setattr(tokenize_stage, "_make_tokenizer", make_tokenizer)
    name = write("a.txt", "\n \t\nHope\n\u3000\u2028\n\r\n...\nto\n")
    counts = tokenize(name, drop=("space", "punct")).counts
    dropped = {"blank": 4, "no token left": 1}
    assert counts["documents"] == {"in": 7, "kept": 2, "dropped": dropped}
    assert counts["tokens"] == {"in": 3, "kept": 2, "dropped": {"punct": 1}}


def test_cuts_in_long_chunks_and_documents_are_counted_if_there_are_any(monkeypatch):
    monkeypatch.setattr(tokenize_stage, "_make_tokenizer", make_tokenizer)
    name = write("a.txt", "Hope to see you\n" + "x" * 3000 + "\n")
    assert tokenize(name).counts["chunks_cut"] == 2
    assert "documents_cut" not in tokenize(name).counts
    monkeypatch.setattr(limits, "DOCUMENT_BYTES", 8)
    counts = tokenize(write("b.txt", "Hope to see you\nsoon\n")).counts
    assert counts["documents_cut"] == 1
    assert "chunks_cut" not in counts
    assert counts["documents"] == {"in": 3, "kept": 3}
    assert [row["tokens"] for row in documents(Path("t.parquet"))] == [
        ["Hope", "to"], ["see", "you"], ["soon"]
    ]  # fmt: skip
    assert json.loads(manifest_path(Path("t.parquet")).read_text())["counts"] == counts


# --- what decides the tokens -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"), [("a.jsonl", '{"text": "Hope to see"}\n'), ("a.csv", "text\nHope\n")]
)
def test_doc_per_is_not_in_the_recipe_of_other_files_than_text(name, content):
    corpus = write(name, content)
    assert not tokenize(corpus, force=False).hit
    assert tokenize(corpus, doc_per="file", force=False).hit


def test_text_field_is_not_in_the_recipe_of_plain_text():
    corpus = write("a.txt", "Hope to see you\n")
    assert not tokenize(corpus, force=False).hit
    assert tokenize(corpus, text_field="body", force=False).hit
    assert not tokenize(corpus, doc_per="file", force=False).hit


@pytest.fixture
def model(tmp_path):
    """The folder of a pipeline, in the current folder."""
    import_spacy(with_torch=False).blank("en").to_disk(tmp_path / "model")
    return tmp_path / "model"


def test_a_model_folder_is_in_the_recipe_by_its_content(model, tmp_path):
    corpus = write("a.txt", "Hope to see you\n")
    assert not tokenize(corpus, model=str(model)).hit
    copy = shutil.copytree(model, tmp_path / "copies" / "copy")
    for same in ("model", "./model", "copies/copy", str(copy), str(model)):
        outcome = tokenize(corpus, model=same, force=False)
        assert (outcome.hit, outcome.reason) == (True, "nothing changed")


def test_an_edited_or_renamed_file_in_a_model_folder_is_a_miss(model):
    corpus = write("a.txt", "Hope to see you\n")
    tokenize(corpus, model="model")
    meta = model / "meta.json"
    meta.write_text(meta.read_text().replace('"name":"pipeline"', '"name":"changed"'))
    outcome = tokenize(corpus, model="model", force=False)
    assert not outcome.hit
    assert "meta.json changed" in outcome.reason
    write(model / "more.txt", "")
    assert not tokenize(corpus, model="model", force=False).hit
    (model / "more.txt").rename(model / "renamed.txt")
    assert not tokenize(corpus, model="model", force=False).hit
