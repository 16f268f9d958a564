"""A stream that was looked at is read from its beginning; a stream that is read feeds a digest."""

import hashlib
import io

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.corpus.signatures import HEAD_BYTES
from corpus2vec.pipeline.corpus.streams import PutBack, Stream, begun

CONTENT = bytes(range(256)) * 5


@pytest.mark.parametrize("length", [0, 1, HEAD_BYTES, len(CONTENT)])
def test_a_file_is_put_back_to_its_beginning(length):
    file = io.BytesIO(CONTENT[:length])
    assert begun(file) == (file, CONTENT[:length][:HEAD_BYTES])
    assert file.read() == CONTENT[:length]


def once(content):
    """A stream without a way back, as standard input is."""
    digest = hashlib.sha256()
    return Stream(None, io.BytesIO(content), digest), digest


@given(st.binary(max_size=2000), st.lists(st.integers(0, 700), max_size=9))
def test_a_stream_is_read_from_its_beginning_in_any_steps(content, steps):
    raw, digest = once(content)
    stream, head = begun(raw)
    assert head == content[:HEAD_BYTES]
    read = b""
    for step in steps:
        read += stream.read(step)
        assert stream.tell() == len(read)
    assert read + stream.read(-1) == content
    assert stream.read(1) == stream.read() == b""
    assert digest.hexdigest() == hashlib.sha256(content).hexdigest()


def test_no_more_is_read_than_is_asked_for():
    raw, _ = once(CONTENT)
    stream, _ = begun(raw)
    stream.read(100)
    assert raw.tell() == HEAD_BYTES
    stream.read(HEAD_BYTES)
    assert raw.tell() == HEAD_BYTES + 100


@pytest.mark.parametrize("size", [-1, None, 4096])
def test_streams_of_arrow_are_read_too(size):
    arrow = pa.CompressedInputStream(
        pa.py_buffer(pa.Codec("gzip").compress(CONTENT, asbytes=True)), "gzip"
    )
    stream, _ = begun(arrow)
    assert isinstance(stream, PutBack)
    assert stream.read(size) == CONTENT


def test_lines_can_be_read_through_a_buffer():
    raw, _ = once(b"Hope to see\nyou soon\n" * 100)
    stream, _ = begun(raw)
    assert io.BufferedReader(stream).readlines() == [b"Hope to see\n", b"you soon\n"] * 100
