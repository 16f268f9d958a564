"""align: a table in another's space, as an artifact like a dump."""

import json

import numpy as np
import pytest

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.artifacts.pairs import read_manifest
from corpus2vec.pipeline.ask.lookup import Lookup
from corpus2vec.pipeline.config import AlignConfig, DumpConfig
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.stages import align, door
from corpus2vec.pipeline.tables.reading import read_vectors
from tests.support.tables import table as table_of
from tests.support.tables import written

TURN = np.array([[0, 1], [-1, 0]], np.float32)
WORDS = ["Hope", "to", "see", "you", "soon"]
VECTORS = np.random.default_rng(1).standard_normal((5, 2)).astype(np.float32)


@pytest.fixture
def files(tmp_path):
    """A table, and the same turned, with its rows in another order and one word less."""
    paths = tmp_path / "a.vec", tmp_path / "b.parquet"
    paths[0].write_bytes(written(table_of(WORDS, VECTORS), "word2vec"))
    order = [3, 1, 0, 2]
    turned = table_of([WORDS[at] for at in order], (VECTORS @ TURN)[order])
    paths[1].write_bytes(written(turned, "parquet"))
    return list(paths)


@pytest.mark.parametrize("name", ["out.parquet", "out.vec", "out.npy"])
def test_a_table_is_written_in_the_space_of_the_other(files, tmp_path, name):
    outcome = align.run(files, tmp_path / name, AlignConfig())
    found = read_vectors(tmp_path / name)
    assert found.tokens.to_pylist() == WORDS
    assert np.abs(found.vectors_VD - VECTORS @ TURN).max() < 1e-5
    assert (outcome.counts["shared"], outcome.counts["anchors"]) == (4, 4)
    assert outcome.counts["mean_cosine"] == pytest.approx(1)
    assert align.run(files, tmp_path / name, AlignConfig()).hit


def test_the_anchors_decide_and_are_an_input(files, tmp_path):
    anchor = tmp_path / "anchor.txt"
    anchor.write_text("Hope\nto\nsoon\nnowhere\n")
    config = AlignConfig(anchor=anchor)
    outcome = align.run(files, tmp_path / "out.parquet", config)
    assert (outcome.counts["anchors"], outcome.counts["missing"]) == (2, 2)
    assert outcome.counts["missing_words"] == ["soon", "nowhere"]
    anchor.write_text("Hope\tyou\nto\tto\nsee\n")  # pairs, and so another rotation
    assert not align.run(files, tmp_path / "out.parquet", config).hit
    assert read_manifest(tmp_path / "out.parquet").counts["anchors"] == 3
    anchor.write_text("nowhere\n")
    with pytest.raises(DataError, match="share no word by which to align them"):
        align.run(files, tmp_path / "out.parquet", config)


def test_the_other_table_is_an_input(files, tmp_path):
    align.run(files, tmp_path / "out.parquet", AlignConfig())
    files[1].write_bytes(written(table_of(WORDS, VECTORS), "parquet"))
    assert not align.run(files, tmp_path / "out.parquet", AlignConfig()).hit
    assert np.abs(read_vectors(tmp_path / "out.parquet").vectors_VD - VECTORS).max() < 1e-5


def test_an_aligned_dump_is_a_table_with_the_history_of_the_first(built, tmp_path):
    start, other = built / "embeddings.w2v", tmp_path / "other.parquet"
    inputs = [built / "model.safetensors", built / "vocab.tsv"]
    stages.dump.run(inputs, other, DumpConfig(table="output", format="parquet"))
    output = tmp_path / "aligned.parquet"
    align.run([start, other], output, AlignConfig())
    assert [each["stage"] for each in read_manifest(output).story()] == [
        *("tokenize", "vocab", "encode", "train", "dump", "align")
    ]
    found = Lookup(door.artifact("table", output, "dump")).find("see you")
    assert [each.id for each in found] == [2, 3]
    assert len(door.read_table(output)) == 7
    again = tmp_path / "again.vec"
    align.run([output, start], again, AlignConfig())  # a table like any other
    before, after = read_vectors(start).vectors_VD, read_vectors(again).vectors_VD
    assert np.abs(before - after).max() < 1e-5


def test_the_language_of_the_first_is_in_a_folder_that_has_one(built, tmp_path):
    align.run([built, built], tmp_path / "out.spacy", AlignConfig())
    assert json.loads((tmp_path / "out.spacy/meta.json").read_text())["lang"] == "en"
    assert read_manifest(tmp_path / "out.spacy").config == {"format": "spacy", "lang": "en"}


def test_a_build_is_taken_for_its_table(built, tmp_path):
    align.run([built, built], tmp_path / "out.parquet", AlignConfig())
    found = read_vectors(tmp_path / "out.parquet").vectors_VD
    assert np.abs(found - door.read_table(built).vectors_VD).max() < 1e-5


def test_several_formats_are_several_artifacts(tmp_path):
    config = AlignConfig(format="parquet,glove")
    names = [path.name for path, _ in config.outputs(tmp_path / "out.parquet")]
    assert names == ["out.parquet", "out.glove"]
    with pytest.raises(UsageError, match="--format cannot be 'nonsense'"):
        AlignConfig(format="nonsense").outputs(tmp_path / "out")
