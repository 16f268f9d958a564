"""The settings of dump: what they mean together, and which decide bytes."""

from pathlib import Path

import pytest

from corpus2vec.pipeline.config import DumpConfig
from corpus2vec.pipeline.config.formats import FORMATS
from corpus2vec.pipeline.errors import UsageError


@pytest.mark.parametrize(
    ("format", "suffix"), [(name, each.extension) for name, each in FORMATS.items()]
)
def test_the_extension_decides_the_format(tmp_path, format, suffix):
    [(path, config)] = DumpConfig().outputs(tmp_path / f"any{suffix}")
    assert (path, config.format) == (tmp_path / f"any{suffix}", format)
    assert config.layout is FORMATS[format].layout


def test_a_format_that_is_named_counts_more_than_the_extension(tmp_path):
    [(path, config)] = DumpConfig(format="glove").outputs(tmp_path / "any.parquet")
    assert (path.name, config.format) == ("any.parquet", "glove")


@pytest.mark.parametrize("name", ["all", "all.txt", "all.parquet"])
def test_several_formats_are_written_beside_each_other(tmp_path, name):
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
        ({"top": 0}, "--top must be 1 or more", ""),
        ({"pca": 0}, "--pca must be 1 or more", ""),
        ({"precision": 31}, "--precision must be between 0 and 30", ""),
        (
            {"columns": ("index", "index")},
            "--columns cannot be 'index,index'",
            "it takes each of index,token,embedding at most once",
        ),
        (
            {"postprocess": "top0"},
            "--postprocess cannot be 'top0'",
            "it takes none, center, or top with a number, such as top2",
        ),
    ],
)
def test_a_config_that_means_nothing_is_refused(settings, message, hint):
    with pytest.raises(UsageError) as caught:
        DumpConfig(**settings)
    assert (caught.value.message, caught.value.hint) == (message, hint)


# --- settings without effect -----------------------------------------------------------------

TEXT = "table, word2vec, glove, fasttext, tsv"


@pytest.mark.parametrize(
    ("settings", "message", "hint"),
    [
        (
            {"format": "parquet", "precision": 3},
            "--precision has no effect with --format parquet",
            f"leave it out, or dump as {TEXT}",
        ),
        (
            {"format": "npy,spacy", "columns": ("token",)},
            "--columns has no effect with --format npy,spacy",
            "leave it out, or dump as table",
        ),
        (
            {"format": "table", "unsafe_token": "skip"},
            "--unsafe-token has no effect with --format table",
            "leave it out, or dump as word2vec, word2vec-binary, glove, fasttext, tsv",
        ),
        *(
            (
                {"format": "table", "columns": ("index", "token"), name: value},
                f"--{name} has no effect with --format table",
                "leave it out, or name embedding in --columns",
            )
            for name, value in [
                ("table", "input"),
                ("postprocess", "center"),
                ("pca", 2),
                ("normalize", True),
                ("dtype", "float16"),
                ("precision", 3),
            ]
        ),
    ],
)
def test_a_setting_without_effect_is_refused_by_name(settings, message, hint):
    with pytest.raises(UsageError) as caught:
        DumpConfig(**settings)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_it_is_refused_also_where_the_extension_names_the_format(tmp_path):
    config = DumpConfig(precision=3)
    [(_, one)] = config.outputs(tmp_path / "x.vec")
    assert one.precision == 3
    with pytest.raises(UsageError, match="--precision has no effect with --format parquet"):
        config.outputs(tmp_path / "x.parquet")
    with pytest.raises(UsageError, match="--unsafe-token has no effect with --format table"):
        DumpConfig(unsafe_token="skip").outputs_in(tmp_path, "embeddings.txt")


def test_of_several_formats_each_takes_what_has_an_effect_on_it(tmp_path):
    config = DumpConfig(format="glove,parquet,table", precision=3, columns=("token",), pca=2)
    glove, parquet, grid = (one for _, one in config.outputs(tmp_path / "all"))
    assert (glove.precision, glove.pca, glove.columns) == (3, 2, DumpConfig().columns)
    assert (parquet.precision, parquet.pca) == (None, 2)
    assert (grid.precision, grid.pca, grid.columns) == (None, None, ("token",))
    names = {"table", "postprocess", "pca", "normalize", "dtype"}
    assert set(parquet.deciding()) == names | {"format", "order", "top"}
    assert set(glove.deciding()) == names | {
        *("format", "order", "top", "precision", "unsafe_token"),
    }
    assert set(grid.deciding()) == {"format", "order", "top", "columns"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a", "table"), ("a.txt.gz", "table"), ("a.vec.zst", "fasttext"), ("A.GLOVE.GZ", "glove")],
)
def test_the_extension_before_that_of_a_compression_says_the_format(name, expected):
    [(path, config)] = DumpConfig().outputs(Path(name))
    assert (path, config.format) == (Path(name), expected)


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.csv.gz", "a.vec.bz2", "a.v2"])
def test_an_extension_of_no_format_is_refused_unless_the_format_is_named(name):
    with pytest.raises(UsageError) as refused:
        DumpConfig().outputs(Path(name))
    extension = Path(name.removesuffix(".gz")).suffix
    assert refused.value.message == f"{name}: no format has the extension {extension}"
    assert [config.format for _, config in DumpConfig(format="glove").outputs(Path(name))] == [
        "glove"
    ]


def test_only_text_is_compressed():
    assert DumpConfig(format="glove").compression(Path("a.gz")) == "gzip"
    assert DumpConfig(format="npy").compression(Path("a.npy")) == ""
    with pytest.raises(UsageError) as refused:
        DumpConfig(format="parquet").compression(Path("a.parquet.zst"))
    assert refused.value.message == (
        "a.parquet.zst: only text formats are compressed, and parquet is none"
    )
