"""The settings of evaluate and compare."""

import pytest

from corpus2vec.pipeline.config import CompareConfig, EvaluateConfig
from corpus2vec.pipeline.errors import UsageError


def test_common_and_zero_contradict():
    with pytest.raises(UsageError, match="--common leaves out"):
        EvaluateConfig(common=True, unknown="zero")


@pytest.mark.parametrize("name", ["neighbors", "sample", "pairs", "restrict"])
def test_sizes_of_compare_are_1_or_more(name):
    with pytest.raises(UsageError, match=f"--{name} must be (1 or more|between 1 and )"):
        CompareConfig(**{name: 0})


def test_no_resamples_are_allowed_and_fewer_are_not():
    assert EvaluateConfig(resamples=0).resamples == 0
    with pytest.raises(UsageError, match="--resamples must be 0 or more"):
        EvaluateConfig(resamples=-1)
    with pytest.raises(UsageError, match="--restrict must be 1 or more"):
        EvaluateConfig(restrict=0)
