"""What is gathered from a build: whole, in parts, out of step."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from corpus2vec.pipeline.artifacts.beside import manifest_path
from corpus2vec.pipeline.artifacts.manifest import Manifest
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.report import sections
from corpus2vec.pipeline.report.command_line import commands
from tests.support.builds import gather, hand_made, run, write_dump
from tests.support.commands import spawn


@pytest.fixture
def copy(built, tmp_path):
    return shutil.copytree(built, tmp_path / "build")


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    """A build that is no longer where it was made: nothing of it can be found elsewhere."""
    folder = tmp_path_factory.mktemp("moved")
    return run(folder / "before").rename(folder / "after")


# --- a whole build ---------------------------------------------------------------------------


def test_a_whole_build(built):
    facts = gather(built, ["You"])
    assert facts.title == "headlines.csv"
    assert list(facts.stages) == ["tokenize", "vocab", "encode", "train", "dump"]
    assert facts.remarks == facts.not_found == ()
    rows, dim = facts.shape
    assert dim == 4
    assert facts.frequency.types == rows - 1  # <unk> is no type
    assert facts.lengths.documents == 300
    assert facts.curves.last_step == facts.stages["train"]["counts"]["steps"]
    assert len(facts.curves.held_out) == 2
    assert facts.map.label_names == ("clickbait", "news")
    assert sorted(facts.map.counts, reverse=True) == list(facts.map.counts)


# --- a build in parts ------------------------------------------------------------------------


def test_the_last_file_alone_still_knows_the_books(moved, tmp_path):
    for each in moved.glob("embeddings.txt*"):
        shutil.copy(each, tmp_path)
    facts = gather(tmp_path)
    assert facts.stages["tokenize"]["counts"]["documents"]["in"] == 300
    assert facts.frequency is facts.curves is facts.map.counts is None
    assert "There is no vocab.tsv here, so there are no frequencies." in facts.remarks
    assert commands(facts.stages, "b") == commands(gather(moved).stages, "b")


def test_what_is_not_here_is_found_where_it_was_made(copy, built):
    (copy / "vocab.tsv").unlink()
    facts = gather(copy)
    assert facts.frequency == gather(built).frequency
    assert not any("vocab.tsv" in each for each in facts.remarks)


@pytest.mark.parametrize("chart", ["loss", "map", "zipf"])
def test_for_one_chart_no_more_is_read_than_it_needs(copy, chart):
    (copy / "ids.parquet").write_bytes(b"no Parquet")
    (copy / "ids.parquet.manifest.json").unlink()
    whole = {"loss": "curves", "map": "map", "zipf": "frequency"}
    assert getattr(gather(copy, chart=chart), whole[chart])


@pytest.mark.parametrize(
    ("gone", "lacking", "remark"),
    [
        ("vocab.tsv", "frequency", "There is no vocab.tsv here, so there are no frequencies."),
        ("model.metrics.jsonl", "curves", "There is no model.metrics.jsonl here"),
    ],
)
def test_what_is_missing_is_named(moved, tmp_path, gone, lacking, remark):
    copy = shutil.copytree(moved, tmp_path / "build")
    (copy / gone).unlink()
    facts = gather(copy)
    assert getattr(facts, lacking) is None
    assert any(each.startswith(remark) for each in facts.remarks)


def test_a_model_alone_has_a_map_and_a_vocabulary_alone_has_none(copy, built):
    (copy / "embeddings.txt").unlink()
    alone, whole = gather(copy), gather(built)
    assert alone.map.words == whole.map.words
    np.testing.assert_array_equal(alone.map.map.near_MK, whole.map.map.near_MK)
    remark = "There is no embeddings.* here: the vectors are those that `dump` would write."
    assert remark in alone.remarks
    (copy / "model.safetensors").unlink()
    assert gather(copy).map is None
    assert any("so there is no map" in each for each in gather(copy).remarks)


def test_a_sampled_loss_is_known_by_the_settings_of_the_model(built):
    facts = gather(built)
    assert not facts.loss_is_sampled
    config = {"objective": "lm", "softmax": "sampled"}
    stages = {**facts.stages, "train": {**facts.stages["train"], "config": config}}
    assert replace(facts, stages=stages).loss_is_sampled


def test_lengths_come_from_the_tokens_where_there_are_no_ids(copy, built):
    (copy / "ids.parquet").unlink()
    assert gather(copy).lengths.documents == gather(built).lengths.documents


def test_curves_of_a_run_that_is_not_over_are_shown(tmp_path):
    folder = hand_made(tmp_path / "b")
    (folder / "model.safetensors").unlink()
    facts = gather(folder)
    assert facts.curves.last_step == 20
    assert "There is no model.safetensors here." in facts.remarks
    with (folder / "model.metrics.jsonl").open("a") as file:
        file.write('{"step": 30, "lo')  # as a reader may find it, and a full disk leaves it
    assert gather(folder).curves == facts.curves


def test_more_labels_than_colours(tmp_path):
    corpus = tmp_path / "corpus.tsv"
    rows = [f"word{n} common\tlabel{n}\n" for n in range(12)]
    corpus.write_text("text\tlabel\n" + "".join(rows) + rows[11])
    tokens, vocab, ids = (
        tmp_path / each for each in ("tokens.parquet", "vocab.tsv", "ids.parquet")
    )
    for words in (
        ["tokenize", corpus, "--label-field", "label", "-o", tokens],
        ["vocab", tokens, "-o", vocab],
        ["encode", tokens, vocab, "-o", ids],
    ):
        assert spawn(*words).returncode == 0
    write_dump(tmp_path, ["word0", "word7", "word11"])
    found = gather(tmp_path).map
    assert found.label_names[0] == "label11"
    assert found.label_names[-1] == "5 others"
    named = dict(zip(found.words, found.labels, strict=True))
    assert named == {"word11": 0, "word0": 1, "word7": 7}


def test_metrics_of_another_run_are_reported(copy):
    with (copy / "model.metrics.jsonl").open("a") as file:
        file.write(json.dumps({"step": 10**6, "loss": 1.0}) + "\n")
    assert any("another training run" in remark for remark in gather(copy).remarks)


@pytest.mark.parametrize("line", [b"{torn\n", b"\xff\n", b"[]\n", b"3\n"])
def test_metrics_that_are_none_are_refused_with_their_line(copy, line):
    with (copy / "model.metrics.jsonl").open("ab") as file:
        file.write(line)
    with pytest.raises(DataError, match=r"model\.metrics\.jsonl line \d+ is not a line of metrics"):
        gather(copy)


def test_the_confusion_of_a_classifier_is_that_of_its_manifest(copy):
    counts = {"labels": ["news", "verse"], "valid_confusion": [[3, 1], [0, 0]]}
    change_counts(copy / "model.safetensors", **counts)
    found = gather(copy).confusion
    assert found.names == ("news", "verse")
    assert found.recall == [0.75, None]
    assert found.precision == [1.0, 0.0]
    page = sections.training(gather(copy))
    assert '<td class="n">75.0%</td>' in page


@pytest.mark.parametrize("counts", [[[1]], [[1, 2], [3]], "many", [[-1, 0], [0, 0]], [1, 2]])
def test_a_confusion_that_is_none_is_refused(copy, counts):
    change_counts(copy / "model.safetensors", labels=["a", "b"], valid_confusion=counts)
    with pytest.raises(DataError, match="the manifest of the model"):
        gather(copy)


def change_counts(artifact, **counts):
    """Write what a manifest counts again, with its checksum."""
    path = manifest_path(artifact)
    manifest = Manifest.from_json(path.read_text())
    changed = replace(manifest, counts={**manifest.counts, **counts})
    path.write_text(changed.to_json())
