"""Words as people type them: escapes, cases, and what is close to a word that is not there."""

import difflib

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.ask.words import Words, most_frequent
from corpus2vec.pipeline.strings.display import visible
from corpus2vec.pipeline.tables.table import Table
from corpus2vec.pipeline.tables.tokens import as_written

HOSTILE = ["New York", "a\tb", "\\a", "C:\\u0020", "\u202eevil", "\x1b[2J", "naïve", "", "a\\\\b"]


def words(*tokens, case="exact"):
    return Words(pa.array(tokens, pa.string()), case)


def test_a_token_is_found_as_it_is_and_as_it_is_shown():
    asked = words(*HOSTILE)
    assert [asked.row(token) for token in HOSTILE] == list(range(len(HOSTILE)))
    assert [asked.row(visible(token)) for token in HOSTILE] == list(range(len(HOSTILE)))


def test_a_token_is_found_as_a_text_dump_spells_it():
    asked = words(*(as_written(token, "word2vec") for token in HOSTILE))
    assert [asked.row(token) for token in HOSTILE] == list(range(len(HOSTILE)))


def test_a_word_that_is_no_utf_8_is_unknown():
    word = b"caf\xe9".decode("utf-8", "surrogateescape")
    asked = words("café", "caf?", "\\udce9", case="fold")
    assert asked.row(word) is None
    assert asked.rows([(word, "café")]).tolist() == [[-1, 0]]
    assert "café" in asked.close(word)


def test_what_is_not_there_has_no_row():
    assert words("a", "b").row("c") is None
    assert words("a", "b").rows([("b", "c"), ("a", "b")]).tolist() == [[1, -1], [0, 1]]


def test_case():
    tokens = ["apple", "Apple", "APPLE", "Berlin", "straße"]
    assert words(*tokens).row("Berlin") == 3
    assert words(*tokens).row("BERLIN") is None
    assert words(*tokens, case="lower").row("Apple") == 0
    assert words(*tokens, case="lower").row("Berlin") is None
    folded = words(*tokens, case="fold")
    assert [folded.row(word) for word in ("Apple", "berlin", "STRASSE")] == [0, 3, 4]
    assert folded.first_V.tolist() == [0, 0, 0, 3, 4]
    assert words(*tokens).first_V.tolist() == [0, 1, 2, 3, 4]


def test_close_spellings_whatever_the_case():
    asked = words("king", "queen", "Kong", "KINGDOM", "table")
    assert asked.close("kng") == ["king", "Kong", "KINGDOM"]
    assert asked.close("Queeen", 1) == ["queen"]
    assert asked.close("zzz") == []
    assert asked.close("") == []
    assert asked.close("\udcff") == []


@given(
    st.lists(st.text("abcde", min_size=1, max_size=8), min_size=1, max_size=60, unique=True),
    st.text("abcde", min_size=1, max_size=8),
)
def test_close_spellings_are_as_like_as_those_that_difflib_finds(tokens, word):
    def likeness(found):
        return sorted(difflib.SequenceMatcher(None, each, word).ratio() for each in found)

    expected = difflib.get_close_matches(word, tokens, 3, 0.6)
    assert likeness(words(*tokens).close(word)) == likeness(expected)


def test_most_frequent_rows_first_where_counts_are_known():
    tokens = pa.array(["a", "b", "c", "d"])
    vectors = np.arange(8, dtype=np.float32).reshape(4, 2)
    counted = most_frequent(Table(tokens, vectors, np.array([1, 5, 1, 9])), 3)
    assert counted.tokens.to_pylist() == ["d", "b", "a"]
    assert counted.vectors_VD.tolist() == [[6, 7], [2, 3], [0, 1]]
    assert most_frequent(Table(tokens, vectors), 2).tokens.to_pylist() == ["a", "b"]
    assert len(most_frequent(Table(tokens, vectors))) == 4
