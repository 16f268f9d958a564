"""An option that names several things may be repeated, and none of them gets lost."""

from pathlib import Path

import pytest

from corpus2vec.pipeline.artifacts.parquet import documents
from tests.support.runs import write

RECORD = '{"title": "Hope to", "body": "see you", "my field": "soon"}\n'


@pytest.mark.parametrize(
    ("options", "env", "toml", "expected"),
    [
        (["--text-field", "title", "--text-field", "body"], {}, "", "Hope to see you"),
        (["--text-field", "body,title"], {}, "", "see you Hope to"),
        ([], {"CORPUS2VEC_TOKENIZE_TEXT_FIELD": "my field"}, "", "soon"),
        ([], {}, 'text_field = "title,body"', "Hope to see you"),
        ([], {}, 'text_field = ["my field", "body"]', "soon see you"),
        (["--text-field", "body"], {}, 'text_field = "title"', "see you"),
    ],
)
def test_the_text_fields(cli, tmp_path, monkeypatch, options, env, toml, expected):
    monkeypatch.chdir(tmp_path)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    write("a.jsonl", RECORD)
    write("c.toml", f"[tokenize]\n{toml}\n")
    said = cli("tokenize", "a.jsonl", "-o", "t.parquet", "--config", "c.toml", *options)
    assert said.code == 0
    assert [" ".join(row["tokens"]) for row in documents(Path("t.parquet"))] == [expected]


def test_what_is_dropped(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("a.txt", "a 1 , b\n")
    for options, left in (
        (["--drop", "punct", "--drop", "num"], ["a", "b"]),
        (["--drop", "num"], ["a", ",", "b"]),
        (["--drop", ""], ["a", "1", ",", "b"]),
    ):
        assert cli("tokenize", "a.txt", "-o", "t.parquet", *options).code == 0
        [row] = documents(Path("t.parquet"))
        assert row["tokens"] == left
