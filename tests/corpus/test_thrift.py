"""The footers and page headers of Parquet files, read as Thrift."""

import contextlib
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.corpus.thrift import Compact


def read(data, wanted):
    return Compact(io.BytesIO(data), 0, len(data)).struct(wanted)


def footer(table):
    sink = io.BytesIO()
    pq.write_table(table, sink)
    content = sink.getvalue()
    size = int.from_bytes(content[-8:-4], "little")
    return content[-8 - size : -8]


def test_only_what_is_wanted_is_kept():
    data = footer(pa.table({"text": ["Hope"] * 3, "n": range(3)}))
    wanted = {3: {}, 4: {1: {3: {3: {}, 5: {}}}, 3: {}}}
    column = [{3: {3: [name], 5: 3}} for name in (b"text", b"n")]
    assert read(data, wanted) == {3: 3, 4: [{1: column, 3: 3}]}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x11\x12\x00", {1: True, 2: False}),
        (b"\x15\x03\x00", {1: -2}),
        (b"\x05\xd0\x0f\x08\x00", {1000: 4}),
        (b"\x17" + b"\0" * 8 + b"\x13\x07\x00", {1: b"\0" * 8, 2: 7}),
        (b"\x18\x02to\x00", {1: b"to"}),
        (b"\x18\x80\x10" + b"a" * 2048 + b"\x15\x02\x00", {1: b"", 2: 1}),
    ],
)
def test_values_of_each_kind(data, expected):
    assert read(data, {1: {}, 2: {}, 1000: {}}) == expected


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data):
    with contextlib.suppress(OSError):
        read(data, {1: {}, 4: {1: {3: {}}}})


def test_deep_metadata_is_refused():
    with pytest.raises(OSError, match="nested too deeply"):
        read(b"\x1c" * 5000, {1: {}})
