"""Copies of artifacts: the same artifact at another place."""

import pytest

from corpus2vec.pipeline.artifacts.beside import manifest_path
from corpus2vec.pipeline.artifacts.copies import copy
from corpus2vec.pipeline.artifacts.inputs import artifact_input, file_input
from corpus2vec.pipeline.artifacts.manifest import Recipe
from corpus2vec.pipeline.artifacts.pairs import read_manifest
from corpus2vec.pipeline.artifacts.store import produce
from corpus2vec.pipeline.errors import DataError, UsageError


def made(path, text="some ids"):
    def write(target):
        target.write_text(text)
        return {"tokens": 2}

    produce(Recipe(stage="encode", format=1, config={"a": text}, inputs=(), tools={}), path, write)
    return artifact_input("ids", path)


def test_a_copy_is_the_same_artifact(tmp_path):
    given = made(tmp_path / "ids.parquet")
    outcome = copy(given, tmp_path / "other" / "mine.parquet")
    assert (outcome.stage, outcome.hit, outcome.reason) == ("encode", False, "no mine.parquet yet")
    read = artifact_input("ids", tmp_path / "other" / "mine.parquet")
    assert (read.digest, read.manifest.counts) == (given.digest, {"tokens": 2})
    assert read.manifest.fingerprint == given.manifest.fingerprint == outcome.fingerprint
    assert read.manifest.output["name"] == "mine.parquet"
    assert copy(given, tmp_path / "other" / "mine.parquet").hit


def test_it_replaces_what_is_another_or_damaged(tmp_path):
    given, place = made(tmp_path / "one"), tmp_path / "copies" / "ids"
    copy(made(tmp_path / "two", "others"), place)
    assert copy(given, place).reason == "ids is another, or was damaged or edited"
    place.write_text("some idz")
    assert not copy(given, place).hit
    assert place.read_text() == "some ids"
    assert copy(given, place, force=True).reason == "forced"


def test_a_file_without_manifest_is_copied_without_one(tmp_path):
    (tmp_path / "list").write_text("mine")
    given, place = file_input("phrases", tmp_path / "list"), tmp_path / "copies" / "list"
    assert copy(given, place).stage == "phrases"
    assert place.read_text() == "mine"
    assert not manifest_path(place).exists()
    assert copy(given, place).hit
    copy(made(tmp_path / "one"), place)
    with pytest.raises(UsageError, match=r"has a manifest, and .*list has none"):
        copy(given, place)


def test_what_changes_meanwhile_is_not_copied(tmp_path):
    given = made(tmp_path / "ids")
    (tmp_path / "ids").write_text("some others")
    with pytest.raises(DataError, match="changed during the run"):
        copy(given, tmp_path / "copies" / "ids")
    assert not (tmp_path / "copies" / "ids").exists()
    assert read_manifest(tmp_path / "copies" / "ids") is None


def test_a_copy_onto_itself_is_refused(tmp_path):
    with pytest.raises(UsageError, match="is an input, so it cannot be the output"):
        copy(made(tmp_path / "ids"), tmp_path / "ids")
