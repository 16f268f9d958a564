"""predict: a corpus classified by a model that finds what it needs through its lineage."""

import io
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import sklearn.metrics

from corpus2vec.pipeline.artifacts.beside import manifest_path
from corpus2vec.pipeline.artifacts.pairs import read_manifest
from corpus2vec.pipeline.config import (
    Execution,
    PhrasesConfig,
    PredictConfig,
    TokenizeConfig,
    TokenizeExecution,
    TrainConfig,
    TrainExecution,
    VocabConfig,
)
from corpus2vec.pipeline.corpus import limits
from corpus2vec.pipeline.errors import DataError
from corpus2vec.pipeline.progress import Silent
from corpus2vec.pipeline.stages import predict
from corpus2vec.pipeline.stages.build import Build
from corpus2vec.pipeline.stages.trained import model
from tests.support.training import LABELLED

NEW = "id,text,label\n" + "\n".join(
    [
        "1,the cat sees the fish in the sea,sea",
        "2,the dog likes the bread in the house,land",
        "3,,land",
        "4,unheard of,sea",
        "5,the gull sees the boat in the HOUSE,air",
        "6,the gull likes the bread in the sea,land",
    ]
)


def build(folder, **settings):
    (folder / "corpus.csv").write_text(LABELLED)
    train = TrainConfig(objective="classify", dim=8, epochs=9, seq_len=20)
    configs = {
        "tokenize": TokenizeConfig(label_field="label", lower=True, max_doc_tokens=100),
        "train": train,
        **settings,
    }
    executions = {"tokenize": TokenizeExecution(workers=1), "train": TrainExecution(threads=1)}
    made = Build(
        corpora=[str(folder / "corpus.csv")],
        folder=folder / "build",
        configs=configs,
        executions=executions,
    )
    for _ in made.run():
        pass
    return folder / "build"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return build(tmp_path_factory.mktemp("built"))


@pytest.fixture
def new(tmp_path):
    (tmp_path / "new.csv").write_text(NEW)
    return str(tmp_path / "new.csv")


def run(folder, corpus, output, **settings):
    config = PredictConfig(**settings)
    return predict.run([folder, corpus], Path(output), config, Execution(threads=1))


def streamed(folder, *corpora, progress=None, **settings):
    sink = io.BytesIO()
    config = PredictConfig(**settings)
    execution = Execution(threads=1)
    predict.stream(sink, [folder, *corpora], config, execution, progress or Silent())
    return sink.getvalue().decode()


def test_each_document_gets_a_row_with_its_id(built, new, tmp_path):
    outcome = run(built, new, tmp_path / "labels.tsv", id_field="id")
    rows = [line.split("\t") for line in (tmp_path / "labels.tsv").read_text().splitlines()]
    assert [row[0] for row in rows] == list("123456")
    assert [row[1] for row in rows] == ["sea", "land", "", "", "land", "sea"]
    assert all(0.5 <= float(row[2]) <= 1 for row in rows if row[1])
    assert outcome.counts["rows"] == 6
    assert outcome.counts["documents"] == {
        "in": 6,
        "kept": 4,
        "dropped": {"blank": 1, "no known token": 1},
    }
    assert outcome.counts["tokens"]["dropped"] == {"unknown": 2}


def test_it_is_made_once_and_again_for_another_model_or_corpus(built, new, tmp_path):
    output = tmp_path / "labels.tsv"
    assert not run(built, new, output).hit
    assert run(built, new, output).hit
    assert run(built / "model.safetensors", new, output).hit
    assert run(built, new, output, all=True).reason == "all False → True"
    Path(new).write_text(NEW + "\n7,the sea,sea")
    assert "new.csv changed" in run(built, new, output, all=True).reason
    manifest = read_manifest(output)
    assert [each["stage"] for each in manifest.story()] == [
        *("tokenize", "vocab", "encode", "train"),
        "predict",
    ]
    assert manifest.config["lower"] is True


def test_a_stream_has_the_same_rows_and_reports_what_is_unknown(built, new, tmp_path):
    run(built, new, tmp_path / "labels.tsv")
    said = []

    class Listening(Silent):
        def notice(self, text):
            said.append(text)

    found = streamed(built, new, progress=Listening())
    assert found == (tmp_path / "labels.tsv").read_text()
    assert said == [
        "2 of 34 tokens are not in the vocabulary; 2 of 6 documents have no known token"
    ]


def test_standard_input_will_do_and_blank_lines_keep_their_places(built, monkeypatch):
    text = b"the cat in the sea\n\nthe cat in the house\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    rows = streamed(built, "-", format="jsonl").splitlines()
    labels = [json.loads(row)["label"] for row in rows]
    assert labels == ["sea", None, "land"]


