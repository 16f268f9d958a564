"""dump --bundle: a folder that is moved, and used where nothing of the build is left."""

from pathlib import Path

import pytest
import spacy

from corpus2vec.pipeline.artifacts import copies
from corpus2vec.pipeline.artifacts.beside import manifest_path
from corpus2vec.pipeline.artifacts.pairs import read_manifest
from corpus2vec.pipeline.config import (
    DumpConfig,
    EmbedConfig,
    Execution,
    ExtendConfig,
    PhrasesConfig,
    PredictConfig,
    TokenizeConfig,
    TokenizeExecution,
    TrainConfig,
    TrainExecution,
)
from corpus2vec.pipeline.errors import DataError, StorageError, UsageError
from corpus2vec.pipeline.stages import dump, embed, extend, predict
from corpus2vec.pipeline.stages.build import Build
from corpus2vec.pipeline.stages.folder import is_build
from tests.support.training import LABELLED

ONE = Execution(threads=1)
NEW = "text\nthe cat sees the fish in the sea\nthe dog likes the bread in the newhouse\n"


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A classifier whose tokens are those of a spaCy folder, with phrases joined."""
    folder = tmp_path_factory.mktemp("original")
    (folder / "corpus.csv").write_text(LABELLED)
    spacy.blank("en").to_disk(folder / "pipeline")
    tokens = TokenizeConfig(
        label_field="label", lower=True, max_doc_tokens=100, model=str(folder / "pipeline")
    )
    made = Build(
        corpora=[str(folder / "corpus.csv")],
        folder=folder / "build",
        configs={
            "tokenize": tokens,
            "phrases": PhrasesConfig(phrases=1, scoring="npmi", threshold=0.1),
            "train": TrainConfig(objective="classify", dim=8, epochs=3, seq_len=20),
        },
        executions={"tokenize": TokenizeExecution(workers=1), "train": TrainExecution(threads=1)},
    )
    assert len(list(made.run())) == 7
    return folder


def pack(folder, output, **settings):
    inputs = [folder / "build" / "model.safetensors", folder / "build" / "vocab.tsv"]
    return dump.run(inputs, output, DumpConfig(bundle=True), **settings)


def _files(folder):
    return [each for each in folder.rglob("*") if each.is_file()]


def used(path, folder):
    """Return what predict, embed and extend make with a model, by their names."""
    folder.mkdir()
    (folder / "new.csv").write_text(NEW)
    given = [path, str(folder / "new.csv")]
    predict.run(given, folder / "labels.tsv", PredictConfig(all=True), ONE)
    embed.run(given, folder / "vectors.npy", EmbedConfig(pooling="state"), ONE)
    extend.run(given, folder / "more", ExtendConfig(), ONE)
    made = ["labels.tsv", "vectors.npy", "more/vocab.tsv", "more/model.safetensors"]
    return {name: (folder / name).read_bytes() for name in made}


def test_a_bundle_that_moved_gives_the_same_bytes_where_nothing_else_is_left(original, tmp_path):
    outcome = pack(original, tmp_path / "bundle")
    assert (outcome.stage, outcome.hit) == ("dump", False)
    assert outcome.counts["files"] == 3 + len(_files(original / "pipeline"))
    expected = used(original / "build", tmp_path / "before")
    (tmp_path / "bundle").rename(tmp_path / "moved")
    original.rename(tmp_path / "gone")
    try:
        assert is_build(tmp_path / "moved")
        assert used(tmp_path / "moved", tmp_path / "after") == expected
        model = tmp_path / "moved" / "model.safetensors"
        assert used(model, tmp_path / "by file")["labels.tsv"] == expected["labels.tsv"]
        labels = read_manifest(tmp_path / "after" / "labels.tsv")
        assert labels.fingerprint == read_manifest(tmp_path / "before" / "labels.tsv").fingerprint
        assert len(labels.lineage) == 6
        vocabulary = tmp_path / "moved" / "vocab.tsv"
        again = dump.run([model, vocabulary], tmp_path / "next", DumpConfig(bundle=True))
        assert again.counts == outcome.counts
    finally:
        (tmp_path / "gone").rename(original)


def test_it_is_made_once_and_again_where_it_was_damaged(original, tmp_path):
    bundle = tmp_path / "bundle"
    pack(original, bundle)
    again = pack(original, bundle)
    assert (again.hit, again.reason) == (True, "nothing changed")
    for name in ("model.safetensors", "phrases.tsv", "pipeline/tokenizer"):
        whole = (bundle / name).read_bytes()
        (bundle / name).write_bytes(whole[:-1])
        mended = pack(original, bundle)
        assert not mended.hit
        assert Path(name).name in mended.reason
        assert (bundle / name).read_bytes() == whole
    assert pack(original, bundle, force=True).reason == "forced"
    read = read_manifest(bundle / "model.safetensors")
    assert read.fingerprint == read_manifest(original / "build/model.safetensors").fingerprint


def test_another_vocabulary_is_refused(original, tmp_path):
    other = tmp_path / "vocab.tsv"
    other.write_text("id\ttoken\tcount\n0\tsea\t1\n")
    inputs = [original / "build" / "model.safetensors", other]
    with pytest.raises(DataError, match="was trained with another vocabulary than"):
        dump.run(inputs, tmp_path / "bundle", DumpConfig(bundle=True))
    assert not (tmp_path / "bundle").exists()


def test_it_is_not_written_over_the_build_or_a_file(original, tmp_path):
    with pytest.raises(UsageError, match="is an input, so it cannot be the output"):
        pack(original, original / "build")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match="is not a folder, and a bundle is several files"):
        pack(original, tmp_path / "file")


def test_a_copy_that_fails_leaves_the_bundle_without_a_model(original, tmp_path, monkeypatch):
    def full(name):
        if name.endswith("model.safetensors"):
            raise OSError(28, "No space left on device")
        yield Path(name).read_bytes()

    monkeypatch.setattr(copies, "_blocks", full)
    with pytest.raises(StorageError, match=r"cannot write .*model\.safetensors: No space left"):
        pack(original, tmp_path / "bundle")
    assert not (tmp_path / "bundle" / "model.safetensors").exists()
    assert not manifest_path(tmp_path / "bundle" / "model.safetensors").exists()
    assert (tmp_path / "bundle" / "vocab.tsv").exists()


def test_settings_of_a_table_have_no_effect_on_it():
    with pytest.raises(UsageError, match="--top has no effect with --bundle"):
        DumpConfig(bundle=True, top=3)
