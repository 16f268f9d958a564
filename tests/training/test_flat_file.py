"""Numbers come back as they were added, from a file that has no name."""

import errno
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus2vec.pipeline.errors import StorageError
from corpus2vec.pipeline.training import flat_file
from corpus2vec.pipeline.training.flat_file import FlatFile


@given(st.lists(st.lists(st.integers(0, 2**31 - 1), max_size=9), max_size=9), st.data())
def test_any_range_of_what_was_added_is_read(parts, draw):
    numbers, whole = FlatFile(np.int32), []
    for part in parts:
        numbers.add(np.array(part, np.int32))
        whole += part
        end = draw.draw(st.integers(0, len(whole)))
        begin = draw.draw(st.integers(0, end))
        found = numbers.read(begin, end)
        assert (found.tolist(), found.dtype) == (whole[begin:end], np.int32)
    assert len(numbers) == len(whole)


def test_the_file_is_in_the_folder_and_has_no_name(tmp_path, monkeypatch):
    seen, make = [], flat_file.tempfile.TemporaryFile
    monkeypatch.setattr(
        flat_file.tempfile, "TemporaryFile", lambda **to: seen.append(to) or make(**to)
    )
    numbers = FlatFile(np.bool_, tmp_path)
    numbers.add(np.array([True, False]))
    assert numbers.read(0, 2).tolist() == [True, False]
    assert (seen, list(tmp_path.iterdir())) == ([{"dir": tmp_path}], [])


class Broken(io.BytesIO):
    def write(self, content):
        raise OSError(errno.ENOSPC, "full")


def test_a_full_disk_is_one_line_with_the_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(flat_file.tempfile, "TemporaryFile", lambda **to: Broken())
    with pytest.raises(StorageError, match=f"a temporary file in {tmp_path}: No space left"):
        FlatFile(np.int32, tmp_path).add(np.array([1]))


def test_a_file_that_has_become_shorter_is_reported(monkeypatch):
    numbers = FlatFile(np.int32)
    numbers.add(np.arange(9))
    numbers._file.truncate(8)
    with pytest.raises(StorageError, match="cannot read a temporary file"):
        numbers.read(0, 9)
