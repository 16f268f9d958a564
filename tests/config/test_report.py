"""The settings of report and plot."""

import pytest

from corpus2vec.pipeline.config import MapConfig
from corpus2vec.pipeline.errors import UsageError


@pytest.mark.parametrize("words", [0, 50_001])
def test_the_words_of_a_map_are_limited(words):
    with pytest.raises(UsageError, match="--map-words must be between 1 and 50000"):
        MapConfig(map_words=words)
