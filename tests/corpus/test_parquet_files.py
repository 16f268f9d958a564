"""A row of any Parquet file is a document, whatever kind of strings its column holds."""

import contextlib
import io
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.corpus import limits, parquet_files
from corpus2vec.pipeline.errors import DataError
from tests.support.corpora import (
    corpus_of,
    documents,
    hint,
    labels,
    parquet,
    refusal,
    refused,
    rows,
    texts,
)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


STRING_TYPES = [
    pa.string(),
    pa.large_string(),
    pa.string_view(),
    pa.dictionary(pa.int8(), pa.string()),
    pa.dictionary(pa.int32(), pa.large_string()),
]


@pytest.mark.parametrize("kind", STRING_TYPES, ids=str)
def test_a_parquet_row_is_a_document_whatever_kind_of_strings_it_holds(kind):
    strings = pa.array(["Hope", None, "", "to"]).cast(kind)
    corpus = corpus_of(parquet(n=[1, 2, 3, 4], text=strings), "a.parquet")
    expected = [{"text": "Hope"}, {"text": ""}, {"text": ""}, {"text": "to"}]
    assert documents(corpus) == expected
    if pa.types.is_dictionary(kind):
        nulls_by_index = pa.DictionaryArray.from_arrays([1, None, 0], ["", "Hope"])
        corpus = corpus_of(parquet(text=nulls_by_index.cast(kind)), "a.parquet")
        assert documents(corpus) == [{"text": "Hope"}, {"text": ""}, {"text": ""}]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (["news", "tale"], ["news", "tale"]),
        (pa.array(["news", "tale"]).dictionary_encode(), ["news", "tale"]),
        ([3, 4], ["3", "4"]),
        ([True, False], ["true", "false"]),
    ],
)
def test_a_parquet_label_is_a_string_a_number_or_a_truth_value(column, expected):
    content = parquet(text=["a", "b"], y=column)
    assert labels(content, "a.parquet", label_field="y") == expected


def test_a_label_that_is_null_is_reported_by_its_row():
    content = parquet(text=["a", "b"], y=["news", None])
    expected = "a.parquet row 2: its label is neither a string nor a number: None"
    assert refusal(content, "a.parquet", label_field="y") == expected


@pytest.mark.parametrize(
    ("column", "held"),
    [([1], "int64"), ([["a"]], "list<element: string>"), ([b"a"], "binary"), ([None], "null")],
)
def test_a_text_column_must_hold_strings(column, held):
    content = parquet(text=column)
    assert refusal(content, "a.parquet") == f"a.parquet: the column text holds {held}, not strings"


def test_a_missing_column_is_reported_with_those_that_are_there():
    corpus = corpus_of(parquet(body=["a"], n=[1]), "a.parquet")
    assert refused(corpus).message == "a.parquet has no column text"
    assert refused(corpus).hint == "it has body, n; choose one with --text-field"


def test_a_column_that_is_there_twice_is_refused():
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_arrays([["a"], ["b"]], names=["text", "text"]), sink)
    assert refusal(sink.getvalue(), "a.parquet") == "a.parquet has 2 columns text"


def not_utf8(second=b"caf\xe9"):
    offsets = pa.array([0, 4, 4 + len(second)], pa.int32()).buffers()[1]
    strings = pa.StringArray.from_buffers(2, offsets, pa.py_buffer(b"Hope" + second))
    return parquet(text=strings, y=strings.dictionary_encode())


@pytest.mark.parametrize("column", ["text", "y"])
def test_a_parquet_string_that_is_not_utf8_is_refused(column):
    expected = f"a.parquet: the column {column} has a string that is not UTF-8: 0xe9"
    assert refusal(not_utf8(), "a.parquet", text_field=column) == expected


@pytest.mark.parametrize("column", ["text", "y"])
def test_a_parquet_string_that_is_not_utf8_is_replaced_on_request(column):
    given = {"text_field": column, "encoding_errors": "replace"}
    assert texts(not_utf8(), "a.parquet", **given) == ["Hope", "caf\ufffd"]


def test_a_parquet_file_that_is_cut_off_is_damaged_wherever_it_was_cut():
    whole = parquet(text=["Hope", "to"])
    for length in range(0, len(whole), 7):
        assert refusal(whole[:length], "a.parquet").startswith("a.parquet is damaged: ")


def rows_at_a_time(monkeypatch, content, **settings):
    """How many rows Arrow decodes at a time, and the documents."""
    sizes = []
    batches = parquet_files._batches

    def seen(*given):
        for batch in batches(*given):
            sizes.append(batch.num_rows)
            yield batch

    monkeypatch.setattr(parquet_files, "_batches", seen)
    return sizes, documents(corpus_of(content, "a.parquet", **settings))


@pytest.mark.parametrize("label", [None, 7, "news"])
def test_few_rows_are_read_at_a_time_where_all_repeat_a_long_string(label, monkeypatch):
    monkeypatch.setattr(limits, "PARQUET_BYTES", 4000)
    content = parquet(text=["a " * 500] * 40, y=[label] * 40)
    settings = {} if label is None else {"label_field": "y"}
    sizes, found = rows_at_a_time(monkeypatch, content, **settings)
    assert [row["text"] for row in found] == ["a " * 500] * 40
    assert sizes == [4] * 10


def test_few_rows_are_read_at_a_time_where_strings_are_long(monkeypatch):
    monkeypatch.setattr(limits, "PARQUET_BYTES", 4000)
    sizes, _ = rows_at_a_time(monkeypatch, parquet(text=[f"{n:0999}" for n in range(40)]))
    assert max(sizes) <= 4
    monkeypatch.setattr(limits, "PARQUET_BYTES", 1 << 24)
    sizes, _ = rows_at_a_time(monkeypatch, parquet(text=[f"{n}" for n in range(4000)]))
    assert max(sizes) == limits.PARQUET_ROWS


