"""The dump stage in every format: cached, looked up, started from, and never published wrong."""

import json
import resource
from resource import RLIMIT_FSIZE

import numpy as np
import pytest

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.artifacts.inputs import artifact_input
from corpus2vec.pipeline.artifacts.weights import read_table
from corpus2vec.pipeline.ask.lookup import Lookup
from corpus2vec.pipeline.config import (
    DumpConfig,
    TrainConfig,
)
from corpus2vec.pipeline.config.formats import FORMATS
from corpus2vec.pipeline.errors import DataError, PipelineError, StorageError, UsageError
from corpus2vec.pipeline.tables import writing
from corpus2vec.pipeline.tables.reading import read_vectors
from corpus2vec.pipeline.training.pretrained import read_start
from corpus2vec.pipeline.vocabulary.vocabulary import parse_vocabulary
from tests.support.artifacts import names
from tests.support.runs import the_build


@pytest.fixture
def dump(built, tmp_path):
    """Dump the table of the build to a path of the test's own."""

    def run(format, **settings):
        output = tmp_path / f"table{FORMATS[format].extension}"
        config = DumpConfig(format=format, table="input", **settings)
        stages.dump.run([built / "model.safetensors", built / "vocab.tsv"], output, config)
        return output

    return run


# --- caching ---------------------------------------------------------------------------------


def test_a_build_has_an_artifact_for_each_format(built):
    for name in FORMATS:
        manifest = artifact_input("table", built / f"embeddings{FORMATS[name].extension}").manifest
        assert manifest.config["format"] == name
        alike = {"documents_compared": 2, "documents_equal": 2} if name == "safetensors" else {}
        assert manifest.counts == {"rows": 7, "columns": 2, **alike}


def test_all_of_them_are_hits_the_second_time(built):
    outcomes = list(the_build(built).run())
    assert [each.hit for each in outcomes] == [True] * (4 + len(FORMATS))
    plan = the_build(built).plan()
    assert [step.stage for step in plan[4:]] == ["dump"] * len(FORMATS)
    assert all(step.hit for step in plan)


def test_a_plan_gives_a_reason_for_each_format(built):
    plan = the_build(built, "parquet,npy", normalize=True).plan()
    reasons = [step.reason for step in plan[4:]]
    assert reasons == ["normalize False → True"] * 2


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_table_gives_the_same_bytes(dump, format, built):
    again = artifact_input("table", dump(format)).digest
    assert again == artifact_input("table", built / f"embeddings{FORMATS[format].extension}").digest


def test_a_recipe_has_only_what_decides_bytes(built):
    def recipe(format, **settings):
        [(_, config)] = DumpConfig(**settings).only(format).outputs(built / "x")
        return stages.dump.recipe([built / "model.safetensors", built / "vocab.tsv"], built, config)

    # The model is of context, so auto means the sum; Parquet has neither digits nor a grid.
    same = {"table": "sum", "precision": 3, "columns": ("token",), "unsafe_token": "skip"}
    assert recipe("parquet", **same).fingerprint == recipe("parquet").fingerprint
    assert recipe("glove", table="sum").fingerprint == recipe("glove").fingerprint
    for name, value in {**same, "table": "input"}.items():
        if name != "columns":
            changed = recipe("glove", **{name: value}).fingerprint
            assert changed != recipe("glove").fingerprint
    assert recipe("npy").tools == {}
    assert set(recipe("spacy").config) - set(recipe("npy").config) == {"lang"}


def test_spacys_folder_has_the_language_of_the_corpus(built):
    meta = json.loads((built / "embeddings.spacy" / "meta.json").read_text())
    assert (meta["lang"], meta["vectors"]["vectors"]) == ("en", 7)


# --- which rows, which table -----------------------------------------------------------------


def test_the_rows_of_listed_words_are_written_in_the_order_of_ids(dump, tmp_path):
    (tmp_path / "words.txt").write_text("again\nsoon\r\n\nnowhere\nto\n")
    path = dump("parquet", words=tmp_path / "words.txt")
    table = read_vectors(path)
    assert table.tokens.to_pylist() == ["to", "soon", "again"]
    assert table.ids.tolist() == [1, 4, 6]
    manifest = artifact_input("table", path).manifest
    assert manifest.counts["rows"] == 3
    assert manifest.counts["not_listed"] == 4
    assert (manifest.counts["missing"], manifest.counts["missing_words"]) == (1, ["nowhere"])


def test_the_list_of_words_is_an_input(dump, tmp_path, built):
    words = tmp_path / "words.txt"
    words.write_text("to\n")
    path = dump("word2vec", words=words)
    words.write_text("to\nsee\n")
    assert len(read_vectors(dump("word2vec", words=words))) == 2
    with pytest.raises(DataError, match="was dumped with --words, so its lines are not ids"):
        Lookup(artifact_input("table", path))


