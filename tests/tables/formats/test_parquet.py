"""Parquet: by its schema, and what is no table of vectors is refused."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpus2vec.pipeline.errors import DataError
from tests.support.tables import (
    COUNTS,
    HOSTILE,
    ROWS,
    THREE,
    TOKENS,
    VECTORS,
    table,
    written,
)

RANDOM = np.random.default_rng(1).standard_normal((len(HOSTILE), 7), np.float32)


def test_parquet_is_read_by_pyarrow_with_tokens_as_they_are(dump):
    read = pq.read_table(dump("parquet"))
    assert read.column_names == ["token", "count", "vector"]
    assert read["token"].to_pylist() == TOKENS
    assert read["count"].to_pylist() == COUNTS.tolist()
    assert read["vector"].combine_chunks().flatten().to_numpy().tobytes() == VECTORS.tobytes()


def read_parquet(data):
    return pq.read_table(pa.BufferReader(data))


def test_parquet_has_the_schema_of_its_specification():
    fields = {each.name: each.type for each in read_parquet(written(THREE, "parquet")).schema}
    assert fields == {
        "token": pa.string(),
        "count": pa.int64(),
        "vector": pa.list_(pa.float32(), 2),
    }


def test_parquet_keeps_every_token_count_and_bit():
    counts = np.arange(len(HOSTILE)) + 2**40
    read = read_parquet(written(table(HOSTILE, RANDOM, counts), "parquet"))
    assert read["token"].to_pylist() == HOSTILE
    assert read["count"].to_pylist() == counts.tolist()
    vectors = read["vector"].combine_chunks().flatten().to_numpy()
    assert vectors.tobytes() == RANDOM.tobytes()


def test_parquet_of_a_table_without_counts_has_none():
    read = read_parquet(written(table(["a"]), "parquet"))
    assert read.column_names == ["token", "vector"]


def test_parquet_is_the_same_bytes_every_time():
    assert written(THREE, "parquet") == written(THREE, "parquet")


def parquet(**columns):
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def vectors_of(rows, value_type="float32"):
    return pa.array(rows, pa.list_(pa.type_for_alias(value_type), 2))


BAD_PARQUET = {
    "no token": (parquet(vector=vectors_of([[1, 2]])), "holds no word vectors"),
    "no vector": (parquet(token=["a"]), "holds no word vectors"),
    "lists of several sizes": (
        parquet(token=["a", "b", "c"], vector=[[1.0, 2.0], [3.0, 4.0], [5.0]]),
        "row 3 has 1 numbers where 2 are expected",
    ),
    "text": (
        parquet(token=["a"], vector=vectors_of([["x", "y"]], "string")),
        "no column of lists of floats is among them",
    ),
    "two columns of words": (
        parquet(one=["a"], two=["b"], vector=[[1.0]]),
        "no column of tokens is among them",
    ),
    "a null in a list": (parquet(token=["a"], vector=[[1.0, None]]), "without a vector"),
    "a null in a column of numbers": (
        parquet(token=["a", "b"], one=[1.0, None], two=[1.0, 2.0]),
        "without a vector",
    ),
    "null token": (parquet(token=["a", None], vector=vectors_of([[1, 2]] * 2)), "without a token"),
    "null vector": (parquet(token=["a", "b"], vector=vectors_of([[1, 2], None])), "without a vec"),
    "null number": (parquet(token=["a"], vector=vectors_of([[1, None]])), "without a vector"),
    "NaN": (parquet(token=["a"], vector=vectors_of([[1, np.nan]])), "row 1 has a number that is"),
    "more than float32 holds": (
        parquet(token=["a"], vector=vectors_of([[1, 1e39]], "float64")),
        "row 1 has a number that is not finite",
    ),
    "cut off": (parquet(token=["a"], vector=vectors_of([[1, 2]]))[:-9], "holds no word vectors"),
}


@pytest.mark.parametrize(("content", "message"), BAD_PARQUET.values(), ids=BAD_PARQUET)
def test_parquet_that_holds_no_such_table_is_refused(read, content, message):
    with pytest.raises(DataError, match=message):
        read(content)


@pytest.mark.parametrize("value_type", ["float16", "float32", "float64"])
def test_parquet_of_other_tools_may_have_other_floats(read, value_type):
    vectors = vectors_of(list(ROWS.values()), value_type)
    assert read(parquet(more=[1, 2], vector=vectors, token=list(ROWS))) == ROWS


def test_an_empty_parquet_table_is_empty(read):
    content = parquet(token=pa.array([], pa.string()), vector=vectors_of([]))
    assert read(content) == {}


# --- as other tools write it -----------------------------------------------------------------

LIST = pa.array(list(ROWS.values()), pa.list_(pa.float32()))
OTHERS = {
    "duckdb": {"token": list(ROWS), "count": [3, 4], "vector": LIST},
    "pandas": {"word": list(ROWS), "embedding": LIST.cast(pa.list_(pa.float64()))},
    "pandas, indexed by word": {"vector": LIST, "__index_level_0__": list(ROWS)},
    "pandas, categories": {"word": pa.array(list(ROWS)).dictionary_encode(), "vec": LIST},
    "pandas, a column for each dimension": {
        "0": [0.25, 1.0],
        "1": [-1.5, 0.5],
        "__index_level_0__": list(ROWS),
    },
    "polars": {
        "Wort": pa.array(list(ROWS), pa.large_string()),
        "Vektor": LIST.cast(pa.large_list(pa.float32())),
    },
    "of several strings, the usual name": {
        "tag": ["UH", "TO"],
        "token": list(ROWS),
        "vector": LIST,
    },
}


@pytest.mark.parametrize("columns", OTHERS.values(), ids=OTHERS)
def test_what_other_tools_write_is_read(read, columns):
    assert read(parquet(**columns)) == ROWS


def test_our_own_dump_rewritten_with_plain_lists_is_read(read):
    dumped = read_parquet(written(THREE, "parquet"))
    place = dumped.column_names.index("vector")
    lists = dumped["vector"].cast(pa.list_(pa.float32()))
    sink = io.BytesIO()
    pq.write_table(dumped.set_column(place, "vector", lists), sink)
    assert read(sink.getvalue()) == read(written(THREE, "parquet"))


def test_rows_of_several_batches_are_numbered_in_the_file(read, monkeypatch):
    monkeypatch.setattr("corpus2vec.pipeline.tables.formats.parquet.READ_ROWS", 2)
    content = parquet(token=["a", "b", "c", "d"], vector=[[1.0], [2.0], [3.0], [4.0, 5.0]])
    with pytest.raises(DataError, match="row 4 has 2 numbers where 1 are expected"):
        read(content)
