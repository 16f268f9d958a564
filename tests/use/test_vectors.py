"""Vectors of documents as files."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from gensim.models import KeyedVectors

from corpus2vec.pipeline.errors import PipelineError
from corpus2vec.pipeline.use.vectors import Spool, Sum, VectorWriter, verify

VECTORS = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)
IDS = pa.array(["x", "New York", "", "é\t", "z"])


def written(format, ids=True):
    sink = io.BytesIO()
    with Spool(3, None) as spool:
        for rows in (slice(0, 2), slice(2, 2), slice(2, 5)):
            spool.add(VECTORS[rows], IDS[rows] if ids else None)
        assert spool.rows == 5
        with VectorWriter(sink, format, 5, 3, ids=ids) as writer:
            for vectors, names in spool.batches():
                writer.write(vectors, names)
    return sink.getvalue()


def test_npy_is_what_numpy_loads():
    assert np.load(io.BytesIO(written("npy"))).tobytes() == VECTORS.tobytes()


@pytest.mark.parametrize("ids", [True, False])
def test_parquet_has_a_row_a_document(ids):
    table = pq.read_table(io.BytesIO(written("parquet", ids)))
    assert table.schema.names == (["id", "vector"] if ids else ["vector"])
    assert np.array_equal(np.array(table.column("vector").to_pylist(), np.float32), VECTORS)
    if ids:
        assert table.column("id").to_pylist() == IDS.to_pylist()


@pytest.mark.parametrize(
    ("ids", "names"),
    [(True, ["x", "New\\u0020York", "2", "é\\u0009", "z"]), (False, list("01234"))],
)
def test_word2vec_text_is_what_gensim_loads(tmp_path, ids, names):
    (tmp_path / "v.txt").write_bytes(written("word2vec", ids))
    vectors = KeyedVectors.load_word2vec_format(tmp_path / "v.txt")
    assert vectors.index_to_key == names
    assert np.array_equal(vectors.vectors, VECTORS)


def sum_of(vectors):
    found = Sum()
    found.add(vectors)
    return found


@pytest.mark.parametrize("format", ["npy", "parquet", "word2vec"])
def test_what_is_not_as_it_was_written_is_found_before_it_is_published(tmp_path, format):
    path = tmp_path / "v"
    content = written(format)
    path.write_bytes(content)
    verify(path, format, 3, sum_of(VECTORS))
    with pytest.raises(PipelineError, match="5 of 4 rows"):
        verify(path, format, 3, sum_of(VECTORS[:4]))
    with pytest.raises(PipelineError, match="other numbers"):
        verify(path, format, 3, sum_of(VECTORS + 1))
    path.write_bytes(content[:-2])
    with pytest.raises(PipelineError, match="before publishing them, found"):
        verify(path, format, 3, sum_of(VECTORS))
