"""The settings of vocab."""

import pytest

from corpus2vec.pipeline.config import VocabConfig, VocabExecution
from corpus2vec.pipeline.errors import UsageError


def test_an_empty_unk_is_refused():
    with pytest.raises(UsageError, match="--unk needs a token, not an empty string"):
        VocabConfig(unk="")


@pytest.mark.parametrize("name", ["min_count", "max_size"])
def test_limits_are_1_or_more(name):
    with pytest.raises(UsageError, match="must be 1 or more"):
        VocabConfig(**{name: 0})


@pytest.mark.parametrize(
    ("spelled", "size"),
    [("1", 1), ("4096", 4096), ("3k", 3 << 10), ("500M", 500 << 20), ("2G", 2 << 30)],
)
def test_memory_takes_a_unit(spelled, size):
    assert VocabExecution(memory=spelled).memory_bytes == size


@pytest.mark.parametrize("size", ["", "M", "0", "0G", "-1", "1.5G", "2X", "2 G", "2GB", "²", "٢"])
def test_memory_that_is_not_a_number_of_bytes_is_refused(size):
    with pytest.raises(UsageError) as refused:
        VocabExecution(memory=size)
    assert refused.value.message == f"--memory cannot be {size!r}"
    assert refused.value.hint == "it takes a number of bytes, optionally followed by K, M, G or T"
