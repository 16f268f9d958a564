"""ls and clean: what is in a build's folder, in what state, and what of it can go."""

import dataclasses
import fcntl
import shutil
from pathlib import Path

import pytest

from corpus2vec.pipeline.artifacts.beside import checkpoint_path, manifest_path
from corpus2vec.pipeline.artifacts.pairs import read_manifest
from corpus2vec.pipeline.artifacts.weights import write_arrays
from corpus2vec.pipeline.errors import UsageError
from corpus2vec.pipeline.stages.keeping import contents
from tests.support.artifacts import names

MINE = "model.checkpoint-2026.safetensors"


@pytest.fixture
def folder(built, tmp_path):
    """A copy of the build, with what a user and killed runs left in it."""
    folder = Path(shutil.copytree(built, tmp_path / "build"))
    write_arrays(checkpoint_path(folder / "model.safetensors"), {}, {"kind": "checkpoint"})
    (folder / MINE).write_text("a backup")
    (folder / "notes.txt").write_text("mine")
    (folder / ".vocab.tsv.1a2b3c4d.tmp").write_text("half")
    return folder


def states(folder):
    return {each.path.name: (each.kind, each.state) for each in contents(folder)}


def sign(artifact, **changes):
    manifest = dataclasses.replace(read_manifest(artifact), **changes)
    manifest_path(artifact).write_text(manifest.to_json())


def test_every_file_of_a_build_is_listed_with_its_state(folder):
    found = states(folder)
    assert list(found)[:3] == ["tokens.parquet", "vocab.tsv", "ids.parquet"]
    assert found["tokens.parquet"] == ("tokenize", "current")
    assert found["embeddings.npy"] == ("dump", "current")
    assert found["model.metrics.jsonl"] == ("metrics", "")
    assert found["model.checkpoint.safetensors"] == ("checkpoint", "for --resume")
    assert found[MINE] == found["notes.txt"] == ("other", "")
    assert found[".vocab.tsv.1a2b3c4d.tmp"] == ("litter", "of a killed run")
    listed = {each for each in names(folder) if not each.endswith(".manifest.json")}
    assert set(found) == listed


def test_what_is_not_whole_or_not_current_is_named(folder, built):
    (folder / "ids.parquet").write_bytes(b"damaged")
    sign(folder / "embeddings.vec", format=0)
    [source] = read_manifest(folder / "tokens.parquet").inputs
    corpus = Path(shutil.copy(source["name"], folder.parent / "corpus.txt"))
    sign(folder / "tokens.parquet", inputs=({**source, "name": str(corpus), "stamp": None},))
    assert states(folder)["tokens.parquet"] == ("tokenize", "current")
    corpus.write_text("other")
    (folder / "embeddings.glove").unlink()
    found = states(folder)
    assert found["ids.parquet"] == ("encode", "damaged or edited")
    assert found["embeddings.vec"][1].startswith("of format 0, now ")
    assert found["tokens.parquet"] == ("tokenize", "corpus.txt has changed")
    assert found["embeddings.glove.manifest.json"] == ("manifest", "embeddings.glove is gone")


def test_clean_says_what_it_would_do_and_does_it_when_told(folder, cli):
    sign(folder / "embeddings.vec", format=0)
    (folder / "embeddings.glove").unlink()
    before = names(folder)
    said = cli("clean", folder)
    assert (said.code, names(folder)) == (0, before)
    assert said.err.endswith("in all; --yes removes it\n")
    gone = {line.split("\t")[0] for line in said.out.splitlines()}
    assert gone == {
        "model.checkpoint.safetensors", "embeddings.vec", ".vocab.tsv.1a2b3c4d.tmp",
        "embeddings.glove.manifest.json",
    }  # fmt: skip
    done = cli("clean", folder, "--yes")
    assert (done.code, done.out) == (0, said.out)
    assert set(before) - set(names(folder)) == {*gone, "embeddings.vec.manifest.json"}
    assert cli("clean", folder, "--yes").err == "there is nothing to remove\n"


def test_dumps_of_another_model_can_go(folder, cli):
    model = folder / "model.safetensors"
    train = ["--dim", 2, "--seq-len", 5, "--epochs", 2, "--quiet"]
    assert cli("train", folder, "-o", model, *train).code == 0
    assert states(folder)["embeddings.vec"] == ("dump", "made from another model.safetensors")
    gone = {each.path.name for each in contents(folder) if each.why}
    assert {"embeddings.vec", "embeddings.npy"} < gone
    assert not {"tokens.parquet", "vocab.tsv", "ids.parquet", model.name} & gone


def test_what_a_run_is_writing_stays(folder):
    path = folder / ".model.safetensors.1a2b3c4d.tmp"
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        found = {each.path.name: each for each in contents(folder)}
        assert (found[path.name].kind, found[path.name].why) == ("being written", "")
        assert found["model.checkpoint.safetensors"].why == ""


def test_there_must_be_a_folder():
    with pytest.raises(UsageError, match="there is no folder"):
        contents(Path("nowhere"))
