"""Counts of pairs are those of a Counter, in memory and on disk, and leave nothing there."""

import errno
import io
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus2vec.pipeline.errors import DataError, StorageError
from corpus2vec.pipeline.phrases import pairs
from corpus2vec.pipeline.phrases.pairs import PairCounts

any_batches = st.lists(st.lists(st.integers(0, 9) | st.integers(0, 2**64 - 1)), max_size=6)
NOTHING = 1
"""Bytes: every batch goes to disk."""


def counted(batches, memory=None, folder=None, least=1):
    """The result as a dictionary, and how many distinct pairs there were."""
    with PairCounts(memory, folder) as counts:
        for batch in batches:
            counts.add(np.array(batch, np.uint64))
        found, numbers = counts.result(least)
        return dict(zip(found.tolist(), numbers.tolist(), strict=True)), counts.distinct


@given(any_batches, st.sampled_from([None, NOTHING, 500]), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_the_counts_are_those_of_a_counter(batches, memory, least):
    expected = Counter(pair for batch in batches for pair in batch)
    frequent = {pair: count for pair, count in expected.items() if count >= least}
    assert counted(batches, memory, least=least) == (frequent, len(expected))


@pytest.mark.parametrize("memory", [None, NOTHING, 20_000])
def test_many_pairs_are_counted_alike_with_any_memory(memory):
    dice = np.random.default_rng(1)
    batches = dice.integers(0, 2**62, (20, 500)) >> dice.integers(0, 60, (20, 500))
    assert counted(batches, memory) == counted(batches)


def test_few_distinct_pairs_never_go_to_disk():
    with PairCounts(memory=100_000) as counts:
        for _ in range(200):
            counts.add(np.arange(100, dtype=np.uint64))
            assert counts._held < 100_000
        assert counts._file is None


def test_the_temporary_file_has_no_name_and_is_in_the_folder(tmp_path, monkeypatch):
    seen = []
    make = pairs.tempfile.TemporaryFile
    monkeypatch.setattr(pairs.tempfile, "TemporaryFile", lambda **to: seen.append(to) or make(**to))
    assert counted([[1, 2], [2, 3]], NOTHING, tmp_path)[0] == {1: 1, 2: 2, 3: 1}
    assert seen == [{"dir": tmp_path}]
    assert list(tmp_path.iterdir()) == []


class Full(io.BytesIO):
    """A disk without room."""

    def write(self, content):
        raise OSError(errno.ENOSPC, "full")


class Short(io.BytesIO):
    """A file that has lost its end."""

    def readinto(self, buffer):
        return super().readinto(buffer) // 2


def test_a_full_disk_is_one_line_with_the_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(pairs.tempfile, "TemporaryFile", lambda **to: Full())
    with pytest.raises(StorageError, match=f"a temporary file in {tmp_path}: No space left"):
        counted([[1]], NOTHING, tmp_path)


def test_a_file_that_is_too_short_is_damaged(monkeypatch):
    monkeypatch.setattr(pairs.tempfile, "TemporaryFile", lambda **to: Short())
    with pytest.raises(DataError, match="the temporary file of counts is damaged"):
        counted([[1, 2, 3]], NOTHING)
