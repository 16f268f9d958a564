"""NumPy's format beside a vocabulary."""

import numpy as np
import pytest

from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.tables.reading import read_vectors
from tests.support.tables import VECTORS


def test_numpy_reads_the_array_and_the_vocabulary_lies_beside_it(dump):
    folder = dump("npy")
    array = np.load(folder / "vectors.npy", mmap_mode="r", allow_pickle=False)
    assert (array.dtype, array.tobytes()) == (np.float32, VECTORS.tobytes())
    lines = (folder / "vocab.tsv").read_text().split("\n")
    assert lines[:2] == ["id\ttoken\tcount", "0\tHope\t1"]


def test_an_array_alone_is_refused_with_the_way_out(dump):
    with pytest.raises(DataError, match="has no tokens beside its vectors") as caught:
        read_vectors(dump("npy") / "vectors.npy")
    assert caught.value.hint.startswith("name the folder")


def test_an_object_array_is_not_unpickled(dump):
    folder = dump("npy")
    np.save(folder / "vectors.npy", np.array([[{}]]), allow_pickle=True)
    with pytest.raises(DataError):
        read_vectors(folder)