def test_small_batches_give_the_same_rows(built, new, monkeypatch):
    lines = [json.loads(line) for line in streamed(built, new, format="jsonl").splitlines()]
    monkeypatch.setattr(limits, "BATCH_BYTES", 1)
    monkeypatch.setattr(limits, "BLOCK_DOCUMENTS", 1)
    monkeypatch.setattr(predict, "NUMBERS", 1)
    again = [json.loads(line) for line in streamed(built, new, format="jsonl").splitlines()]
    for one, other in zip(lines, again, strict=True):
        assert one["label"] == other["label"]
        assert one["probability"] == pytest.approx(other["probability"], abs=1e-5)


def test_phrases_are_joined_as_in_the_corpus_of_the_model(tmp_path):
    folder = build(tmp_path, phrases=PhrasesConfig(phrases=1, scoring="npmi", threshold=0.1))
    assert (folder / "joined.parquet").exists()
    outcome = run(folder, str(tmp_path / "corpus.csv"), tmp_path / "l.tsv")
    assert outcome.counts["tokens"]["dropped"]["joined to the one before"] > 0
    assert "unknown" not in outcome.counts["tokens"]["dropped"]
    assert [each["role"] for each in read_manifest(tmp_path / "l.tsv").inputs] == [
        *("model", "vocabulary", "phrases", "corpus")
    ]


# --- what it needs ----------------------------------------------------------------------------


def copied(built, folder, *names):
    folder.mkdir()
    for name in names:
        shutil.copy(built / name, folder)
        shutil.copy(manifest_path(built / name), folder)
    return folder


def test_model_vocabulary_and_their_manifests_are_enough(built, new, tmp_path):
    moved = copied(built, tmp_path / "elsewhere", "model.safetensors", "vocab.tsv")
    assert streamed(moved, new) == streamed(built, new)
    assert streamed(moved / "model.safetensors", new) == streamed(built, new)


def test_another_vocabulary_is_refused_by_name(built, new, tmp_path):
    moved = copied(built, tmp_path / "elsewhere", "model.safetensors")
    manifest = read_manifest(moved / "model.safetensors")
    assert str(built / "vocab.tsv") in {each["name"] for each in manifest.inputs}
    (moved / "vocab.tsv").write_text("id\ttoken\tcount\n0\tsea\t1\n")
    # It is found where it was when the model was trained.
    assert streamed(moved, new) == streamed(built, new)


def test_a_model_without_manifest_is_refused(built, new, tmp_path):
    shutil.copy(built / "model.safetensors", tmp_path / "m.safetensors")
    with pytest.raises(DataError, match="has no manifest, so how its corpus was") as refusal:
        model(tmp_path / "m.safetensors")
    assert refusal.value.hint == "put its m.safetensors.manifest.json beside it"


def test_a_network_that_knows_no_labels_is_refused(new, tmp_path):
    folder = build(tmp_path, train=TrainConfig(objective="lm", dim=4, epochs=1))
    with pytest.raises(DataError, match="was trained for lm, and knows no labels"):
        streamed(folder, new)


# --- scores ------------------------------------------------------------------------------------


def test_scores_are_those_of_scikit_learn(built, new):
    config = PredictConfig(label_field="label", score=True)
    found = predict.score([built, new], config, Execution(threads=1))
    given = ["sea", "land", "air", "land"]
    predicted = ["sea", "land", "land", "sea"]
    assert found.accuracy == sklearn.metrics.accuracy_score(given, predicted)
    labels = found.found()
    options = {"average": None, "zero_division": 0, "labels": labels}
    expected = sklearn.metrics.precision_recall_fscore_support(given, predicted, **options)
    rows = [(each.precision, each.recall, each.f1, each.support) for each in found.labels()]
    assert np.allclose(np.transpose(expected), rows)
    matrix = sklearn.metrics.confusion_matrix(given, predicted, labels=labels)
    assert [[found.confusion[a, b] for b in labels] for a in labels] == matrix.tolist()
    macro = sklearn.metrics.f1_score(given, predicted, average="macro", zero_division=0)
    assert found.macro_f1 == pytest.approx(macro)
    assert found.unseen == {"air": 1}


def test_nothing_to_score_is_an_error(built, tmp_path):
    (tmp_path / "c.csv").write_text("text,label\nunheard of,sea\n")
    config = PredictConfig(label_field="label", score=True)
    with pytest.raises(DataError, match="no document that can be scored"):
        predict.score([built, str(tmp_path / "c.csv")], config)


def test_a_vocabulary_that_leaves_words_out_has_unk(tmp_path, new):
    folder = build(tmp_path, vocab=VocabConfig(min_count=20))
    outcome = run(folder, new, tmp_path / "l.tsv")
    assert outcome.counts["tokens"]["unk"] > 0
    assert outcome.counts["documents"]["kept"] == 5
