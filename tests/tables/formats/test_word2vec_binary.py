"""word2vec's binary format: read by gensim, and from gensim and Mikolov's tool."""

import gzip

import numpy as np
import pytest
from gensim.models import KeyedVectors

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tables.reading import read_vectors
from tests.support.tables import FEW, ROWS, VECTORS, assert_same, spelt, word2vec_binary


def test_gensim_reads_every_row(dump):
    model = KeyedVectors.load_word2vec_format(dump("word2vec-binary"), binary=True)
    assert model.index_to_key == spelt("word2vec-binary")
    assert model.vectors.tobytes() == VECTORS.tobytes()


@pytest.mark.parametrize("dim", [1, 2, 3, 300])
def test_what_gensim_writes_is_read_to_the_bit(tmp_path, dim):
    vectors = np.random.default_rng(dim).standard_normal((len(FEW), dim), np.float32)
    model = KeyedVectors(dim)
    model.add_vectors(FEW, vectors)
    model.save_word2vec_format(tmp_path / "vectors.bin", binary=True)
    assert_same(read_vectors(tmp_path / "vectors.bin"), FEW, vectors)


@pytest.mark.parametrize("newline", [b"", b"\n"], ids=["gensim's", "Mikolov's"])
@pytest.mark.parametrize("byte", [b"\n", b" ", b"\r", b"0"])
def test_binary_numbers_may_have_any_byte(read, newline, byte):
    vector = np.frombuffer(byte * 4 + b"\x00\x00\x80\x3f", "<f4").tolist()
    rows = {"Hope": vector, "to": vector}
    assert read(word2vec_binary(rows, newline)) == rows


def test_compressed_binary_is_read(read):
    assert read(gzip.compress(word2vec_binary(ROWS)), name="vectors.bin.gz") == ROWS


def test_binary_that_is_cut_off_is_refused(read):
    content = word2vec_binary(ROWS)
    for end in range(len(content)):
        with pytest.raises(DataError):
            read(content[:end])


def test_binary_that_is_cut_off_says_where(read):
    with pytest.raises(DataError, match=r"ends in row 2 of 2$") as caught:
        read(word2vec_binary(ROWS)[:-1], wanted={"Hope"})
    assert caught.value.hint == "is it complete?"


def test_binary_that_goes_on_is_refused(read):
    with pytest.raises(DataError, match="goes on after the 1 rows that its first line names"):
        read(word2vec_binary(ROWS, count=1))


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_binary_numbers_that_are_not_finite_are_refused_by_row(read, number):
    with pytest.raises(DataError, match="row 2 has a number that is not finite"):
        read(word2vec_binary({"a": [1, 2], "b": [1, number]}))
