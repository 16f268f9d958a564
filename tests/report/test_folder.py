"""What is in a build's folder: the dump of any format, what fits together, what is not replaced."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from corpus2vec.pipeline import stages
from corpus2vec.pipeline.artifacts.beside import checkpoint_path, events_path, manifest_path
from corpus2vec.pipeline.artifacts.parquet_writer import RowGroupWriter
from corpus2vec.pipeline.config import DumpConfig, EncodeConfig, TrainConfig, VocabConfig
from corpus2vec.pipeline.config.formats import FORMATS
from corpus2vec.pipeline.errors import DataError, UsageError
from corpus2vec.pipeline.report.folder import find_artifacts, publish, remarks_on
from corpus2vec.pipeline.stages import stages_with
from tests.support.builds import gather, hand_made, write_vocabulary


@pytest.fixture
def copy(built, tmp_path):
    return shutil.copytree(built, tmp_path / "build")


@pytest.fixture(scope="module")
def without_dump(built, tmp_path_factory):
    folder = shutil.copytree(built, tmp_path_factory.mktemp("folder") / "build")
    for each in folder.glob("embeddings*"):
        each.unlink()
    return folder


def dump(folder, name, **settings):
    output, inputs = folder / name, [folder / "model.safetensors", folder / "vocab.tsv"]
    stages.dump.run(inputs, output, DumpConfig(**settings))
    return output


def found_dump(folder):
    return Path(find_artifacts(folder)["dump"].name).name


# --- what is there ---------------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("kept", [True, False], ids=["manifest", "no manifest"])
def test_a_dump_of_any_format_is_found(without_dump, built, tmp_path, format, kept):
    folder = shutil.copytree(without_dump, tmp_path / "build")
    output = dump(folder, f"embeddings{FORMATS[format].extension}", format=format)
    if not kept:
        manifest_path(output).unlink()
    facts, whole = gather(folder), gather(built)
    assert found_dump(folder) == output.name
    assert facts.map.words == whole.map.words
    assert facts.map.counts == whole.map.counts
    np.testing.assert_array_equal(facts.map.map.near_MK, whole.map.map.near_MK)
    assert facts.remarks == ()


def test_a_dump_of_another_name_is_found_by_its_manifest(without_dump, tmp_path):
    folder = shutil.copytree(without_dump, tmp_path / "build")
    dump(folder, "vectors.vec")
    assert found_dump(folder) == "vectors.vec"


def test_of_several_dumps_the_fullest_of_this_model_is_taken(copy):
    assert found_dump(copy) == "embeddings.txt"
    dump(copy, "embeddings.parquet", top=5)
    assert found_dump(copy) == "embeddings.txt"
    ids, words, model = (copy / stage.FILE for stage in (stages.encode, stages.vocab, stages.train))
    stages.train.run([ids, words], model, TrainConfig(objective="classify", dim=8, epochs=1))
    name = dump(copy, "embeddings.w2v").name
    assert found_dump(copy) == name
    assert gather(copy).shape[1] == 8
    manifest_path(copy / name).unlink()  # of unknown model, which is better than of another
    assert found_dump(copy) == name


def test_a_dump_that_is_not_read_may_be_damaged(copy):
    other = dump(copy, "embeddings.vec", top=5)
    other.write_bytes(b"damaged")
    assert found_dump(copy) == "embeddings.txt"


def test_what_another_stage_made_is_no_dump(copy):
    shutil.copy(copy / "vocab.tsv", copy / "embeddings.tsv")
    shutil.copy(copy / "vocab.tsv.manifest.json", copy / "embeddings.tsv.manifest.json")
    (copy / "embeddings.txt").unlink()
    assert "dump" not in find_artifacts(copy)


def test_tokens_that_a_format_escapes_are_found_in_the_vocabulary(tmp_path):
    tokens, words, ids, model, _ = (tmp_path / stage.FILE for stage in stages_with({}))
    with RowGroupWriter(tokens, "tokens", False) as writer:
        lists = pa.array([["New York", "is", "far"], ["New York"]])
        writer.write(pa.RecordBatch.from_arrays([lists], ["tokens"]))
    stages.vocab.run([tokens], words, VocabConfig())
    stages.encode.run([tokens, words], ids, EncodeConfig())
    stages.train.run([ids, words], model, TrainConfig(dim=2, epochs=1))
    dump(tmp_path, "embeddings.w2v")
    found = gather(tmp_path, ["New York"])
    assert found.map.words[0] == "New York"
    assert found.map.counts == (2, 1, 1)
    assert found.not_found == ()


def test_what_is_missing_is_named(tmp_path):
    write_vocabulary(tmp_path, ["a", "b"], [2, 1])
    remarks = remarks_on(find_artifacts(tmp_path))
    assert remarks == [
        "There is no tokens.parquet here.",
        "There is no ids.parquet here.",
        "There is no model.safetensors here.",
        "There is no embeddings.* here, so there is no map and there are no neighbours.",
    ]


def test_files_that_were_not_made_from_each_other_are_named(copy):
    for each in ("vocab.tsv", "vocab.tsv.manifest.json"):
        (copy / each).unlink()
    write_vocabulary(copy, ["You", "Your"], [2, 1])
    remarks = remarks_on(find_artifacts(copy))
    assert "ids.parquet was made from a different vocab.tsv than this one." in remarks


def test_a_damaged_artifact_is_refused(copy):
    with (copy / "vocab.tsv").open("ab") as file:
        file.write(b"!")
    with pytest.raises(DataError, match="damaged or edited"):
        find_artifacts(copy)


def test_no_build_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"holds no build: it has none of .*, embeddings\.\*") as no:
        find_artifacts(tmp_path)
    assert "corpus2vec run" in no.value.hint
    with pytest.raises(UsageError, match="there is no folder"):
        find_artifacts(tmp_path / "nowhere")


# --- what is not written over ----------------------------------------------------------------


@pytest.mark.parametrize("there", [True, False], ids=["exists", "could be made"])
def test_nothing_that_belongs_to_a_build_is_written_over(copy, tmp_path, there):
    dump(copy, "vectors.npy")
    model = copy / "model.safetensors"
    own = [copy / stage.FILE for stage in stages_with({})]
    own += [copy / f"embeddings{each.extension}" for each in FORMATS.values()]
    own += [manifest_path(each) for each in own]
    own += [checkpoint_path(model), checkpoint_path(model, 2), copy / "model.metrics.jsonl"]
    own += [events_path(model), events_path(model) / "events", copy / "vectors.npy/vectors.npy"]
    own += [copy / "vectors.npy", copy / "vectors.npy.manifest.json", copy / "vectors.npy/new"]
    link = tmp_path / "link.html"
    link.symlink_to(copy / "model.metrics.jsonl")
    own += [link, copy / "../build/vocab.tsv"]
    facts = gather(copy)
    [corpus] = facts.stages["tokenize"]["inputs"]
    own.append(Path(corpus["name"]))
    before = {each: each.read_bytes() for each in copy.rglob("*") if each.is_file()}
    for each in own:
        if each.exists() is there:
            with pytest.raises(UsageError, match="belongs to the build"):
                publish(b"<html>", each, copy, facts.stages)
    assert before == {each: each.read_bytes() for each in copy.rglob("*") if each.is_file()}


@pytest.mark.parametrize("name", ["report.html", "model.html", "embeddings.svg", "pages/map.png"])
def test_a_page_may_be_in_the_folder_and_replaced(tmp_path, name):
    folder = hand_made(tmp_path / "build")
    for content in (b"one", b"two"):
        publish(content, folder / name, folder, {})
        assert (folder / name).read_bytes() == content
