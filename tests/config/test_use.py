"""The settings of predict and embed."""

from pathlib import Path

import pytest

from corpus2vec.pipeline.config.use import EmbedConfig, PredictConfig
from corpus2vec.pipeline.errors import UsageError


@pytest.mark.parametrize(
    ("output", "format"),
    [
        ("labels.tsv", "tsv"),
        ("labels", "tsv"),
        ("-", "tsv"),
        ("l.JSONL", "jsonl"),
        ("l.parquet", "parquet"),
    ],
)
def test_the_extension_decides_the_format_unless_it_is_given(output, format):
    [(path, config)] = PredictConfig().outputs(Path(output))
    assert (path, config.format) == (Path(output), format)
    [(_, config)] = PredictConfig(format="jsonl").outputs(Path(output))
    assert config.format == "jsonl"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"format": "table"}, "--format table is only for --score"),
        ({"format": "parquet", "score": True}, "--format parquet is not for --score"),
        ({"score": True}, "--score needs to know the labels of the corpus"),
        ({"score": True, "all": True, "label_field": "l"}, "--all writes rows"),
    ],
)
def test_settings_that_clash_are_refused(settings, said):
    with pytest.raises(UsageError, match=said):
        PredictConfig(**settings)


def test_the_recipe_of_rows_does_not_know_of_scores():
    assert "score" not in PredictConfig(score=True, label_field="l").deciding()


@pytest.mark.parametrize(
    ("output", "format"), [("v.npy", "npy"), ("v.PARQUET", "parquet"), ("v.vec", "word2vec")]
)
def test_the_extension_decides_the_format_of_vectors(output, format):
    [(_, config)] = EmbedConfig().outputs(Path(output))
    assert config.format == format
