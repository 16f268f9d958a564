"""The Python face: what a notebook can do, what its errors say, and what importing it costs."""

import subprocess
import sys
import traceback
from pathlib import Path

import numpy as np
import pytest

import corpus2vec
from corpus2vec.pipeline.progress import Silent
from tests.support.commands import call

SAMPLES = Path(__file__).parent.parent / "sample_corpora"


def test_importing_it_imports_nothing_heavy():
    program = (
        "import sys, time; began = time.perf_counter(); import corpus2vec\n"
        "print(time.perf_counter() - began, *sys.modules)"
    )
    printed = subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.PIPE)
    seconds, *modules = printed.stdout.decode().split()
    print(f"import corpus2vec: {1000 * float(seconds):.1f} ms, {len(modules)} modules")
    assert not {"numpy", "pyarrow", "spacy", "torch", "typer"} & set(modules)
    assert [each for each in modules if each.startswith("corpus2vec")] == ["corpus2vec"]


def test_every_name_can_be_imported_and_has_a_docstring():
    assert 5 <= len(corpus2vec.__all__) <= 10
    assert dir(corpus2vec) == corpus2vec.__all__
    assert {*corpus2vec.HOMES, "__version__"} == set(corpus2vec.__all__)
    for name in corpus2vec.HOMES:
        assert getattr(corpus2vec, name).__doc__, name
    with pytest.raises(AttributeError, match="'corpus2vec' has no attribute 'Loda'"):
        corpus2vec.Loda  # noqa: B018


def similar(pairs):
    return [(token, pytest.approx(cosine, abs=1e-6)) for token, cosine in pairs]


@pytest.fixture
def table():
    return corpus2vec.Embeddings(
        ["harbour", "ship", "night", "New York"], [[3, 4], [4, 3], [0, -2], [1, 0]], [9, 5, 4, 1]
    )


def test_a_table_is_a_mapping_of_tokens_to_vectors(table):
    assert (len(table), table.dim) == (4, 2)
    assert list(table) == table.tokens == ["harbour", "ship", "night", "New York"]
    assert table["night"].tolist() == [0, -2]
    assert "ship" in table
    assert "Ship" not in table
    assert 3 not in table
    assert repr(table) == "<Embeddings: 4 tokens x 2 numbers>"


def test_vectors_and_counts_are_numpy_arrays_that_cannot_be_changed(table):
    assert table.vectors.dtype == np.float32
    assert table.counts.tolist() == [9, 5, 4, 1]
    for array in (table.vectors, table["ship"], table.counts):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_the_questions_of_the_command_line_can_be_asked(table):
    assert table.neighbors("harbour", top=2) == similar([("ship", 0.96), ("New York", 0.6)])
    assert table.analogy("harbour", "ship", "night", top=1) == similar([("New York", 0.164399)])
    assert table.similarity("harbour", "night") == pytest.approx(-0.8)
    assert table.neighbors(r"New\u0020York", top=1) == similar([("ship", 0.8)])


def test_an_unknown_word_is_a_key_error_with_close_spellings(table):
    with pytest.raises(KeyError) as caught:
        table.neighbors("habour")
    assert isinstance(caught.value, corpus2vec.UnknownWord)
    assert str(caught.value) == "'habour' is not in the table"
    assert caught.value.hint == "did you mean 'harbour'?"
    assert "hint: did you mean 'harbour'?" in "".join(traceback.format_exception(caught.value))
    with pytest.raises(corpus2vec.UnknownWord, match=r"'\\x1b\[31m' is not in the table"):
        table["\x1b[31m"]


def test_arrays_that_do_not_fit_are_refused():
    for vectors, counts in (([[1, 2]], None), ([1, 2], None), ([[1], [2]], [1, 2, 3])):
        with pytest.raises(corpus2vec.UsageError, match="2 tokens do not fit vectors of the shape"):
            corpus2vec.Embeddings(["a", "b"], vectors, counts)


