"""The settings of phrases: what they mean together, and which decide bytes."""

from pathlib import Path

import pytest

from corpus2vec.pipeline.config import PhrasesConfig
from corpus2vec.pipeline.errors import UsageError


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"threshold": -0.1}, "--threshold must be 0 or more with --scoring word2phrase"),
        ({"threshold": 1.1, "scoring": "npmi"}, "--threshold must be between -1 and 1 with "),
        ({"threshold": float("nan")}, "--threshold must be 0 or more"),
        ({"join_with": ""}, "--join-with needs a text, not an empty string"),
        ({"phrases": 9}, "--phrases must be between 0 and 8"),
    ],
)
def test_a_config_that_means_nothing_is_refused(settings, message):
    with pytest.raises(UsageError) as refused:
        PhrasesConfig(**settings)
    assert refused.value.message.startswith(message)


def test_a_build_has_phrases_if_it_asks_for_passes():
    assert [PhrasesConfig(phrases=number).wanted() for number in (None, 0, 1, 2)] == [
        *(False, False, True, True)
    ]
    assert not PhrasesConfig(phrases=0, threshold=2.0).wanted()
    with pytest.raises(UsageError, match=r"^--phrase-min-count has no effect without --phrases$"):
        PhrasesConfig(phrase_min_count=2).wanted()


def test_what_is_given_as_it_is_anyway_decides_nothing():
    assert PhrasesConfig(phrases=1, threshold=10.0).deciding() == PhrasesConfig().deciding()
    npmi = PhrasesConfig(scoring="npmi")
    assert npmi.deciding()["threshold"] == npmi.least_score == 0.5
    assert PhrasesConfig(phrases=0).passes == 0


def test_connectors_are_a_name_or_a_file():
    assert PhrasesConfig(connectors="english").files() == {}
    config = PhrasesConfig(connectors="words.txt")
    assert config.files() == {"connectors": Path("words.txt")}
    assert config.deciding()["connectors"] == "file"
