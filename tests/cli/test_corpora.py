"""A corpus is named by arguments, by patterns for folders, and by lists of files."""

import io
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from corpus2vec.cli.corpora import named_corpora
from corpus2vec.pipeline.artifacts.pairs import read_manifest
from corpus2vec.pipeline.artifacts.parquet import documents
from corpus2vec.pipeline.errors import StorageError, UsageError
from tests.support.runs import write


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a.txt\nb c.txt\n", ["a.txt", "b c.txt"]),
        (b"a.txt\r\n\r\nb.txt", ["a.txt", "b.txt"]),
        (b"a\nb.txt\0c.txt\0", ["a\nb.txt", "c.txt"]),
        (b"caf\xe9.txt\n", [os.fsdecode(b"caf\xe9.txt")]),
    ],
)
def test_a_list_names_a_file_on_each_line_or_before_each_nul(content, expected, monkeypatch):
    Path("list").write_bytes(content)
    assert named_corpora(["first"], Path("list")) == ["first", *expected]
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    assert named_corpora(None, Path("-")) == expected


def test_no_corpus_at_all_is_refused_and_so_is_a_list_that_is_not_there():
    Path("list").touch()
    for corpora, files_from in ((None, None), ([], Path("list"))):
        with pytest.raises(UsageError, match="no corpus is named"):
            named_corpora(corpora, files_from)
    with pytest.raises(StorageError, match="cannot read nowhere: No such file"):
        named_corpora(None, Path("nowhere"))


def tokens(path):
    return [row["tokens"] for row in documents(Path(path))]


def test_patterns_and_lists_choose_files_and_are_no_part_of_the_recipe(cli):
    for name in ("c/a.txt", "c/b.md", "c/drafts/d.txt"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        write(name, f"{Path(name).stem}\n")
    write("list", "c/a.txt\n")
    options = ("--include", "*.txt", "--exclude", "drafts")
    assert cli("tokenize", "c", *options, "-o", "t.parquet").code == 0
    assert tokens("t.parquet") == [["a"]]
    assert not {"include", "exclude"} & set(read_manifest(Path("t.parquet")).config)
    said = cli("tokenize", "--files-from", "list", "-o", "t.parquet")
    assert (said.code, "nothing changed" in said.err) == (0, True)
    said = cli("plan", "--files-from", "list", "-o", "build")
    assert said.out.startswith("tokenize\trun\t")
    said = cli("plan", "-o", "build")
    assert (said.code, "name CORPUS or --from BUILD" in said.err) == (2, True)
    said = cli("tokenize", "-o", "t.parquet")
    assert (said.code, "no corpus is named" in said.err) == (2, True)


def test_a_use_takes_a_list_too(cli, built):
    write("a.txt", "Hope\n")
    write("list", "a.txt\n")
    given = cli("embed", built, "a.txt")
    listed = cli("embed", built, "--files-from", "list")
    assert given.code == listed.code == 0
    assert given.out == listed.out != ""
    assert cli("embed", built).code == 2
