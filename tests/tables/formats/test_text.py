"""word2vec, GloVe and fastText text: exact to the character, and read from any tool."""

import re

import numpy as np
import pytest
from gensim.models import KeyedVectors

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tables.reading import read_vectors
from tests.support.tables import (
    FEW,
    HOSTILE,
    ROWS,
    SPACED,
    THREE,
    VECTORS,
    assert_same,
    spelt,
    table,
    written,
)


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # gensim's, without a header
@pytest.mark.parametrize(
    ("format", "options"), [("word2vec", {}), ("fasttext", {}), ("glove", {"no_header": True})]
)
def test_gensim_reads_every_row(dump, format, options):
    model = KeyedVectors.load_word2vec_format(dump(format), **options)
    assert model.index_to_key == spelt(format)
    assert model.vectors.dtype == np.float32
    assert model.vectors.tobytes() == VECTORS.tobytes()


def test_word2vec_text_to_the_character():
    assert written(THREE, "word2vec") == b"3 2\nHope 0.25 -1.5\nto 1 0.1\nsee -0 1e-45\n"


def test_glove_text_is_the_same_without_the_first_line():
    assert written(THREE, "glove") == written(THREE, "word2vec").removeprefix(b"3 2\n")


@pytest.mark.parametrize("unsafe_token", ["escape", "skip"])
def test_every_row_has_a_token_and_d_numbers_for_awk(unsafe_token):
    tokens = [*HOSTILE, *SPACED]
    rows = written(table(tokens), "glove", unsafe_token=unsafe_token)
    assert {len(row.split()) for row in rows.strip(b"\n").split(b"\n")} == {3}


FOREIGN = {
    "word2vec": "2 2\nHope 0.25 -1.5\nto 1 0.5\n",
    "word2vec, Mikolov's trailing spaces": "2 2\nHope 0.25 -1.5 \nto 1.0 0.5 \n",
    "word2vec, byte order mark": "\ufeff2 2\nHope 0.25 -1.5\nto 1 0.5\n",
    "word2vec, CR LF": "2 2\r\nHope 0.25 -1.5\r\nto 1 0.5\r\n",
    "glove": "Hope 0.25 -1.5\nto 1 0.5\n",
    "glove, CR LF": "Hope 0.25 -1.5\r\nto 1 0.5\r\n",
    "glove, trailing spaces": "Hope 0.25 -1.5 \nto 1 0.5 \n",
    "no last newline": "Hope 0.25 -1.5\nto 1 0.5",
    "exponents and signs": "Hope 2.5e-1 -15E-1\nto +1.0 .5\n",
}


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_text_vectors_are_read(read, text):
    assert read(text) == ROWS


def test_fasttext_vectors_are_read(read):
    text = "3 2\n</s> 0.25 -1.5 \n, 1 0.5 \n2024 3 4 \n"
    assert read(text, name="wiki.vec") == {"</s>": [0.25, -1.5], ",": [1, 0.5], "2024": [3, 4]}


def test_a_first_token_with_spaces_does_not_decide_the_columns(read):
    text = ". . . 0.25 -1.5\nto 1 0.5\nat name@domain.com 3 4\nsee 5 6\n"
    found = {". . .": [0.25, -1.5], "to": [1, 0.5], "at name@domain.com": [3, 4], "see": [5, 6]}
    assert read(text) == found


def test_tokens_with_spaces_are_read_as_glove_has_them(read):
    text = "the 1 2\n. . . 3 4\nat name@domain.com 5 6\n"
    assert read(text) == {"the": [1, 2], ". . .": [3, 4], "at name@domain.com": [5, 6]}


def test_only_a_line_feed_ends_a_row(read):
    text = "a\u2028b 1 2\n\x85 3 4\n\x0b\x1c 5 6\n"
    assert read(text) == {"a\u2028b": [1, 2], "\x85": [3, 4], "\x0b\x1c": [5, 6]}


def test_bytes_that_are_not_utf8_spoil_their_own_token_only(read):
    assert read(b"caf\xe9 1 2\nto 3 4\n") == {"caf\ufffd": [1, 2], "to": [3, 4]}


@pytest.mark.parametrize("dim", [1, 2, 3, 300])
def test_what_gensim_writes_is_read_to_the_bit(tmp_path, dim):
    vectors = np.random.default_rng(dim).standard_normal((len(FEW), dim), np.float32)
    model = KeyedVectors(dim)
    model.add_vectors(FEW, vectors)
    model.save_word2vec_format(tmp_path / "vectors.txt")
    assert_same(read_vectors(tmp_path / "vectors.txt"), FEW, vectors)


def test_a_block_with_spaces_in_tokens_is_read_like_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr("corpus2vec.pipeline.tables.formats.rows.BLOCK_BYTES", 16)
    rows = {f"a {row}" if row % 3 == 1 else f"b{row}": [row, -row] for row in range(50)}
    text = "".join(f"{token} {x} {y}\n" for token, (x, y) in rows.items())
    (tmp_path / "glove.txt").write_text(text)
    read = read_vectors(tmp_path / "glove.txt")
    assert dict(zip(read.tokens.to_pylist(), read.vectors_VD.tolist(), strict=True)) == rows
    wanted = read_vectors(tmp_path / "glove.txt", {"a 1", "b48"})
    assert wanted.vectors_VD.tolist() == [[1, -1], [48, -48]]


MALFORMED = {
    "too few numbers": ("a 1 2\nb 3\n", "line 2 has 1 numbers where 2 are expected"),
    "no number": ("a 1 2\nb x 4\n", "line 2: could not convert string to float: b'x'"),
    "too few numbers below a header": ("2 3\na 1 2 3\nb 3\n", "line 3 has 1 numbers where 3"),
    "no number in the first row": ("2 3\na 1 x 3\nb 1 2 3\n", "line 2: could not convert"),
    "first row too short": ("2 3\na 1 2\nb 1 2 3\n", "line 2 has 2 numbers where 3 are"),
    "blank line": ("a 1 2\n\nb 3 4\n", "line 2 has 0 numbers where 2 are expected"),
    "NaN": ("a 1 2\nb nan 4\n", "line 2 has a number that is not finite"),
    "infinity": ("2 1\na 1\nb inf\n", "line 3 has a number that is not finite"),
    "more than float32 holds": ("a 1e39 2\n", "line 1 has a number that is not finite"),
    "fewer rows than the header says": ("3 1\na 1\nb 2\n", "ends after 2 of 3 rows"),
    "nothing below the header": ("3 1\n", "ends after 0 of 3 rows"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_row_is_refused_by_its_line(read, text, message):
    with pytest.raises(DataError, match=re.escape(message)) as caught:
        read(text)
    assert "vectors.txt" in caught.value.message
