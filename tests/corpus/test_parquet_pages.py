"""Long pages are read piece by piece, to the strings that Arrow reads."""

import contextlib
import io
import random
import struct
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.corpus import limits, parquet_files
from corpus2vec.pipeline.errors import DataError
from tests.support.corpora import corpus_of, refusal, rows

TEXTS = ["Hope to see you soon " * 40, None, "", "Nice é😀", "Hope to see you soon " * 40] * 9


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def written(table, **settings):
    sink = io.BytesIO()
    pq.write_table(pa.table(table), sink, **settings)
    return sink.getvalue()


def read(content, *, long, **settings):
    """The rows, by pages if `long`, else by Arrow; and how many columns were read by pages."""
    opened = mock.Mock(side_effect=parquet_files.LongColumn)
    most = mock.patch.object(limits, "PARQUET_BYTES", 1 if long else 1 << 24)
    with most, mock.patch.object(parquet_files, "LongColumn", opened):
        found = rows(corpus_of(content, "a.parquet", **settings))
    return found, opened.call_count


@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "brotli", "zstd"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("dictionary", [True, False])
def test_long_pages_have_the_strings_that_arrow_reads(codec, version, dictionary):
    settings = {
        "compression": codec,
        "data_page_version": version,
        "use_dictionary": dictionary,
        "row_group_size": 20,
        "data_page_size": 2000,
    }
    content = written({"text": TEXTS, "y": list(map(str, range(len(TEXTS))))}, **settings)
    found, count = read(content, long=True, label_field="y")
    assert (found, count) == (read(content, long=False, label_field="y")[0], 6)


@pytest.mark.parametrize("other", [{}, {"id_field": "n"}])
def test_a_long_column_may_be_beside_others_and_within_a_struct(other):
    docs = [None if n % 7 == 3 else {"body": text} for n, text in enumerate(TEXTS)]
    content = written({"n": range(len(TEXTS)), "doc": docs, "title": TEXTS})
    settings = {"text_field": "title,doc.body", **other}
    found, count = read(content, long=True, **settings)
    assert (found, count) == (read(content, long=False, **settings)[0], 2)


def test_a_column_that_cannot_be_null_has_no_levels():
    schema = pa.schema([pa.field("text", pa.string(), nullable=False)])
    content = written(pa.table({"text": ["Hope", "to", "see"]}, schema=schema))
    assert read(content, long=True) == ([{"text": "Hope"}, {"text": "to"}, {"text": "see"}], 1)


@pytest.mark.parametrize(
    "settings",
    [{"compression": "lz4"}, {"column_encoding": "DELTA_BYTE_ARRAY", "use_dictionary": False}],
)
def test_what_is_not_read_by_pages_is_read_by_arrow(settings):
    content = written({"text": ["Hope", "to"]}, **settings)
    assert read(content, long=True) == ([{"text": "Hope"}, {"text": "to"}], 0)


@given(
    st.lists(st.none() | st.text(st.sampled_from("a é😀"), max_size=20), max_size=40),
    st.booleans(),
    st.integers(1, 30),
    st.sampled_from(["1.0", "2.0"]),
)
def test_any_strings_are_read(texts, dictionary, block_bytes, version):
    column = pa.array(texts, pa.string())
    settings = {"use_dictionary": dictionary, "data_page_version": version}
    content = written({"text": column}, **settings)
    with mock.patch.object(limits, "BLOCK_BYTES", block_bytes):
        assert read(content, long=True)[0] == read(content, long=False)[0]


def test_the_dictionary_of_a_long_column_is_read_once_for_all_rows_that_repeat_it():
    content = written({"text": ["see " * 2000] * 300})
    found, count = read(content, long=True)
    assert (found, count) == ([{"text": "see " * 2000}] * 300, 1)


@given(st.data(), st.booleans(), st.sampled_from(["none", "snappy", "zstd"]))
def test_a_flipped_bit_is_read_or_refused(data, dictionary, codec):
    content = bytearray(written({"text": TEXTS}, use_dictionary=dictionary, compression=codec))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] ^= 1 << data.draw(st.integers(0, 7))
    with contextlib.suppress(DataError):
        read(bytes(content), long=True)


def test_a_page_that_is_damaged_is_reported_by_the_file():
    content = bytearray(written({"text": ["Hope to see you soon"]}, compression="none"))
    place = content.index(struct.pack("<I", 20) + b"Hope")
    content[place] = 99
    with mock.patch.object(limits, "PARQUET_BYTES", 1):
        expected = "a.parquet is damaged: a page is shorter or longer than it should be"
        assert refusal(bytes(content), "a.parquet") == expected


def test_a_long_label_is_reported_by_its_row():
    chance = random.Random(1)
    labels = ["".join(chance.choices("ab ", k=50)) for _ in TEXTS]
    content = written({"text": ["Hope"] * len(TEXTS), "y": labels})
    found, _ = read(content, long=True, label_field="y")
    assert [each["label"] for each in found] == labels
