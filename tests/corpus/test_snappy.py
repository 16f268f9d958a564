"""Snappy is decompressed piece by piece, to what Arrow makes of the whole."""

import random

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.corpus import snappy
from corpus2vec.pipeline.corpus.parquet_pages import Unpacked
from corpus2vec.pipeline.corpus.snappy import unsnap


def unpacked(compressed, block=1 << 12):
    target = Unpacked()
    try:
        blocks = (compressed[at : at + block] for at in range(0, len(compressed), block))
        size = unsnap(blocks, target)
        return target.read(0, size)
    finally:
        target.close()


def run(data):
    """An element that is a run of bytes."""
    size = (len(data) - 1).to_bytes(4, "little")
    return bytes([63 << 2]) + size + data


def far(size, back):
    """An element that is a copy from anywhere."""
    return bytes([size - 1 << 2 | 3]) + back.to_bytes(4, "little")


def size_of(number):
    """A number as the stream begins with."""
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])


def words(size):
    chance = random.Random(1)
    each = [bytes(chance.choices(b"abcdefghij", k=chance.randint(1, 9))) for _ in range(500)]
    return b" ".join(chance.choices(each, k=size // 6))


@pytest.mark.parametrize("segment", [1, 1000, 1 << 20])
@pytest.mark.parametrize("block", [1, 100, 1 << 20])
@pytest.mark.parametrize("kind", ["words", "one letter", "chance", "nothing"])
def test_what_is_compressed_comes_back(kind, block, segment, monkeypatch):
    size = 100_000 if segment > 1 else 3000
    data = {
        "words": words(size),
        "one letter": b"a" * size,
        "chance": random.Random(1).randbytes(size),
        "nothing": b"",
    }[kind]
    monkeypatch.setattr(snappy, "SEGMENT", segment)
    assert unpacked(pa.compress(data, "snappy", asbytes=True), block) == data


@given(st.binary(max_size=300), st.integers(1, 40), st.integers(1, 60))
def test_any_bytes_come_back(data, block, repeat):
    data = data * repeat
    assert unpacked(pa.compress(data, "snappy", asbytes=True), block) == data


@pytest.mark.parametrize("block", [7, 1 << 16])
@pytest.mark.parametrize("long", [100, 300_000])
def test_a_copy_may_come_from_far_back(block, long):
    data = words(2 * long)[:long]
    elements, made = run(data), data
    for size, back in ((60, long), (64, long + 3), (3, 3), (9, long)):
        elements += far(size, back) + run(b"and")
        begin = len(made) - back
        made += made[begin : begin + size] + b"and"
    assert unpacked(size_of(len(made)) + elements, block) == made


@pytest.mark.parametrize(
    "elements",
    [
        far(4, 9),
        run(b"Hope") + far(4, 5),
        run(b"Hope")[:-1],
        run(b"Hope") + run(b"too much"),
        run(b"x" * 70_000) + far(4, 70_001),
        b"",
    ],
)
def test_damaged_bytes_are_refused(elements):
    with pytest.raises((OSError, pa.ArrowInvalid)):
        unpacked(size_of(5) + elements)


def test_no_more_is_written_than_the_stream_says():
    target = Unpacked()
    with pytest.raises(OSError, match="longer"):
        unsnap(iter([size_of(70_000), run(b"x" * 70_000) + run(b"x" * 70_000)]), target)
    assert target.size == 70_000
    target.close()
