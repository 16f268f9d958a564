"""Tokens that a format cannot hold: escaped, skipped or refused."""

import sys

import pytest

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tables.tokens import as_written
from tests.support.tables import HOSTILE, SPACED, dumped, table, written


@pytest.mark.parametrize(
    ("token", "spelt"),
    [
        ("New York", "New\\u0020York"),
        ("a\tb\nc", "a\\u0009b\\u000ac"),
        ("\u2028", "\\u2028"),
        ("\u3000x", "\\u3000x"),
        ("a\\b", "a\\b"),
    ],
)
@pytest.mark.parametrize("format", ["word2vec", "glove"])
def test_white_space_is_escaped(token, spelt, format):
    assert as_written(token, format) == spelt
    assert f"{spelt} 0.5 -0.5\n" in written(table([token]), format).decode()


def test_whatever_any_tool_takes_for_white_space_is_escaped():
    everything = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    spaces = [each for each in everything if not each.strip() or len(f"a{each}b".splitlines()) > 1]
    rows, unsafe = dumped(table(everything), "glove")
    assert unsafe == {"escaped": len(spaces)}
    assert len(rows.decode().splitlines()) == len(everything)


def test_escaped_tokens_are_counted():
    assert dumped(table(["a", *SPACED]), "glove")[1] == {"escaped": len(SPACED)}
    assert dumped(table(["a"]), "glove")[1] == {}


def test_skipped_tokens_take_their_vectors_along():
    given = table(["a", "b c", "d"], [[1], [2], [3]])
    assert dumped(given, "word2vec", unsafe_token="skip") == (
        b"2 1\na 1\nd 3\n",
        {"skipped": 1},
    )


def test_all_tokens_may_be_skipped():
    assert dumped(table([" "]), "word2vec", unsafe_token="skip") == (
        b"0 2\n",
        {"skipped": 1},
    )


def test_unsafe_tokens_are_refused_by_name_if_asked():
    with pytest.raises(DataError) as caught:
        written(table(["a", "b c", "d\te"]), "glove", unsafe_token="error")
    assert caught.value.message == (
        "2 tokens have white space in them, the first is 'b c': glove text cannot hold them"
    )


@pytest.mark.parametrize("unsafe_token", ["escape", "skip", "error"])
def test_safe_tokens_are_written_as_they_are(unsafe_token):
    rows = written(table(HOSTILE), "glove", unsafe_token=unsafe_token).decode().split("\n")
    assert [row.split(" ")[0] for row in rows] == [*HOSTILE, ""]


def test_an_escaped_token_that_is_spelt_like_another_is_refused():
    with pytest.raises(DataError, match="an escaped token is spelt like another one"):
        written(table(["New York", "New\\u0020York"]), "glove")


@pytest.mark.parametrize("format", ["table", "parquet"])
def test_the_grid_and_parquet_need_no_such_care(format):
    assert dumped(table(["New York", "New\\u0020York"]), format)[1] == {}
