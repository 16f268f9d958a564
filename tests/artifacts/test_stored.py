"""The settings in a manifest become the config that they came from, or are refused."""

import json

import pytest

from corpus2vec.pipeline.artifacts.manifest import plain
from corpus2vec.pipeline.artifacts.stored import dump_settings, settings_of
from corpus2vec.pipeline.config import DumpConfig, TokenizeConfig, TrainConfig, VocabConfig
from corpus2vec.pipeline.errors import DataError


@pytest.mark.parametrize(
    "config",
    [
        TokenizeConfig(drop=("punct", "num"), lower=True, max_doc_tokens=9),
        VocabConfig(min_count=2, unk="[unk]"),
        TrainConfig(objective="lm", dropout=0.5, lr=0.1),
        DumpConfig(format="table", columns=("token", "embedding")),
    ],
)
def test_every_config_comes_back(config):
    stored = json.loads(json.dumps(plain(vars(config))))
    assert settings_of(type(config), stored, "a") == config


def test_what_is_not_stored_has_its_default_and_what_is_no_setting_is_passed_over():
    stored = {"format": "spacy", "lang": "en"}
    assert settings_of(DumpConfig, stored, "a") == DumpConfig(format="spacy")


@pytest.mark.parametrize(
    ("kind", "stored", "said"),
    [
        (TokenizeConfig, {"lower": "yes"}, "lower is yes, not true or false"),
        (TokenizeConfig, {"drop": "space"}, "drop is space, not a list"),
        (TokenizeConfig, {"drop": [7]}, r"drop\[0\] is 7, not text"),
        (TokenizeConfig, {"drop": ["words"]}, "--drop does not know words"),
        (TokenizeConfig, {"kind": "xml"}, "kind is xml, not one of auto, csv"),
        (VocabConfig, {"min_count": 0}, "--min-count must be 1 or more"),
        (VocabConfig, {"max_size": 1.5}, "max_size is 1.5, not a whole number"),
        (TrainConfig, {"lr": []}, "lr is a list, not a number"),
    ],
)
def test_a_value_that_no_setting_has_is_refused(kind, stored, said):
    with pytest.raises(DataError, match=f"^a is damaged: {said}"):
        settings_of(kind, stored, "a")


@pytest.mark.parametrize("name", ["auto", "word2vec,glove"])
def test_a_dump_has_one_format(name):
    with pytest.raises(DataError, match=f"its format is {name}, which is not known"):
        dump_settings({"format": name}, "a")