texts_in_rows = st.lists(st.none() | st.text(st.sampled_from("a é😀"), max_size=20), max_size=12)


@given(
    given_texts=texts_in_rows,
    kind=st.sampled_from(STRING_TYPES),
    block_bytes=st.integers(1, 30),
    parquet_bytes=st.integers(1, 300),
)
def test_documents_do_not_depend_on_how_many_rows_are_read_at_a_time(
    given_texts, kind, block_bytes, parquet_bytes
):
    column = pa.array(given_texts, pa.string()).cast(kind)
    names = pa.array([f"{n}" for n in range(len(given_texts))], pa.string())
    content = parquet(text=column, y=names.dictionary_encode())
    corpus = corpus_of(content, "a.parquet", label_field="y")
    with mock.patch.multiple(limits, DOCUMENT_BYTES=8):
        whole = documents(corpus), corpus.cuts
        corpus = corpus_of(content, "a.parquet", label_field="y")
        with mock.patch.multiple(limits, BLOCK_BYTES=block_bytes, PARQUET_BYTES=parquet_bytes):
            assert (documents(corpus), corpus.cuts) == whole
    assert "".join(row["text"] for row in whole[0]) == "".join(text or "" for text in given_texts)


@pytest.mark.parametrize("column", ["text", "y"])
def test_a_long_string_that_is_not_utf8_is_refused_or_replaced(column, monkeypatch):
    monkeypatch.setattr(limits, "DOCUMENT_BYTES", 4)
    monkeypatch.setattr(limits, "BLOCK_BYTES", 3)
    expected = f"a.parquet: the column {column} has a string that is not UTF-8: 0xe9"
    content = not_utf8(b"Hope-and-caf\xe9")
    assert refusal(content, "a.parquet", text_field=column) == expected
    given = {"text_field": column, "encoding_errors": "replace"}
    assert "".join(texts(content, "a.parquet", **given)) == "HopeHope-and-caf\ufffd"
    replaced = texts(not_utf8(b"\xe9\xe9\xe9"), "a.parquet", **given)
    assert replaced == ["Hope", "\ufffd", "\ufffd", "\ufffd"]


@given(st.data(), st.sampled_from([1, limits.PARQUET_BYTES]))
def test_a_parquet_file_with_a_flipped_bit_is_documents_or_refused(data, parquet_bytes):
    content = bytearray(parquet(text=["Hope", "to"], y=["a", "b"]))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    sizes = mock.patch.object(limits, "PARQUET_BYTES", parquet_bytes)
    with contextlib.suppress(DataError), sizes:
        rows(corpus_of(bytes(content), "a.parquet", label_field="y"))


@pytest.mark.parametrize("place", [163, 179, 265, 334])
def test_damaged_metadata_of_a_column_ends_no_process(place):
    content = bytearray(parquet(text=["Hope", "to"], y=["a", "b"]))
    for bit in range(8):
        flipped = bytearray(content)
        flipped[place] ^= 1 << bit
        with contextlib.suppress(DataError):
            rows(corpus_of(bytes(flipped), "a.parquet", label_field="y"))


# --- columns within others, and several ------------------------------------------------------


def nested(bodies, **columns):
    return parquet(doc=[{"body": body, "n": 1} for body in bodies], **columns)


def test_a_column_may_be_within_a_struct():
    content = nested(["Hope", None, "to"], y=["a", "b", "c"])
    corpus = corpus_of(content, "a.parquet", text_field="doc.body", label_field="doc.n")
    assert rows(corpus) == [{"text": "Hope", "label": "1"}, {"text": "to", "label": "1"}]


@pytest.mark.parametrize(
    ("name", "message", "hinted"),
    [
        ("doc.x", "a.parquet: the column doc has no field x", "it has body, n; "),
        ("doc.body.x", "a.parquet: the column doc.body has no field x", "it holds string"),
        ("doc", "a.parquet: the column doc holds struct", "it has body, n; name one of them"),
        ("x.y", "a.parquet has no column x.y", "it has doc; "),
    ],
)
def test_what_is_not_within_a_struct_is_reported(name, message, hinted):
    assert refusal(nested(["a"]), "a.parquet", text_field=name).startswith(message)
    assert hint(nested(["a"]), "a.parquet", text_field=name).startswith(hinted)


@pytest.mark.parametrize("document_bytes", [1 << 20, 6])
def test_the_texts_of_several_columns_are_joined(document_bytes, monkeypatch):
    monkeypatch.setattr(limits, "DOCUMENT_BYTES", document_bytes)
    content = parquet(title=["Hope", None, "a", None], body=["to see", "you", None, None])
    found = documents(corpus_of(content, "a.parquet", text_field="title,body"))
    joined = ["Hope\nto see", "you", "a", ""]
    assert "".join(row["text"] for row in found) == "".join(joined)
    if document_bytes > 6:
        assert [row["text"] for row in found] == joined


def test_rows_without_an_id_or_a_label_are_left_out_on_request():
    content = parquet(text=["a", "b", "c"], id=["1", None, "3"], y=["p", "q", None])
    settings = {"id_field": "id", "label_field": "y", "on_missing": "skip"}
    corpus = corpus_of(content, "a.parquet", **settings)
    assert rows(corpus) == [{"text": "a", "label": "p"}]
    assert corpus.missing == 2
