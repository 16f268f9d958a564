"""NumPy's format beside a vocabulary."""

import numpy as np
import pytest

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tables.reading import read_vectors
from tests.support.tables import ROWS, VECTORS, rows_of


def test_numpy_reads_the_array_and_the_vocabulary_lies_beside_it(dump):
    folder = dump("npy")
    array = np.load(folder / "vectors.npy", mmap_mode="r", allow_pickle=False)
    assert (array.dtype, array.tobytes()) == (np.float32, VECTORS.tobytes())
    lines = (folder / "vocab.tsv").read_text().split("\n")
    assert lines[:2] == ["id\ttoken\tcount", "0\tHope\t1"]


@pytest.mark.parametrize("name", ["words.tsv", "words.txt", "words.vocab", "vocab.txt"])
def test_a_lone_array_has_its_tokens_beside_it(tmp_path, name):
    np.save(tmp_path / "words.npy", np.array(list(ROWS.values()), np.float16))
    (tmp_path / name).write_text("Hope\t7\r\nto\t9\r\n")
    assert rows_of(read_vectors(tmp_path / "words.npy")) == ROWS


def test_the_array_of_a_dump_is_read_with_its_vocabulary(dump):
    folder = dump("npy")
    assert read_vectors(folder / "vectors.npy").tokens.equals(read_vectors(folder).tokens)


def test_an_array_alone_is_refused_with_the_way_out(tmp_path):
    np.save(tmp_path / "words.npy", np.zeros((2, 2), np.float32))
    with pytest.raises(DataError, match="has no tokens beside it") as caught:
        read_vectors(tmp_path / "words.npy")
    assert "one a line, as one of words.tsv, words.txt" in caught.value.hint


def test_an_array_of_other_tokens_is_refused(tmp_path):
    np.save(tmp_path / "words.npy", np.zeros((2, 2), np.float32))
    (tmp_path / "words.txt").write_text("Hope\n")
    with pytest.raises(DataError, match=r"has 2 rows, and .*words\.txt 1 tokens"):
        read_vectors(tmp_path / "words.npy")


def test_an_object_array_is_not_unpickled(dump):
    folder = dump("npy")
    np.save(folder / "vectors.npy", np.array([[{}]]), allow_pickle=True)
    with pytest.raises(DataError):
        read_vectors(folder)
