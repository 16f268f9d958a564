"""The settings of tokenize."""

import pytest

from corpus2vec.pipeline.config import TokenizeExecution
from corpus2vec.pipeline.errors import UsageError


def test_a_negative_number_of_workers_is_refused():
    with pytest.raises(UsageError, match="--workers must be 1 or more"):
        TokenizeExecution(workers=-1)
