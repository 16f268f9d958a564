"""The settings of dump: what they mean together, and which decide bytes."""

import pytest

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.config.formats import FORMATS, Layout
from corpus2vec.pipeline.errors import UsageError


@pytest.mark.parametrize(
    ("format", "suffix"), [(name, each.extension) for name, each in FORMATS.items()]
)
def test_the_extension_tells_the_format(tmp_path, format, suffix):
    [(path, config)] = DumpConfig().outputs(tmp_path / f"any{suffix}")
    assert (path, config.format) == (tmp_path / f"any{suffix}", format)
    assert config.is_folder == (FORMATS[format].layout is Layout.FOLDER)


def test_a_format_that_is_named_counts_more_than_the_extension(tmp_path):
    [(path, config)] = DumpConfig(format="glove").outputs(tmp_path / "any.parquet")
    assert (path.name, config.format) == ("any.parquet", "glove")


@pytest.mark.parametrize("name", ["all", "all.txt", "all.parquet"])
def test_several_formats_stand_side_by_side(tmp_path, name):
    outputs = DumpConfig(format="table, spacy").outputs(tmp_path / name)
    assert [(path.name, config.format) for path, config in outputs] == [
        ("all.txt", "table"),
        ("all.spacy", "spacy"),
    ]


@pytest.mark.parametrize(
    ("settings", "message", "hint"),
    [
        ({"format": "word2vce"}, "--format cannot be 'word2vce'", "did you mean word2vec?"),
        ({"format": "glove,glove"}, "--format names one format twice", ""),
        ({"top": -1}, "--top must be 0 or more", ""),
        ({"pca": -1}, "--pca must be 0 or more", ""),
    ],
)
def test_a_config_that_means_nothing_is_refused(settings, message, hint):
    with pytest.raises(UsageError) as caught:
        DumpConfig(**settings)
    assert (caught.value.message, caught.value.hint) == (message, hint)
