"""Models and checkpoints on disk: what the library reads is what was written."""

import contextlib

import numpy as np
import pytest
import safetensors.numpy

from corpus2vec.pipeline.artifacts.weights import (
    read_arrays,
    read_header,
    read_table,
    verify,
    write_arrays,
)
from corpus2vec.pipeline.errors import DataError

ARRAYS = {
    "embedding": np.arange(14, dtype=np.float32).reshape(7, 2),
    "a scalar": np.float32(0.5).reshape(()),
    "nothing": np.zeros((0, 3), np.float32),
    "not contiguous": np.arange(12, dtype=np.float64).reshape(3, 4).T,
    "steps": np.array([1, 2**40]),
}
HEADER = {"kind": "model", "label": "größer\n"}


@pytest.fixture
def written(tmp_path):
    write_arrays(tmp_path / "m.safetensors", ARRAYS, HEADER)
    return tmp_path / "m.safetensors"


def test_the_library_reads_what_was_written(written):
    found = safetensors.numpy.load_file(written)
    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        assert np.array_equal(found[name], array)


def test_the_header_comes_back(written):
    assert read_header(written, "model") == HEADER


def test_the_table_is_read_alone(written):
    assert np.array_equal(read_table(written), ARRAYS["embedding"])


def test_the_order_of_the_arrays_decides_no_byte(written, tmp_path):
    write_arrays(tmp_path / "n", dict(reversed(ARRAYS.items())), HEADER)
    assert (tmp_path / "n").read_bytes() == written.read_bytes()


def test_another_kind_is_refused_by_name(written):
    with pytest.raises(DataError, match=r"m\.safetensors is not a corpus2vec checkpoint"):
        read_header(written, "checkpoint")


def test_the_file_of_another_tool_is_refused(tmp_path):
    safetensors.numpy.save_file({"x": np.zeros(3)}, tmp_path / "x")
    with pytest.raises(DataError, match="is not a corpus2vec model"):
        read_table(tmp_path / "x")


@pytest.mark.parametrize("size", [0, 7, 40, 300])
def test_a_file_that_was_cut_is_refused(written, size):
    written.write_bytes(written.read_bytes()[:size])
    with pytest.raises(DataError):
        read_header(written, "model")
    with pytest.raises(DataError):
        read_arrays(written)


def test_what_was_written_is_verified(written):
    verify(written)


def test_every_flipped_bit_is_noticed(written):
    whole = written.read_bytes()
    silent = []
    for position in range(len(whole)):
        for bit in range(8):
            damaged = bytearray(whole)
            damaged[position] ^= 1 << bit
            written.write_bytes(damaged)
            with contextlib.suppress(DataError):
                verify(written)
                silent.append((position, bit))
    assert silent == []
