"""The settings of vocab."""

import pytest

from corpus2vec.pipeline.config import VocabExecution


@pytest.mark.parametrize(
    ("spelled", "size"),
    [("1", 1), ("4096", 4096), ("3k", 3 << 10), ("500M", 500 << 20), ("2G", 2 << 30)],
)
def test_memory_takes_a_unit(spelled, size):
    assert VocabExecution(memory=spelled).memory_bytes == size