def test_a_list_of_other_words_is_refused(dump, tmp_path):
    (tmp_path / "words.txt").write_text("nowhere\n")
    with pytest.raises(DataError, match="lists no word of the table"):
        dump("word2vec", words=tmp_path / "words.txt")


def test_the_dump_of_a_frozen_table_is_that_table(built, tmp_path):
    start = built / f"embeddings{FORMATS['word2vec'].extension}"
    model = tmp_path / "model.safetensors"
    config = TrainConfig(dim=2, seq_len=5, epochs=1, init=str(start), freeze=True)
    stages.train.run([built / "ids.parquet", built / "vocab.tsv"], model, config)
    output = tmp_path / "frozen.parquet"
    stages.dump.run([model, built / "vocab.tsv"], output, DumpConfig(format="parquet"))
    assert read_vectors(output).vectors_VD.tobytes() == read_vectors(start).vectors_VD.tobytes()


# --- never published wrong -------------------------------------------------------------------


@pytest.mark.parametrize("format", ["word2vec", "npy"])
def test_a_dump_that_reads_back_differently_is_not_published(dump, monkeypatch, format):
    output = dump(format)
    before = artifact_input("table", output).digest

    def wrong(target, ready, config, compression):
        ready.vectors_VD.setflags(write=True)
        ready.vectors_VD[3, 1] += 1
        original(target, ready, config)
        ready.vectors_VD[3, 1] -= 1

    original = writing.write_dump
    monkeypatch.setattr(writing, "write_dump", wrong)
    with pytest.raises(PipelineError, match="found other numbers in row 3") as caught:
        dump(format, order="frequency")
    assert caught.value.exit_code == 70
    assert artifact_input("table", output).digest == before
    assert names(output.parent) == [output.name, f"{output.name}.manifest.json"]


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_size_limit_is_one_line_and_leaves_the_old_dump(dump, tmp_path, format):
    output = dump(format)
    before, limits = artifact_input("table", output).digest, resource.getrlimit(RLIMIT_FSIZE)
    resource.setrlimit(RLIMIT_FSIZE, (150, limits[1]))  # npy: within the array
    try:
        with pytest.raises(StorageError) as caught:
            dump(format, order="frequency")
    finally:
        resource.setrlimit(RLIMIT_FSIZE, limits)
    assert caught.value.message in (
        f"cannot write {output}: File too large",
        f"cannot write {output}.manifest.json: File too large",  # the binary table is so small
    )
    assert caught.value.hint.endswith("what was there before is untouched")
    assert artifact_input("table", output).digest == before
    assert names(output.parent) == [output.name, f"{output.name}.manifest.json"]


# --- used by the other commands --------------------------------------------------------------


def lookup_in(path):
    return Lookup(stages.door.artifact("table", path, "dump"))


@pytest.mark.parametrize("format", FORMATS)
def test_lookup_finds_rows_5_1_2_3_6_in_every_format(built, format):
    found = lookup_in(built / f"embeddings{FORMATS[format].extension}").find(
        "Nice to see you again"
    )
    assert [each.id for each in found] == [5, 1, 2, 3, 6]
    expected = read_table(built / "model.safetensors")[[5, 1, 2, 3, 6]]
    assert np.stack([each.vector for each in found]).tobytes() == expected.tobytes()


@pytest.mark.parametrize("format", ["table", "tsv", "parquet"])
def test_lookup_finds_ids_in_any_order_where_the_format_has_them(dump, format):
    path = dump(format, order="frequency", top=4)
    found = lookup_in(path).find("Nice to see you again")
    assert [each.id for each in found] == [None, 1, 2, 3, None]


@pytest.mark.parametrize("format", ["word2vec", "npy", "safetensors", "spacy"])
def test_lookup_refuses_rows_that_are_not_ids(dump, format):
    with pytest.raises(DataError, match="with --order or --top, so its lines are not ids"):
        lookup_in(dump(format, top=4))


@pytest.mark.parametrize("format", FORMATS)
def test_training_starts_from_every_format(built, format):
    vocabulary = parse_vocabulary((built / "vocab.tsv").read_bytes(), "vocab.tsv")
    path = built / f"embeddings{FORMATS[format].extension}"
    start = read_start(path, vocabulary, TrainConfig(dim=2, init=str(path)))
    assert start.found == 7
    expected = read_table(built / "model.safetensors")
    assert start.tables["embedding"].tobytes() == expected.tobytes()


def test_the_stage_writes_one_format_at_a_time(built):
    config = DumpConfig(format="table,glove")
    with pytest.raises(UsageError, match="is several artifacts"):
        stages.dump.run([built / "model.safetensors", built / "vocab.tsv"], built / "x", config)
