"""A table in a notebook: what it can be asked, and what its errors say."""

import traceback

import numpy as np
import pytest

import corpus2vec


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