def test_a_table_of_arrays_has_no_corpus_to_tokenize_by(table):
    with pytest.raises(corpus2vec.UsageError, match="a table made of arrays has no corpus"):
        table.lookup("the harbour")


def test_vectors_of_any_tool_can_be_loaded(tmp_path):
    file = tmp_path / "glove.txt"
    file.write_text("up 0 1\ndown 0 -1\n")
    for path in (file, str(file)):
        table = corpus2vec.load(path)
        assert table.similarity("up", "down") == -1
        assert table.counts is None
    with pytest.raises(corpus2vec.DataError, match="has no manifest of a dump"):
        table.lookup("up")
    with pytest.raises(corpus2vec.UsageError, match="there is no file"):
        corpus2vec.load(tmp_path / "nowhere.txt")


# --- build -----------------------------------------------------------------------------------

PHRASES = SAMPLES / "phrases.txt"
SMALL = {"dim": 2, "seq_len": 5, "table": "input"}


def test_build_makes_what_run_makes(tmp_path, capfd, monkeypatch):
    table = corpus2vec.build(PHRASES, tmp_path / "ours", **SMALL)
    assert table.vectors.shape == (7, 2)
    assert table.tokens == ["Hope", "to", "see", "you", "soon", "Nice", "again"]
    assert [each.id for each in table.lookup("Nice to see you again")] == [5, 1, 2, 3, 6]
    options = ["--dim", "2", "--seq-len", "5", "--table", "input", "-o", tmp_path / "theirs"]
    assert call(capfd, monkeypatch, "run", PHRASES, *options).code == 0
    for name in ("tokens.parquet", "vocab.tsv", "ids.parquet", "embeddings.txt"):
        ours, theirs = (tmp_path / folder / name for folder in ("ours", "theirs"))
        assert ours.read_bytes() == theirs.read_bytes()


def test_build_does_again_only_what_changed_and_reports_progress(tmp_path):
    class Counting(Silent):
        units = ()

        def advance(self, done, total, unit, **facts):
            self.units += (unit,)

    runs = [Counting(), Counting(), Counting()]
    settings = {**SMALL, "keep": str(PHRASES), "drop": ["space"], "format": "word2vec,npy"}
    corpus2vec.build([str(PHRASES)], str(tmp_path), progress=runs[0], **settings)
    corpus2vec.build([PHRASES], tmp_path, progress=runs[1], **settings)
    table = corpus2vec.build([PHRASES], tmp_path, progress=runs[2], **{**settings, "top": 3})
    assert {"bytes", "documents", "rows"} <= set(runs[0].units)
    assert runs[1].units == ()
    assert set(runs[2].units) == {"rows"}
    assert len(table) == 3


@pytest.mark.parametrize(
    ("settings", "message", "hint"),
    [
        ({"dimm": 2}, "there is no setting dimm", "did you mean dim?"),
        ({"valid": "ids"}, "there is no setting valid", "`corpus2vec run --help` lists them"),
        ({"dim": "2"}, "dim cannot be '2'", "it takes int"),
        ({"dim": True}, "dim cannot be True", "it takes int"),
        ({"lr": "fast"}, "lr cannot be 'fast'", "it takes float"),
        ({"drop": [1]}, "drop cannot be (1,)", "it takes tuple[str, ...]"),
        ({"objective": "lmm"}, "objective cannot be 'lmm'", "it takes one of 'context', 'lm', "),
        ({"keep": "nowhere.txt"}, "there is no file nowhere.txt", ""),
        ({"dim": 0}, "--dim must be 1 or more", ""),
    ],
)
def test_a_wrong_setting_is_refused_before_anything_is_built(tmp_path, settings, message, hint):
    with pytest.raises(corpus2vec.UsageError) as caught:
        corpus2vec.build(PHRASES, tmp_path / "build", **settings)
    assert str(caught.value).startswith(message)
    assert hint in caught.value.hint
    assert not (tmp_path / "build").exists()
