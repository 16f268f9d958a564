"""neighbors, analogy and similarity: what they print where, and their exit codes."""

import io
import json
import os
import subprocess
import sys

import pytest

from tests.support.commands import command, spawn

VECTORS = """6 3
man 1 0 0
king 1 0 1
woman 0 1 0
queen 0 1 1
New\\u0020York -1 0.5 0
\\a -1 0 0.5
"""


@pytest.fixture
def vectors(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text(VECTORS)
    return path


@pytest.fixture
def stdin(monkeypatch):
    def type_in(text):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    return type_in


def test_neighbors_of_several_words(cli, vectors):
    arguments = ["neighbors", vectors, "man", "queen", "--top", 2]
    result = cli(*arguments)
    assert (result.code, result.err) == (0, "")
    assert result.out == (
        "man\tking\t0.707107\nman\twoman\t0\nqueen\twoman\t0.707107\nqueen\tking\t0.5\n"
    )
    assert cli(*arguments, "--format", "table").out == (
        "man    king   0.7071\nman    woman  0.0000\nqueen  woman  0.7071\nqueen  king   0.5000\n"
    )


FORMS = """7 2
walk 1 0
walked 1 0.5
talk 0 1
talked 0.1 1
walking 1 -0.5
talking -0.1 1
leaping 0 -1
"""


def test_unknown_words_may_be_asked_about_by_how_they_are_spelt(cli, tmp_path, stdin):
    path = tmp_path / "forms.txt"
    path.write_text(FORMS)
    by_form = ("--unknown", "form")
    lines = cli("neighbors", path, "walks", "talks", "--top", 2, *by_form).out.splitlines()
    fields = [line.split("\t")[:2] for line in lines]
    assert [word for word, _ in fields] == ["walks", "walks", "talks", "talks"]
    assert fields[2][1].startswith("talk")  # an unknown word that was asked about is no answer
    stdin("walks\twalk\nxyz\twalk\n")
    result = cli("similarity", path, "-", *by_form)
    assert result.out.startswith("walks\twalk\t")
    assert "xyz is not in forms.txt" in result.err
    assert cli("neighbors", path, "walks").code == 65


def test_analogy(cli, vectors):
    result = cli("analogy", vectors, "man", "king", "woman", "--top", 1)
    assert result.out.startswith("man\tking\twoman\tqueen\t0.9585")


def test_similarity(cli, vectors):
    assert cli("similarity", vectors, "man", "king").out == "man\tking\t0.707107\n"


def test_json_is_one_document_and_jsonl_one_line_for_each_question(cli, vectors):
    arguments = ["neighbors", vectors, "king", "kin", "--top", 1]
    found = json.loads(cli(*arguments, "--json").out)
    assert found == [
        {"word": "king", "neighbors": [{"token": "man", "cosine": pytest.approx(0.70710677)}]},
        {"word": "kin", "neighbors": None, "unknown": {"kin": ["king"]}},
    ]
    lines = cli(*arguments, "--format", "jsonl").out.splitlines()
    assert [json.loads(line) for line in lines] == found
    assert cli(*arguments, "--format", "json").out == cli(*arguments, "--json").out
    [analogy] = json.loads(cli("analogy", vectors, "man", "king", "woman", "--json").out)
    assert analogy["words"] == ["man", "king", "woman"]
    assert analogy["answers"][0] == {"token": "queen", "cosine": pytest.approx(0.958569)}
    similarity = cli("similarity", vectors, "man", "king", "--json")
    assert json.loads(similarity.out)[0]["cosine"] == pytest.approx(0.70710677)


def test_questions_on_stdin(cli, vectors, stdin):
    stdin("man\n\n king \r\nNew York\n")
    result = cli("neighbors", vectors, "-", "--top", 1)
    assert [line.split("\t")[0] for line in result.out.splitlines()] == [
        "man", "king", "New\\\\u0020York"
    ]  # fmt: skip
    stdin("man king\nNew York\tking\nwoman queen\n")
    result = cli("similarity", vectors, "-", "--format", "jsonl")
    assert [json.loads(line)["words"] for line in result.out.splitlines()] == [
        ["man", "king"], ["New York", "king"], ["woman", "queen"]
    ]  # fmt: skip
    stdin("man king woman\nman woman king")
    assert cli("analogy", vectors, "-", "--top", 1).out.split().count("queen") == 2
    stdin("")
    empty = cli("neighbors", vectors, "-", "--json")
    assert (empty.code, empty.out) == (0, "[]\n")


def test_many_questions_on_stdin_are_answered_in_order(cli, vectors, stdin):
    words = ["man", "king", "nobody", "queen"] * 50
    stdin("\n".join(words))
    result = cli("neighbors", vectors, "-", "--top", 1, "--format", "jsonl")
    assert [json.loads(line)["word"] for line in result.out.splitlines()] == words


def test_a_line_of_too_few_words_is_reported_by_its_number(cli, vectors, stdin):
    stdin("man king\nwoman\n")
    result = cli("similarity", vectors, "-")
    assert result.code == 65
    assert result.err == "error: line 2 of standard input has 1 word, not 2\n"


@pytest.mark.parametrize(("name", "count"), [("analogy", 3), ("similarity", 2)])
def test_a_wrong_number_of_words_is_a_usage_error(cli, vectors, name, count):
    result = cli(name, vectors, "man")
    assert result.code == 2
    assert result.err.startswith(f"error: {name} takes {count} words, not 1\nhint: ")


def test_unknown_words_are_reported_and_the_others_answered(cli, vectors):
    result = cli("neighbors", vectors, "quen", "man", "Xyzzy", "--top", 1)
    assert result.code == 0
    assert result.out == "man\tking\t0.707107\n"
    assert result.err == (
        "quen is not in vectors.txt; close spellings: queen\nXyzzy is not in vectors.txt\n"
    )


def test_the_exit_code_is_65_where_nothing_can_be_answered(cli, vectors):
    one = cli("similarity", vectors, "man", "Queen")
    assert (one.code, one.out) == (65, "")
    assert one.err == f"error: Queen is not in {vectors}\nhint: close spellings: queen\n"
    several = cli("neighbors", vectors, "Queen", "xyzzy")
    assert several.code == 65
    assert several.err.splitlines()[2] == (
        f"error: no question could be answered: {vectors} lacks a word of each"
    )


def test_many_unknown_words_are_counted(cli, vectors, stdin):
    stdin("man\n" + "".join(f"unknown{number}\n" for number in range(50)))
    result = cli("neighbors", vectors, "-", "--top", 1)
    assert result.code == 0
    assert result.err.splitlines()[-1] == "30 more words are not in vectors.txt"
    assert len(result.err.splitlines()) == 21


def test_hostile_tokens_are_printed_escaped_and_can_be_typed_that_way(cli, tmp_path):
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    tokens = ["a", "\x1b[2J", "\u202eb", "New York", "\\a"]
    columns = {
        "token": pa.array(tokens),
        "vector": pa.FixedSizeListArray.from_arrays(pa.array(np.eye(5, dtype="f4").ravel()), 5),
    }
    table = tmp_path / "vectors.parquet"
    pq.write_table(pa.table(columns), table)
    result = cli("neighbors", table, "a")
    shown = [line.split("\t")[1] for line in result.out.splitlines()]
    assert shown == ["\\u001b[2J", "\\u202eb", "New York", "\\\\a"]
    result = cli("neighbors", table, *shown, "--top", 1)
    assert (result.code, result.err) == (0, "")
    assert [line.split("\t")[0] for line in result.out.splitlines()] == shown
    result = cli("neighbors", table, "a", "\x1b[2K", "\u202e")
    assert "\x1b" not in result.err + result.out
    assert "\u202e" not in result.err + result.out


def test_bytes_that_are_not_utf8_are_an_unknown_word(vectors):
    arguments = [*map(os.fsencode, command("neighbors", vectors)), b"\xff\xfe"]
    result = subprocess.run(arguments, capture_output=True)
    assert result.returncode == 65
    assert result.stderr.startswith(b"error: \\udcff\\udcfe is not in ")


def test_a_pipe_that_closes_early_ends_quietly(vectors):
    line = " ".join(map(str, command("neighbors", vectors, "-", "--top", "2")))
    result = subprocess.run(
        ["bash", "-c", f"yes man | head -n 20000 | {line} | head -n 1; exit ${{PIPESTATUS[2]}}"],
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "man\tking\t0.707107\n", "")


def test_a_table_that_does_not_exist_is_a_usage_error(tmp_path):
    result = spawn("neighbors", tmp_path / "nothing", "a")
    assert result.returncode == 2
    assert result.stderr.startswith("error: there is no file ")


def test_a_word_that_is_not_utf8_is_escaped_in_json(vectors):
    arguments = [*map(os.fsencode, command("neighbors", vectors, "man", "--json")), b"\xff"]
    result = subprocess.run(arguments, capture_output=True)
    assert result.returncode == 0
    words = [each["word"] for each in json.loads(result.stdout)]
    assert words == ["man", "\udcff"]
